"""Limits how many tasks of all sweeps in a process are unfinished at a time. Runs on the engine's loop."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Slots"]


class Slots:
    """The places for unfinished tasks at the service, which all sweeps of a process share.

    The longest wait is served first. Each sweep waits for one place at a time, so that sweeps take turns.
    """

    def __init__(self) -> None:
        self.inside = 0
        #: Hold this while sending a request: a service that refuses one for now would refuse the next.
        self.sending = asyncio.Lock()
        self._line: deque[tuple[asyncio.Future[None], int]] = deque()

    async def enter(self, limit: int) -> None:
        """Wait until fewer than ``limit`` places are taken, and take one."""
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._line.append((turn, limit))
        self._admit()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back."""
        self.inside -= 1
        self._admit()

    def _admit(self) -> None:
        while self._line:
            turn, limit = self._line[0]
            if not turn.done():
                if self.inside >= limit:
                    return
                self.inside += 1
                turn.set_result(None)
            self._line.popleft()
