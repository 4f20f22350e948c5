"""The judgements of pairs of clips in the history. They are only added, so nothing is overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.sweep.judgements import Judgement
from cometact_nb.store.journal.sweeps import batched

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.store.journal.history import History

__all__ = ["about", "add", "last_judge"]

_COLUMNS = "id, first, second, answer, rater, at"


def add(history: History, judgements: Iterable[Judgement]) -> None:
    """Write judgements; those that are there already are left out.

    Raises:
        HistoryError: not all of them were written.
    """
    sql = "INSERT OR IGNORE INTO judgements (id, first, second, answer, rater, at) VALUES (?, ?, ?, ?, ?, ?)"
    with history.together():
        for one in judgements:
            history.write(sql, (one.id, one.first, one.second, one.answer, one.rater, one.at))


def about(history: History, clips: Iterable[str]) -> list[Judgement]:
    """Return the judgements of pairs of these clips, in the order in which they were written.

    Args:
        history: where they are kept.
        clips: hashes of the clips' files, hexadecimal.

    Raises:
        HistoryError: the file could not be read.
    """
    known = set(clips)
    rows: list[tuple[int, Judgement]] = []
    for chunk in batched(sorted(known)):
        marks = ", ".join("?" * len(chunk))
        sql = f"SELECT number, {_COLUMNS} FROM judgements WHERE first IN ({marks})"  # noqa: S608  (marks only)
        for number, key, first, second, answer, rater, at in history.query(sql, tuple(chunk)):
            if second in known:
                one = Judgement(id=key, first=first, second=second, answer=answer, rater=rater, at=at)
                rows.append((number, one))
    return [one for _, one in sorted(rows, key=lambda row: row[0])]


def last_judge(history: History) -> str | None:
    """Return the name of the rater who judged last, of any clips; None before anybody has.

    Raises:
        HistoryError: the file could not be read.
    """
    rows = history.query("SELECT rater FROM judgements ORDER BY number DESC LIMIT 1", ())
    return str(rows[0][0]) if rows else None
