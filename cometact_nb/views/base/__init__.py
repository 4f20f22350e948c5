"""The shared parts of all views."""
