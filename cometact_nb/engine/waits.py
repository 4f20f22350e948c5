"""Waits for the end of a task or a sweep. An interrupt ends only the wait, and says so."""

from __future__ import annotations

import asyncio
import time
from concurrent import futures
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.arguments import check_seconds
from cometact_nb.errors import ShortTraceback, WaitInterrupted, WaitTimeout, WatchStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["WaitCancelled", "Waits", "nested_step", "until_done"]

#: A wait goes in steps of this many seconds, since Python notices an interrupt only between them.
_STEP_S = 0.2
_NO_MORE = "is not waited for any more"


class WaitCancelled(ShortTraceback, asyncio.CancelledError):
    """An ``await`` was cancelled, as a kernel does to interrupt it; the awaited task goes on."""


def nested_step() -> Callable[[futures.Future[None], float], None]:
    """Return a step that runs the notebook's own loop, if any; only this function applies nest-asyncio."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return plain_step
    import nest_asyncio2  # noqa: PLC0415  (patches asyncio when applied, so only on request)

    nest_asyncio2.apply(loop)

    def step(done: futures.Future[None], seconds: float) -> None:
        async def pause() -> None:
            await asyncio.wait({asyncio.wrap_future(done)}, timeout=seconds)

        loop.run_until_complete(pause())

    return step


def until_done(future: futures.Future[Any]) -> None:
    """Wait for ``future`` in steps."""
    while not future.done():
        futures.wait([future], timeout=_STEP_S)


def plain_step(done: futures.Future[None], seconds: float) -> None:
    """Wait for ``done``, at most ``seconds``."""
    futures.wait([done], timeout=seconds)


class Waits:
    """The waits for one thing, from any thread.

    Args:
        need_here: raises in a process that was forked from the one that watches the thing.
        is_over: says whether nothing more happens to the thing by itself.
        goes_on: turns the reason of an early end into a sentence that says that the thing goes on.
    """

    def __init__(
        self, need_here: Callable[[], None], is_over: Callable[[], bool], goes_on: Callable[[str], str]
    ) -> None:
        self._need_here = need_here
        self._is_over = is_over
        self._goes_on = goes_on
        self._open: set[futures.Future[None]] = set()
        self._left = False

    def leave(self) -> None:
        """End all waits, also later ones, with WatchStopped: nobody here will learn how the thing ends."""
        self._left = True
        self.end()

    def end(self) -> None:
        """End all waits, because the thing is over."""
        for done in list(self._open):
            _set(done)

    def wait(
        self,
        timeout_s: float | None,
        step: Callable[[futures.Future[None], float], None] = plain_step,
        tick: Callable[[], object] = lambda: None,
    ) -> None:
        """Wait until the thing is over.

        Args:
            timeout_s: the most seconds to wait; None waits for as long as it takes.
            step: waits for a part of that time.
            tick: called after each step.

        Raises:
            WaitTimeout: ``timeout_s`` ran out.
            WaitInterrupted: the user interrupted.
            WatchStopped: the session was closed.
            ConfigError: ``timeout_s`` is no number; this process was forked from the one that learns
                of the end.
        """
        check_seconds("timeout_s", timeout_s)
        deadline = None if timeout_s is None else time.monotonic() + timeout_s
        with self._one() as done:
            while not done.done():
                left = _STEP_S if deadline is None else deadline - time.monotonic()
                if left <= 0:
                    raise WaitTimeout(self._goes_on(f"has not ended within {timeout_s:g} s"))
                step(done, min(left, _STEP_S))
                tick()
        self._raise_if_left()

    async def wait_async(self) -> None:
        """Wait like :meth:`wait`, but leave the loop free; raise :class:`WaitCancelled` when cancelled."""
        with self._one() as done:
            ending = asyncio.wrap_future(done)
            try:
                while not ending.done():
                    await asyncio.wait({ending}, timeout=_STEP_S)
            except asyncio.CancelledError:
                raise WaitCancelled(self._goes_on(_NO_MORE)) from None
        self._raise_if_left()

    def _raise_if_left(self) -> None:
        if self._left and not self._is_over():
            raise WatchStopped(self._goes_on("is not watched any more, since its session was closed"))

    @contextmanager
    def _one(self) -> Iterator[futures.Future[None]]:
        if not self._is_over():
            self._need_here()
        done: futures.Future[None] = futures.Future()
        self._open.add(done)
        if self._left or self._is_over():
            _set(done)
        try:
            yield done
        except KeyboardInterrupt:
            raise WaitInterrupted(self._goes_on(_NO_MORE)) from None
        finally:
            self._open.discard(done)


def _set(done: futures.Future[None]) -> None:
    with suppress(futures.InvalidStateError):  # the engine's thread and a waiting thread may both get here
        done.set_result(None)
