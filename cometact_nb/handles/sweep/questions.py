"""Asks which of two clips is better, and records the answers."""

from __future__ import annotations

import random
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cometact_nb.domain.sweep.judgements import Judgement, checked_answer, in_force
from cometact_nb.domain.sweep.rating import checked_round
from cometact_nb.domain.sweep.strengths import strengths_of, telling_pair
from cometact_nb.errors import ConfigError
from cometact_nb.store.journal import judgements as store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.cell import Cell

__all__ = ["Question", "Questions", "checked_rater", "read_judgements", "record", "with_clips"]


@dataclass(frozen=True)
class Question:
    """Two clips to be compared.

    Args:
        id: of the judgement that answers it.
        first: the cell on the left.
        second: the cell on the right.
        rater: who is asked.
        answered: the number of answers that this rater has given.
        pairs: the number of pairs that there are.
    """

    id: str
    first: Cell
    second: Cell
    rater: str
    answered: int
    pairs: int


class Questions:
    """Chooses pairs of clips, the most telling one next. Each kernel's answers count.

    Args:
        core: with the history.
        cells: whose clips are compared; those that come later are, too.

    Raises:
        ConfigError: there are fewer than two clips, or the extra ``decide`` is missing.
    """

    def __init__(self, core: Core, cells: Sequence[Cell]) -> None:
        self._core = core
        self._cells = cells
        self._left_out: set[str] = set()
        self._luck = random.Random()  # noqa: S311  (an order that nobody chose, and no secret)
        count = len(with_clips(cells))
        if count < 2:  # noqa: PLR2004
            raise ConfigError(
                f"Two clips are needed to compare; here {'is one' if count else 'is none yet'}."
            )
        strengths_of((), ())  # says now if an extra is missing

    def ask(self, rater: str = "") -> Question | None:
        """Choose the next pair for a rater; None once fewer than two clips are left.

        Raises:
            HistoryError: the history could not be read.
        """
        by_hash = with_clips(self._cells)
        clips = tuple(by_hash)
        judgements = in_force(read_judgements(self._core, clips), clips)
        own = [one for one in judgements if one.rater == rater]
        playable = [clip for clip in clips if clip not in self._left_out]
        pair = telling_pair(strengths_of(clips, judgements), own, playable, self._luck)
        if pair is None:
            return None
        first, second = (by_hash[clip][0] for clip in pair)
        count = len(playable) * (len(playable) - 1) // 2
        return Question(uuid.uuid4().hex, first, second, rater, len(own), count)

    def answer(self, question: Question, answer: str) -> None:
        """Record an answer: ``"first"``, ``"second"`` or ``"equal"``.

        Raises:
            ConfigError: it is none of them.
            HistoryError: it could not be recorded.
        """
        self._record(question, checked_answer(answer))

    def take_back(self, question: Question) -> None:
        """Record that a rater takes an answer back.

        Raises:
            HistoryError: it could not be recorded.
        """
        self._record(question, "")

    def leave_out(self, cell: Cell) -> None:
        """Ask no more about a clip that cannot be shown."""
        if cell.clip is not None:
            self._left_out.add(cell.clip.sha256)

    def _record(self, question: Question, answer: str) -> None:
        first, second = question.first.clip, question.second.clip
        if first is None or second is None:
            raise ConfigError("One of the two clips is gone, so nothing was recorded.")
        record(self._core, question.id, (first.sha256, second.sha256), answer, question.rater)


def record(core: Core, key: str, pair: tuple[str, str], answer: str, rater: str) -> None:
    """Write an answer to the history.

    Args:
        core: with the history.
        key: its identity.
        pair: hashes of the left clip and the right one.
        answer: as in :class:`Judgement`.
        rater: the rater's name.

    Raises:
        HistoryError: nothing was written.
    """
    one = Judgement(id=key, first=pair[0], second=pair[1], answer=answer, rater=rater, at=time.time())

    async def write() -> None:
        store.add(core.engine.history, [one])

    core.run(write())


def read_judgements(core: Core, clips: Iterable[str]) -> list[Judgement]:
    """Read the judgements of pairs of these clips, by any kernel.

    Raises:
        HistoryError: the history could not be read.
    """

    async def read() -> list[Judgement]:
        return store.about(core.engine.history, clips)

    return core.run(read())


def with_clips(cells: Iterable[Cell]) -> dict[str, list[Cell]]:
    """Return the cells that have a clip, by its hash: equal files are one clip."""
    by_hash: dict[str, list[Cell]] = {}
    for cell in cells:
        if (clip := cell.clip) is not None:
            by_hash.setdefault(clip.sha256, []).append(cell)
    return by_hash


def checked_rater(rater: object) -> str:
    """Return a rater's name, without blanks around it.

    Raises:
        ConfigError: it is no name.
    """
    return checked_round(1, rater)[1]
