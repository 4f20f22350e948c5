"""A finished video on disk, and its frames as numbers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cometact_nb.domain.task import ClipInfo

__all__ = ["Clip"]


class Clip:
    """A finished video on disk.

    Attributes:
        path: the video file; its sidecar ``.json`` lies beside it.
        poster: JPEG of the first frame, or None without the ``video`` extra.
        width: pixels, or None without the ``video`` extra, like the three below.
        height: pixels.
        fps: frames per second.
        duration_s: seconds.
        bytes: size of the file.
        sha256: hash of the file, hexadecimal.
    """

    def __init__(self, info: ClipInfo) -> None:
        self.path = Path(info.path)
        self.poster = Path(info.poster) if info.poster else None
        self.width = info.width
        self.height = info.height
        self.fps = info.fps
        self.duration_s = info.duration_s
        self.bytes = info.bytes
        self.sha256 = info.sha256

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        size = f"{self.width}×{self.height}, " if self.width else ""
        length = f"{self.duration_s:.1f} s, " if self.duration_s else ""
        return f"<Clip {self.path.name}: {size}{length}{self.bytes / 1e6:.1f} MB>"
