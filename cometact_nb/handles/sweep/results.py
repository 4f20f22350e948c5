"""The results of a sweep: its clips, rated, compared and as a table."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, TypeVar

from cometact_nb.domain.doors import doors
from cometact_nb.errors import ConfigError
from cometact_nb.handles.sweep.cell import row
from cometact_nb.handles.sweep.noise import map_clips, noise_floor
from cometact_nb.handles.table import frame_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.domain.sweep.rating import Rating
    from cometact_nb.handles.clip import Clip
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.cell import Cell
    from cometact_nb.handles.sweep.ledger import Ledger
    from cometact_nb.handles.sweep.noise import Executor, NoiseFloor

__all__ = ["Results"]

R = TypeVar("R")


@doors
class Results:
    """The cells of a sweep with their clips. Part of :class:`~cometact_nb.Sweep`."""

    session: Core
    cells: tuple[Cell, ...]
    _ledger: Ledger

    def _changed(self) -> None:
        """Tell listeners that the cells have changed; on the engine's loop."""
        raise NotImplementedError

    def rate(
        self,
        cell: Cell,
        *,
        stars: int | None = None,
        favourite: bool | None = None,
        note: str | None = None,
        blind: bool = False,
    ) -> Rating:
        """Record your rating of a cell's clip. None leaves a part as it is; ``stars=0`` removes stars.

        Blind stars and open stars are recorded beside each other; neither replaces the other.

        Args:
            cell: one of ``cells`` with a task.
            stars: 1–5, or 0 for none.
            favourite: mark it as a favourite.
            note: free text, up to 2,000 characters.
            blind: you did not see the parameters.

        Returns:
            the new rating.

        Raises:
            ConfigError: no task yet, or a value that is no rating.
            HistoryError: it could not be recorded.
        """
        job = cell.job
        if job is None:
            raise ConfigError(f"Cell {cell.index + 1} has no clip yet, so there is nothing to rate.")
        now = time.time()
        rating = cell.rating.changed(stars=stars, favourite=favourite, note=note, blind=blind, now=now)

        async def keep() -> None:
            self._ledger.rate(job.state.key, rating)
            self._changed()

        self.session.run(keep())
        return rating

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one mapping a cell: its parameters, its outcome, the path of its clip, and its rating."""
        return [row(cell) for cell in self.cells]

    def to_frame(self) -> Any:
        """Return the same as a pandas DataFrame.

        Raises:
            ConfigError: pandas is not installed.
        """
        return frame_of(self.to_rows())

    def map(self, fn: Callable[[Clip], R], executor: Executor | None = None) -> list[R | None]:
        """Call ``fn(clip)`` for each cell, in the order of ``cells``; None for a cell without a clip.

        Args:
            fn: called with a :class:`Clip`. For other processes it must be importable there, and so must its
                results; for other machines the clips' folder must be mounted at the same path.
            executor: any of ``concurrent.futures``, Dask's ``client.get_executor()``, ipyparallel's
                ``client.load_balanced_view().executor``. None calls ``fn`` here, one clip after the other.

        Returns:
            the results of ``fn``.

        Raises:
            ConfigError: an executor has no ``submit``. An error of ``fn`` is raised, with a note on the clip,
                after all others have ended.
        """
        return map_clips(fn, [cell.clip for cell in self.cells], executor)

    def noise_floor(self, distance: Callable[[Clip, Clip], float] | None = None) -> NoiseFloor:
        """Compare how far each knob moves the clips with how far they differ by chance.

        Args:
            distance: of two clips, ≥ 0; None takes the mean absolute difference of their frames, 0–255.

        Returns:
            a table; ``to_rows()`` gives it as numbers.
        """
        return noise_floor([(cell.params, cell.replicate, cell.clip) for cell in self.cells], distance)
