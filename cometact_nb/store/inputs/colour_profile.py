"""Copies a picture's colour profile without what tells of its owner: names, devices, dates.

A profile that was made for a screen names the screen, and often whoever measured it. Its colours stay the
same to the byte. The format: ICC.1:2022.
"""

from __future__ import annotations

import struct

__all__ = ["neutral_profile"]

_HEADER, _ENTRY = 128, 12
#: Tags that decide about colours. What describes the profile, its device and its measurement is left out.
_COLOURS = {
    *(b"wtpt", b"bkpt", b"chad", b"cicp", b"gamt"),
    *(b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC", b"kTRC"),
    *(b"A2B0", b"A2B1", b"A2B2", b"A2B3", b"B2A0", b"B2A1", b"B2A2", b"B2A3", b"pre0", b"pre1", b"pre2"),
    *(b"D2B0", b"D2B1", b"D2B2", b"D2B3", b"B2D0", b"B2D1", b"B2D2", b"B2D3", b"rig0", b"rig2"),
}  # fmt: skip
#: Types of content that hold no texts.
_NUMBERS = {
    *(b"XYZ ", b"curv", b"para", b"sf32", b"mft1", b"mft2", b"mAB ", b"mBA ", b"mpet", b"cicp", b"sig "),
}
#: A profile must have these two texts.
_DESCRIPTION, _COPYRIGHT = "colours", "none"
_YEAR_2000 = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)


def neutral_profile(profile: bytes) -> bytes:
    """Return a colour profile with its numbers alone.

    Raises:
        ValueError: it is no profile, or breaks off.
    """
    if len(profile) < _HEADER + 4 or profile[36:40] != b"acsp":
        raise ValueError("it is no colour profile")
    (count,) = struct.unpack_from(">I", profile, _HEADER)
    if _HEADER + 4 + count * _ENTRY > len(profile):
        raise ValueError("the colour profile breaks off")
    tags: dict[bytes, bytes] = {}
    for number in range(count):
        name, start, size = struct.unpack_from(">4sII", profile, _HEADER + 4 + number * _ENTRY)
        if start + size > len(profile):
            raise ValueError("the colour profile breaks off")
        content = profile[start : start + size]
        if name in _COLOURS and content[:4] in _NUMBERS:
            tags[name] = content
    is_old = profile[8] < 4  # noqa: PLR2004  (version 4 has texts of several languages)
    tags[b"desc"] = _old_description() if is_old else _text(_DESCRIPTION)
    tags[b"cprt"] = b"text\0\0\0\0" + _COPYRIGHT.encode() + b"\0" if is_old else _text(_COPYRIGHT)
    return _assembled(profile, tags)


def _text(text: str) -> bytes:
    content = text.encode("utf-16-be")
    return b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(content), 28) + content


def _old_description() -> bytes:
    text = _DESCRIPTION.encode() + b"\0"
    return b"desc" + struct.pack(">4xI", len(text)) + text + bytes(4 + 4 + 2 + 1 + 67)


def _assembled(profile: bytes, tags: dict[bytes, bytes]) -> bytes:
    """Put header, table and contents together; equal contents stand there once."""
    start = _HEADER + 4 + len(tags) * _ENTRY
    table, contents, places = struct.pack(">I", len(tags)), b"", dict[bytes, int]()
    for name, content in tags.items():
        if content not in places:
            places[content] = start + len(contents)
            contents += content + bytes(-len(content) % 4)
        table += struct.pack(">4sII", name, places[content], len(content))
    header = bytearray(profile[:_HEADER])
    header[0:4] = struct.pack(">I", start + len(contents))
    header[4:8] = bytes(4)  # the program's mark
    header[24:36] = _YEAR_2000
    header[40:44] = bytes(4)  # the system
    header[48:64] = bytes(16)  # the device
    header[80:128] = bytes(48)  # the maker, and a hash of the former content
    return bytes(header) + table + contents
