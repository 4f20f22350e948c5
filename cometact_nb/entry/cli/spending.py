"""Runs ``cometact-nb spending``, which adds up what the requests of the history were expected to cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.entry.cli import say
from cometact_nb.handles.session import Session
from cometact_nb.handles.spending import find_spending

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Add up what was bought, without asking the service."""
    session = Session()
    try:
        table = find_spending(session, options.since, options.by, sandbox=options.sandbox)
        say.result(table.to_dict(), str(table), as_json=options.json)
    finally:
        session.close()
    return say.OK
