"""What is inside a video file, read with PyAV when it is installed (the extra ``video``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["VideoFacts", "looks_like_video", "read_facts"]

_POSTER_WIDTH = 640
_POSTER_QUALITY = 78


@dataclass(frozen=True)
class VideoFacts:
    """Size and time of a video: pixels, frames per second, seconds. None where the file does not say."""

    width: int | None = None
    height: int | None = None
    fps: float | None = None
    duration_s: float | None = None


def looks_like_video(head: bytes) -> bool:
    """Whether a file that begins with ``head`` (12 bytes or more) is an MP4, QuickTime or WebM container."""
    return head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free"} or head[:4] == b"\x1aE\xdf\xa3"


def read_facts(path: Path, poster: Path | None = None) -> tuple[VideoFacts, bool]:
    """Facts about a video, and whether its first frame was written to ``poster`` as a small JPEG.

    Without PyAV all facts are None. A file that PyAV cannot read gives the same: whether it plays is the
    browser's question.
    """
    try:
        import av  # noqa: PLC0415  (an extra, and 100 ms)
    except ImportError:
        return VideoFacts(), False
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            rate = stream.average_rate or stream.guessed_rate
            length = (
                float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
            )
            if not length and container.duration:
                length = container.duration / av.time_base
            facts = VideoFacts(
                width=stream.width or None,
                height=stream.height or None,
                fps=round(float(rate), 3) if rate else None,
                duration_s=round(length, 3) or None,
            )
            if poster is None:
                return facts, False
            frame = next(container.decode(stream))
            return facts, _write_poster(frame, poster)
    except (av.FFmpegError, OSError, IndexError, StopIteration, ValueError):
        return VideoFacts(), False


def _write_poster(frame: object, poster: Path) -> bool:
    try:
        picture = frame.to_image()  # type: ignore[attr-defined]
    except ImportError:  # Pillow is missing
        return False
    picture.thumbnail((_POSTER_WIDTH, _POSTER_WIDTH * 2))
    partial = poster.with_name(f".{poster.name}.part")
    picture.save(partial, "JPEG", quality=_POSTER_QUALITY, optimize=True)
    partial.replace(poster)
    return True
