"""A noise floor as a small table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.views.base import html as parts
from cometact_nb.views.base.html import esc

if TYPE_CHECKING:
    from cometact_nb.handles.sweep.noise import KnobEffect, NoiseFloor

__all__ = ["noise_floor_html"]


def noise_floor_html(shown: NoiseFloor) -> str:
    """The floor, and how far each knob moves the clips, as HTML that needs neither style sheet nor script."""
    # The verdicts name the floor, so the headline is the floor alone.
    headline, _, rest = esc(shown.summary).partition(": ")
    body = (
        parts.note(headline, rest[:1].upper() + rest[1:], parts.BLUE)
        + parts.table(map(_row, shown.rows), ("Knob", "Distance", "Pairs", "Verdict"))
        + parts.fine(esc(shown.basis))
    )
    return parts.frame(f'<div style="padding:12px 14px">{body}</div>')


def _row(row: KnobEffect) -> tuple[object, ...]:
    moved = "–" if row.distance is None else f"{row.distance:.3g}"
    return esc(row.knob), moved, row.pairs, esc(row.verdict)
