"""Waiting for the end of a task or a sweep. An interrupt ends the wait alone, and says so."""

from __future__ import annotations

import asyncio
import time
from concurrent import futures
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from cometact_nb.errors import ShortTraceback, WaitInterrupted, WaitTimeout, WatchStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["WaitCancelled", "Waits", "until_done"]

#: A wait goes in steps of this many seconds, since an interrupt is noticed only between them.
_STEP_S = 0.2
_NO_MORE = "is not waited for any more"


class WaitCancelled(ShortTraceback, asyncio.CancelledError):
    """An ``await`` was cancelled, which is how a kernel interrupts one. What it waited for goes on."""


def until_done(future: futures.Future[Any]) -> None:
    """Wait for ``future`` in steps."""
    while not future.done():
        futures.wait([future], timeout=_STEP_S)


def plain_step(done: futures.Future[None], seconds: float) -> None:
    """Wait for ``done``, ``seconds`` at the most."""
    futures.wait([done], timeout=seconds)


class Waits:
    """The waits for one thing, from any thread.

    Args:
        need_here: raises in a process that was forked from the one that watches it.
        is_over: whether nothing more happens to it by itself.
        goes_on: given why a wait ends early, the sentence that says that the thing itself goes on.
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
        """Let them all end, and those to come: nobody here will learn any more how it goes on."""
        self._left = True
        self.end()

    def end(self) -> None:
        """Let them all return: it is over."""
        for done in list(self._open):
            _set(done)

    def wait(
        self,
        timeout_s: float | None,
        step: Callable[[futures.Future[None], float], None] = plain_step,
        tick: Callable[[], object] = lambda: None,
    ) -> None:
        """Wait until it is over.

        Args:
            timeout_s: seconds to wait at the most; None waits for as long as it takes.
            step: waits for a part of that.
            tick: called after each step.

        Raises:
            WaitTimeout: ``timeout_s`` ran out.
            WaitInterrupted: the user interrupted.
            WatchStopped: the session was closed.
            ConfigError: this process was forked from the one that would learn of the end.
        """
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
        """As :meth:`wait`, leaving the loop free; cancelled, it raises :class:`WaitCancelled`."""
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
    with suppress(futures.InvalidStateError):  # the engine's thread and a waiting one may both be here
        done.set_result(None)
