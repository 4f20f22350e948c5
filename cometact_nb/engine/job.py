"""One task inside the engine, and the clocks it runs by."""

from __future__ import annotations

import asyncio
import time
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
    """Time, injected so that tests need not wait."""

    def now(self) -> float:
        """Unix seconds."""

    def monotonic(self) -> float:
        """Seconds that never jump."""

    async def sleep(self, seconds: float) -> None:
        """Wait."""


class SystemClock:
    """The machine's own clocks."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)
    sleep = staticmethod(asyncio.sleep)


@dataclass(eq=False)
class Job:
    """One task inside the engine. ``state`` is replaced, never changed, and may be read from any thread.

    Args:
        state: what is known.
        endpoint: the service it was sent to.
        output_dir: folder of its clips, or its URL.
    """

    state: TaskState
    endpoint: Endpoint
    output_dir: Path | str
    known_since: float = float("-inf")  #: monotonic; when the id was given, or last known
    last_poll: float = float("-inf")  #: monotonic
    cancel_accepted: bool = False
    #: What was doubtful about its inputs when it was sent from here.
    warnings: tuple[Finding, ...] = ()
    watcher: asyncio.Task[None] | None = None
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    #: Set when a request that was refused for now is not to be sent again.
    given_up: asyncio.Event = field(default_factory=asyncio.Event)
    is_postponed: bool = False  #: its request was refused for now, and waits to be sent again
    sent: asyncio.Event = field(default_factory=asyncio.Event)  #: set when the POST has its outcome
    is_named_by_user: bool = False  #: the id is the user's word, not the service's
    rarely_until: float | None = None  #: monotonic; until then a doubtful task is asked about now and then
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)  #: one poll of a task at a time
    #: Called after each change, on the engine's loop.
    listeners: Listeners[Job] = field(init=False)

    def __post_init__(self) -> None:
        self.listeners = Listeners(self)

    def __repr__(self) -> str:
        return f"<Job {self.state.id or self.state.key}>"
