"""Judgements of pairs of clips: which of two is better, by whom. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Literal

import msgspec

from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

__all__ = [
    "ANSWERS",
    "Judgement",
    "RaterAgreement",
    "agreements",
    "checked_answer",
    "groups",
    "in_force",
    "pair_of",
]

#: Which of two is better; ``"equal"`` is half a win for each.
ANSWERS = ("first", "second", "equal")
TAKEN_BACK = ""


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """A rater's answer about two clips.

    Args:
        id: its identity; a later answer with the same one replaces it.
        first: hash of the clip on the left, hexadecimal.
        second: of the clip on the right.
        answer: ``"first"``, ``"second"``, ``"equal"``, or an empty string for one that was taken back.
        rater: the rater's name; empty for one without a name.
        at: Unix seconds.
    """

    id: str
    first: str
    second: str
    answer: str
    rater: str
    at: float

    @property
    def pair(self) -> frozenset[str]:
        """The two clips, whatever their sides."""
        return pair_of(self.first, self.second)

    @property
    def winner(self) -> str | None:
        """The better clip, or None where both are alike."""
        return {"first": self.first, "second": self.second}.get(self.answer)


def pair_of(first: str, second: str) -> frozenset[str]:
    """Return two clips without an order."""
    return frozenset((first, second))


def checked_answer(answer: object) -> Literal["first", "second", "equal"]:
    """Return an answer.

    Raises:
        ConfigError: it is none.
    """
    for known in ANSWERS:
        if answer == known:
            return known  # type: ignore[return-value]
    raise ConfigError(f"answer={answer!r} is none. Give one of {', '.join(map(repr, ANSWERS))}.")


def in_force(judgements: Iterable[Judgement], clips: Collection[str]) -> list[Judgement]:
    """Return the judgements that count, the oldest first: about two of these clips, and not taken back."""
    latest: dict[str, Judgement] = {}
    for one in judgements:
        before = latest.get(one.id)
        if before is None or one.at >= before.at:
            latest[one.id] = one
    known = set(clips)
    valid = [one for one in latest.values() if one.answer in ANSWERS and len(one.pair) > 1]
    return sorted((one for one in valid if one.pair <= known), key=lambda one: one.at)


def groups(clips: Sequence[str], judgements: Iterable[Judgement]) -> list[list[str]]:
    """Split clips into groups that comparisons connect, also through others; the largest is the first."""
    group = {clip: [clip] for clip in clips}
    for one in judgements:
        here, there = group[one.first], group[one.second]
        if here is not there:
            here += there
            group |= dict.fromkeys(there, here)
    several = {id(members): members for members in group.values()}
    return sorted(several.values(), key=len, reverse=True)


@dataclass(frozen=True)
class RaterAgreement:
    """How far two raters agree.

    Args:
        rater: one of them; empty for one without a name.
        other: the other one.
        pairs: the number of pairs that both have judged.
        same: the number of those with the same answer; the last one of each counts.
        kappa: Cohen's: 0 as by chance, 1 for full agreement; None where it says nothing.
    """

    rater: str
    other: str
    pairs: int
    same: int
    kappa: float | None


def agreements(judgements: Iterable[Judgement]) -> list[RaterAgreement]:
    """Compare each two raters on the pairs that both have judged."""
    by_rater: dict[str, dict[frozenset[str], str]] = {}
    for one in judgements:
        by_rater.setdefault(one.rater, {})[one.pair] = one.winner or "equal"
    return [
        _agreement(one, other, by_rater[one], by_rater[other])
        for one, other in combinations(sorted(by_rater), 2)
        if by_rater[one].keys() & by_rater[other].keys()
    ]


def _agreement(
    rater: str, other: str, first: dict[frozenset[str], str], second: dict[frozenset[str], str]
) -> RaterAgreement:
    common = [pair for pair in first if pair in second]
    same = sum(first[pair] == second[pair] for pair in common)
    # In each pair the clips have no order of their own: the two wins are told apart by their hashes.
    mine, theirs = (Counter(_side(pair, answers[pair]) for pair in common) for answers in (first, second))
    chance = sum(mine[side] * theirs[side] for side in mine) / len(common) ** 2
    kappa = None if chance == 1 else (same / len(common) - chance) / (1 - chance)
    return RaterAgreement(rater, other, len(common), same, kappa)


def _side(pair: frozenset[str], winner: str) -> int:
    return sorted(pair).index(winner) if winner in pair else 2
