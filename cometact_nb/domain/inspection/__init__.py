"""Judges an input from facts. Pure."""
