"""The user's handle of one cell of a sweep."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import redact
from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.sweep.grid import label
from cometact_nb.domain.sweep.rating import NO_RATING
from cometact_nb.handles.task import task_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.rating import Rating
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.clip import Clip
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.entries import Entry
    from cometact_nb.handles.task import Task

__all__ = ["Cell", "row"]


class Cell:
    """One cell of a sweep. Made by the sweep, never directly."""

    def __init__(self, core: Core, entry: Entry, rating_of: Callable[[str], Rating]) -> None:
        self._core = core
        self._entry = entry
        self._rating_of = rating_of

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
        """The user's rating of it; see :meth:`cometact_nb.Sweep.rate`."""
        job = self._entry.job
        return NO_RATING if job is None else self._rating_of(job.state.key)

    def __repr__(self) -> str:
        params = ", ".join(f"{name}={label(name, value)}" for name, value in self.params.items())
        return f"<Cell {self.index + 1}: {params} · {self.status}{' · reused' if self.reused else ''}>"


def row(cell: Cell) -> dict[str, Any]:
    """Make one line of a sweep's table."""
    state = cell.task.state if cell.task is not None else None
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
        "stars_open": rating.given_open[0],
        "stars_open_at": _moment(rating.given_open[1]),
        "stars_blind": rating.given_blind[0],
        "stars_blind_at": _moment(rating.given_blind[1]),
    }


def _value(value: Any) -> Any:
    """Return a field's value, an address without its secret parts, since rows are exported and saved."""
    return redact.public(value.uri) if isinstance(value, MediaRef) else value


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).replace(microsecond=0)
