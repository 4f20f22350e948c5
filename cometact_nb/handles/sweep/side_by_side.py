"""Runs calls side by side, in threads of this process or on any executor, and stops them at an interrupt."""

from __future__ import annotations

import os
import threading
from concurrent import futures
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Generator, Sequence

    from cometact_nb.handles.sweep.noise import Executor

__all__ = ["results_of"]

K = TypeVar("K")
R = TypeVar("R")

_STEP_S = 0.1


def results_of(
    calls: Sequence[tuple[K, Callable[..., R], tuple[Any, ...]]],
    executor: Executor | None,
    progress: Callable[[float], object],
) -> Generator[tuple[K, R]]:
    """Run calls side by side, and yield each result, with its key, as it comes.

    Closing the generator stops the calls in threads of this process, and those that have not begun.

    Args:
        calls: each a key, a function, and its arguments. The function gets one more, to call now and then: it
            raises when the work is to stop. On an executor it does nothing.
        executor: None takes a thread for each processor.
        progress: is called with the share that is done, 0–1.
    """
    stop = threading.Event()

    def check() -> None:
        if stop.is_set():
            raise futures.CancelledError

    own = (
        futures.ThreadPoolExecutor(os.cpu_count() or 1, "cometact_nb measures") if executor is None else None
    )
    submit = own.submit if own is not None else executor.submit  # type: ignore[union-attr]
    waiting: dict[Any, K] = {}
    try:
        for key, fn, arguments in calls:
            waiting[submit(fn, *arguments, check if own is not None else do_nothing)] = key
        total = len(waiting)
        while waiting:
            ended = [call for call in waiting if call.done()] or list(_next(waiting))
            for call in ended:
                yield waiting.pop(call), call.result()
            progress(1 - len(waiting) / total)
    finally:
        stop.set()
        for call in waiting:
            call.cancel()
        if own is not None:
            own.shutdown(wait=True, cancel_futures=True)


def do_nothing() -> None:
    """Let work in another process go on."""


def _next(waiting: Collection[Any]) -> Collection[Any]:
    """Wait a moment for any of these calls; those of other libraries may not be ``concurrent.futures``."""
    try:
        return futures.wait(waiting, _STEP_S, futures.FIRST_COMPLETED).done
    except AttributeError:
        first = next(iter(waiting))
        first.result()
        return (first,)
