"""Counts unfinished work in a history without opening it, at the moment an extension is loaded.

It makes, migrates and waits for nothing, and reports no error: a file that cannot be read counts as empty.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cometact_nb.store.journal.processes import is_dead

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["OpenWork", "peek", "recent_ids"]

#: How long to wait for another process that writes the file, in seconds.
_BUSY_S = 0.05
#: ``UNFINISHED`` of domain/search.py, written out: msgspec, which that needs, takes longer than this module.
UNFINISHED = ("SUBMITTING", "PENDING", "THROTTLED", "RUNNING", "UNKNOWN")


class OpenWork(NamedTuple):
    """The number of tasks that have not ended, and of requests that their user must settle."""

    unfinished: int = 0
    unconfirmed: int = 0


def peek(path: str, lives: Callable[[str], bool] = lambda _: True) -> OpenWork:
    """Count the unfinished work in the history at ``path``; 0 if there is none or it cannot be read now.

    It leaves out tasks whose watch has ended for good, tasks that another kernel watches, and requests to a
    sandbox whose answer was lost, for which nobody paid.

    Args:
        path: the history's file.
        lives: whether the sandbox at an address can still be asked about its tasks.
    """
    rows = _ask(path, _UNENDED, time.time())
    unfinished = sum(
        count
        for sandbox, watcher, count in rows
        if (not sandbox or lives(sandbox)) and (not watcher or is_dead(watcher))
    )
    ((unconfirmed,),) = _ask(path, _UNCONFIRMED) or [(0,)]
    return OpenWork(unfinished, unconfirmed)


def recent_ids(path: str, limit: int = 200) -> list[str]:
    """List the ids of the newest tasks in the history at ``path``, for completion; see :func:`peek`."""
    sql = "SELECT coalesce(id, key) FROM tasks ORDER BY begun_at DESC LIMIT ?"
    return [name for (name,) in _ask(path, sql, limit)]


def _ask(path: str, sql: str, *values: object) -> list[tuple[Any, ...]]:
    try:
        if path == ":memory:" or not Path(path).is_file():
            return []
        address = f"{Path(path).resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True, timeout=_BUSY_S)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()
    except (OSError, ValueError, sqlite3.Error):
        return []


#: As ``in_sandbox`` of domain/task.py: rows of earlier versions are judged by address and price.
_SANDBOX = """coalesce(
    json_extract(state, '$.sandbox'), base_url LIKE 'http:%' AND json_extract(state, '$.price_usd') = 0
)"""
#: Address of the sandbox, if it is one, who watches, and how many have not ended or have an unfetched video.
_UNENDED = f"""
WITH unended AS (
    SELECT base_url, watcher, watched_until, state FROM tasks
    WHERE status IN {UNFINISHED} AND coalesce(json_extract(state, '$.watching'), 1)
    UNION ALL
    SELECT base_url, watcher, watched_until, state FROM tasks INDEXED BY tasks_to_fetch
    WHERE status = 'SUCCEEDED' AND json_extract(state, '$.clips[0].path') IS NULL
    AND json_extract(state, '$.clip_error') IS NULL
)
SELECT CASE WHEN {_SANDBOX} THEN base_url END, CASE WHEN watched_until > ? THEN watcher END, count(*)
FROM unended GROUP BY 1, 2
"""  # noqa: S608  (our own words)
_UNCONFIRMED = f"SELECT count(*) FROM tasks WHERE status = 'UNCONFIRMED' AND NOT {_SANDBOX}"  # noqa: S608  (as above)
