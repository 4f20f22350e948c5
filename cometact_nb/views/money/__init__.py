"""Shows what requests cost."""
