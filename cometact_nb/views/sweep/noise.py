"""Shows a noise floor as a small table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import h

if TYPE_CHECKING:
    from cometact_nb.handles.sweep.noise import KnobEffect, NoiseFloor
    from cometact_nb.views.base.html import Markup

__all__ = ["noise_floor_html"]


def noise_floor_html(floor: NoiseFloor) -> Markup:
    """Write the floor, and how far each knob moves the clips, as HTML without style sheet or script."""
    # The verdicts name the floor, so the headline is the floor alone.
    headline, _, rest = words.clean(floor.summary).partition(": ")
    body = h(
        "div",
        {"style": "padding:12px 14px"},
        parts.note(headline, rest[:1].upper() + rest[1:], parts.BLUE),
        parts.table(map(_row, floor.rows), ("Knob", "Distance", "Pairs", "Verdict")),
        parts.fine(words.clean(floor.basis)),
    )
    return parts.frame(body)


def _row(row: KnobEffect) -> tuple[object, ...]:
    moved = "–" if row.distance is None else f"{row.distance:.3g}"
    return words.clean(row.knob), moved, row.pairs, words.clean(row.verdict)
