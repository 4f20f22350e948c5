"""``cometact-nb``: what is useful outside a notebook."""

from cometact_nb.entry.cli.command import main

__all__ = ["main"]
