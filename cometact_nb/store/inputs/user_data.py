"""Takes out of H.264 what cameras write between the pictures: places, times, serial numbers, captions.

AVCHD cameras and drones put them into messages (SEI) of the stream itself, which a copy into another
container would keep. The format: ITU-T H.264, 7.3.2.3 and annex D.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["length_bytes", "without_user_data"]

_SEI, _FILLER = 6, 12
#: What each unit begins with says its kind in five bits; these kinds are anybody's own.
_KIND_BITS = 0x1F
_FOREIGN = {0, *range(24, 32)}
#: Messages about buffers, recovery, film grain, stereo, orientation and colours, which players need.
#: Those about times (1) hold the time of day; the container has each picture's time.
_NEEDED = {0, 6, 7, 19, 21, 45, 47, 137, 144, 147, 148}
_UNREGISTERED = 5
#: The encoder x264 says by this name how it was set.
_X264 = bytes.fromhex("dc45e9bde6d948b7962cd820d923eeef")
_X264_TEXT = re.compile(rb"x264 - core [ -~]*\x00?")
_ESCAPED = re.compile(rb"\x00\x00\x03")
_TO_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")


def length_bytes(extradata: bytes | None) -> int:
    """Return how many bytes before each unit of a packet say its length; 0 where there are start codes."""
    return (extradata[4] & 3) + 1 if extradata and len(extradata) > 4 and extradata[0] == 1 else 0  # noqa: PLR2004


def without_user_data(packet: bytes | memoryview, size: int) -> bytes | None:
    """Return a packet's bytes without foreign data; None where it has none.

    Args:
        packet: of H.264, with lengths.
        size: see :func:`length_bytes`.
    """
    parts, at, is_changed = list[bytes | memoryview](), 0, False
    while at + size < len(packet):
        end = at + size + int.from_bytes(packet[at : at + size], "big")
        kind = packet[at + size] & _KIND_BITS
        unit: bytes | memoryview = packet[at + size : end]
        if kind == _SEI:
            whole = bytes(unit)
            unit = _needed(whole)
            is_changed = is_changed or unit != whole
        elif kind in _FOREIGN or (kind == _FILLER and bytes(unit[1:]).strip(b"\xff\x80")):
            unit, is_changed = b"", True
        if unit:
            parts += [len(unit).to_bytes(size, "big"), unit]
        at = end
    return b"".join(parts) if is_changed else None


def _needed(unit: bytes) -> bytes:
    """Return a unit of messages with those that players need; nothing where none is left."""
    content = _ESCAPED.sub(b"\0\0", unit[1:])
    messages = list(_messages(content))
    needed = [message for kind, message, payload in messages if _is_needed(kind, payload)]
    if len(needed) == len(messages):
        return unit
    return unit[:1] + _TO_ESCAPE.sub(b"\0\0\3", b"".join(needed) + b"\x80") if needed else b""


def _is_needed(kind: int, payload: bytes) -> bool:
    is_x264 = payload.startswith(_X264) and _X264_TEXT.fullmatch(payload[len(_X264) :]) is not None
    return kind in _NEEDED or (kind == _UNREGISTERED and is_x264)


def _messages(content: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield the kind of each message, the whole of it, and its payload."""
    at = 0
    while at + 2 < len(content):
        begin = at
        numbers = []
        for _ in range(2):  # the kind, then the size
            number = 0
            while at < len(content) and content[at] == 0xFF:  # noqa: PLR2004
                number, at = number + 0xFF, at + 1
            number += content[at] if at < len(content) else 0
            at += 1
            numbers.append(number)
        payload = content[at : at + numbers[1]]
        at += numbers[1]
        yield numbers[0], content[begin:at], payload
