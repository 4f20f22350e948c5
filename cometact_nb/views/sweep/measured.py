"""Shows what was measured of a sweep's clips: for each measure the effect of each knob, beside chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.knobs import title_of
from cometact_nb.handles.sweep.measured import interval_words
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import code, h
from cometact_nb.views.sweep.interval import interval_picture

if TYPE_CHECKING:
    from cometact_nb.domain.sweep.effects import Contrast
    from cometact_nb.handles.sweep.measured import Measured, MeasureEffects
    from cometact_nb.views.base.html import Markup

__all__ = ["measured_html"]

_HEAD = ("Knob", "Difference (95 %)", "", "Verdict")


def measured_html(measured: Measured) -> Markup:
    """Write the effects as HTML that needs neither style sheet nor script."""
    count = len(measured.cells)
    return parts.frame(
        parts.header(h("strong", None, "Measured clips"), right=f"{count} clip{'' if count == 1 else 's'}"),
        h(
            "div",
            {"style": "padding:4px 14px 12px;overflow-x:auto"},
            *(_measure(effects, measured) for effects in measured.effects),
            *(parts.fine(words.clean(note)) for note in measured.notes),
            parts.fine(
                "The intervals of one measure hold with 95 % all at once. The grey band is chance: plus and "
                "minus one standard deviation."
            ),
            parts.fine(
                code("to_frame()"), " has the value of each clip, ", code("effect_rows()"), " these rows."
            ),
        ),
    )


def _measure(effects: MeasureEffects, measured: Measured) -> Markup:
    about = next((one.about for one in measured.measures if one.name == effects.measure), "")
    unit = words.clean(effects.unit)
    better = f" · {effects.better} is better" if effects.better else ""
    reach = _reach(effects)
    rows = [_row(effects, one, reach) for one in effects.contrasts]
    return h(
        "div",
        {"style": "margin-top:12px"},
        h("strong", None, words.clean(effects.measure)),
        f" · {unit}" if unit else "",
        better,
        parts.fine(words.clean(about)) if about else None,
        parts.fine(words.clean(effects.noise)),
        parts.table(rows, _HEAD) if rows else parts.fine("No knob has several values with a clip."),
    )


def _row(effects: MeasureEffects, one: Contrast, reach: float) -> tuple[object, ...]:
    return (
        words.clean(f"{title_of(one.knob)} {one.words}"),
        interval_words(one),
        _picture(effects, one, reach) if one.difference is not None and reach else "",
        words.clean(effects.verdict(one)),
    )


def _reach(effects: MeasureEffects) -> float:
    """Return the largest number that the pictures of a measure show, on either side of zero."""
    ends = [
        abs(end)
        for one in effects.contrasts
        for end in (one.difference, one.low, one.high)
        if end is not None
    ]
    return max([*ends, effects.chance.sd or 0.0], default=0.0)


def _picture(effects: MeasureEffects, one: Contrast, reach: float) -> Markup:
    """Draw an interval beside zero and the band of chance."""
    return interval_picture(
        one.difference or 0.0,
        one.low,
        one.high,
        reach=reach,
        label=f"difference {interval_words(one)}",
        is_clear=one.is_clear,
        band=effects.chance.sd,
    )
