"""Reads the outline of a video file: whether it is whole, and how a player turns its picture."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

__all__ = ["Outline", "Track", "look"]

#: A larger index is left to PyAV.
_INDEX_MAX = 3 * 1024**2
#: The most boxes of the outermost level to read: a clip has few of them, a stream of fragments many.
_BOXES = 400
_DATA = {b"mdat", b"moof"}
#: EBML names of WebM and Matroska (RFC 9559).
_CLUSTER, _TRACKS, _TRACK_ENTRY = b"\x1fC\xb6u", b"\x16T\xaek", b"\xae"
_TRACK_NUMBER, _VIDEO, _PROJECTION, _PROJECTION_TYPE, _ROLL = b"\xd7", b"\xe0", b"vp", b"vq", b"vu"


@dataclass(frozen=True)
class Track:
    """A track of pictures.

    Args:
        number: in the index.
        turn: degrees clockwise by which a player turns the picture: 0, 90, 180 or 270.
        length_s: seconds, by the track's header; None where it does not say.
    """

    number: int
    turn: int
    length_s: float | None


@dataclass(frozen=True)
class Outline:
    """The outline of a video file.

    Args:
        tracks: of pictures, in the file's order.
        length_s: of the whole file, seconds; None where it does not say.
        broken: the sign that the file is cut off, in words; an empty string where there is none.
        open_end: the file does not say how many bytes it has, so that a cut does not show.
    """

    tracks: tuple[Track, ...] = ()
    length_s: float | None = None
    broken: str = ""
    open_end: bool = False


def look(file: BinaryIO | io.RawIOBase, size: int | None, container: str) -> Outline:
    """Read the outline of a video.

    Args:
        file: seekable; only the boxes are read.
        size: bytes of the whole file; without it, a file that is cut off is not noticed.
        container: as :func:`~cometact_nb.domain.inspection.sniff.sniff` names it.
    """
    if container in {"webm", "mkv"}:
        return _matroska(file, size)
    return _mp4(file, size) if container in {"mp4", "mov", "3gp"} else Outline()


def _read(file: BinaryIO | io.RawIOBase, start: int, length: int) -> bytes:
    file.seek(start)
    parts = bytearray()
    while len(parts) < length and (part := file.read(length - len(parts))):
        parts += part
    return bytes(parts)


def _mp4(file: BinaryIO | io.RawIOBase, size: int | None) -> Outline:
    kinds: set[bytes] = set()
    index, broken, at, ended = b"", "", 0, False
    for _ in range(_BOXES):
        head = _read(file, at, 16)
        if len(head) < 8 or not head[4:8].isalnum():  # noqa: PLR2004
            ended = size is not None and size - at < 8  # noqa: PLR2004
            break
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        begin = 16 if length == 1 else 8
        length = int.from_bytes(head[8:], "big") if length == 1 else length
        kinds.add(kind)
        if size is not None and at + length > size and kind in {b"moov", *_DATA}:
            broken = f"{at + length:,} bytes are promised, {size:,} are there"
        if kind == b"moov" and length <= _INDEX_MAX:
            index = _read(file, at + begin, length - begin)
        if length < begin or broken:  # 0: to the end of the file
            ended = length == 0 or bool(broken)
            break
        at += length
    if not broken and ended and not getattr(file, "problem", ""):
        broken = _without(kinds)
    tracks, length_s = _index(index) if not broken or index else ((), None)
    return Outline(tracks, length_s, broken)


def _without(kinds: set[bytes]) -> str:
    """Say what a file lacks that was read to its end."""
    if b"moov" not in kinds:
        return "it has no index (moov), which a recorder or an encoder writes at the end"
    return "" if kinds & _DATA else "it has an index and no pictures after it"


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while start + 8 <= end:
        length = int.from_bytes(data[start : start + 4], "big") or end - start
        if length < 8:  # noqa: PLR2004
            return
        yield data[start + 4 : start + 8], start + 8, min(start + length, end)
        start += length


def _index(data: bytes) -> tuple[tuple[Track, ...], float | None]:
    tracks, length_s = [], None
    for kind, start, end in _boxes(data, 0, len(data)):
        if kind == b"mvhd":
            length_s = _length(data, start)
        elif kind == b"trak" and (track := _track(data, start, end)):
            tracks.append(track)
    return tuple(tracks), length_s


def _track(data: bytes, start: int, end: int) -> Track | None:
    number, turn, length_s, picture = 0, 0, None, False
    for kind, begin, stop in _boxes(data, start, end):
        if kind == b"tkhd" and stop - begin >= 84:  # noqa: PLR2004
            wide = 12 if data[begin] == 1 else 0  # times of 64 bits
            number = int.from_bytes(data[begin + 12 + wide * 2 // 3 :][:4], "big")
            turn = _turn(data, begin + 40 + wide)
        elif kind == b"mdia":
            for inner, first, _ in _boxes(data, begin, stop):
                if inner == b"mdhd":
                    length_s = _length(data, first)
                elif inner == b"hdlr":
                    picture = data[first + 8 : first + 12] == b"vide"
    return Track(number, turn, length_s) if picture else None


def _length(data: bytes, at: int) -> float | None:
    """Read the seconds in a movie's or a track's header."""
    layout, offset = (">IQ", 20) if data[at] == 1 else (">II", 12)
    try:
        scale, length = struct.unpack_from(layout, data, at + offset)
    except struct.error:
        return None
    unknown = length in {0, 2**32 - 1, 2**64 - 1}
    return None if unknown or not scale else length / scale


def _turn(data: bytes, at: int) -> int:
    try:
        a, b = struct.unpack_from(">ii", data, at)
    except struct.error:
        return 0
    return round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360 if a or b else 0


def _matroska(file: BinaryIO | io.RawIOBase, size: int | None) -> Outline:
    head = _read(file, 0, 4096)
    length, begin = _element_size(head, 4)
    at = begin + (length or 0)
    if head[at : at + 4] != b"\x18S\x80g":  # the segment, which holds everything else
        return Outline()
    length, begin = _element_size(head, at + 4)
    tracks = tuple(_matroska_tracks(file, begin, size))
    if length is None:
        return Outline(tracks, open_end=True)
    if size is not None and begin + length > size:
        return Outline(tracks, broken=f"{begin + length:,} bytes are promised, {size:,} are there")
    return Outline(tracks)


def _matroska_tracks(file: BinaryIO | io.RawIOBase, at: int, size: int | None) -> Iterator[Track]:
    """Read the tracks of pictures, which stand before the first cluster of frames."""
    for _ in range(_BOXES):
        head = _read(file, at, 16)
        name, begin = _element_name(head)
        length, begin = _element_size(head, begin)
        if name in {b"", _CLUSTER} or length is None or (size is not None and at >= size):
            return
        if name == _TRACKS and length <= _INDEX_MAX:
            content = _read(file, at + begin, length)
            entries = [
                content[first:last] for kind, first, last in _elements(content) if kind == _TRACK_ENTRY
            ]
            yield from (track for entry in entries if (track := _matroska_track(entry)))
            return
        at += begin + length


def _matroska_track(entry: bytes) -> Track | None:
    """Read a track of pictures; RFC 9559: ``ProjectionPoseRoll`` turns them counterclockwise."""
    parts = {name: entry[start:end] for name, start, end in _elements(entry)}
    if _VIDEO not in parts:
        return None
    turn = 0
    for name, start, end in _elements(parts[_VIDEO]):
        if name == _PROJECTION:
            content = parts[_VIDEO][start:end]
            pose = {kind: content[first:last] for kind, first, last in _elements(content)}
            layout = {4: ">f", 8: ">d"}.get(len(pose.get(_ROLL, b"")))
            roll = struct.unpack(layout, pose[_ROLL])[0] if layout else 0.0
            if math.isfinite(roll) and not any(pose.get(_PROJECTION_TYPE, b"")):  # a flat picture
                turn = round(-roll / 90) * 90 % 360
    return Track(int.from_bytes(parts.get(_TRACK_NUMBER, b""), "big"), turn, None)


def _elements(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name of each EBML element in ``data``, and where its content begins and ends."""
    at = 0
    while at < len(data):
        name, begin = _element_name(data[at : at + 16])
        length, begin = _element_size(data[at : at + 16], begin)
        if not name or length is None:
            return
        yield name, at + begin, min(at + begin + length, len(data))
        at += begin + length


def _element_name(head: bytes) -> tuple[bytes, int]:
    """Return the name of the EBML element that ``head`` begins with, and its length; empty for none."""
    length = 9 - head[0].bit_length() if head and head[0] >= 0x10 else 0  # noqa: PLR2004  (4 bytes at the most)
    return head[:length], length


def _element_size(head: bytes, at: int) -> tuple[int | None, int]:
    """Read the size of an EBML element, None for an unknown one, and where its content begins."""
    first = head[at] if at < len(head) else 0
    if not first:
        return None, at
    length = 9 - first.bit_length()
    value = int.from_bytes(head[at : at + length], "big") & (1 << 7 * length) - 1
    return None if value == (1 << 7 * length) - 1 else value, at + length
