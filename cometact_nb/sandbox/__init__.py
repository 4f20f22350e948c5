"""A stand-in for the paid API on this machine: ``python -m cometact_nb.sandbox``.

It imports nothing from the rest of the package, and nothing of the rest imports it: the two meet over
HTTP, as the real service and its clients do.
"""
