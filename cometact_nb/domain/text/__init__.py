"""Reads and writes requests and sweeps as text: magic lines, curl, Python, JSON. Pure."""
