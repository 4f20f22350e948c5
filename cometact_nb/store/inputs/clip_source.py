"""Reads what has to be known of a clip before something is made of it."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.inspection import boxes
from cometact_nb.errors import ConfigError, InputError
from cometact_nb.store.clips.probe import DEMUXERS, number, picture_of
from cometact_nb.store.inputs.foreign import kinds_in_boxes
from cometact_nb.store.inputs.orientation import Orientation, orientation_of
from cometact_nb.store.inputs.sound import sound_of
from cometact_nb.store.inputs.user_data import length_bytes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["THREADS", "ClipSource", "Packets", "opened", "read_source"]

#: Of a decoder: each holds frames of its own, which are 25 MB in 4K with 10 bits.
THREADS = min(4, os.cpu_count() or 1)

#: Beside the containers that the vendor takes: what else cameras and screen recorders write.
_MORE = {"flv": "flv", "wmv": "asf"}
_USUAL_FPS = 25.0


@dataclass(frozen=True)
class Packets:
    """The facts in a track's packets.

    Args:
        start_s: the first picture's time, seconds on the file's clock.
        end_s: the last one's end.
        fps: frames per second, on the average.
        is_plain: each picture is shown, so that the track can be copied as it is.
        count: of the pictures.
        decode_times: of all packets, in ticks of the track, where Matroska has none; else empty.
    """

    start_s: float
    end_s: float
    fps: float
    is_plain: bool
    count: int = 0
    decode_times: tuple[int, ...] = ()


@dataclass(frozen=True)
class ClipSource:
    """A clip before something is made of it.

    Args:
        path: of the file.
        demuxer: FFmpeg's name of the reader.
        container: the format, as ``sniff`` names it.
        codec: FFmpeg's name of the picture's codec.
        pix_fmt: FFmpeg's name of the pixel format.
        profile: of the codec, as FFmpeg names it.
        frame: the first decoded one.
        orientation: how a stored picture becomes the visible one.
        pixel: width / height of a pixel.
        packets: of the picture.
        sound: FFmpeg's name of the sound's codec; an empty string without sound.
        extra: tracks beside one picture and one sound, in words.
        tags: of the container and its tracks.
        foreign: other data that no player needs, in words.
        bytes: size of the file.
        length_bytes: see :func:`~cometact_nb.store.inputs.user_data.length_bytes`.
    """

    path: Path
    demuxer: str
    container: str
    codec: str
    pix_fmt: str
    profile: str
    frame: Any
    orientation: Orientation
    pixel: float
    packets: Packets
    sound: str
    extra: tuple[str, ...]
    tags: tuple[dict[str, str], ...]
    bytes: int
    length_bytes: int
    foreign: tuple[str, ...] = ()

    @property
    def length_s(self) -> float:
        """Seconds of the picture."""
        return self.packets.end_s - self.packets.start_s


def opened(path: Path, demuxer: str) -> Any:
    """Open a clip with a reader that is named, since by a playlist it would open other files."""
    import av  # noqa: PLC0415  (an extra, and 100 ms)

    return av.open(str(path), format=demuxer)


def read_source(path: Path, container: str, head: bytes, check: Callable[[], None]) -> ClipSource:
    """Read a clip's facts, its first frame and the times of its pictures.

    Args:
        path: the file.
        container: its format, as ``sniff`` names it.
        head: its first bytes.
        check: raises when the work was cancelled.

    Raises:
        InputError: the file is broken, or holds no moving picture.
        ConfigError: PyAV is missing.
    """
    try:
        import av  # noqa: PLC0415  (an extra, and 100 ms)
    except ImportError:
        raise ConfigError("Preparing a video needs PyAV: pip install 'cometact_nb[video]'.") from None
    stream_kind = "mpegts" if head[:1] == b"G" else "mpeg"
    demuxer = {**DEMUXERS, **_MORE, "mpeg": stream_kind}.get(container)
    if demuxer is None:
        raise InputError(f"{path.name!r} is {container.upper()}, which nothing here reads. Export it as MP4.")
    size = path.stat().st_size
    with path.open("rb") as file:
        broken = boxes.look(file, size, container).broken
        foreign = kinds_in_boxes(file, size) if demuxer == "mov" and not broken else []
    if broken:
        raise InputError(f"{path.name!r} breaks off: {broken}. Export or copy it again, until it is whole.")
    try:
        with opened(path, demuxer) as reader:
            return replace(_read(reader, path, demuxer, container, size, check), foreign=tuple(foreign))
    except (av.FFmpegError, ValueError) as error:
        raise InputError(
            f"{path.name!r} cannot be read as a video ({getattr(error, 'strerror', error)}). Export it again."
        ) from error


def _read(
    reader: Any, path: Path, demuxer: str, container: str, size: int, check: Callable[[], None]
) -> ClipSource:
    picture, sound = picture_of(reader), sound_of(reader)
    if picture is None or picture.codec_context is None:
        what = "holds no moving picture, or one that nothing here can decode"
        raise InputError(f"{path.name!r} {what}. Give a video.")
    tags = (dict(reader.metadata), *(dict(track.metadata) for track in reader.streams))
    extra = tuple(_extra(reader, picture, sound))
    picture.codec_context.thread_count = 1  # a frame in hand at once, and no more than one in memory
    packets, frame = _packets(reader, picture, check)
    if frame is None:
        raise InputError(f"{path.name!r} holds no picture that can be decoded. Export it again.")
    return ClipSource(
        path,
        demuxer,
        container,
        codec=picture.codec_context.codec.canonical_name,
        pix_fmt=picture.codec_context.pix_fmt or frame.format.name,
        profile=str(picture.profile or ""),
        frame=frame,
        orientation=orientation_of(frame),
        pixel=number(picture.sample_aspect_ratio) or 1.0,
        packets=packets,
        sound=sound.codec_context.codec.canonical_name if sound is not None else "",
        extra=extra,
        tags=tags,
        bytes=size,
        length_bytes=length_bytes(picture.codec_context.extradata),
    )


def _extra(reader: Any, picture: Any, sound: Any) -> list[str]:
    """Name the tracks that are dropped."""
    rest = [track for track in reader.streams if track not in (picture, sound)]
    words = {
        "video": "picture",
        "audio": "sound",
        "subtitle": "subtitle",
        "data": "data",
        "attachment": "file",
    }
    counts: dict[str, int] = {}
    for track in rest:
        attached = track.type == "video" and track.disposition & type(track.disposition).attached_pic
        word = "attached picture" if attached else f"{words.get(track.type, track.type)} track"
        counts[word] = counts.get(word, 0) + 1
    if reader.chapters():
        counts["list of chapters"] = 1
    return [f"{count} {word}{'' if count == 1 else 's'}" for word, count in counts.items()]


def _packets(reader: Any, track: Any, check: Callable[[], None]) -> tuple[Packets, Any]:
    """Read the times of all pictures, and decode the first: no header is right in every recording."""
    first = _First()
    times: list[int] = []
    end_s, is_plain, has_order = 0.0, True, True
    tick = float(track.time_base)
    for packet in reader.demux(track):
        first.take(packet)
        if packet.pts is None:
            continue
        if len(times) % 256 == 0:
            check()
        is_plain = is_plain and not packet.is_discard and not packet.is_corrupt
        if packet.is_discard:
            continue
        times.append(packet.pts)
        has_order = has_order and packet.dts is not None
        end_s = max(end_s, (packet.pts + (packet.duration or 0)) * tick)
    if not times:  # such as raw AVI, whose packets have no times
        fps = number(track.average_rate) or _USUAL_FPS
        return Packets(0.0, (track.frames or 0) / fps, fps, is_plain=False), first.frame
    starts = [pts * tick for pts in sorted(times)]
    spread = starts[-1] - starts[0]
    step = spread / (len(starts) - 1) if len(starts) > 1 and spread else 1 / _USUAL_FPS
    end_s = end_s if end_s > starts[-1] else starts[-1] + step
    order = () if has_order else _decode_times(times)
    fps = len(starts) / (end_s - starts[0])
    return Packets(starts[0], end_s, fps, is_plain, len(starts), order), first.frame


def _decode_times(times: list[int]) -> tuple[int, ...]:
    """Return a time to decode each packet at, in their order in the file, none later than it is shown."""
    ordered = sorted(times)
    delay = max(early - own for early, own in zip(ordered, times, strict=True))
    return tuple(time - delay for time in ordered)


class _First:
    """Decodes packets until there is a frame; damaged ones before it count for nothing."""

    def __init__(self) -> None:
        self.frame: Any = None

    def take(self, packet: Any) -> None:
        """Decode a packet, the empty one at the end included, unless there is a frame."""
        from av.error import InvalidDataError  # noqa: PLC0415

        if self.frame is None:
            with suppress(InvalidDataError):
                self.frame = next(iter(packet.decode()), None)
