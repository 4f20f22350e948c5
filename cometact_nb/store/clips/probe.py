"""Codec, size and time of a video from its headers alone, read with PyAV when it is installed."""

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

__all__ = ["Probed", "as_seen", "can_probe", "facts_of", "number", "picture_of", "probe"]

#: The demuxer is named, never guessed: a text that FFmpeg took for a playlist would make it open other files.
_DEMUXERS = {
    "mp4": "mov",
    "mov": "mov",
    "3gp": "mov",
    "webm": "matroska",
    "mkv": "matroska",
    "avi": "avi",
    "ogg": "ogg",
}
#: Headers say what is asked here; decoding more of the clip would only cost requests.
_OPTIONS = {"probesize": "131072", "analyzeduration": "0"}
#: Lengths that differ by less are the same, seconds: sound ends within a frame or two of the picture.
_SAME_S = 0.25
#: Frames per second that no camera takes; more is the clock's rate, not the picture's.
_MAX_FPS = 480


@dataclass(frozen=True)
class Probed:
    """What a video's headers say. None where they do not.

    Args:
        codec: FFmpeg's name of the video codec, such as ``"h264"``; None when there is no video stream.
        width: pixels as seen: turned as the file says, and with square pixels.
        height: the same.
        duration_s: of the picture, seconds.
        fps: frames per second, on the average.
        failed: why it could not be read, or an empty string.
        stored: width and height as stored, where they are others than what is seen.
        whole_s: seconds of all of the file, where that is not the picture's length; sound may be longer.
        cover: it is sound with a picture attached, such as an album's cover.
        broken: what shows that the file broke off, or an empty string.
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
    """Whether PyAV is installed (the extra ``video``); it is not imported for the question."""
    return find_spec("av") is not None


def probe(file: BinaryIO | RawIOBase, container: str, size: int | None = None) -> Probed:
    """Read a video's headers.

    Args:
        file: seekable; it is read in no particular order. An OSError it raises comes through.
        container: as :func:`~cometact_nb.domain.inspection.sniff.sniff` names it.
        size: bytes of the whole file; None where that is not known, then it is never said to be broken.
    """
    import av  # noqa: PLC0415  (an extra, and 100 ms)

    demuxer = _DEMUXERS.get(container)
    if demuxer is None:
        return Probed(failed=f"nothing here reads {container}")
    try:
        with av.open(file, format=demuxer, options=_OPTIONS) as opened:
            stream = picture_of(opened)
            outline = boxes.look(file, size, container)
            if stream is None:
                # Neither picture nor sound: a file that broke off, more likely than one of sound alone.
                nothing = "" if opened.streams.audio else "no picture is found in it"
                cover = bool(opened.streams.video)
                return Probed(failed=nothing, broken=outline.broken, cover=cover)
            found = facts_of(opened, stream, av.time_base, outline)
            return replace(found, broken=outline.broken or _short(stream, size), open_end=outline.open_end)
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, (ConnectionError, TimeoutError)):
            raise
        failed = f"its headers cannot be read ({type(error).__name__})"
        return Probed(failed=failed, broken=boxes.look(file, size, container).broken)


def picture_of(opened: Any) -> Any:
    """The stream of moving pictures; None where there is none. An album's cover is no such stream."""
    attached = opened.streams.video and type(opened.streams.video[0].disposition).attached_pic
    return next((one for one in opened.streams.video if not one.disposition & attached), None)


def facts_of(opened: Any, stream: Any, time_base: int, outline: Outline | None = None) -> Probed:
    """What the headers of an opened file say.

    Args:
        opened: PyAV's container.
        stream: its stream of pictures.
        time_base: PyAV's, in which the duration of a container is counted.
        outline: how the picture is turned; None where that is not known.
    """
    outline = outline or Outline()
    codec = stream.codec_context  # None for a codec that FFmpeg does not know
    stored = (codec.width, codec.height) if codec and codec.width and codec.height else None
    track = next((one for one in outline.tracks if one.number == stream.id), None)
    pixel, turn = number(stream.sample_aspect_ratio), track.turn if track else 0
    seen = as_seen(*stored, pixel, turn) if stored else None
    whole_s = opened.duration / time_base if opened.duration and opened.duration > 0 else 0.0
    whole_s = max(whole_s, outline.length_s or 0.0)
    length_s = _length(stream) or whole_s
    return Probed(
        # The decoder's own name would be "libdav1d" where the codec is "av1".
        codec=codec.codec.canonical_name if codec else "unknown",
        width=seen[0] if seen else None,
        height=seen[1] if seen else None,
        duration_s=round(length_s, 3) or None,
        fps=_rate(stream, length_s),
        stored=stored if seen != stored else None,
        whole_s=round(whole_s, 3) if whole_s and abs(whole_s - length_s) > _SAME_S else None,
    )


def as_seen(width: int, height: int, pixel: float | None, turn: int) -> tuple[int, int]:
    """The size at which a player shows a picture.

    Args:
        width: pixels as stored.
        height: the same.
        pixel: width / height of one pixel; None where they are square or it is not said.
        turn: degrees by which it is turned, a multiple of 90.
    """
    if pixel:
        width = max(1, round(width * pixel))
    return (height, width) if turn % 180 else (width, height)


def _short(stream: Any, size: int | None) -> str:
    """What shows that the index promises more than there is."""
    promised = max((entry.pos + entry.size for entry in stream.index_entries), default=0)
    if size is None or promised <= size:
        return ""
    return f"{promised:,} bytes are promised, {size:,} are there"


def _length(stream: Any) -> float:
    """Seconds of one stream; 0 where it does not say. WebM and Matroska say it in a tag of the track."""
    if stream.duration and stream.duration > 0 and stream.time_base:
        return float(stream.duration * stream.time_base)
    found = re.match(r"(\d+):(\d+):(\d+(?:\.\d+)?)", stream.metadata.get("DURATION", ""))
    return int(found[1]) * 3600 + int(found[2]) * 60 + float(found[3]) if found else 0.0


def _rate(stream: Any, length_s: float) -> float | None:
    """Frames per second. A guess of FFmpeg's is none: of a browser's recording it guesses 1000."""
    rate = number(stream.average_rate)
    if not rate and stream.frames and length_s:
        rate = stream.frames / length_s
    return round(rate, 3) if rate and rate <= _MAX_FPS else None


def number(value: Any) -> float | None:
    """A fraction of FFmpeg's as a number; None where it says that it does not know, None or 0/0."""
    try:
        number = float(value) if value is not None else 0.0
    except (ZeroDivisionError, ValueError):
        return None
    return number if 0 < number < float("inf") else None
