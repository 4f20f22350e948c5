"""An engine that says what it is asked for, and a session that runs on an engine of the test's own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent import futures
from queue import SimpleQueue
from typing import Any

from cometact_nb.engine.engine import Engine
from cometact_nb.engine.job import Job
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session


class AskedEngine(Engine):
    """An engine that says what its user's thread asks of it.

    Args:
        asked: gets each future that is handed out.
        settings: of an engine.
    """

    def __init__(self, asked: SimpleQueue[futures.Future[Any] | None], *settings: Any, **more: Any) -> None:
        self._asked = asked
        super().__init__(*settings, **more)

    def call(self, work: Any) -> futures.Future[Any]:
        future = self.call_unseen(work)
        self._asked.put(future)
        return future

    def call_unseen(self, work: Any) -> futures.Future[Any]:
        """As :meth:`call`, for the test itself."""
        return super().call(work)


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
