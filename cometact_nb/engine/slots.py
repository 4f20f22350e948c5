"""The places for unfinished tasks at the service that all sweeps of a process share. On the engine's loop."""

from __future__ import annotations

import asyncio
from collections import deque

__all__ = ["Gate"]


class Gate:
    """The places for unfinished tasks at the service that all sweeps of a process share.

    Who waits longest is next. Each sweep waits for one place at a time, so that they take turns.
    """

    def __init__(self) -> None:
        self.inside = 0
        #: Held while a request is sent: a service that refuses one for now would refuse the next.
        self.sending = asyncio.Lock()
        self._line: deque[tuple[asyncio.Future[None], int]] = deque()

    async def enter(self, limit: int) -> None:
        """Wait for a place; at most ``limit`` are taken then."""
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
