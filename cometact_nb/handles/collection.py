"""Clips from anywhere as one set: tasks, history rows, sweeps, saved clips, folders."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from cometact_nb.domain.arguments import check_flags, local_path
from cometact_nb.domain.doors import doors
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.engine.notify import Listeners, Soon
from cometact_nb.errors import ConfigError
from cometact_nb.handles.sweep.cell import Cell
from cometact_nb.handles.sweep.entries import Entry
from cometact_nb.handles.sweep.rating_book import RatingBook
from cometact_nb.handles.sweep.results import Results
from cometact_nb.handles.views import views

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from os import PathLike
    from pathlib import Path

    from cometact_nb.domain.sweep.grid import PlannedCell
    from cometact_nb.domain.sweep.rating import Rating, RoundRating
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.sweep import Sweep


__all__ = ["ClipSet", "Collection"]


#: What galleries, reports and comparisons show.
ClipSet: TypeAlias = "Sweep | Collection"


@doors
class Collection(Results):
    """Clips from anywhere, side by side on the axes in which their requests differ. Made by :func:`collect`.

    Args:
        session: with the history.
        planned: the place of each clip, and its request.
        jobs: the tasks, one for each place.
        axes: the fields in which they differ, and these values.
        notes: what was left out, a sentence each.
    """

    _elsewhere = "collect them there again"

    def __init__(
        self,
        session: Core,
        planned: Sequence[PlannedCell],
        jobs: Sequence[Job],
        axes: dict[str, list[Any]],
        notes: Sequence[str] = (),
    ) -> None:
        self.session = session
        self.axes = axes
        self.notes = tuple(notes)
        self._jobs = tuple(jobs)
        self._ledger = RatingBook(session)
        self.cells = tuple(
            Cell(session, Entry(cell, job), self._ratings_of) for cell, job in zip(planned, jobs, strict=True)
        )
        count = len(self.cells)
        self.name = f"{count} clip{'' if count == 1 else 's'}"
        self._listeners = Listeners[Collection](self, session.call_soon)
        self._tell_soon = Soon(session.call_soon, self._listeners.tell)
        self._leaves: list[Callable[[], None]] = []
        self._read_ratings()

    @property
    def recall(self) -> str:
        """The line of Python that makes one like it: its beginning."""
        return "act.collect(…)"

    @property
    def state(self) -> SweepState:
        """``"running"`` while one of its tasks goes on, else ``"finished"``."""
        goes_on = any(not job.state.is_settled for job in self._jobs)
        return SweepState.RUNNING if goes_on else SweepState.FINISHED

    @cached_property
    def sandbox(self) -> bool:
        """Whether all of it was made in the sandbox, where nothing is billed."""
        return all(job.state.in_sandbox for job in self._jobs)

    @property
    def counts(self) -> Counter[str]:
        """The number of cells with each status."""
        return Counter(cell.status for cell in self.cells)

    def rate(self, cell: Cell, **changes: Any) -> Rating:
        """Record a rating of a clip; see :meth:`cometact_nb.Sweep.rate`.

        Args:
            cell: one of ``cells``.
            changes: the arguments of that method.

        Raises:
            ConfigError: the history has no such task, or a value cannot be used.
            HistoryError: it could not be recorded.
        """
        job = cell.job
        if job is not None and not self._is_in_history(job.state.key):
            raise ConfigError(
                f"The task of clip {cell.index + 1} is not in this history, so its rating has no place there."
            )
        return super().rate(cell, **changes)

    def gallery(self, rows: str | None = None, columns: str | None = None) -> Any:
        """Show the clips side by side, played frame by frame together.

        Args:
            rows: the axis down the side; None picks one.
            columns: the axis across; None picks one.

        Returns:
            a widget; show it by naming it at the end of a cell.

        Raises:
            ConfigError: they do not differ in such an axis.
        """
        return views().gallery(self, rows, columns)

    def export(
        self,
        folder: str | PathLike[str],
        *,
        overwrite: bool = False,
        cells: Sequence[Cell] | None = None,
        divider: bool = False,
        reference: bool = True,
        width: int = 1920,
        progress: Callable[[float], None] | None = None,
    ) -> Path:
        """Write a report, a film, or a picture, as :meth:`cometact_nb.Sweep.export` does.

        Args:
            folder: as there, like the others.
            overwrite: replace an earlier report in it, or the file.
            cells: for a film or a picture: those to show, in this order; None shows all.
            divider: for a film of two cells: lay both over each other, with a divider that moves.
            reference: for a film or a picture: show the reference of the first cell, and take its sound.
            width: of a film or a picture, 160–3840 pixels.
            progress: called with the share of a film that is done, 0–1, in place of the bar.

        Returns:
            the path of the page or the file; at the end of a cell, a report's is a link.

        Raises:
            ConfigError: see :meth:`cometact_nb.Sweep.export`.
        """
        check_flags(overwrite=overwrite, divider=divider, reference=reference)
        options: dict[str, Any] = {"cells": cells, "divider": divider, "reference": reference}
        folder = local_path("folder", folder)
        return views().export(self, folder, overwrite=overwrite, width=width, progress=progress, **options)

    def add_listener(self, callback: Callable[[Collection], object]) -> Callable[[], None]:
        """Call ``callback(collection)`` at once and after changes, on a background thread.

        Args:
            callback: called with this collection.

        Returns:
            a function that removes the listener.
        """
        if not self._leaves:
            self._leaves = [job.listeners.add(lambda _: self._tell_soon()) for job in self._jobs]
        return self._listeners.add(callback)

    def _changed(self) -> None:
        self._tell_soon()

    def _ratings_of(self, key: str) -> tuple[RoundRating, ...]:
        return self._ledger.ratings.get(key, ())

    def _is_in_history(self, key: str) -> bool:
        async def look() -> bool:
            return bool(self.session.engine.history.query("SELECT 1 FROM tasks WHERE key = ?", (key,)))

        return self.session.run(look())

    def __len__(self) -> int:
        return len(self.cells)

    def __repr__(self) -> str:
        axes = ", ".join(f"{name} ({len(values)})" for name, values in self.axes.items())
        lines = [f"<{self.name}{' · sandbox' if self.sandbox else ''} · differ in {axes or 'nothing'}>"]
        return "\n".join([*lines, *self.notes])
