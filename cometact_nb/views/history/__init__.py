"""Shows the history as a table."""
