"""A finished video on disk, and its frames as numbers."""

from __future__ import annotations

from operator import index
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import doors
from cometact_nb.domain.sizes import size
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from cometact_nb.domain.task import ClipInfo

__all__ = ["Clip"]


@doors
class Clip:
    """A finished video on disk, or at a store such as ``s3://`` with a copy on disk.

    Attributes:
        name: of the video file.
        url: its address at a store; None for a clip in a local folder.
        width: pixels, or None without the ``video`` extra, like the three below.
        height: pixels.
        fps: frames per second.
        duration_s: seconds.
        bytes: size of the file.
        sha256: hash of the file, hexadecimal.
    """

    def __init__(self, info: ClipInfo) -> None:
        self._path = Path(info.path)
        self._poster = Path(info.poster) if info.poster else None
        self.url = info.url
        self.name = PurePosixPath(info.url).name if info.url else self._path.name
        self.width = info.width
        self.height = info.height
        self.fps = info.fps
        self.duration_s = info.duration_s
        self.bytes = info.bytes
        self.sha256 = info.sha256

    @property
    def path(self) -> Path:
        """The video file; its sidecar ``.json`` lies beside it.

        For a clip at a store it is the local copy; a missing copy is fetched, which may take a while.

        Raises:
            ClipError: there is no copy, and the store does not give one.
        """
        return self._path if self.url is None else _copy(self.url, self._path, self.sha256)

    @property
    def poster(self) -> Path | None:
        """A JPEG of the frame a second into the clip, or half-way; fetched like :attr:`path`.

        None without the ``video`` extra.

        Raises:
            ClipError: see :attr:`path`.
        """
        if self.url is None or self._poster is None:
            return self._poster
        return _copy(str(self.url).rpartition(".")[0] + ".jpg", self._poster)

    def frames(self, stride: int = 1, size: int | tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """Read the clip's pictures as one NumPy array, as a player shows them. Needs the extra ``video``.

        The array has T × H × W × 3 bytes: 10 s of 1280×720 at 24 frames a second are 660 MB, and with
        ``stride=6, size=320`` 7 MB.

        Args:
            stride: keep every ``stride``-th frame, beginning with the first.
            size: pixels: None as stored; a number is the longest side, which keeps the shape and never
                enlarges; ``(width, height)`` is exactly that.

        Returns:
            ``(T, H, W, 3) uint8``, RGB.

        Raises:
            ConfigError: the extra is missing, or a value cannot be used.
            ClipError: the file is missing, or is not whole.
        """
        from cometact_nb.store.clips.video import read_frames  # noqa: PLC0415  (only for those who ask)

        return read_frames(self.path, _checked_stride(stride), _checked_size(size))

    def __fspath__(self) -> str:
        return str(self.path)

    def __repr__(self) -> str:
        pixels = f"{self.width}×{self.height}, " if self.width else ""
        length = f"{self.duration_s:.1f} s, " if self.duration_s else ""
        return f"<Clip {self.name}: {pixels}{length}{size(self.bytes)}>"


def _copy(url: str, recorded: Path, sha256: str | None = None) -> Path:
    from cometact_nb.store.clips.remote_folder import local_copy  # noqa: PLC0415  (only for clips at a store)

    return local_copy(url, recorded, sha256)


def _checked_stride(stride: Any) -> int:
    number = _integer(stride)
    if number is None or number < 1:
        raise ConfigError(f"stride={stride!r} is not a step in frames. Give an integer ≥ 1.")
    return number


def _checked_size(size: Any) -> int | tuple[int, int] | None:
    if size is None:
        return None
    sides = [_integer(side) for side in size] if isinstance(size, (tuple, list)) else [_integer(size)]
    match sides:
        case [int(longest)] if longest > 0 and not isinstance(size, (tuple, list)):
            return longest
        case [int(width), int(height)] if width > 0 and height > 0:
            return width, height
    raise ConfigError(f"size={size!r} is not a size. Give the longest side in pixels, or (width, height).")


def _integer(value: Any) -> int | None:
    """Convert an integer of any library; None for anything else."""
    try:
        return None if isinstance(value, bool) else index(value)
    except TypeError:
        return None
