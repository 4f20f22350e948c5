"""Remembers in the history what was logged to the runs of a lab's tracker."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cometact_nb.store.journal.history import History

__all__ = ["keep", "known"]


def keep(history: History, run: str, entry: str, digest: str) -> None:
    """Write that something was logged.

    Args:
        history: where it is kept.
        run: of the tracker.
        entry: what was logged.
        digest: of what it said.

    Raises:
        HistoryError: nothing was written.
    """
    sql = "INSERT OR REPLACE INTO tracker_entries (run, entry, digest) VALUES (?, ?, ?)"
    history.write(sql, (run, entry, digest))


def known(history: History, run: str) -> dict[str, str]:
    """Map what was logged to a run to the digest of what it said.

    Raises:
        HistoryError: the file could not be read.
    """
    return dict(history.query("SELECT entry, digest FROM tracker_entries WHERE run = ?", (run,)))
