"""Telling listeners of changes: soon, once for many, on a thread of its own, so that none delays a poll."""

from __future__ import annotations

import contextvars
import logging
import threading
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Listeners", "Notifier", "Soon"]

log = logging.getLogger("cometact_nb")
T = TypeVar("T")


class Soon:
    """Runs a function soon, and once for all the calls that come before it runs.

    Args:
        later: hands a function to the thread that is to run it, such as :meth:`Core.call_soon`.
        work: the function.
    """

    def __init__(self, later: Callable[[Callable[[], object]], object], work: Callable[[], object]) -> None:
        self._later = later
        self._work = work
        self._is_due = False

    def __call__(self) -> None:
        """Have it run; on any thread."""
        if not self._is_due:
            self._is_due = True
            self._later(self._run)

    def _run(self) -> None:
        self._is_due = False  # first: what changes while it runs needs another run
        self._work()


class Listeners(Generic[T]):
    """Functions that are called after the changes of one thing, and once when they are added.

    That first call tells what happened before: whoever draws something and then listens misses nothing.

    Args:
        source: the thing; each function gets it.
        later: hands a function to the one thread on which all calls are made; by default they are made where
            :meth:`add` and :meth:`tell` are called.
    """

    def __init__(
        self, source: T, later: Callable[[Callable[[], object]], object] = lambda work: work()
    ) -> None:
        self._source = source
        self._later = later
        self._callbacks: list[Callable[[T], object]] = []
        self._tell_soon = Soon(later, self._tell)

    def add(self, callback: Callable[[T], object]) -> Callable[[], None]:
        """Call ``callback(source)`` once, and after each change; the function that comes back ends that."""
        self._callbacks.append(callback)
        self._later(partial(self._call, callback))

        def remove() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return remove

    def tell(self) -> None:
        """Call each; once for all the changes that come before the calls are made."""
        self._tell_soon()

    def _tell(self) -> None:
        for callback in list(self._callbacks):
            self._call(callback)

    def _call(self, callback: Callable[[T], object]) -> None:
        """An exception in one is logged and spares the others."""
        if callback not in self._callbacks:  # it was removed meanwhile
            return
        try:
            callback(self._source)
        except BaseException:  # an exit or a cancel, too, would end the thread that tells all others
            log.exception("a listener of %r failed", self._source)


class Notifier:
    """Runs functions one after another on one daemon thread with an empty context.

    The thread begins with the first piece of work, and ends with :meth:`stop` until there is more.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, work: Callable[[], object]) -> None:
        """Run ``work`` soon; an exception in it is logged and goes no further."""
        with self._guard:
            if self._thread is None:
                self._begin()
            self._queue.put(work)

    def _begin(self) -> None:
        self._queue = SimpleQueue()
        target = partial(self._run, self._queue)
        self._thread = threading.Thread(target=target, name="cometact_nb-notify", daemon=True)
        try:
            contextvars.Context().run(self._thread.start)
        except RuntimeError:  # the interpreter ends, and nobody is there to be told any more
            self._thread = None

    def stop(self) -> None:
        """End the thread when all work put so far is done; more work begins another."""
        with self._guard:
            if self._thread is not None:
                self._queue.put(None)
                self._thread = None

    def flush(self, timeout_s: float) -> bool:
        """Wait until all work put so far is done; False when that took longer than ``timeout_s`` seconds."""
        reached = threading.Event()
        with self._guard:
            thread = self._thread
            if thread is None or thread is threading.current_thread() or not thread.is_alive():
                return True  # all is done; or in a forked process, which has no such thread
            self._queue.put(reached.set)
        return reached.wait(timeout_s)

    @staticmethod
    def _run(queue: SimpleQueue[Callable[[], object] | None]) -> None:
        while (work := queue.get()) is not None:
            try:
                work()
            except BaseException:
                log.exception("a listener failed")
            del work  # or a thread that waits would hold what it did last
