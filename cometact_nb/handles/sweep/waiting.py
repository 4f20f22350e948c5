"""Waits for a sweep, with the kernel held or free."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import doors
from cometact_nb.domain.sweep.run import Mark
from cometact_nb.errors import SweepPaused
from cometact_nb.handles.sweep import sentences
from cometact_nb.handles.sweep.standing import Standing

if TYPE_CHECKING:
    from collections.abc import Generator
    from typing import Self

    from cometact_nb.engine.waits import Waits

__all__ = ["Waiting"]


@doors
class Waiting(Standing):
    """A sweep that can be waited for. Part of :class:`~cometact_nb.Sweep`."""

    name: str
    _waits: Waits

    def wait(self, timeout_s: float | None = None) -> Self:
        """Wait until every cell has ended. A failed cell does not raise; see ``cells``.

        Args:
            timeout_s: the most seconds to wait; None waits for as long as it takes.

        Returns:
            this sweep.

        Raises:
            SweepPaused: some cells will not be sent by themselves.
            WaitTimeout: ``timeout_s`` ran out; the sweep goes on.
            WaitInterrupted: the user interrupted; the sweep goes on.
        """
        self._waits.wait(timeout_s)
        self.session.flush()
        self._raise_if_left()
        return self

    def __await__(self) -> Generator[Any, None, Self]:
        """Wait like :meth:`wait`, but leave the kernel free. An interrupt ends only the wait."""
        return self._wait_async().__await__()

    async def _wait_async(self) -> Self:
        await self._waits.wait_async()
        await asyncio.to_thread(self.session.flush)
        self._raise_if_left()
        return self

    def _is_still(self) -> bool:
        """Whether nothing more happens by itself."""
        return not self._runner.is_running and self._entries.is_settled

    def _raise_if_left(self) -> None:
        left = sum(cell.status in {Mark.PLANNED, Mark.QUEUED} for cell in self.cells)
        if why := sentences.why_left(self.name, self.state, self.problem, left):
            raise SweepPaused(why, self)

    def _goes_on(self, what: str) -> str:
        return (
            f"Sweep {self.name!r} {what}; the sweep itself goes on. "
            f"act.sweep_by_name({self.name!r}) finds it again."
        )
