"""Shows a sweep's clips side by side."""
