"""Requests, tasks and sweeps as pure values and functions: no I/O, no clock, no Jupyter."""
