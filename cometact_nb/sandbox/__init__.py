"""A stand-in for the paid API on this machine: ``python -m cometact_nb.sandbox``.

It imports nothing from the rest of the package, and the rest imports nothing from it: they talk over HTTP,
like the real service and its clients. Address and token of the sandbox that outlives its kernel stand in a
file, ``sandbox.json`` in its ``--state`` folder, which the client reads.
"""
