"""One task inside the engine, and its clock."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from cometact_nb.engine.notify import Listeners

if TYPE_CHECKING:
    from pathlib import Path

    from cometact_nb.domain.media import Finding
    from cometact_nb.domain.service import Endpoint
    from cometact_nb.domain.task import TaskState

__all__ = ["Clock", "Job", "SystemClock"]


class Clock(Protocol):
    """The time; tests pass their own, so that they need not wait."""

    def now(self) -> float:
        """Return Unix seconds."""

    def monotonic(self) -> float:
        """Return seconds that never jump."""

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds."""

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait until ``event`` is set, for so many seconds at the most."""


class SystemClock:
    """The machine's own clocks."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(asyncio.sleep)

    @staticmethod
    async def wait(event: asyncio.Event, seconds: float) -> None:
        """Wait until ``event`` is set, for so many seconds at the most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()


@dataclass(eq=False)
class Job:
    """One task inside the engine. ``state`` is replaced, never changed, and may be read from any thread.

    Args:
        state: of the task, so far.
        endpoint: the service that it was sent to.
        output_dir: folder of its clips, or its URL.
    """

    state: TaskState
    endpoint: Endpoint
    output_dir: Path | str
    known_since: float = float("-inf")  #: monotonic; when the service gave the id, or last knew it
    last_poll: float = float("-inf")  #: monotonic
    cancel_accepted: bool = False
    #: Warnings about its inputs when this process sent it.
    warnings: tuple[Finding, ...] = ()
    watcher: asyncio.Task[None] | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    #: Set to stop repeating a request that was refused for now.
    given_up: asyncio.Event = field(default_factory=asyncio.Event)
    is_postponed: bool = False  #: its request was refused for now and waits for its next try
    has_outcome: asyncio.Event = field(default_factory=asyncio.Event)  #: set when the POST has its outcome
    is_named_by_user: bool = False  #: the user gave the id, not the service
    rarely_until: float | None = None  #: monotonic; until then a doubtful task is polled now and then
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)  #: one poll of a task at a time
    #: Called after each change, on the engine's loop.
    listeners: Listeners[Job] = field(init=False)

    def __post_init__(self) -> None:
        self.listeners = Listeners(self)

    def __repr__(self) -> str:
        return f"<Job {self.state.id or self.state.key}>"
