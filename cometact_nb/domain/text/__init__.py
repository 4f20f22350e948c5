"""Requests and sweeps as text: lines, curl, Python, JSON. Pure."""
