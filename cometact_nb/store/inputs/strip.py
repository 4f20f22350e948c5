"""Copies a JPEG or PNG without what tells of its owner; its picture stays the same to the byte."""

from __future__ import annotations

import struct
import zlib

from cometact_nb.store.inputs.colour_profile import neutral_profile

__all__ = ["strip_jpeg", "strip_png"]

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_SOS, _COM = 0xDA, 0xFE
_APP0, _APP2, _APP14 = 0xE0, 0xE2, 0xEE
_APPS = range(0xE0, 0xF0)
#: The parts of these that readers know, bytes after the length; what follows may be anything.
_JFIF, _ADOBE = b"JFIF\0", b"Adobe"
_JFIF_BYTES, _ADOBE_BYTES = 12, 12
_ICC = b"ICC_PROFILE\0"
_ICC_HEAD = 4 + len(_ICC) + 2
#: The most bytes of a profile in one segment.
_ICC_PART = 65_519
_PROFILE = "the texts of the colour profile"
_RESTARTS = {*range(0xD0, 0xD8), 0x00, 0x01}
#: Chunks that decide what the picture looks like: the PNG specification, third edition.
_PNG_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"),
    *(b"sBIT", b"bKGD", b"pHYs", b"cICP"),
}
_SIGNATURE = 8
_PROFILE_NAME = b"colours"
#: The most bytes of a profile; those of printers have up to 4 MB.
_PROFILE_MOST = 16 * 1024**2


def strip_jpeg(data: bytes) -> tuple[bytes, list[str]]:
    """Return the first picture of a JPEG file without its metadata, and what was removed in words.

    The colour profile's numbers stay, since the colours need them, and so does Adobe's mark of the model.

    Raises:
        ValueError: the file breaks off, or is no JPEG.
    """
    if data[:2] != _SOI:
        raise ValueError("it does not begin as a JPEG")
    parts, kinds, at = [_SOI], [], 2
    profile, place = dict[int, bytes](), 1  # its pieces by their numbers, and where it stands among the parts
    while True:
        marker, length = _segment(data, at)
        if marker == 0xD9:  # noqa: PLR2004  (the end of the picture)
            break
        end = at + 2 + length
        segment = data[at:end]
        if marker == _APP2 and segment[4:].startswith(_ICC) and len(segment) >= _ICC_HEAD:
            profile[segment[_ICC_HEAD - 2]] = segment[_ICC_HEAD:]
        else:
            kind, rest = _removable(marker, segment), b""
            if not kind:
                rest, kind = _trimmed(marker, segment)
            kinds += [kind] if kind else []
            parts += [rest] if rest else []
            place = len(parts) if marker in _APPS else place
        if marker == _SOS:
            scan_end = _end_of_scan(data, end)
            parts.append(data[end:scan_end])
            end = scan_end
        at = end
    parts.append(_EOI)
    if profile:
        content, kind = _neutral(b"".join(part for _, part in sorted(profile.items())))
        parts[place:place] = _icc_segments(content)
        kinds += [kind] if kind else []
    if len(data) > at + 2 and data[at + 2 :].strip(b"\0\xff"):
        kinds.append("what followed the picture (a second picture or a film)")
    return b"".join(parts), kinds


def _segment(data: bytes, at: int) -> tuple[int, int]:
    """Return the marker at ``at`` and the length of its segment without the marker."""
    if at + 2 > len(data) or data[at] != 0xFF:  # noqa: PLR2004
        raise ValueError(f"it breaks off at byte {at:,}")
    marker = data[at + 1]
    if marker == 0xFF:  # noqa: PLR2004  (a fill byte)
        return 0, -1
    if marker == 0xD9 or marker in _RESTARTS:  # noqa: PLR2004
        return marker, 0
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    if length < 2 or at + 2 + length > len(data):  # noqa: PLR2004
        raise ValueError(f"it breaks off at byte {at:,}")
    return marker, length


