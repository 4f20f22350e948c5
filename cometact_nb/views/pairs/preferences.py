"""Shows what comparisons of pairs come to: each clip, each knob, the raters, and whether it is enough."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.knobs import title_of
from cometact_nb.handles.sweep.preferences import knob_line, share_words
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import code, h
from cometact_nb.views.sweep.interval import interval_picture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.domain.sweep.effects import Contrast
    from cometact_nb.domain.sweep.judgements import RaterAgreement
    from cometact_nb.handles.sweep.preferences import ClipStrength, Preferences
    from cometact_nb.views.base.html import Markup

__all__ = ["preferences_html", "preferences_text"]

#: The strongest clips are shown, and the rest is counted: a notebook saves the table.
_MOST_CLIPS = 24
_CLIP_HEAD = ("Clip", "Wins (95 %)", "", "Won · lost · alike", "Best")
_KNOB_HEAD = ("Knob", "Wins (95 %)", "", "Verdict")
_RATER_HEAD = ("Raters", "Pairs of both", "Same answer", "Kappa")


def preferences_html(preferences: Preferences) -> Markup:
    """Write it as HTML that needs neither style sheet nor script."""
    count = len(preferences.judgements)
    body: list[Markup] = [
        parts.note("Enough?", words.clean(preferences.sufficiency.words, 600), _tone(preferences))
    ]
    if count:
        body += [_clips(preferences.clips), _knobs(preferences.knobs), *_raters(preferences)]
    body += [parts.fine(words.clean(text)) for text in preferences.notes]
    if count:
        body.append(
            parts.fine(
                "Wins: of comparisons with the mean clip, or with the knob's first value; 50 % is alike. By "
                "a Bradley–Terry model of these clips; the intervals of knobs hold with 95 % all at once. ",
                code("to_frame()"),
                ", ",
                code("effect_rows()"),
                " and ",
                code("judgement_rows()"),
                " have the numbers.",
            )
        )
    right = f"{count} comparison{'' if count == 1 else 's'}"
    return parts.frame(
        parts.header(h("strong", None, "Preferred clips"), right=right),
        h("div", {"style": "padding:10px 14px 12px;overflow-x:auto"}, *body),
    )


def preferences_text(preferences: Preferences) -> str:
    """Write it as text."""
    return words.clean(repr(preferences), 6000, lines=True)


def _tone(preferences: Preferences) -> str:
    return parts.GREEN if preferences.sufficiency.is_enough else parts.AMBER


def _reach(values: Iterable[float | None]) -> float:
    return max((abs(value) for value in values if value is not None), default=0.0)


def _clips(clips: tuple[ClipStrength, ...]) -> Markup:
    reach = _reach(value for one in clips for value in (one.strength, one.low, one.high))
    rows = [_clip(one, reach) for one in clips[:_MOST_CLIPS]]
    left = len(clips) - len(rows)
    more = parts.fine(f"{left} more are in to_rows().") if left else None
    return h("div", None, parts.table(rows, _CLIP_HEAD), more)


def _clip(one: ClipStrength, reach: float) -> tuple[object, ...]:
    counts = f"{one.won} · {one.lost} · {one.alike}"
    name = words.clean(one.cell.label, 80)
    if one.strength is None:
        return name, "not compared yet", "", counts, ""
    share = share_words(one.strength, one.low, one.high)
    is_clear = one.low is not None and one.high is not None and (one.low > 0 or one.high < 0)
    picture = interval_picture(
        one.strength, one.low, one.high, reach=reach or 1.0, label=f"wins {share}", is_clear=is_clear
    )
    return name, share, picture, counts, "" if one.best is None else f"{100 * one.best:.0f} %"


def _knobs(knobs: tuple[Contrast, ...]) -> Markup:
    reach = _reach(value for one in knobs for value in (one.difference, one.low, one.high))
    rows = [_knob(one, reach) for one in knobs]
    return parts.table(rows, _KNOB_HEAD) if rows else parts.fine("No knob has several values with a clip.")


def _knob(one: Contrast, reach: float) -> tuple[object, ...]:
    name = words.clean(f"{title_of(one.knob)} {one.words}", 80)
    share = share_words(one.difference, one.low, one.high)
    if one.difference is None:
        return name, share, "", words.clean(one.verdict)
    picture = interval_picture(
        one.difference,
        one.low,
        one.high,
        reach=reach or 1.0,
        label=words.clean(knob_line(one)),
        is_clear=one.is_clear,
    )
    return name, share, picture, words.clean(one.verdict)


def _raters(preferences: Preferences) -> list[Markup]:
    if len(preferences.raters) < 2:  # noqa: PLR2004
        return []
    counts = " · ".join(f"{_name(name)}: {count}" for name, count in preferences.raters.items())
    rows = [_agreement(one) for one in preferences.agreement]
    table = (
        parts.table(rows, _RATER_HEAD) if rows else parts.fine("No two raters have judged the same pair yet.")
    )
    return [parts.fine(f"Answers by rater: {counts}"), table]


def _agreement(one: RaterAgreement) -> tuple[object, ...]:
    kappa = "cannot tell" if one.kappa is None else f"{one.kappa:.2f}"
    return f"{_name(one.rater)}, {_name(one.other)}", one.pairs, f"{one.same} of {one.pairs}", kappa


def _name(rater: str) -> str:
    return words.clean(rater, 60) or "unnamed"
