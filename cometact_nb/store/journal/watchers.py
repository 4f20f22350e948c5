"""Tells which processes watch the tasks of a history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.errors import HistoryError

if TYPE_CHECKING:
    from cometact_nb.store.journal.history import History

__all__ = ["first_end", "has_lost", "is_watcher", "watchers"]


def is_watcher(history: History, key: str) -> bool:
    """Whether the claim of a task is this process's, as the file has it now.

    Args:
        history: of this process.
        key: the task's.

    Raises:
        HistoryError: the file could not be read.
    """
    return bool(history.query("SELECT 1 FROM tasks WHERE key = ? AND watcher = ?", (key, history.owner)))


def has_lost(history: History, key: str) -> bool:
    """Whether this process's claim of a task is gone; False where the file cannot be read.

    Args:
        history: of this process.
        key: the task's.
    """
    try:
        return not is_watcher(history, key)
    except HistoryError:
        return False


def watchers(history: History, now: float) -> dict[str, str]:
    """Map tasks, by key, to the other processes that watch them, dead ones too.

    Args:
        history: of this process.
        now: Unix seconds; claims that ran out before are left out.

    Raises:
        HistoryError: the file could not be read.
    """
    sql = "SELECT key, watcher FROM tasks WHERE watcher <> ? AND watched_until > ?"
    return dict(history.query(sql, (history.owner, now)))


def first_end(history: History, processes: set[str], now: float) -> float | None:
    """Return when the first claim of some processes runs out, in Unix seconds; None without one.

    Args:
        history: of this process.
        processes: by the names that they claim with.
        now: Unix seconds; claims that ran out before are left out.

    Raises:
        HistoryError: the file could not be read.
    """
    claims = history.query("SELECT watcher, watched_until FROM tasks WHERE watched_until > ?", (now,))
    return min((until for watcher, until in claims if watcher in processes), default=None)
