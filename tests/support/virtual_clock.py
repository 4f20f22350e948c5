"""A clock whose hours pass in milliseconds, for deciders that take their time as an argument."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from collections.abc import Coroutine
from typing import Any


class VirtualClock:
    """Sleepers wake in order of their time, each as soon as nothing else can run.

    Only for loops that do no real input or output: time moves when every coroutine waits for the clock.
    """

    def __init__(self, start: float = 1_800_000_000.0) -> None:
        self._now = start
        self._start = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()
        self._driver: asyncio.Task[None] | None = None
        self.jump = 0.0

    def now(self) -> float:
        """Unix seconds; ``jump`` moves this clock only, as a user or NTP does."""
        return self._now + self.jump

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._now - self._start

    async def sleep(self, seconds: float) -> None:
        """Wait in virtual time."""
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + max(0.0, seconds), next(self._count), future))
        if self._driver is None or self._driver.done():
            self._driver = asyncio.create_task(self._drive())
        await future

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait until ``event`` is set, for so many virtual seconds at the most."""
        await first_of(event, self.sleep(seconds))

    async def _drive(self) -> None:
        while self._sleepers:
            for _ in range(50):  # let everything that can run, run
                await asyncio.sleep(0)
            due, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self._now = max(self._now, due)
                future.set_result(None)


async def first_of(event: asyncio.Event, sleeping: Coroutine[Any, Any, None]) -> None:
    """Wait until ``event`` is set or the sleep ends, whatever comes first."""
    both = [asyncio.ensure_future(sleeping), asyncio.ensure_future(event.wait())]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in both:
            one.cancel()
