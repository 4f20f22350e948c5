"""A glance at the history without opening it: is anything left to do? For the moment an extension is loaded.

Nothing is made, migrated or waited for, and what cannot be read is nobody's concern at that moment.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, NamedTuple

__all__ = ["Left", "peek", "recent_ids"]

#: A file that another process is writing is not waited for, seconds.
_BUSY_S = 0.05
#: ``UNFINISHED`` of domain/search.py, written out: msgspec, which that needs, takes longer than this module.
_UNFINISHED = ("SUBMITTING", "PENDING", "THROTTLED", "RUNNING", "UNKNOWN")


class Left(NamedTuple):
    """How many tasks have not ended, and how many requests wait for their user."""

    unfinished: int = 0
    unconfirmed: int = 0


def peek(path: str) -> Left:
    """What is left to do by the history at ``path``; nothing, if there is none or it cannot be read now.

    A task whose watch was ended for good is not counted, and no request to a sandbox that may have been lost:
    nothing was paid for it.
    """
    return Left(*(_ask(path, _COUNT) or [()])[0])


def recent_ids(path: str, limit: int = 200) -> list[str]:
    """Ids of the newest tasks by the history at ``path``, for completion; as careful as :func:`peek`."""
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


_COUNT = f"""
SELECT
    (SELECT count(*) FROM tasks
     WHERE status IN {_UNFINISHED} AND coalesce(json_extract(state, '$.watching'), 1))
    + (SELECT count(*) FROM tasks INDEXED BY tasks_to_fetch
       WHERE status = 'SUCCEEDED' AND json_extract(state, '$.clips[0].path') IS NULL
       AND json_extract(state, '$.clip_error') IS NULL),
    (SELECT count(*) FROM tasks WHERE status = 'UNCONFIRMED' AND NOT coalesce(
        json_extract(state, '$.sandbox'),
        base_url LIKE 'http:%' AND json_extract(state, '$.price_usd') = 0
    ))
"""  # noqa: S608  (our own words)
