"""A thread that tells listeners about changed tasks, so that a slow listener never delays a poll."""

from __future__ import annotations

import contextvars
import logging
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Notifier"]

log = logging.getLogger("cometact_nb")


class Notifier:
    """Runs functions one after another on one daemon thread with an empty context."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], object]] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="cometact_nb-notify", daemon=True)
        contextvars.Context().run(self._thread.start)

    def put(self, work: Callable[[], object]) -> None:
        """Run ``work`` soon; an exception in it is logged and goes no further."""
        self._queue.put(work)

    def flush(self, timeout_s: float) -> bool:
        """Wait until all work put so far is done; False when that took longer than ``timeout_s`` seconds."""
        if threading.current_thread() is self._thread:
            return True
        reached = threading.Event()
        self._queue.put(reached.set)
        return reached.wait(timeout_s)

    def _run(self) -> None:
        while True:
            work = self._queue.get()
            try:
                work()
            except Exception:
                log.exception("a listener failed")
