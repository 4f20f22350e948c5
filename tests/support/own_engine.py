"""An engine that knows whether anybody waits for it, and a session that runs on an engine of the test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent import futures
from typing import Any

from cometact_nb.engine.engine import Engine
from cometact_nb.engine.job import Job
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session


class AskedEngine(Engine):
    """An engine that knows what it has been asked for and has not done yet.

    Args:
        settings: of an engine.
    """

    def __init__(self, *settings: Any, **more: Any) -> None:
        self.unfinished: set[asyncio.Task[Any] | None] = set()
        #: Set by each new piece of work.
        self.asked = asyncio.Event()
        super().__init__(*settings, **more)

    def call(self, work: Any) -> futures.Future[Any]:
        return self.call_unseen(self._noted(work))

    def call_unseen(self, work: Any) -> futures.Future[Any]:
        """As :meth:`call`, for the test itself."""
        return super().call(work)

    async def _noted(self, work: Coroutine[Any, Any, Any]) -> Any:
        task = asyncio.current_task()
        self.unfinished.add(task)
        self.asked.set()
        try:
            return await work
        finally:
            self.unfinished.discard(task)


class SessionOnEngine(Session):
    """A session with an engine of the test's own.

    Args:
        config: its settings.
        make: makes the engine of the function that is told of each change.
    """

    def __init__(self, config: Config, make: Callable[[Callable[[Job], None]], Engine]) -> None:
        self._make = make
        super().__init__(config)

    def make_engine(self) -> Engine:
        return self._make(self.tell)
