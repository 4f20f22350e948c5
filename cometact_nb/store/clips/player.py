"""Gives the pictures of clips at chosen times, scaled, as planes of 4:2:0 (extra ``video``)."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, Self

from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.store.clips.video import demuxer, scaler, upright_rgb, whole_picture

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Planes = tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]

__all__ = ["BT709", "Player", "Players", "planes_of"]

BT709 = 1
#: FFmpeg's AVCOL_SPC_UNSPECIFIED; players take such a clip for BT.709 from this many lines on.
_UNSPECIFIED, _HD_LINES = 2, 720


class Player:
    """Gives the pictures of one clip at the times of a film; after its end the last one stays."""

    def __init__(self, path: Path) -> None:
        import av  # noqa: PLC0415  (an extra, and 100 ms)

        self._path = path
        self._container = av.open(str(path), format=demuxer(path))
        try:
            self.stream = whole_picture(path, self._container)
            self.stream.thread_type = "AUTO"
            self._frames: Iterator[Any] = self._container.decode(self.stream)
            self._next = next(self._frames, None)
        except BaseException:
            self._container.close()
            raise
        if self._next is None:
            self._container.close()
            raise ValueError("it has no frames")
        first = self._next
        turned = round(first.rotation / 90) % 2
        pixel = float(self.stream.sample_aspect_ratio or 1) or 1.0
        wide, high = (first.height, first.width * pixel) if turned else (first.width * pixel, first.height)
        self.size = (max(2, round(wide)), max(2, round(high)))
        self.fps = Fraction(self.stream.average_rate or 24)
        self.length_s = max(_length_s(self.stream, self._container, av.time_base), 1 / float(self.fps))
        self._picture: Planes | None = None
        self._scale = scaler()
        self._begin_s = first.time or 0.0

    def at(self, seconds: float, width: int, height: int) -> Planes:
        """Return the picture at this time, which never goes back.

        Raises:
            ClipError: the clip cannot be decoded any further.
        """
        import av  # noqa: PLC0415  (an extra, and 100 ms)

        latest = None
        while self._next is not None and (self._next.time or 0.0) - self._begin_s <= seconds + 1e-6:
            try:
                latest, self._next = self._next, next(self._frames, None)
            except av.FFmpegError as error:
                raise ClipError(f"{self._path} is not a whole video ({error}).") from None
        if latest is not None or self._picture is None:
            self._picture = _scaled(self._scale, latest or self._next, self.stream, width, height)
        return self._picture

    def close(self) -> None:
        """Close the file."""
        self._container.close()


class Players(list["Player | None"]):
    """The players of several clips, closed together; None for a place without one."""

    def __init__(self, paths: Iterable[Path | None]) -> None:
        super().__init__()
        try:
            import av  # noqa: PLC0415  (an extra, and 100 ms)
            import PIL  # noqa: F401, PLC0415  (the same)
        except ImportError as error:
            raise ConfigError(
                f"Films need {error.name}, which is not installed: pip install 'cometact_nb[video]'."
            ) from None
        try:
            for path in paths:
                self.append(None if path is None else _player(av, path))
        except BaseException:
            self.close()
            raise
        if not any(self):
            raise ConfigError("There is no clip that can be played, so no film was made.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all files."""
        for player in self:
            if player is not None:
                player.close()


def _player(av: Any, path: Path) -> Player | None:
    """Open a clip; return None for one that is missing or is not whole, whose place says so."""
    try:
        return Player(path)
    except (av.FFmpegError, OSError, IndexError, TypeError, ValueError):
        return None


def _scaled(scale: Any, frame: Any, stream: Any, width: int, height: int) -> Planes:
    if round(frame.rotation / 90) % 4:
        import av  # noqa: PLC0415  (an extra, and 100 ms)

        rgb = upright_rgb(frame, stream.sample_aspect_ratio, (width, height), scale=scale)
        frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
        scaled = frame.reformat(format="yuv420p", dst_colorspace=BT709)
    else:
        unspecified = frame.colorspace == _UNSPECIFIED and frame.height >= _HD_LINES
        scaled = scale.reformat(
            frame,
            width,
            height,
            format="yuv420p",
            src_colorspace=BT709 if unspecified else None,
            dst_colorspace=BT709,
            interpolation="AREA",
        )
    return planes_of(scaled.to_ndarray(), width, height)


def planes_of(array: Any, width: int, height: int) -> Planes:
    """Return the three planes of a 4:2:0 picture as views of its memory."""
    area = width * height
    flat = array.reshape(-1)
    half = (height // 2, width // 2)
    return (
        flat[:area].reshape(height, width),
        flat[area : area + area // 4].reshape(half),
        flat[area + area // 4 :].reshape(half),
    )


def _length_s(stream: Any, container: Any, time_base: int) -> float:
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return float(container.duration / time_base) if container.duration else 0.0
