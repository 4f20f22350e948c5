"""Codec, size and time of a video from its headers alone, read with PyAV when it is installed."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from io import RawIOBase
    from typing import BinaryIO

__all__ = ["Probed", "can_probe", "facts_of", "probe"]

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


@dataclass(frozen=True)
class Probed:
    """What a video's headers say. None where they do not.

    Args:
        codec: FFmpeg's name of the video codec, such as ``"h264"``; None when there is no video stream.
        width: pixels.
        height: pixels.
        duration_s: seconds.
        fps: frames per second.
        failed: why it could not be read, or an empty string.
    """

    codec: str | None = None
    width: int | None = None
    height: int | None = None
    duration_s: float | None = None
    fps: float | None = None
    failed: str = ""


def can_probe() -> bool:
    """Whether PyAV is installed (the extra ``video``); it is not imported for the question."""
    return find_spec("av") is not None


def probe(file: BinaryIO | RawIOBase, container: str) -> Probed:
    """Read a video's headers.

    Args:
        file: seekable; it is read in no particular order. An OSError it raises comes through.
        container: as :func:`~cometact_nb.domain.sniff.sniff` names it.
    """
    import av  # noqa: PLC0415  (an extra, and 100 ms)

    demuxer = _DEMUXERS.get(container)
    if demuxer is None:
        return Probed(failed=f"nothing here reads {container}")
    try:
        with av.open(file, format=demuxer, options=_OPTIONS) as opened:
            if not opened.streams.video:
                # Neither picture nor sound: a file that broke off, more likely than one of sound alone.
                return Probed(failed="" if opened.streams.audio else "no picture is found in it")
            return facts_of(opened, opened.streams.video[0], av.time_base)
    except (av.FFmpegError, ValueError) as error:
        if isinstance(error, (ConnectionError, TimeoutError)):
            raise
        return Probed(failed=f"its headers cannot be read ({type(error).__name__})")


def facts_of(opened: Any, stream: Any, time_base: int) -> Probed:
    """What the headers of an opened file say; ``time_base`` is PyAV's, in which its duration is counted."""
    rate = stream.average_rate or stream.guessed_rate
    length = float(stream.duration * stream.time_base) if stream.duration and stream.time_base else 0.0
    if not length and opened.duration:
        length = opened.duration / time_base
    codec = stream.codec_context  # None for a codec that FFmpeg does not know
    return Probed(
        # The decoder's own name would be "libdav1d" where the codec is "av1".
        codec=codec.codec.canonical_name if codec else "unknown",
        width=(codec and codec.width) or None,
        height=(codec and codec.height) or None,
        duration_s=round(length, 3) or None,
        fps=round(float(rate), 3) if rate else None,
    )
