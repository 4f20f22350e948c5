"""Says when there are enough comparisons, in words."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cometact_nb.domain.sweep.strengths import half_width, share_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cometact_nb.domain.sweep.judgements import Judgement
    from cometact_nb.domain.sweep.strengths import Strengths

__all__ = ["Sufficiency", "sufficiency_of"]

#: With this probability a clip may be called the best.
_SURE = 0.95
#: A clip that is the best with less is out of the running.
_OUT = 0.05
#: Two clips are alike once neither can win more than this share of comparisons.
_ALIKE = 0.7


@dataclass(frozen=True)
class Sufficiency:
    """Whether the comparisons are enough.

    Args:
        is_enough: further ones would hardly change which clip is the best.
        words: a sentence or two, which name the best clip where it is known.
    """

    is_enough: bool
    words: str


def sufficiency_of(
    strengths: Strengths, judgements: Sequence[Judgement], labels: Mapping[str, str]
) -> Sufficiency:
    """Say whether these comparisons name the best clip.

    Args:
        strengths: by the judgements.
        judgements: the answers.
        labels: of the clips, by hash.
    """
    if not judgements:
        return Sufficiency(
            False, "Nothing was compared yet. sweep.compare() asks which of two clips is better."
        )
    if len(strengths.groups) > 1:
        return Sufficiency(False, _apart(strengths, labels))
    chances = sorted(strengths.best_chances().items(), key=lambda one: -one[1])
    (best, chance), *_ = chances
    if chance >= _SURE:
        return Sufficiency(True, f"Enough to name the best: {labels[best]}, with {100 * chance:.0f} %.")
    rivals = [clip for clip, share in chances[1:] if share > _OUT]
    if rivals and all(_is_alike(strengths, best, clip) for clip in rivals):
        names = ", ".join(labels[clip] for clip in rivals)
        limit = f"{100 * _ALIKE:.0f} %"
        return Sufficiency(
            True, f"Enough: {labels[best]} and {names} are alike; none would win more than {limit}."
        )
    more = _more(strengths, best, chances[1][0], len(judgements))
    return Sufficiency(
        False,
        f"Not enough yet: {labels[best]} is the best with {100 * chance:.0f} %; "
        f"{100 * _SURE:.0f} % would settle it.{more}",
    )


def _apart(strengths: Strengths, labels: Mapping[str, str]) -> str:
    lone = [group[0] for group in strengths.groups if len(group) == 1]
    several = [group for group in strengths.groups if len(group) > 1]
    parts = []
    if len(several) > 1:
        parts.append(
            f"{len(several)} groups of clips were never compared with each other, not even through others: "
            "each has strengths of its own."
        )
    if lone:
        names = ", ".join(labels[clip] for clip in lone[:4]) + (", …" if len(lone) > 4 else "")  # noqa: PLR2004
        parts.append(f"Not compared yet: {names}.")
    return f"Not enough yet. {' '.join(parts)} sweep.compare() asks about them next."


def _is_alike(strengths: Strengths, one: str, other: str) -> bool:
    result = strengths.contrast({one: 1.0, other: -1.0})
    return result is not None and share_of(abs(result[0]) + half_width(result[1])) < _ALIKE


def _more(strengths: Strengths, best: str, second: str, count: int) -> str:
    """Estimate how many more comparisons settle the first two, if they go on as they did."""
    result = strengths.contrast({best: 1.0, second: -1.0})
    if result is None or not result[0] > 0:
        return ""
    z = result[0] / result[1]
    more = count * ((1.645 / z) ** 2 - 1)  # a one-sided 95 %, and doubt falls with the root of the number
    if not math.isfinite(more) or more > 10 * count:
        return " The first ones are close: it may take many more."
    return f" If it goes on like this, about {max(1, math.ceil(more))} more comparisons do."
