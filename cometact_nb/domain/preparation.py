"""The settings for making an input of a file: its part, its crop, its turn. Pure."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.inspection.findings import REFERENCE_S
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from cometact_nb.domain.inspection.facts import Role

__all__ = ["WHOLE", "Cut", "InputRecipe"]

#: A new number when the same settings give another file than before.
_EDITION = 4
WHOLE = (0.0, 0.0, 1.0, 1.0)
#: A crop smaller than this share of a side is a mistake in its units.
_LEAST_SHARE = 0.01
_SIDES = 4
#: Sound may go on for some 40 ms after the picture, which a strict reader counts.
_SAFE_S = REFERENCE_S[1] - 0.05
#: A clip that lacks no more than this to the least length gets it from its last frame.
_HELD_S = 0.05


@dataclass(frozen=True)
class Cut:
    """The part of a clip to take.

    Args:
        start_s: seconds from its first frame.
        end_s: the same.
        why: a sentence for the list of changes; empty when it is the whole clip.
    """

    start_s: float
    end_s: float
    why: str = ""


@dataclass(frozen=True)
class InputRecipe:
    """The settings for making an input of a file.

    Args:
        role: the purpose of the result.
        start_s: seconds from the clip's first frame; None for that frame.
        end_s: the same; None for the end.
        crop: left, top, right and bottom as fractions 0–1 of the upright picture; None for all of it.
        turn: degrees clockwise, after the turn that the file asks for: 0, 90, 180 or 270; None for 0.
        keeps_whole: a clip that is too long is an error and not cut: nobody has seen which part is left.
    """

    role: Role
    start_s: float | None = None
    end_s: float | None = None
    crop: tuple[float, float, float, float] | None = None
    turn: int | None = None
    keeps_whole: bool = False

    @classmethod
    def checked(
        cls, role: Role, start_s: Any, end_s: Any, crop: Any, turn: Any, *, keeps_whole: bool = False
    ) -> InputRecipe:
        """Make a recipe of a user's values.

        Raises:
            ConfigError: a value cannot be used.
        """
        start_s, end_s = _moment("start_s", start_s), _moment("end_s", end_s)
        if end_s is not None and end_s <= (start_s or 0.0):
            raise ConfigError(f"end_s={end_s:g} is not after start_s={start_s or 0:g}.", guide=_GUIDE)
        if turn not in {None, 0, 90, 180, 270}:
            raise ConfigError(f"turn={turn!r} is not 0, 90, 180 or 270 degrees clockwise.", guide=_GUIDE)
        return cls(role, start_s, end_s, _box(crop), int(turn) if turn else None, keeps_whole)

    def digest(self, source_sha256: str) -> str:
        """Return 16 hexadecimal digits that name the result: by the file's content and the settings."""
        values = [_EDITION, source_sha256, self.role, self.start_s, self.end_s, self.crop, self.turn]
        return sha256(json.dumps(values).encode()).hexdigest()[:16]

    def cut(self, length_s: float) -> Cut | str:
        """Decide on the part of a clip to take, or say why there is none, as the end of a sentence.

        Args:
            length_s: of the clip's picture, seconds.
        """
        low, high = REFERENCE_S if self.role == "reference" else (0.0, math.inf)
        start = self.start_s or 0.0
        if start >= length_s or (self.end_s is not None and self.end_s > length_s + _HELD_S):
            asked_for = f"start_s={start:g}" if start >= length_s else f"end_s={self.end_s:g}"
            return f"lasts {length_s:.2f} s, and {asked_for} is after its end"
        end = min(self.end_s if self.end_s is not None else length_s, length_s)
        part_s = end - start
        if part_s > high + 1e-6 and self.end_s is None and self.keeps_whole:
            return f"lasts {part_s:.2f} s: longer than the {high:g} s of a reference"
        if part_s > high + 1e-6 and self.end_s is not None:
            return f"would last {part_s:g} s, and a reference lasts {low:g}–{high:g} s"
        if part_s < low - _HELD_S:
            return f"lasts {part_s:.2f} s, and a reference lasts {low:g}–{high:g} s"
        if part_s < low:
            return Cut(start, start + low, f"Held the last frame {(low - part_s) * 1000:.0f} ms longer.")
        if part_s > high:
            end = start + _SAFE_S
        is_whole = start == 0.0 and end == length_s
        return Cut(start, end, "" if is_whole else f"Cut to {start:g}–{end:.6g} s of {length_s:.6g} s.")


_GUIDE = "a-file-of-yours"


def _moment(name: str, value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not 0 <= number < math.inf:
        raise ConfigError(f"{name}={value!r} is no number of seconds from 0 on.", guide=_GUIDE)
    return number


def _box(crop: Any) -> tuple[float, float, float, float] | None:
    if crop is None:
        return None
    try:
        box = tuple(round(float(side), 6) for side in crop)
    except (TypeError, ValueError):
        box = ()
    if len(box) != _SIDES or not all(0 <= side <= 1 for side in box):
        raise ConfigError(
            f"crop={crop!r} is not (left, top, right, bottom) in fractions 0–1 of the upright picture.",
            guide=_GUIDE,
        )
    left, top, right, bottom = box
    if right - left < _LEAST_SHARE or bottom - top < _LEAST_SHARE:
        raise ConfigError(f"crop={crop!r} leaves nothing of the picture.", guide=_GUIDE)
    return None if box == WHOLE else (left, top, right, bottom)