def _removable(marker: int, segment: bytes) -> str:
    """Say in words what a segment tells; an empty string for one that the picture needs."""
    content = segment[4:]
    if marker == _COM:
        return "a comment"
    if marker not in _APPS or (marker, content[:5]) in {(_APP0, _JFIF), (_APP14, _ADOBE)}:
        return ""
    names = {
        b"Exif\0": "",  # its parts are named one by one
        b"http://ns.adobe.com/x": "XMP",
        b"Photoshop 3.0": "captions (IPTC)",
        b"MPF\0": "the index of further pictures",
        b"JFXX": "a thumbnail",
    }
    return (
        next((words for start, words in names.items() if content.startswith(start)), "other metadata")
        or "EXIF"
    )


def _trimmed(marker: int, segment: bytes) -> tuple[bytes, str]:
    """Return a segment without a thumbnail or other bytes at its end, and what that was in words."""
    known = {_APP0: 4 + _JFIF_BYTES, _APP14: 4 + _ADOBE_BYTES}.get(marker)
    if known is None:
        return segment, ""
    content = segment[4:known] + (b"\0\0" if marker == _APP0 else b"")  # a thumbnail of 0 × 0
    trimmed = segment[:2] + struct.pack(">H", 2 + len(content)) + content
    words = "a thumbnail" if marker == _APP0 else "other metadata"
    return trimmed, words if segment[known:].strip(b"\0") else ""


def _neutral(profile: bytes) -> tuple[bytes, str]:
    """Return a profile without its texts, and what was removed in words; nothing of one that is broken."""
    try:
        content = neutral_profile(profile)
    except ValueError:
        return b"", "a broken colour profile"
    return content, _PROFILE if content != profile else ""


def _icc_segments(profile: bytes) -> list[bytes]:
    pieces = [profile[at : at + _ICC_PART] for at in range(0, len(profile), _ICC_PART)]
    return [
        struct.pack(">BBH", 0xFF, _APP2, 2 + len(_ICC) + 2 + len(piece))
        + _ICC
        + bytes([number, len(pieces)])
        + piece
        for number, piece in enumerate(pieces, 1)
    ]


def _end_of_scan(data: bytes, at: int) -> int:
    """Return where the marker after a scan's data begins."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        if data[at + 1] not in _RESTARTS and data[at + 1] != 0xFF:  # noqa: PLR2004
            return at
        at += 1
    raise ValueError("its end mark (EOI) is missing")


def strip_png(data: bytes) -> tuple[bytes, list[str]]:
    """Return a PNG without its metadata, and what was removed in words; of an animation the first picture.

    Raises:
        ValueError: the file breaks off.
    """
    parts, kinds, at = [data[:_SIGNATURE]], [], _SIGNATURE
    while True:
        head = data[at : at + 8]
        end = at + 12 + int.from_bytes(head[:4], "big")
        if len(head) < 8 or end > len(data):  # noqa: PLR2004
            raise ValueError(f"it breaks off at byte {len(data):,}")
        chunk = head[4:]
        if chunk == b"iCCP":
            profile, kind = _png_profile(data[at + 8 : end - 4])
            parts += [_png_chunk(b"iCCP", profile)] if profile else []
            kinds += [kind] if kind else []
        elif chunk in _PNG_KEPT:
            parts.append(data[at:end])
        else:
            kinds.append(_png_words(chunk))
        at = end
        if chunk == b"IEND":
            break
    if data[at:].strip(b"\0"):
        kinds.append("what followed the picture")
    return b"".join(parts), kinds


def _png_profile(content: bytes) -> tuple[bytes, str]:
    """Return the content of a profile's chunk without texts and name, and what was removed in words."""
    name, _, packed = content.partition(b"\0")
    unpacking = zlib.decompressobj()
    try:
        whole = unpacking.decompress(packed[1:], _PROFILE_MOST)
    except zlib.error:
        whole = b""
    profile, kind = _neutral(whole)
    if profile and not kind and name == _PROFILE_NAME and not unpacking.unused_data:
        return content, ""
    return (_PROFILE_NAME + b"\0\0" + zlib.compress(profile, 9) if profile else b""), kind or _PROFILE


def _png_chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def _png_words(chunk: bytes) -> str:
    if chunk == b"eXIf":
        return "EXIF"
    if chunk in {b"tEXt", b"zTXt", b"iTXt"}:
        return "texts"
    if chunk == b"tIME":
        return "the time of the last change"
    return (
        "the further pictures of an animation" if chunk in {b"acTL", b"fcTL", b"fdAT"} else "other metadata"
    )
