"""Recognises a file by its first bytes, whatever its name or its server says."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from cometact_nb.domain.inspection.texts import other_kind

__all__ = ["FileFormat", "sniff"]

_ISO_IMAGES = {"heic": "heic", "heix": "heic", "mif1": "heic", "msf1": "heic", "avif": "avif", "avis": "avif"}
_PREFIXES = (
    (b"OggS", "ogg"),
    (b"BM", "bmp"),
    (b"FLV\x01", "flv"),
    (b"0&\xb2u\x8ef\xcf\x11", "wmv"),
    (b"\0\0\x01\xba", "mpeg"),
    (b"\0\0\x01\xb3", "mpeg"),
)
#: JPEG markers without a length: restart markers and TEM.
_JPEG_BARE = {0x01, *range(0xD0, 0xD8)}
#: JPEG frame headers; C4, C8 and CC are tables and extensions.
_JPEG_FRAMES = set(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


@dataclass(frozen=True)
class FileFormat:
    """A file's format.

    Args:
        container: ``"jpeg"``, ``"png"``, ``"webp"``, ``"gif"``, ``"heic"``, ``"avif"``, ``"bmp"``,
            ``"tiff"``, ``"mp4"``, ``"mov"``, ``"webm"``, ``"mkv"``, ``"avi"``, ``"ogg"``, ``"3gp"``,
            ``"flv"``, ``"wmv"``, ``"mpeg"``, ``"html"``; None when unknown.
        width: of a JPEG, PNG, WebP or GIF, in the file's pixels, before a turn that EXIF asks for.
        height: the same.
        other: its kind if it is no picture and no video, a key of
            :data:`~cometact_nb.domain.inspection.texts.WORDS`; else None.
    """

    container: str | None = None
    width: int | None = None
    height: int | None = None
    other: str | None = None


def sniff(head: bytes) -> FileFormat:
    """Return the format of a file that begins with ``head``; 256 KB hold the size of nearly every image."""
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        return _sized("png", _unpacked(">II", head, 16))
    if head[:3] == b"\xff\xd8\xff":
        return _sized("jpeg", _jpeg_size(head))
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _sized("webp", _webp_size(head))
    if head[:6] in {b"GIF87a", b"GIF89a"}:
        return _sized("gif", _unpacked("<HH", head, 6))
    if head[4:8] == b"ftyp":
        return FileFormat(_iso_brand(head))
    if head[4:8] in {b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return FileFormat("mov")  # QuickTime before it had brands
    if head[:4] == b"\x1aE\xdf\xa3":
        return FileFormat("webm" if b"webm" in head[:64] else "mkv")
    if (container := _by_prefix(head)) is not None:
        return FileFormat(container)
    other = other_kind(head)
    return FileFormat("html") if other == "page" else FileFormat(other=other)


def _sized(container: str, size: tuple[int, ...]) -> FileFormat:
    return FileFormat(container, *size[:2]) if len(size) == 2 else FileFormat(container)  # noqa: PLR2004


def _by_prefix(head: bytes) -> str | None:
    if head[:4] == b"RIFF" and head[8:12] == b"AVI ":
        return "avi"
    if head[:4] in {b"II*\0", b"MM\0*"}:
        return "tiff"
    if head[:1] == b"G" and head[188:189] == b"G" and head[376:377] == b"G":
        return "mpeg"  # a transport stream: a packet of 188 bytes begins with this
    for prefix, container in _PREFIXES:
        if head.startswith(prefix):
            return container
    return None


def _iso_brand(head: bytes) -> str:
    brand = head[8:12].decode("ascii", "replace")
    if brand == "qt  ":
        return "mov"
    return "3gp" if brand.startswith("3g") else _ISO_IMAGES.get(brand, "mp4")


def _unpacked(layout: str, head: bytes, at: int) -> tuple[int, ...]:
    """Read the numbers at ``at``; none where the bytes end before them."""
    return struct.unpack_from(layout, head, at) if len(head) >= at + struct.calcsize(layout) else ()


def _jpeg_size(head: bytes) -> tuple[int, ...]:
    at = 2
    while at + 4 <= len(head) and head[at] == 0xFF:  # noqa: PLR2004
        marker = head[at + 1]
        if marker == 0xFF or marker in _JPEG_BARE:  # noqa: PLR2004  (a fill byte, or a marker alone)
            at += 1 if marker == 0xFF else 2  # noqa: PLR2004
            continue
        if marker in _JPEG_FRAMES:
            return _unpacked(">HH", head, at + 5)[::-1]
        at += 2 + int.from_bytes(head[at + 2 : at + 4], "big")
    return ()


def _webp_size(head: bytes) -> tuple[int, ...]:
    kind = head[12:16]
    if kind == b"VP8X" and len(head) >= 30:  # noqa: PLR2004
        return (
            1 + int.from_bytes(head[24:27], "little"),
            1 + int.from_bytes(head[27:30], "little"),
        )
    if kind == b"VP8L" and len(head) >= 25:  # noqa: PLR2004
        bits = int.from_bytes(head[21:25], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 ":
        return tuple(side & 0x3FFF for side in _unpacked("<HH", head, 26))
    return ()
