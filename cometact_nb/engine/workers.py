"""Threads for work that would block the engine's loop, and a function that ends all of its tasks."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Workers", "end_all_others"]

_Work = tuple["Future[Any]", "Callable[[], Any]"]


class Workers(ThreadPoolExecutor):
    """An executor of daemon threads.

    Python shuts its own executors down when the main thread ends, while other threads of a script go on: they
    could resolve no host any more and write no clip. (asyncio accepts only a ``ThreadPoolExecutor`` as a
    loop's default, so this is one, and uses nothing of it.)

    Args:
        most: the most threads; each starts when all others are busy.
    """

    def __init__(self, most: int = 16) -> None:
        super().__init__(max_workers=1)  # never started
        self._most = most
        self._line: SimpleQueue[_Work | None] = SimpleQueue()
        self._guard = threading.Lock()
        self._thread_count = 0
        self.unfinished = 0  #: the number of unfinished pieces of work
        self._ended = False

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run ``fn`` on one of the threads.

        Raises:
            RuntimeError: the threads were shut down.
        """
        done: Future[Any] = Future()
        with self._guard:
            if self._ended:
                raise RuntimeError("the engine has ended")
            self.unfinished += 1
            if self._thread_count < min(self.unfinished, self._most):
                self._begin()
            self._line.put((done, lambda: fn(*args, **kwargs)))
        return done

    def _begin(self) -> None:
        thread = threading.Thread(target=self._run, name="cometact_nb-worker", daemon=True)
        try:
            contextvars.Context().run(thread.start)
        except RuntimeError:  # the interpreter ends and starts no thread; the present ones do the work
            if not self._thread_count:
                self.unfinished -= 1
                raise
        else:
            self._thread_count += 1

    def _run(self) -> None:
        while (work := self._line.get()) is not None:
            done, call = work
            if done.set_running_or_notify_cancel():
                try:
                    done.set_result(call())
                except BaseException as error:  # noqa: BLE001  (it belongs to whoever waits)
                    done.set_exception(error)
            with self._guard:
                self.unfinished -= 1
            del work, done, call  # lest a waiting thread keep its last work in memory

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the threads after the waiting work, without waiting for them: a read of a disk may hang."""
        del wait, cancel_futures
        with self._guard:
            ended, self._ended = self._ended, True
            if not ended:
                for _ in range(self._thread_count):
                    self._line.put(None)


async def end_all_others() -> None:
    """Cancel every other task of the loop, each once, and the tasks that they start meanwhile."""
    here, cancelled = asyncio.current_task(), set[asyncio.Task[Any]]()
    while others := asyncio.all_tasks() - {here}:
        # Not before its start: a task of anyio's would drop a coroutine that was never awaited.
        fresh = {task for task in others - cancelled if not _is_unbegun(task)}
        for task in fresh:
            task.cancel()
        cancelled |= fresh
        if others <= cancelled:
            await asyncio.wait(others, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(0)


def _is_unbegun(task: asyncio.Task[Any]) -> bool:
    work = task.get_coro()
    return inspect.iscoroutine(work) and inspect.getcoroutinestate(work) == inspect.CORO_CREATED
