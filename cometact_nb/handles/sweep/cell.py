"""The user's handle of one cell of a sweep."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import redact
from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.sweep.grid import label
from cometact_nb.domain.sweep.rating import NO_RATING
from cometact_nb.handles.no_copies import NoCopies
from cometact_nb.handles.task import task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.rating import Rating, RoundRating
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.clip import Clip
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.entries import Entry
    from cometact_nb.handles.task import Task

__all__ = ["Cell", "rating_rows", "row"]


class Cell(NoCopies):
    """One cell of a sweep. Made by the sweep, never directly."""

    _elsewhere = "keep the name of its sweep and cell.index"

    def __init__(
        self, core: Core, entry: Entry, ratings_of: Callable[[str], tuple[RoundRating, ...]]
    ) -> None:
        self._core = core
        self._entry = entry
        self._ratings_of = ratings_of

    @property
    def job(self) -> Job | None:
        """Its task inside the engine, or None before there is one."""
        return self._entry.job

    @property
    def index(self) -> int:
        """Its place in the plan, from 0."""
        return self._entry.cell.index

    @property
    def key(self) -> str:
        """Its identity: the content of its request and the number of the replicate."""
        return self._entry.cell.key

    @property
    def params(self) -> dict[str, Any]:
        """Its values on the sweep's axes, ``replicate`` last when there are several."""
        return dict(self._entry.cell.params)

    @property
    def replicate(self) -> int:
        """The number of the replicate, from 1."""
        return self._entry.cell.replicate

    @property
    def request(self) -> ActTwoRequest:
        """The request, sent or not."""
        return self._entry.cell.request

    @property
    def task(self) -> Task | None:
        """Its task, or None before there is one."""
        job = self._entry.job
        return None if job is None else task_of(self._core, job)

    @property
    def status(self) -> str:
        """A :class:`~cometact_nb.Status`; before there is a task ``PLANNED``, ``QUEUED`` or ``STOPPED``."""
        job = self._entry.job
        return self._entry.mark.value if job is None else job.state.status.value

    @property
    def reason(self) -> str:
        """The reason why it was stopped, or an empty string."""
        return self._entry.reason

    @property
    def reused(self) -> bool:
        """Whether its video was bought before, for another purpose, and is not paid for again."""
        return self._entry.reused

    @property
    def clip(self) -> Clip | None:
        """The video on disk, or None until it is there."""
        return None if (task := self.task) is None else task.clip

    @property
    def rating(self) -> Rating:
        """The rating of the round that was rated last; see :meth:`cometact_nb.Sweep.rate`."""
        return self.ratings[-1].rating if self.ratings else NO_RATING

    @property
    def ratings(self) -> tuple[RoundRating, ...]:
        """Its ratings, one for each round and rater; the one that changed last is the last."""
        job = self._entry.job
        return () if job is None else self._ratings_of(job.state.key)

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={label(name, value)}" for name, value in self.params.items())
        return f"<Cell {self.index + 1}: {params} · {self.status}{' · reused' if self.reused else ''}>"


def row(cell: Cell, rounds: Iterable[tuple[int, str]] = ()) -> dict[str, Any]:
    """Make one line of a sweep's table.

    Args:
        cell: of the sweep.
        rounds: the rounds with columns of their own, each with its rater.
    """
    state = cell.job.state if cell.job is not None else None
    clip = cell.clip
    rating = cell.rating
    return {
        "cell": cell.index + 1,
        **{name: _value(value) for name, value in cell.params.items()},
        "replicate": cell.replicate,
        "status": cell.status,
        "reused": cell.reused,
        "id": state.id if state else None,
        "clip": (clip.url or str(clip.path)) if clip else None,
        "width": clip.width if clip else None,
        "height": clip.height if clip else None,
        "fps": clip.fps if clip else None,
        "duration_s": clip.duration_s if clip else None,
        "elapsed_s": state.elapsed_s(time.time()) if state else None,
        "price_usd": state.price_usd if state else None,
        "failure_code": state.failure_code if state else None,
        "problem": (state.failure or state.problem or state.clip_error if state else cell.reason) or None,
        "stars": rating.stars,
        "favourite": rating.favourite,
        "note": rating.note,
        "blind": rating.blind,
        **_by_kind(rating),
        **_by_round(cell, rounds),
    }


def rating_rows(cell: Cell) -> Iterator[dict[str, Any]]:
    """Make a line for each rating of a cell, with open and blind stars apart."""
    for one in sorted(cell.ratings, key=lambda each: (each.round, each.rater)):
        rating = one.rating
        kinds = [(False, *rating.given_open), (True, *rating.given_blind)]
        with_stars = [each for each in kinds if each[1] is not None]
        marked = rating.favourite or bool(rating.note)
        for blind, stars, at in with_stars or [(False, None, one.at)][: 1 if marked else 0]:
            yield {
                "cell": cell.index + 1,
                "round": one.round,
                "rater": one.rater,
                "blind": blind,
                "stars": stars,
                "favourite": rating.favourite,
                "note": rating.note,
                "when": _moment(at),
            }


def _by_kind(rating: Rating, suffix: str = "") -> dict[str, Any]:
    kinds = {"open": rating.given_open, "blind": rating.given_blind}
    columns: dict[str, Any] = {}
    for kind, (stars, at) in kinds.items():
        columns |= {f"stars_{kind}{suffix}": stars, f"stars_{kind}_at{suffix}": _moment(at)}
    return columns


def _by_round(cell: Cell, rounds: Iterable[tuple[int, str]]) -> dict[str, Any]:
    by_round = {(one.round, one.rater): one.rating for one in cell.ratings}
    columns: dict[str, Any] = {}
    for number, rater in rounds:
        rating = by_round.get((number, rater), NO_RATING)
        suffix = f"_round{number}" + (f"_{rater}" if rater else "")
        columns |= _by_kind(rating, suffix)
        columns |= {f"favourite{suffix}": rating.favourite, f"note{suffix}": rating.note}
    return columns


def _value(value: Any) -> Any:
    """Return a field's value, an address without its secret parts, since rows are exported and saved."""
    return redact.public(value.uri) if isinstance(value, MediaRef) else value


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
