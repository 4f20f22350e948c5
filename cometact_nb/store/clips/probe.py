"""Reads codec, size and length of a video from its headers alone, with PyAV when it is installed."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.inspection import boxes
from cometact_nb.domain.inspection.boxes import Outline

if TYPE_CHECKING:
    from io import RawIOBase
    from typing import BinaryIO

__all__ = [
    "DEMUXERS",
    "VideoHeaders",
    "can_probe",
    "facts_of",
    "number",
    "picture_of",
    "probe",
    "visible_size",
]

#: FFmpeg's reader by container, never guessed: if it took a text for a playlist, it would open other files.
DEMUXERS = {
    "mp4": "mov",
    "mov": "mov",
    "3gp": "mov",
    "webm": "matroska",
    "mkv": "matroska",
    "avi": "avi",
    "ogg": "ogg",
}
#: The headers suffice; decoding more of the clip would only cost requests.
_OPTIONS = {"probesize": "131072", "analyzeduration": "0"}
#: Lengths that differ by less, in seconds, are equal: sound ends within a frame or two of the picture.
_SAME_S = 0.25
#: No camera takes more frames per second; a higher number is the clock's rate, not the picture's.
_MAX_FPS = 480


@dataclass(frozen=True)
class VideoHeaders:
    """The facts in a video's headers; None where they do not say.

    Args:
        codec: FFmpeg's name of the video codec, such as ``"h264"``; None when there is no video stream.
        width: square pixels, after the turn that the file asks for.
        height: the same.
        duration_s: of the picture, seconds.
        fps: frames per second, on the average.
        failed: the reason why it could not be read, or an empty string.
        stored: width and height in the file, where they differ from the visible ones.
        whole_s: length of the whole file in seconds, where it is not the picture's; sound may be longer.
        cover: it is sound with a picture, such as an album's cover.
        broken: the sign that the file is cut off, or an empty string.
        open_end: the file does not say how many bytes it has.
    """

    codec: str | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None
    failed: str = ""
    stored: tuple[int, int] | None = None
    whole_s: float | None = None
    cover: bool = False
    broken: str = ""
    open_end: bool = False


def can_probe() -> bool:
    """Whether PyAV is installed (the extra ``video``), without importing it."""
    return find_spec("av") is not None


def probe(file: BinaryIO | RawIOBase, container: str, size: int | None = None) -> VideoHeaders:
    """Read a video's headers.

    Args:
        file: seekable, read in any order. Its OSErrors are raised.
        container: as :func:`~cometact_nb.domain.inspection.sniff.sniff` names it.
        size: bytes of the whole file; without it, a file that is cut off is not noticed.
    """
    import av  # noqa: PLC0415  (an extra, and 100 ms)

    demuxer = DEMUXERS.get(container)
    if demuxer is None:
        return VideoHeaders(failed=f"nothing here reads {container}")
    try:
        with av.open(file, format=demuxer, options=_OPTIONS) as opened:
            stream = picture_of(opened)
            outline = boxes.look(file, size, container)
            if stream is None:
                # Neither picture nor sound: a file that broke off, more likely than one of sound alone.
                nothing = "" if opened.streams.audio else "no picture is found in it"
                cover = bool(opened.streams.video)
                return VideoHeaders(failed=nothing, broken=outline.broken, cover=cover)
            headers = facts_of(opened, stream, av.time_base, outline)
            return replace(headers, broken=outline.broken or _short(stream, size), open_end=outline.open_end)
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, (ConnectionError, TimeoutError)):
            raise
        failed = f"its headers cannot be read ({type(error).__name__})"
        return VideoHeaders(failed=failed, broken=boxes.look(file, size, container).broken)


def picture_of(opened: Any) -> Any:
    """Return the stream of moving pictures, which an album's cover is not; None where there is none."""
    attached = opened.streams.video and type(opened.streams.video[0].disposition).attached_pic
    return next((one for one in opened.streams.video if not one.disposition & attached), None)


def facts_of(opened: Any, stream: Any, time_base: int, outline: Outline | None = None) -> VideoHeaders:
    """Read the headers of an open file.

    Args:
        opened: PyAV's container.
        stream: its stream of pictures.
        time_base: PyAV's unit for the duration of a container.
        outline: with the turn of the picture; None where nobody knows it.
    """
    outline = outline or Outline()
    codec = stream.codec_context  # None for a codec that FFmpeg does not know
    stored = (codec.width, codec.height) if codec and codec.width and codec.height else None
    only = outline.tracks[0] if len(outline.tracks) == 1 else None  # FFmpeg numbers WebM's from 0
    track = next((one for one in outline.tracks if one.number == stream.id), only)
    pixel, turn = number(stream.sample_aspect_ratio), track.turn if track else 0
    visible = visible_size(*stored, pixel, turn) if stored else None
    whole_s = opened.duration / time_base if opened.duration and opened.duration > 0 else 0.0
    whole_s = max(whole_s, outline.length_s or 0.0)
    length_s = _length(stream) or whole_s
    return VideoHeaders(
        # The decoder's own name would be "libdav1d" where the codec is "av1".
        codec=codec.codec.canonical_name if codec else "unknown",
        width=visible[0] if visible else None,
        height=visible[1] if visible else None,
        duration_s=round(length_s, 3) or None,
        fps=_rate(stream, length_s),
        stored=stored if visible != stored else None,
        whole_s=round(whole_s, 3) if whole_s and abs(whole_s - length_s) > _SAME_S else None,
    )


def visible_size(width: int, height: int, pixel: float | None, turn: int) -> tuple[int, int]:
    """Return the size at which a player shows a picture.

    Args:
        width: pixels as stored.
        height: the same.
        pixel: width / height of one pixel; None for square ones, and where the file does not say.
        turn: degrees by which the player turns it, a multiple of 90.
    """
    if pixel:
        width = max(1, round(width * pixel))
    return (height, width) if turn % 180 else (width, height)


def _short(stream: Any, size: int | None) -> str:
    """Say how much more the index promises than the file holds; empty when it holds all."""
    promised = max((entry.pos + entry.size for entry in stream.index_entries), default=0)
    if size is None or promised <= size:
        return ""
    return f"{promised:,} bytes are promised, {size:,} are there"


def _length(stream: Any) -> float:
    """Return the seconds of one stream, in WebM and Matroska from a tag; 0 where it does not say."""
    if stream.duration and stream.duration > 0 and stream.time_base:
        return float(stream.duration * stream.time_base)
    match = re.match(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) if match else 0.0


def _rate(stream: Any, length_s: float) -> float | None:
    """Return frames per second; None for FFmpeg's own guess, which is 1000 for a browser's recording."""
    rate = number(stream.average_rate)
    if not rate and stream.frames and length_s:
        rate = stream.frames / length_s
    return round(rate, 3) if rate and rate <= _MAX_FPS else None


def number(value: Any) -> float | None:
    """Turn FFmpeg's fraction into a number; None where FFmpeg does not know it (None or 0/0)."""
    try:
        number = float(value) if value is not None else 0.0
    except (ZeroDivisionError, ValueError):
        return None
    return number if 0 < number < float("inf") else None
