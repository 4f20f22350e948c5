"""Searches the history and lists its unfinished work. An index answers every query about tasks."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from cometact_nb.domain.search import UNFINISHED
from cometact_nb.store.journal.ratings import all_ratings

if TYPE_CHECKING:
    from cometact_nb.domain.search import Query
    from cometact_nb.domain.sweep.rating import RoundRating
    from cometact_nb.store.journal.history import History, Row

#: A task that the service does not know is asked about for a week, in seconds; then its links have expired.
DOUBTFUL_S = 7 * 86_400.0

__all__ = ["open_tasks", "search", "unconfirmed"]


def search(history: History, query: Query) -> list[Row]:
    """List the tasks that match a query, the newest first.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    where = ["TRUE"]
    values: list[Any] = []
    if query.since is not None:
        where.append("begun_at >= ?")
        values.append(query.since)
    if query.before is not None:
        moment, key = query.before
        where.append("(begun_at < ? OR (begun_at = ? AND key < ?))")
        values += [moment, moment, key]
    if query.statuses:
        where.append(f"status IN ({', '.join('?' * len(query.statuses))})")
        values += query.statuses
    elsewhere = _Elsewhere.of(history) if query.words else _Elsewhere({}, {})
    for word in query.words:
        where.append(f"(found_by LIKE ? ESCAPE '\\' OR rowid IN ({_BY_WORDS_ELSEWHERE}))")
        values += [f"%{_literal(word)}%", *elsewhere.with_word(word)]
    # The index alone selects the rows, and only those are read. It is named because SQLite, without
    # statistics, would rather sort all tasks of a status.
    source = "tasks INDEXED BY tasks_to_search"
    newest = "ORDER BY begun_at DESC, key DESC"
    row_ids = f"SELECT rowid FROM {source} WHERE {' AND '.join(where)} {newest} LIMIT ?"  # noqa: S608
    clause = f"WHERE rowid IN ({row_ids}) {newest}"
    return history.rows(clause, (*values, query.limit))


#: Tasks of these sweeps, and these tasks; each a list in JSON.
_BY_WORDS_ELSEWHERE = (
    "SELECT rowid FROM tasks WHERE sweep IN (SELECT value FROM json_each(?))"
    " UNION SELECT rowid FROM tasks WHERE key IN (SELECT value FROM json_each(?))"
)


class _Elsewhere(NamedTuple):
    """The texts beside the tasks' own, lower case. There are few, and SQLite knows capitals of ASCII only."""

    #: The text of each sweep's name and of each rating, by the sweep and by the task's key.
    sweeps: dict[str, str]
    ratings: dict[str, str]

    @classmethod
    def of(cls, history: History) -> _Elsewhere:
        """Read both once, for all words of a query."""
        names = history.query("SELECT DISTINCT sweep FROM tasks WHERE sweep IS NOT NULL", ())
        ratings = all_ratings(history).items()
        return cls(
            {name: name.lower() for (name,) in names},
            {key: "\n".join(map(_text_of, rounds)) for key, rounds in ratings},
        )

    def with_word(self, word: str) -> tuple[str, str]:
        """List the sweeps whose name has ``word``, and the tasks whose rating has it, each in JSON."""
        sweeps, keys = ([key for key, text in texts.items() if word in text] for texts in self)
        return msgspec.json.encode(sweeps).decode(), msgspec.json.encode(keys).decode()


def _text_of(one: RoundRating) -> str:
    """Return what a rating is searched by, lower case: note, rater, ``favourite``, a ★ for each star."""
    rating = one.rating
    stars = max(rating.stars or 0, rating.other_stars or 0)
    return f"{rating.note} {one.rater} {'favourite' if rating.favourite else ''} {'★' * stars}".lower()


def open_tasks(history: History) -> list[Row]:
    """List the tasks of every service that have not ended, are in doubt, or whose video was not fetched.

    Each kind is sorted by age, the oldest first.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    marks = ", ".join("?" * len(UNFINISHED))
    running = history.rows(f"WHERE status IN ({marks}) ORDER BY begun_at", UNFINISHED)
    unfetched = "status = 'SUCCEEDED' AND json_extract(state, '$.clips[0].path') IS NULL"
    videos = history.rows(f"INDEXED BY tasks_to_fetch WHERE {unfetched} ORDER BY begun_at", ())
    doubtful = "status = 'NOT_FOUND' AND submitted_at IS NOT NULL AND begun_at > ?"
    unknown = history.rows(f"WHERE {doubtful} ORDER BY begun_at", (time.time() - DOUBTFUL_S,))
    return [*running, *videos, *unknown]


def unconfirmed(history: History) -> list[Row]:
    """List the requests to every service that may or may not have been accepted, the oldest first.

    Raises:
        HistoryError: the file could not be read or understood.
    """
    return history.rows("WHERE status = 'UNCONFIRMED' ORDER BY begun_at", ())


def _literal(word: str) -> str:
    """Escape the wildcards of LIKE in ``word``."""
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
