"""Finds boxes of MP4 and QuickTime in which programs and cameras keep what FFmpeg's tags do not show.

They are in no result; this module only says that they were there. The format: ISO/IEC 14496-12.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["kinds_in_boxes"]

#: Boxes that play the clip, and those whose content FFmpeg gives as tags.
_PLAYED = {
    *(b"ftyp", b"moov", b"mdat", b"wide", b"moof", b"mfra", b"sidx", b"ssix", b"styp", b"pdin", b"meta"),
    *(b"mvhd", b"trak", b"mvex", b"iods", b"udta", b"tkhd", b"edts", b"mdia", b"tref", b"tapt", b"trgr"),
    *(b"clip", b"matt", b"load", b"ctab", b"pnot", b"trep"),
}
_EMPTY = {b"free", b"skip"}
#: Of a user's data: what FFmpeg gives as tags or chapters, beside everything that begins with ©.
_TAGGED = {
    *(b"meta", b"loci", b"titl", b"auth", b"perf", b"gnre", b"dscp", b"albm", b"yrrc", b"cprt", b"manu"),
    *(
        b"modl",
        b"name",
        b"hinf",
        b"hnti",
        b"kywd",
        b"clsf",
        b"thmb",
        b"AllF",
        b"LOOP",
        b"SelO",
        b"WLOC",
        b"chpl",
    ),
}
_INSIDE = {b"moov", b"trak"}
_XMP = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
#: A larger index than this is not read, and neither is more than this of unused space.
_INDEX_MAX = 64 * 1024**2
_MOST_BOXES = 10_000


def kinds_in_boxes(file: BinaryIO, size: int) -> list[str]:
    """Return the kinds of data that no player needs, in words, each once.

    Args:
        file: an MP4 or QuickTime file.
        size: its bytes.
    """
    kinds: dict[str, None] = {}
    at = 0
    for _ in range(_MOST_BOXES):
        file.seek(at)
        head = file.read(16)
        if len(head) < 8:  # noqa: PLR2004
            break
        length, name, begin = int.from_bytes(head[:4], "big"), head[4:8], 8
        if length == 1:
            length, begin = int.from_bytes(head[8:], "big"), 16
        length = length or size - at
        if length < begin or at + length > size:
            kinds["what followed the clip"] = None
            break
        if name in _PLAYED - {b"moov"}:
            content = b""
        else:
            file.seek(at + begin)
            content = file.read(min(length - begin, _INDEX_MAX))
        kinds |= dict.fromkeys(_kinds(name, content))
        at += length
    return list(kinds)


def _kinds(name: bytes, content: bytes) -> Iterator[str]:
    """Yield the kinds in one box and in those inside it."""
    if name in _INSIDE:
        for inner, rest in _boxes(content):
            yield from _kinds(inner, rest)
    elif name == b"udta":
        for inner, rest in _boxes(content):
            if inner == b"XMP_":
                yield "XMP"
            elif inner in _EMPTY:
                yield from _kinds(inner, rest)
            elif inner not in _TAGGED and not inner.startswith(b"\xa9"):
                yield "data of a camera or a program"
    elif name in _EMPTY:
        if content.strip(b"\0"):
            yield "bytes in unused space"
    elif name == b"uuid":
        yield "XMP" if content.startswith(_XMP) else "data of a camera or a program"
    elif name not in _PLAYED:
        yield "data of a camera or a program"


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the name and the content of each box."""
    at = 0
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big") or len(data) - at
        if length < 8:  # noqa: PLR2004  (QuickTime's mark of an end)
            return
        yield data[at + 4 : at + 8], data[at + 8 : at + length]
        at += length
