"""Asks which of two clips is better, and shows what the answers come to."""
