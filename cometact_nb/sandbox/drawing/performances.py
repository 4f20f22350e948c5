"""The performances of reference clips: poses over time."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from cometact_nb.sandbox.drawing.looks import Pose

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["GAINS", "IDLE", "PERFORMANCES", "Performance", "performance_for"]

#: The factor of each expression intensity (1–5) on the face; the performances below are written for 3.
GAINS = {1: 0.3, 2: 0.62, 3: 1.0, 4: 1.4, 5: 1.85}
_BLINK_S = 0.16


@dataclass(frozen=True)
class Performance:
    """One performance by its actor.

    Attributes:
        name: as in ``PERFORMANCES``.
        duration_s: its length, seconds.
        pose_at: the pose at a time (seconds) for a phase (0–1) of the idle motion.
    """

    name: str
    duration_s: float
    pose_at: Callable[[float, float], Pose]

    def perform(self, t_s: float, *, intensity: int = 3, body: bool = True, phase: float = 0.0) -> Pose:
        """Return a character's pose at ``t_s`` seconds.

        Args:
            t_s: time since the start, in seconds.
            intensity: 1 (subtle) to 5 (exaggerated).
            body: whether shoulders, arms and torso follow; otherwise they are still.
            phase: 0–1, the start of the idle motion.
        """
        pose = self.pose_at(t_s, phase)
        gain = GAINS[max(1, min(5, intensity))]
        loud = {
            name: max(-1.0, min(1.0, getattr(pose, name) * gain))
            for name in ("mouth_open", "smile", "brow", "head_turn", "head_tilt", "head_nod")
        }
        if not body:
            loud |= dict.fromkeys(("arm_left", "arm_right", "hand", "sway", "shrug"), 0.0)
        return replace(pose, **loud)


def _wave(t_s: float, period_s: float, phase: float = 0.0) -> float:
    return math.sin(math.tau * (t_s / period_s + phase))


def _ramp(t_s: float, start_s: float, end_s: float) -> float:
    """Return 0 before ``start_s``, 1 after ``end_s``, and a smooth ramp between."""
    share = max(0.0, min(1.0, (t_s - start_s) / (end_s - start_s)))
    return share * share * (3 - 2 * share)


def _blink(t_s: float, phase: float) -> float:
    """Close the eyes about every 2.3 s."""
    since = (t_s + 1.1 + phase * 2.3) % 2.3
    return math.sin(math.pi * since / _BLINK_S) if since < _BLINK_S else 0.0


def _idle(t_s: float, phase: float) -> Pose:
    """Breathe, look about a little, with a friendly face."""
    return Pose(
        smile=0.32 + 0.06 * _wave(t_s, 3, phase),
        brow=0.1,
        blink=_blink(t_s, phase),
        gaze=0.18 * _wave(t_s, 3.0, phase),
        head_turn=0.1 * _wave(t_s, 3.0, phase),
        head_tilt=0.07 * _wave(t_s, 3.0, phase + 0.3),
        sway=0.1 * _wave(t_s, 3.0, phase),
        shrug=0.15 * _wave(t_s, 3.0, phase),
    )


def _smile(t_s: float, phase: float) -> Pose:
    """Break from a calm face into a broad smile, laugh silently and settle."""
    glow = _ramp(t_s, 0.3, 1.3) * (1 - 0.45 * _ramp(t_s, 3.2, 3.9))
    laugh = _ramp(t_s, 1.3, 1.7) * (1 - _ramp(t_s, 2.5, 3.0))
    beat = abs(_wave(t_s, 0.62))
    return Pose(
        mouth_open=laugh * (0.16 + 0.26 * beat),
        smile=0.1 + 0.52 * glow,
        brow=0.42 * glow + 0.1 * laugh * beat,
        blink=_blink(t_s, phase) * (1 - laugh),
        head_turn=0.34 * _wave(t_s, 4.0, phase * 0.15) * glow,
        head_tilt=0.42 * glow * _wave(t_s, 2.6, phase * 0.15),
        head_nod=0.3 * laugh * _wave(t_s, 0.62),
        arm_left=0.3 * glow,
        arm_right=0.5 * glow,
        hand=0.25 * laugh * _wave(t_s, 0.62),
        sway=0.5 * glow * _wave(t_s, 2.6, phase),
        shrug=0.9 * laugh * beat + 0.2 * glow,
    )


def _talk(t_s: float, phase: float, pace: float = 1.0, lead: float = 0.0) -> Pose:
    """Speak sentences with pauses, and gestures that stress words.

    Args:
        t_s: time since the start, in seconds.
        phase: 0–1, of the idle motion.
        pace: of the syllables; 1 is the normal pace.
        lead: 0–1, the start within a sentence.
    """
    s = t_s * pace + lead * 3.4
    speaking = _ramp((s + 3.2) % 3.4, 0.0, 0.2) * (1 - _ramp((s + 3.2) % 3.4, 2.8, 3.1))
    syllable = abs(math.sin(math.pi * 2.6 * s)) * (0.62 + 0.38 * _wave(s, 0.83))
    stress = 0.5 + 0.5 * _wave(s, 1.7)
    return Pose(
        mouth_open=0.54 * speaking * syllable,
        smile=0.16 + 0.2 * _wave(s, 0.97) * speaking + 0.22 * (1 - speaking),
        brow=0.15 + 0.42 * stress * speaking,
        blink=_blink(t_s, phase),
        gaze=0.3 * _wave(t_s, 3.1, phase),
        head_turn=0.4 * _wave(s, 3.4, 0.1 + phase * 0.2),
        head_tilt=0.3 * _wave(s, 2.3, phase * 0.2),
        head_nod=0.4 * speaking * _wave(s, 0.85),
        arm_left=0.46 * speaking * _ramp(_wave(s, 3.4, 0.2), -0.4, 0.4),
        arm_right=0.5 * speaking * _ramp(_wave(s, 3.4), -0.3, 0.4) + 0.12 * stress,
        hand=0.5 * _wave(s, 0.85) * speaking,
        sway=0.6 * _wave(s, 3.4, phase * 0.3),
        shrug=0.4 * stress * speaking,
    )


def _greet(t_s: float, phase: float) -> Pose:
    """Raise a hand and wave, with a nod and a hello."""
    up = _ramp(t_s, 0.3, 1.0) * (1 - _ramp(t_s, 4.1, 4.8))
    hello = _ramp(t_s, 0.7, 0.9) * (1 - _ramp(t_s, 1.9, 2.1))
    return Pose(
        mouth_open=0.5 * hello * abs(_wave(t_s, 0.8)),
        smile=0.24 + 0.32 * up,
        brow=0.12 + 0.4 * up * (0.7 + 0.3 * _wave(t_s, 1.2)),
        blink=_blink(t_s, phase),
        gaze=0.2 * up,
        head_turn=0.24 * up + 0.12 * _wave(t_s, 2.5, phase),
        head_tilt=0.42 * up * (0.75 + 0.4 * _wave(t_s, 1.25, phase * 0.2)),
        head_nod=0.42 * hello * _wave(t_s, 0.6),
        arm_right=up,
        arm_left=0.2 * up,
        hand=0.85 * up * _wave(t_s, 0.7),
        sway=0.35 * up + 0.25 * up * _wave(t_s, 1.4),
        shrug=0.3 * up,
    )


PERFORMANCES: dict[str, Performance] = {
    "smile": Performance("smile", 4.0, _smile),
    "talk": Performance("talk", 6.0, _talk),
    "wave": Performance("wave", 5.0, _greet),
}
IDLE = Performance("idle", 3.0, _idle)
"""The performance in a character's own video, which only stands there."""


def performance_for(name_or_url: str) -> Performance:
    """Return the performance of a sample reference clip, or 5 s of talk computed from any other text.

    Args:
        name_or_url: a key of ``PERFORMANCES``, or anything else.

    Returns:
        The same performance for the same text, on every machine.
    """
    if name_or_url in PERFORMANCES:
        return PERFORMANCES[name_or_url]
    dice = hashlib.sha256(name_or_url.encode("utf-8", "surrogatepass")).digest()
    return Performance("talk", 5.0, partial(_talk, pace=0.85 + dice[0] / 800, lead=dice[1] / 256))
