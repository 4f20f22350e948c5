"""``cometact-nb history``: the tasks of the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.entry.cli import say
from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session
from cometact_nb.views.history.record import record_text

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """List what fits; nobody is asked, and nothing is watched."""
    session = Session()
    try:
        found = find_history(session, options.status, options.since, options.text, options.limit)
        text = record_text(found, found.query, folder=session.notebook_dir, most=len(found))
        say.result(found.to_rows(), text, as_json=options.json)
    finally:
        session.close()
    return say.OK
