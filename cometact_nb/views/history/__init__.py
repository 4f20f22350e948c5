"""The history's table."""
