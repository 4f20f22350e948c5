"""A small line chart as SVG, readable on light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 720, 360, 64, 16, 190, 48
_COLOURS = ("#4c78a8", "#e45756", "#54a24b", "#b279a2", "#f58518")


@dataclass
class Series:
    """One line, or single points.

    Args:
        name: for the legend.
        points: (x, y).
        marks: draw points rather than a line.
    """

    name: str
    points: Sequence[tuple[float, float]]
    marks: bool = False


def chart(series: Sequence[Series], x: str, y: str, *, log: bool = False) -> str:
    """The chart.

    Args:
        series: what to draw.
        x: name of the horizontal axis, with its unit.
        y: the same of the vertical one.
        log: both axes by powers of ten.
    """
    scale = math.log10 if log else float
    xs = [scale(point[0]) for one in series for point in one.points]
    ys = [scale(point[1]) for one in series for point in one.points]
    low = (min(xs), min(ys)) if log else (0.0, 0.0)
    span = ((max(xs) - low[0] or 1) * 1.02, (max(ys) - low[1] or 1) * 1.05)

    def place(point: tuple[float, float]) -> tuple[float, float]:
        across = (scale(point[0]) - low[0]) / span[0] * (_WIDTH - _LEFT - _RIGHT)
        up = (scale(point[1]) - low[1]) / span[1] * (_HEIGHT - _TOP - _BOTTOM)
        return round(_LEFT + across, 1), round(_HEIGHT - _BOTTOM - up, 1)

    look = 'font-family="sans-serif" font-size="12" fill="#777"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" {look} role="img">',
        f'<path d="M{_LEFT} {_TOP}V{_HEIGHT - _BOTTOM}H{_WIDTH - _RIGHT}" stroke="#777" fill="none"/>',
        f'<text x="{(_LEFT + _WIDTH - _RIGHT) / 2}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(x)}</text>',
        f'<text transform="translate(14 {(_TOP + _HEIGHT - _BOTTOM) / 2}) rotate(-90)" text-anchor="middle">{escape(y)}</text>',
    ]
    for value in _ticks(low[0], low[0] + span[0], log=log):
        at, _ = place((value, 10 ** low[1] if log else 0.0))
        parts.append(f'<text x="{at}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{value:g}</text>')
    for value in _ticks(low[1], low[1] + span[1], log=log):
        _, at = place((10 ** low[0] if log else low[0], value))
        parts.append(f'<text x="{_LEFT - 6}" y="{at + 4}" text-anchor="end">{value:g}</text>')
    for number, one in enumerate(series):
        parts += _drawn(one, [place(point) for point in one.points], number)
    return "\n".join([*parts, "</svg>\n"])


def _drawn(one: Series, places: list[tuple[float, float]], number: int) -> list[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    legend = _TOP + 14 + 20 * number
    drawn = [f'<text x="{_WIDTH - _RIGHT + 32}" y="{legend}">{escape(one.name)}</text>']
    if one.marks:
        circles = [*places, (_WIDTH - _RIGHT + 20, legend - 4)]
        return drawn + [f'<circle cx="{a}" cy="{b}" r="4" fill="{colour}"/>' for a, b in circles]
    for line in (places, [(_WIDTH - _RIGHT + 12, legend - 4), (_WIDTH - _RIGHT + 28, legend - 4)]):
        path = " ".join(f"{a},{b}" for a, b in line)
        drawn.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
    return drawn


def _ticks(low: float, high: float, *, log: bool) -> list[float]:
    if log:
        return [10.0**power for power in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]
    step = 10 ** math.floor(math.log10((high - low) / 3))
    step *= next((factor for factor in (1, 2, 5, 10) if (high - low) / (step * factor) <= 6), 10)
    first = math.ceil(low / step - 1e-9)
    return [round(n * step, 6) for n in range(first, math.floor(high / step + 1e-9) + 1)]
