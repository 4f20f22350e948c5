"""Calls listeners soon after changes, on a thread of its own, so that a slow one never delays a poll."""

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
    """Runs a function soon, once for all calls that come before it runs.

    Args:
        later: passes a function to the thread that runs it, such as :meth:`Core.call_soon`.
        work: the function.
    """

    def __init__(self, later: Callable[[Callable[[], object]], object], work: Callable[[], object]) -> None:
        self._later = later
        self._work = work
        self._is_due = False

    def __call__(self) -> None:
        """Run the function soon. From any thread."""
        if not self._is_due:
            self._is_due = True
            self._later(self._run)

    def _run(self) -> None:
        self._is_due = False  # first, since a change while it runs needs another run
        self._work()


class Listeners(Generic[T]):
    """The functions to call after each change of one thing, and once at :meth:`add`.

    The first call covers earlier changes: code that draws first and listens then misses none.

    Args:
        source: the thing, which each function gets.
        later: passes a function to the one thread that makes all calls; by default the callers of :meth:`add`
            and :meth:`tell` make them.
    """

    def __init__(
        self, source: T, later: Callable[[Callable[[], object]], object] = lambda work: work()
    ) -> None:
        self._source = source
        self._later = later
        self._callbacks: list[Callable[[T], object]] = []
        self._tell_soon = Soon(later, self._tell)

    def add(self, callback: Callable[[T], object]) -> Callable[[], None]:
        """Call ``callback(source)`` once, and after each change; return a function that ends that."""
        self._callbacks.append(callback)
        self._later(partial(self._call, callback))

        def remove() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return remove

    def tell(self) -> None:
        """Call each function soon, once for all changes until then."""
        if self._callbacks:  # else a poll of a task that nobody looks at would wake the other thread
            self._tell_soon()

    def _tell(self) -> None:
        for callback in list(self._callbacks):
            self._call(callback)

    def _call(self, callback: Callable[[T], object]) -> None:
        """Call one function; log an exception in it, so that the others are called, too."""
        if callback not in self._callbacks:  # removed meanwhile
            return
        try:
            callback(self._source)
        except BaseException:  # an exit or a cancel would also end the thread that calls all others
            log.exception("a listener of %r failed", self._source)


class Notifier:
    """Runs functions one after another on one daemon thread with an empty context.

    The thread starts with the first function; :meth:`stop` ends it until the next one.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[Callable[[], object] | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None

    def put(self, work: Callable[[], object]) -> None:
        """Run ``work`` soon; log an exception in it."""
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
        except RuntimeError:  # the interpreter ends, and there is nobody to call any more
            self._thread = None

    def stop(self) -> None:
        """End the thread after all work so far; more work starts another."""
        with self._guard:
            if self._thread is not None:
                self._queue.put(None)
                self._thread = None

    def flush(self, timeout_s: float) -> bool:
        """Wait until all work so far is done; return False if that takes more than ``timeout_s`` seconds."""
        reached = threading.Event()
        with self._guard:
            thread = self._thread
            if thread is None or thread is threading.current_thread() or not thread.is_alive():
                return True  # all is done, or this is a forked process without such a thread
            self._queue.put(reached.set)
        return reached.wait(timeout_s)

    @staticmethod
    def _run(queue: SimpleQueue[Callable[[], object] | None]) -> None:
        while (work := queue.get()) is not None:
            try:
                work()
            except BaseException:
                log.exception("a listener failed")
            del work  # lest a waiting thread keep its last work in memory
