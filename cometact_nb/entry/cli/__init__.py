"""The command line ``cometact-nb``, for use outside a notebook."""

from cometact_nb.entry.cli.command import main

__all__ = ["main"]
