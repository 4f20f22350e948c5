"""Reads the visible size of a picture, and whether its file is whole: JPEG, PNG, WebP, AVIF and HEIC."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import io
    from collections.abc import Iterator

__all__ = ["Picture", "look"]

#: The end mark of a file is first looked for in this many bytes at its end.
_TAIL = 64 * 1024
_PIECE = 256 * 1024
#: The most boxes of the outermost level to read; a picture has a few.
_BOXES = 100
#: EXIF orientations that turn a picture by a quarter.
_QUARTERS = {5, 6, 7, 8}
_ORIENTATION = 0x0112
_SOS, _EXIF = 0xDA, 0xE1
_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = {0x01, *range(0xD0, 0xDA)}


@dataclass(frozen=True)
class Picture:
    """The facts in a picture file's structure.

    Args:
        width: pixels, after the turn that the file asks for; None where it does not say.
        height: the same.
        turned: the file has it lying on its side.
        broken: the sign that the file is cut off, in words; an empty string where there is none.
    """

    width: int | None = None
    height: int | None = None
    turned: bool = False
    broken: str = ""


def look(file: BinaryIO | io.RawIOBase, size: int | None, container: str) -> Picture:
    """Read the facts about a picture; of a whole file, only a few pieces.

    Args:
        file: seekable.
        size: bytes of the whole file; without it, a file that is cut off is not noticed.
        container: as :func:`~cometact_nb.domain.inspection.sniff.sniff` names it.
    """
    reader = {"jpeg": _jpeg, "png": _png, "webp": _webp, "avif": _iso, "heic": _iso}.get(container)
    if reader is None:
        return Picture()
    try:
        return reader(_Reader(file, size))
    except struct.error:  # the bytes end too early
        return Picture(broken=f"it ends within its header, after {size:,} bytes" if size else "")


class _Reader:
    """Reads pieces of a file; ``size`` is None where nobody knows it."""

    def __init__(self, file: BinaryIO | io.RawIOBase, size: int | None) -> None:
        self._file, self.size = file, size

    def at(self, start: int, length: int) -> bytes:
        self._file.seek(start)
        parts = bytearray()
        while len(parts) < length and (part := self._file.read(length - len(parts))):
            parts += part
        return bytes(parts)

    def numbers(self, layout: str, start: int) -> tuple[int, ...]:
        return struct.unpack(layout, self.at(start, struct.calcsize(layout)))

    @property
    def failed(self) -> bool:
        """Whether bytes are missing because the host did not send them, which says nothing about the file."""
        return bool(getattr(self._file, "problem", ""))

    def missing(self, mark: bytes, start: int, name: str) -> str:
        """Say that ``mark`` is nowhere from ``start`` on; an empty string where it is, or may be."""
        if self.size is None:
            return ""
        if mark in self.at(max(start, self.size - _TAIL), _TAIL):
            return ""
        piece = b""
        for place in range(start, self.size, _PIECE):
            piece = piece[-len(mark) :] + self.at(place, _PIECE)
            if mark in piece or self.failed:
                return ""
        return f"its end mark ({name}) is missing from its {self.size:,} bytes"


def _picture(width: int, height: int, orientation: int, broken: str) -> Picture:
    turned = orientation in _QUARTERS
    return Picture(*((height, width) if turned else (width, height)), turned, broken)


def _jpeg(file: _Reader) -> Picture:
    at, size, orientation = 2, (0, 0), 1
    while True:
        mark, marker, length = file.numbers(">BBH", at)
        if mark != 0xFF:  # noqa: PLR2004
            return Picture(broken="" if file.size is None else f"its header breaks off at byte {at:,}")
        if marker == 0xFF or marker in _BARE:  # noqa: PLR2004  (a fill byte, or a marker alone)
            at += 1 if marker == 0xFF else 2  # noqa: PLR2004
            continue
        if marker in _FRAMES:
            height, width = file.numbers(">HH", at + 5)
            size = (width, height)
        elif marker == _EXIF and file.at(at + 4, 6) == b"Exif\0\0":
            orientation = _orientation(file.at(at + 10, length - 8)) or orientation
        elif marker == _SOS:
            break
        at += 2 + length
    return _picture(*size, orientation, file.missing(b"\xff\xd9", at, "EOI"))


def _png(file: _Reader) -> Picture:
    width, height = file.numbers(">II", 16)
    orientation, broken = 1, ""
    for kind, start, length in _png_chunks(file):
        if kind == b"eXIf":
            orientation = _orientation(file.at(start, length)) or orientation
        if file.size is not None and start + length + 4 > file.size:
            broken = f"{start + length + 4:,} bytes are promised, {file.size:,} are there"
        if kind == b"IDAT" or broken:
            break
    if not broken:
        broken = file.missing(b"IEND\xaeB`\x82", 8, "IEND")
    return _picture(width, height, orientation, broken)


def _png_chunks(file: _Reader) -> Iterator[tuple[bytes, int, int]]:
    at = 8
    while len(head := file.at(at, 8)) == 8:  # noqa: PLR2004
        length = int.from_bytes(head[:4], "big")
        yield head[4:], at + 8, length
        at += 12 + length


def _webp(file: _Reader) -> Picture:
    (promised,) = file.numbers("<I", 4)
    broken = ""
    if file.size is not None and file.size < promised + 8:
        broken = f"{promised + 8:,} bytes are promised, {file.size:,} are there"
    head = file.at(12, 18)
    if head[:4] != b"VP8X":
        return Picture(broken=broken)  # the first bytes hold its size
    width, height = (1 + int.from_bytes(head[place : place + 3], "little") for place in (12, 15))
    orientation, at = 1, 12
    while head[8] & 8 and not broken and len(chunk := file.at(at, 8)) == 8:  # noqa: PLR2004  (the flag of EXIF)
        length = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"EXIF":
            content = file.at(at + 8, length)
            orientation = _orientation(content.removeprefix(b"Exif\0\0")) or 1
            break
        at += 8 + length + length % 2
    return _picture(width, height, orientation, broken)


def _iso(file: _Reader) -> Picture:
    """Read the size of the largest picture in AVIF or HEIC, and its turn."""
    head = file.at(0, _TAIL)
    place = head.find(b"ispe")
    sizes: list[tuple[int, int]] = []
    while place >= 0 and len(head) >= place + 16:
        sizes.append(struct.unpack_from(">II", head, place + 8))
        place = head.find(b"ispe", place + 4)
    turn = head.find(b"irot")
    quarter = turn >= 0 and len(head) > turn + 4 and head[turn + 4] & 1
    width, height = max(sizes, default=(0, 0))
    broken = _iso_end(file, has_pictures=b"idat" in head)
    if not (width and height):
        return Picture(broken=broken)
    return _picture(width, height, 6 if quarter else 1, broken)


def _iso_end(file: _Reader, *, has_pictures: bool) -> str:
    """Say why AVIF or HEIC is cut off, by the lengths of its outermost boxes; nothing if it is whole."""
    at = 0
    for _ in range(_BOXES):
        if file.size is None or at >= file.size:
            break
        head = file.at(at, 16)
        if len(head) < 8:  # noqa: PLR2004
            break
        length, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if length == 1:
            length = int.from_bytes(head[8:], "big") if len(head) == 16 else 16  # noqa: PLR2004
        has_pictures = has_pictures or kind in {b"mdat", b"moof"}
        if length < 8:  # noqa: PLR2004  (0: to the end of the file; else bytes that an app appended)
            return ""
        at += length
        if at > file.size:
            return "" if not kind.isalnum() else f"{at:,} bytes are promised, {file.size:,} are there"
    whole = file.size is None or has_pictures or file.failed
    return "" if whole else "it has an index and no pictures after it"


def _orientation(tiff: bytes) -> int | None:
    """Read the orientation in EXIF, 1–8; None where there is none."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None:
        return None
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(min(count, 200)):
            tag, _, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
            if tag == _ORIENTATION:
                return int(value) if 1 <= value <= 8 else None  # noqa: PLR2004
    except struct.error:
        return None
    return None
