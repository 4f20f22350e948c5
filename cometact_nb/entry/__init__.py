"""The ways in: Python functions, the magic, the command line. All of them use the handles."""
