"""Copies a JPEG or PNG without what tells of its owner; its picture stays the same to the byte."""

from __future__ import annotations

__all__ = ["strip_jpeg", "strip_png"]

_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_SOS, _COM = 0xDA, 0xFE
_APP0, _APP2, _APP14 = 0xE0, 0xE2, 0xEE
_APPS = range(0xE0, 0xF0)
_RESTARTS = {*range(0xD0, 0xD8), 0x00, 0x01}
#: Chunks that decide what the picture looks like: the PNG specification, third edition.
_PNG_KEPT = {
    *(b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP"),
    *(b"sBIT", b"bKGD", b"pHYs", b"cICP"),
}
_SIGNATURE = 8


def strip_jpeg(data: bytes) -> tuple[bytes, list[str]]:
    """Return the first picture of a JPEG file without its metadata, and what was removed in words.

    The colour profile stays, since the colours need it, and so does Adobe's mark of the colour model.

    Raises:
        ValueError: the file breaks off, or is no JPEG.
    """
    if data[:2] != _SOI:
        raise ValueError("it does not begin as a JPEG")
    parts, kinds, at = [_SOI], [], 2
    while True:
        marker, length = _segment(data, at)
        if marker == 0xD9:  # noqa: PLR2004  (the end of the picture)
            break
        end = at + 2 + length
        segment = data[at:end]
        kind = _removable(marker, segment)
        if kind:
            kinds.append(kind)
        else:
            parts.append(segment)
        if marker == _SOS:
            scan_end = _end_of_scan(data, end)
            parts.append(data[end:scan_end])
            end = scan_end
        at = end
    parts.append(_EOI)
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
    if marker not in _APPS or (marker in {_APP0, _APP14} and not content.startswith(b"JFXX")):
        return ""
    if marker == _APP2 and content.startswith(b"ICC_PROFILE"):
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
        if chunk in _PNG_KEPT:
            parts.append(data[at:end])
        else:
            kinds.append(_png_words(chunk))
        at = end
        if chunk == b"IEND":
            break
    if data[at:].strip(b"\0"):
        kinds.append("what followed the picture")
    return b"".join(parts), kinds


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
