"""Maps between a picture as it is stored and as it is seen: quarter turns and mirrors."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass
from typing import Any

__all__ = ["Orientation", "orientation_of"]

_NINE = "=9i"


@dataclass(frozen=True)
class Orientation:
    """How a stored picture becomes the visible one: mirrored first, then turned.

    Args:
        turn: degrees clockwise: 0, 90, 180 or 270.
        mirrored: left and right are exchanged before the turn.
    """

    turn: int = 0
    mirrored: bool = False

    @property
    def lies(self) -> bool:
        """Whether width and height change places."""
        return self.turn % 180 == 90  # noqa: PLR2004

    @property
    def is_upright(self) -> bool:
        """Whether the stored picture is the visible one."""
        return not self.turn and not self.mirrored

    def turned(self, degrees: int) -> Orientation:
        """Return the orientation with a further turn after it, clockwise."""
        return Orientation((self.turn + degrees) % 360, self.mirrored)

    def filters(self) -> list[tuple[str, str]]:
        """Return FFmpeg's filters, each with its arguments, that make the picture upright."""
        turns = {0: [], 90: [("transpose", "clock")], 180: [("hflip", ""), ("vflip", "")]}
        turns[270] = [("transpose", "cclock")]
        return [*([("hflip", "")] if self.mirrored else []), *turns[self.turn]]

    def stored_box(self, box: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        """Return where a part of the visible picture is in the stored one, in the same fractions."""
        left, top, right, bottom = box
        for _ in range(self.turn // 90):  # undo a quarter turn clockwise
            left, top, right, bottom = top, 1 - right, bottom, 1 - left
        return (1 - right, top, 1 - left, bottom) if self.mirrored else (left, top, right, bottom)


def orientation_of(frame: Any) -> Orientation:
    """Read a decoded frame's display matrix; without one it is upright."""
    from av.sidedata.sidedata import Type  # noqa: PLC0415  (an extra)

    side = frame.side_data.get(Type.DISPLAYMATRIX)  # to go through it differs between PyAV 18 and 19
    if side is None:
        return Orientation()
    a, b, _, c, d, *_ = struct.unpack(_NINE, bytes(side)[:36])
    mirrored = a * d - b * c < 0
    # A mirror before the turn changes the sign of the matrix's first row.
    a, b = (-a, -b) if mirrored else (a, b)
    return Orientation(round(math.degrees(math.atan2(b, a)) / 90) * 90 % 360, mirrored)
