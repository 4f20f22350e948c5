"""The changes of ratings in the history. They are only added, so nothing is overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cometact_nb.domain.sweep.rating import RatingChange, RoundRating, sum_up
from cometact_nb.errors import ConfigError, HistoryError
from cometact_nb.store.journal.records import encode
from cometact_nb.store.journal.sweeps import batched

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.store.journal.history import History

__all__ = ["add", "all_ratings", "last_rater", "ratings"]

_COLUMNS = "SELECT key, round, rater, at, change FROM rating_changes"


def add(history: History, key: str, number: int, rater: str, at: float, change: RatingChange) -> None:
    """Write a change of the rating of a task's clip.

    Args:
        history: where it is kept.
        key: of the task.
        number: of the round, from 1.
        rater: the name; empty for one without a name.
        at: time of the change, Unix seconds.
        change: of the rating.

    Raises:
        HistoryError: nothing was written.
    """
    try:
        text = encode(change, RatingChange)
    except Exception as error:  # noqa: BLE001  (nothing was written, whatever it is)
        raise HistoryError(f"The rating cannot be written to the history: {error}.") from None
    sql = "INSERT INTO rating_changes (key, round, rater, at, change) VALUES (?, ?, ?, ?, ?)"
    history.write(sql, (key, number, rater, at, text))


def ratings(history: History, keys: Iterable[str]) -> dict[str, tuple[RoundRating, ...]]:
    """Return the ratings of these tasks, by key, the latest last; tasks without one are left out.

    Raises:
        HistoryError: the file could not be read.
    """
    by_key: dict[str, tuple[RoundRating, ...]] = {}
    for chunk in batched(list(keys)):
        marks = ", ".join("?" * len(chunk))
        by_key |= _rated(history.query(f"{_COLUMNS} WHERE key IN ({marks}) ORDER BY number", tuple(chunk)))
    return by_key


def all_ratings(history: History) -> dict[str, tuple[RoundRating, ...]]:
    """Return the ratings of all tasks, by key.

    Raises:
        HistoryError: the file could not be read.
    """
    return _rated(history.query(f"{_COLUMNS} ORDER BY number", ()))


def last_rater(history: History) -> str:
    """Return the name of the rater who rated last, of any clip; empty without one.

    Raises:
        HistoryError: the file could not be read.
    """
    rows = history.query("SELECT rater FROM rating_changes ORDER BY number DESC LIMIT 1", ())
    return str(rows[0][0]) if rows else ""


def _rated(rows: Iterable[tuple[str, int, str, float | None, str]]) -> dict[str, tuple[RoundRating, ...]]:
    changes: dict[str, list[tuple[int, str, float | None, RatingChange]]] = {}
    for key, number, rater, at, text in rows:
        try:
            change = msgspec.json.decode(text, type=RatingChange)
            sum_up([(number, rater, at, change)])
        except (msgspec.MsgspecError, ConfigError):
            continue  # a newer version wrote it; the clip is shown without it
        changes.setdefault(key, []).append((number, rater, at, change))
    return {key: sum_up(some) for key, some in changes.items()}
