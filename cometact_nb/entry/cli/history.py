"""Runs ``cometact-nb history``, which lists the tasks of the history."""

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
    """List the matching tasks, without asking the service or watching any."""
    session = Session()
    try:
        rows = find_history(session, options.status, options.since, options.text, options.limit)
        text = record_text(rows, rows.query, folder=session.notebook_dir, most=len(rows), money=rows.money)
        say.result(rows.to_rows(), text, as_json=options.json)
    finally:
        session.close()
    return say.OK
