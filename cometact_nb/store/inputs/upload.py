"""Brings a file to a store of fsspec so that an interrupt stops the upload.

The synchronous calls of fsspec's asynchronous stores (S3, Azure, Google) return at an interrupt while their
upload goes on in a thread of fsspec's: a file would become public after it was said to be taken back.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as StillRunning
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["upload"]

_STEP_S = 0.1
#: Seconds to wait until a stopped upload has ended.
_END_S = 20.0


def upload(fs: Any, source: str, target: str, progress: Callable[[int], object], **options: Any) -> None:
    """Upload a file, and return when it is there; an interrupt stops that.

    Args:
        fs: a file system of fsspec.
        source: path on this machine.
        target: path at the store.
        progress: called with the number of bytes so far, on this thread.
        options: of the store's library.

    Raises:
        Exception: the store's own errors.
    """
    count = _Count(None if fs.async_impl else progress)
    if not fs.async_impl:
        fs.put_file(source, target, callback=count, **options)
        return
    has_ended = threading.Event()

    async def run() -> None:
        try:
            await fs._put_file(source, target, callback=count, **options)  # noqa: SLF001  (fsspec's way for asyncio)
        finally:
            has_ended.set()

    done = asyncio.run_coroutine_threadsafe(run(), fs.loop)
    try:
        while not _is_done(done):
            progress(count.bytes)
    except BaseException:
        if done.cancel():
            has_ended.wait(_END_S)
        raise
    progress(count.bytes)


def _is_done(done: Any) -> bool:
    try:
        done.result(_STEP_S)
    except StillRunning:
        if done.done():  # the store's own time-out
            raise
        return False
    except CancelledError:
        raise OSError("the upload was stopped") from None
    return True


class _Count:
    """Counts the bytes so far, as fsspec's callbacks do.

    Args:
        call: gets them at once, on whatever thread; None for nobody.
    """

    def __init__(self, call: Callable[[int], object] | None) -> None:
        self._call = call
        self.bytes = 0

    def set_size(self, size: int | None) -> None:
        """Take the size, which is known."""

    def absolute_update(self, value: int) -> None:
        """Take note of ``value`` bytes in all."""
        self.bytes = value
        if self._call is not None:
            self._call(value)

    def relative_update(self, inc: int = 1) -> None:
        """Take note of ``inc`` bytes more."""
        self.absolute_update(self.bytes + inc)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return lambda *_, **__: None
