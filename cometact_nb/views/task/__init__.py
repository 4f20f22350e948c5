"""Shows a task: its card, live and frozen."""
