"""The history's record of the files that were made public."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

import msgspec

from cometact_nb.domain.published import Publication

if TYPE_CHECKING:
    from typing import Any

__all__ = ["put", "read", "rows_of"]

_PUT = (
    "INSERT INTO publications (name, place, updated_at, facts) VALUES (?, ?, ?, ?)"
    " ON CONFLICT (name, place) DO UPDATE SET updated_at = excluded.updated_at, facts = excluded.facts"
)


class Database(Protocol):
    """The part of a history that this module uses."""

    def query(self, sql: str, values: tuple[Any, ...]) -> list[Any]:
        """Return the rows of a query."""

    def write(self, sql: str, values: tuple[Any, ...]) -> int:
        """Change rows, and return their number."""


def put(history: Database, publication: Publication) -> None:
    """Write one publication, in place of an earlier record of the same file at the same place.

    Raises:
        HistoryError: nothing was written.
    """
    text = msgspec.json.encode(publication).decode()
    history.write(_PUT, (publication.name, publication.place, time.time(), text))


def read(history: Database) -> list[Publication]:
    """List all publications, the newest first.

    Raises:
        HistoryError: the history could not be read.
    """
    rows = history.query("SELECT facts FROM publications ORDER BY updated_at DESC", ())
    return [one for (text,) in rows if (one := _decoded(text)) is not None]


def rows_of(history: Database, name: str) -> list[Publication]:
    """List the places of one published file, the newest first.

    Args:
        history: with the record.
        name: of the file; see :func:`cometact_nb.domain.published.file_name`.

    Raises:
        HistoryError: the history could not be read.
    """
    rows = history.query("SELECT facts FROM publications WHERE name = ? ORDER BY updated_at DESC", (name,))
    return [one for (text,) in rows if (one := _decoded(text)) is not None]


def _decoded(text: str) -> Publication | None:
    """Decode a row; None for one of a newer version."""
    try:
        return msgspec.json.decode(text, type=Publication)
    except msgspec.MsgspecError:
        return None
