"""What hands over to the handles: Python functions, the magic, the command line."""
