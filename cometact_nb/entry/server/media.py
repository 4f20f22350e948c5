"""Sends clips and posters, whole or one part, in pieces, and never from the server's loop."""

from __future__ import annotations

import asyncio
import os
import re
from typing import TYPE_CHECKING, ClassVar, Literal

from tornado.iostream import StreamClosedError

from cometact_nb.entry.server.base import Route

if TYPE_CHECKING:
    from cometact_nb.store.clips.by_number import ClipFile

__all__ = ["ClipRoute", "PosterRoute", "part_of"]

_PIECE_BYTES = 1 << 18
_ONE_RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")  # a longer number is nonsense, and slow to read


def part_of(header: str, size: int) -> tuple[int, int] | None:
    """Return the part that a ``Range`` header asks for, as its first byte and the one after its last.

    Args:
        header: one range; several, another unit or nonsense mean the whole file, as RFC 9110 allows.
        size: bytes of the file.

    Returns:
        the part; None for the whole file; an empty part where the file has no such bytes.
    """
    wish = _ONE_RANGE.fullmatch(header.strip())
    if wish is None or not any(wish.groups()):
        return None
    first, last = wish.groups()
    if not first:
        return (max(0, size - int(last)), size) if int(last) else (size, size)
    start, end = int(first), int(last) + 1 if last else size
    if last and end <= start:
        return None
    return (start, min(end, size)) if start < size else (size, size)


class _MediaRoute(Route):
    """Finds a task's file by key and number."""

    #: ``clip`` or ``poster``.
    kind: ClassVar[Literal["clip", "poster"]]

    async def read(self, *names: str) -> None:
        """Send the file."""
        key, number = names
        await self._send(await self.extension.file(self.kind, key, int(number)))

    async def _send(self, file: ClipFile) -> None:
        etag = f'"{file.version}"'
        self.set_header("Etag", etag)
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Cache-Control", "private, no-cache")
        if self.check_etag_header():
            self.set_status(304)
            self.finish()
            return
        current = self.request.headers.get("If-Range", etag) == etag
        part = part_of(self.request.headers.get("Range", ""), file.size) if current else None
        start, end = part or (0, file.size)
        if part is not None and start == end:
            self.set_status(416)
            self.set_header("Content-Range", f"bytes */{file.size}")
            self.finish()
            return
        if part is not None:
            self.set_status(206)
            self.set_header("Content-Range", f"bytes {start}-{end - 1}/{file.size}")
        self.set_header("Content-Type", file.mime)
        self.set_header("Content-Length", str(end - start))
        if self.request.method != "HEAD":
            await self._stream(file, start, end)
        self.finish(set_content_type=file.mime)

    async def _stream(self, file: ClipFile, start: int, end: int) -> None:
        """Send bytes as fast as the page takes them; a page that goes away ends it."""
        handle = await asyncio.to_thread(os.open, file.path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
        try:
            while start < end:
                piece = await asyncio.to_thread(_read_at, handle, start, min(_PIECE_BYTES, end - start))
                if not piece:  # it was cut off meanwhile: an error of tornado tells the page
                    return
                self.write(piece)
                await self.flush()
                start += len(piece)
        except StreamClosedError:
            return
        finally:
            os.close(handle)


def _read_at(handle: int, start: int, count: int) -> bytes:
    os.lseek(handle, start, os.SEEK_SET)
    return os.read(handle, count)


class ClipRoute(_MediaRoute):
    """``clips/{key}/{number}``."""

    kind = "clip"


class PosterRoute(_MediaRoute):
    """``posters/{key}/{number}``."""

    kind = "poster"
