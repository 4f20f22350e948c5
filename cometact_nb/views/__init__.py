"""What a task looks like: as HTML, as a live widget, as text. The only room that knows Jupyter's display."""
