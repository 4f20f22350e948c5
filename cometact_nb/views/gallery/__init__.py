"""A sweep's clips side by side."""
