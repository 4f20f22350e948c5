"""Measures of a clip: their names, units and directions. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from cometact_nb.domain.sweep.faces import FACE_MEASURES, FACES_FPS
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["BUILT_IN", "SIMILARITY", "Measure", "checked_measures"]

SIMILARITY = "similarity"


@dataclass(frozen=True, kw_only=True)
class Measure:
    """A number of a clip, for :meth:`cometact_nb.Sweep.measure`.

    Args:
        name: of its column.
        fn: called with a :class:`Clip`; returns a number, or a mapping with several; None or NaN where the
            clip does not tell. None for a built-in measure.
        unit: of the number, such as ``"grey levels"``.
        better: ``"higher"`` or ``"lower"``, or None for neither.
        version: of an ``fn`` that returns a number. With one, a result is kept in the history and a second
            call is free; give another one when you change ``fn``.
        about: one sentence.
    """

    name: str
    fn: Callable[[Any], float | Mapping[str, float] | None] | None = None
    unit: str = ""
    better: Literal["higher", "lower"] | None = None
    version: str | None = None
    about: str = ""


#: By FFmpeg's own filters; the name of a row is that of its column.
BUILT_IN = {
    measure.name: measure
    for measure in (
        Measure(
            name="sharpness",
            unit="1/px",
            better="higher",
            about="One over the mean width of edges (blurdetect), at 640 pixels, four frames a second. "
            "Compare like clips only: heavy blur reads as sharper again.",
        ),
        Measure(
            name="flicker",
            unit="grey levels",
            better="lower",
            about="Mean change of brightness that the next frame takes back, of 255.",
        ),
        Measure(
            name="freeze",
            unit="share of time",
            better="lower",
            about="Time in which the picture stands still for half a second or more (freezedetect).",
        ),
        Measure(
            name="motion",
            unit="grey levels",
            about="Temporal information (siti): how much the picture changes from frame to frame.",
        ),
        Measure(
            name="detail",
            unit="grey levels",
            about="Spatial information (siti): how much structure the pictures hold.",
        ),
        Measure(name="brightness", unit="grey levels", about="Mean luma (signalstats), of 255."),
        Measure(name="saturation", unit="levels", about="Mean saturation (signalstats)."),
        Measure(
            name=SIMILARITY,
            unit="SSIM",
            about="Structural similarity to the first clip, or to that of `against`; 1 for the same.",
        ),
        Measure(
            name="face_mouth",
            unit="correlation",
            better="higher",
            about="How far the mouth opens as that of the reference does, at the same moments, "
            f"{FACES_FPS} a second.",
        ),
        Measure(
            name="face_brows",
            unit="correlation",
            better="higher",
            about="How far the brows rise as those of the reference do, at the same moments, "
            f"{FACES_FPS} a second.",
        ),
        Measure(
            name="face_head",
            unit="correlation",
            better="higher",
            about="How far the head turns, nods and tilts as that of the reference does: the mean over the "
            f"turns in which the reference moves, at the same moments, {FACES_FPS} a second.",
        ),
        Measure(
            name="face_sound",
            unit="correlation",
            better="higher",
            about="How far the mouth opens with the loudness of the clip's sound, or, of a silent clip, of "
            f"the reference's, {FACES_FPS} times a second.",
        ),
        Measure(
            name="face_identity",
            unit="distance",
            better="lower",
            about="Distance between the face and that of the character's picture, once a second; dlib takes "
            "two for the same person below 0.6.",
        ),
    )
}


def checked_measures(choices: Sequence[object]) -> tuple[Measure, ...]:
    """Turn names and functions into measures; of nothing, make all built-in ones that need the clip alone.

    Raises:
        ConfigError: a name is unknown or given twice, or something is no measure.
    """
    alone = (one for one in BUILT_IN.values() if one.name != SIMILARITY and one.name not in FACE_MEASURES)
    measures = tuple(map(_measure, choices)) or tuple(alone)
    names = [measure.name for measure in measures]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ConfigError(f"The measure {twice!r} is given twice. Name each one once.")
    return measures


def _measure(choice: object) -> Measure:
    if isinstance(choice, Measure):
        if choice.fn is None and choice.name not in BUILT_IN:
            raise ConfigError(f"Measure {choice.name!r} has no function. Give fn=….")
        return choice
    if isinstance(choice, str):
        if choice not in BUILT_IN:
            known = ", ".join(BUILT_IN)
            raise ConfigError(f"{choice!r} is no measure. Give one of {known}, or a function of a clip.")
        return BUILT_IN[choice]
    if callable(choice):
        inner: Any = choice
        while isinstance(inner, partial):
            inner = inner.func
        return Measure(name=getattr(inner, "__name__", type(inner).__name__), fn=choice)
    raise ConfigError(f"{choice!r} is no measure. Give a name such as 'sharpness', or a function of a clip.")
