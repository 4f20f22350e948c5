"""A task: its card, live and frozen."""
