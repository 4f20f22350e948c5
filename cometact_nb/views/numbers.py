"""A noise floor as a small table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.views import parts
from cometact_nb.views.parts import esc

if TYPE_CHECKING:
    from cometact_nb.numbers import KnobEffect, NoiseFloor

__all__ = ["noise_floor_html"]

_TONE = "#3b82f6"
_CELL = "text-align:left;padding:3px 18px 3px 0;vertical-align:top"


def noise_floor_html(shown: NoiseFloor) -> str:
    """The floor, and how far each knob moves the clips, as HTML that needs neither style sheet nor script."""
    names = "".join(
        f'<th scope="col" style="{_CELL}">{name}</th>' for name in ("Knob", "Distance", "Pairs", "Verdict")
    )
    rows = "".join(map(_row, shown.rows))
    table = (
        f'<table style="font:inherit;border-collapse:collapse;margin:10px 0 0">'
        f"<thead><tr>{names}</tr></thead><tbody>{rows}</tbody></table>"
    )
    # The verdicts name the floor, so the headline is the floor alone.
    headline, _, rest = esc(shown.summary).partition(": ")
    body = (
        parts.note(headline, rest[:1].upper() + rest[1:], _TONE)
        + (table if shown.rows else "")
        + parts.fine(esc(shown.basis))
    )
    return parts.frame(f'<div style="padding:12px 14px">{body}</div>')


def _row(row: KnobEffect) -> str:
    moved = "–" if row.distance is None else f"{row.distance:.3g}"
    cells = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in (moved, row.pairs, esc(row.verdict)))
    return f'<tr><th scope="row" style="{_CELL}">{esc(row.knob)}</th>{cells}</tr>'
