"""Shows tasks, sweeps and histories as HTML, live widgets and text; the only room with Jupyter's display."""
