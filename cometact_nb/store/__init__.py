"""Stores on disk: the history of tasks, and the clips."""
