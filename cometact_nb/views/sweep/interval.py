"""Draws an interval beside zero, as a picture that needs neither style sheet nor script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.views.base import html as parts
from cometact_nb.views.base.html import h, join

if TYPE_CHECKING:
    from cometact_nb.views.base.html import Markup

__all__ = ["interval_picture"]

#: Of a picture, in pixels, and the room at its sides.
_WIDTH, _HEIGHT, _MARGIN = 170, 18, 5


def interval_picture(
    middle: float,
    low: float | None,
    high: float | None,
    *,
    reach: float,
    label: str,
    is_clear: bool,
    band: float | None = None,
) -> Markup:
    """Draw a value with its interval beside zero.

    Args:
        middle: the value.
        low: lower end of its interval, None without one.
        high: upper end.
        reach: the largest number that can be seen, on either side of zero.
        label: the same in words, for a screen reader.
        is_clear: the interval leaves out zero.
        band: draw a grey band so far to either side of zero.
    """

    def x(value: float) -> float:
        return round(_WIDTH / 2 + value / reach * (_WIDTH / 2 - _MARGIN), 1)

    y = _HEIGHT / 2
    tone = parts.BLUE if is_clear else parts.GREY
    grey = None
    if band:
        size = {"y": 1, "width": round(x(band) - x(-band), 1), "height": _HEIGHT - 2}
        grey = h("rect", {"x": x(-band), **size, "fill": "#88888840"})
    whisker = None
    if low is not None and high is not None:
        line = {"y1": y, "y2": y, "stroke": tone, "stroke-width": 2}
        whisker = h("line", {"x1": x(low), "x2": x(high), **line})
    zero = {"x1": x(0), "x2": x(0), "y1": 0, "y2": _HEIGHT, "stroke": "currentColor", "stroke-opacity": 0.5}
    dot = h("circle", {"cx": x(middle), "cy": y, "r": 4, "fill": tone})
    frame = {"width": _WIDTH, "height": _HEIGHT, "viewBox": f"0 0 {_WIDTH} {_HEIGHT}", "role": "img"}
    return h("svg", {**frame, "aria-label": label}, join(grey, h("line", zero), whisker, dot))
