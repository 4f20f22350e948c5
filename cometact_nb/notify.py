"""Telling listeners about changes, on a thread of its own, so that a slow one never delays a poll."""

from __future__ import annotations

import contextvars
import logging
import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Listeners", "Notifier"]

log = logging.getLogger("cometact_nb")
T = TypeVar("T")


class Listeners(Generic[T]):
    """Functions that are told of the changes of one thing."""

    def __init__(self) -> None:
        self._callbacks: list[Callable[[T], object]] = []

    def add(self, callback: Callable[[T], object]) -> Callable[[], None]:
        """Tell ``callback`` from now on; the function that comes back removes it."""
        self._callbacks.append(callback)

        def remove() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return remove

    def tell(self, changed: T) -> None:
        """Tell each; an exception in one is logged and spares the others."""
        for callback in list(self._callbacks):
            try:
                callback(changed)
            except BaseException:  # an exit or a cancel, too, would end the thread that tells all others
                log.exception("a listener of %r failed", changed)


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
        if threading.current_thread() is self._thread or not self._thread.is_alive():
            return True  # told, or in a forked process, which has no such thread
        reached = threading.Event()
        self._queue.put(reached.set)
        return reached.wait(timeout_s)

    def _run(self) -> None:
        while True:
            work = self._queue.get()
            try:
                work()
            except BaseException:
                log.exception("a listener failed")
