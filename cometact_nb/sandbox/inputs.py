"""Keeps the inputs that clients put into the sandbox, as they would put them at a store."""

from __future__ import annotations

import json
import os
import re
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["NAME", "InputStore"]

#: Limits for all of them: bytes in memory or on the disk, and seconds.
_ALL_BYTES, _KEPT_S = 512 << 20, 30 * 86_400.0
#: The names that an input may have.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class InputStore:
    """The inputs of all clients, by name; the oldest go first when there are too many.

    Args:
        folder: for inputs that outlive this process; None keeps them in memory.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[str, tuple[str, bytes]] = {}
        if folder is not None:
            with suppress(OSError):
                folder.mkdir(mode=0o700, exist_ok=True)
            self._make_room(0)

    def keep(self, name: str, mime: str, content: bytes) -> None:
        """Keep an input, whole.

        Raises:
            OSError: there is no room.
        """
        self._make_room(len(content))
        if self._folder is None:
            self._memory[name] = (mime, content)
            return
        part = self._folder / f".{uuid.uuid4().hex}.part"
        try:
            part.write_bytes(json.dumps({"type": mime}).encode() + b"\n" + content)
            part.replace(self._folder / name)
        finally:
            part.unlink(missing_ok=True)

    def read(self, name: str) -> tuple[str, bytes] | None:
        """Return the media type and the content of an input, or None."""
        if self._folder is None or not NAME.fullmatch(name):
            return self._memory.get(name)
        with suppress(OSError, ValueError, KeyError):
            head, _, content = (self._folder / name).read_bytes().partition(b"\n")
            return str(json.loads(head)["type"]), content
        return None

    def drop(self, name: str) -> None:
        """Forget an input."""
        self._memory.pop(name, None)
        if self._folder is not None and NAME.fullmatch(name):
            (self._folder / name).unlink(missing_ok=True)

    def _make_room(self, size: int) -> None:
        if self._folder is None:
            while self._memory and sum(len(one) for _, one in self._memory.values()) + size > _ALL_BYTES:
                self._memory.pop(next(iter(self._memory)))
            return
        with suppress(OSError):
            files = sorted(
                (entry.stat().st_mtime, entry.stat().st_size, entry.path)
                for entry in os.scandir(self._folder)
            )
            used = sum(one for _, one, _ in files) + size
            for at, freed, path in files:
                if used > _ALL_BYTES or time.time() - at > _KEPT_S:
                    os.unlink(path)  # noqa: PTH108  (scandir's own path)
                    used -= freed
