"""Estimates the effect of a knob on a measured value, with an interval, beside chance. Pure."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from cometact_nb.domain.sweep.grid import label

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping, Sequence

__all__ = ["Chance", "Contrast", "chance_of", "contrasts_of", "paired"]

T = TypeVar("T")
REPLICATE = "replicate"
#: The intervals of one measure hold all at once with this probability (Bonferroni).
CONFIDENCE = 0.95
#: With fewer degrees of freedom an interval is so wide that only the largest effects show.
_FEW = 3

Cell = tuple["Mapping[str, Any]", float]


@dataclass(frozen=True)
class Chance:
    """How far values of one measure differ when nothing but chance does.

    Args:
        source: of that knowledge: ``"replicates"``, ``"seed"``, or an empty string for none.
        sd: standard deviation within clips of the same parameters, pooled, in units of the measure; None
            without such clips.
        freedom: its degrees of freedom.
    """

    source: Literal["replicates", "seed", ""]
    sd: float | None
    freedom: int


@dataclass(frozen=True)
class Contrast:
    """How a measure changes from one value of a knob to another, all else equal.

    Args:
        knob: the field.
        base: the value that is compared with: the knob's first.
        level: the other value.
        blocks: the number of settings of all other fields that have clips of both.
        difference: mean of ``level`` less ``base``, in units of the measure; None without a block.
        low: lower end of its interval; None where nothing shows chance.
        high: upper end.
        verdict: the meaning of that, in words.
    """

    knob: str
    base: Any
    level: Any
    blocks: int
    difference: float | None
    low: float | None
    high: float | None
    verdict: str

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out zero: the difference is more than chance."""
        return self.low is not None and self.high is not None and (self.low > 0 or self.high < 0)

    @property
    def words(self) -> str:
        """Name the two values as the screen does."""
        return f"{label(self.knob, self.base)} → {label(self.knob, self.level)}"


def chance_of(cells: Sequence[Cell]) -> Chance:
    """Measure chance by replicates; without any by clips that differ in ``seed`` alone.

    Args:
        cells: of each clip its parameters, with ``replicate``, and its value.
    """
    sd, freedom = _pooled(_groups(cells, without=(REPLICATE,)))
    if sd is not None:
        return Chance("replicates", sd, freedom)
    if len({params.get("seed") for params, _ in cells}) > 1:
        sd, freedom = _pooled(_groups(cells, without=(REPLICATE, "seed")))
    return Chance("seed" if sd is not None else "", sd, freedom)


def contrasts_of(cells: Sequence[Cell], chance: Chance) -> tuple[Contrast, ...]:
    """Compare each value of each knob with the knob's first one, all else equal.

    The intervals of one call hold together with 95 % (Bonferroni). Where replicates show chance, an interval
    is about the settings that were made: it pools the replicates' spread. Without, it is a t interval over
    the settings of the other fields, seeds among them.

    Args:
        cells: of each clip its parameters, with ``replicate``, and its value.
        chance: of the same cells.

    Returns:
        one for each knob and further value, in the order of the cells; the seed is left out where it stands
        for chance.
    """
    plan = [
        (knob, base, level, blocks)
        for knob, base, level, blocks in paired(cells)
        if not (knob == "seed" and chance.source == "seed")
    ]
    return tuple(_contrast(chance, len(plan), *one) for one in plan)


def paired(
    cells: Sequence[tuple[Mapping[str, Any], T]],
) -> list[tuple[str, Any, Any, list[tuple[list[T], list[T]]]]]:
    """Pair each value of each knob with the knob's first one, all else equal.

    Args:
        cells: of each clip its parameters, with ``replicate``, and what is to be compared.

    Returns:
        the knob, its first value, the other value, and for each setting of all other fields what clips of the
        first and of the other value have; in the order of the cells.
    """
    levels = _levels(params for params, _ in cells)
    return [
        (knob, values[0], value, _blocks(cells, knob, values[0], value))
        for knob, values in levels.items()
        for value in values[1:]
    ]


def _blocks(
    cells: Sequence[tuple[Mapping[str, Any], T]], knob: str, base: Any, level: Any
) -> list[tuple[list[T], list[T]]]:
    return [
        (first, second)
        for group in _groups(cells, without=(knob, REPLICATE))
        if (first := [value for params, value in group if params.get(knob) == base])
        and (second := [value for params, value in group if params.get(knob) == level])
    ]


def _contrast(
    chance: Chance,
    tests: int,
    knob: str,
    base: Any,
    level: Any,
    blocks: Sequence[tuple[Sequence[float], Sequence[float]]],
) -> Contrast:
    if not blocks:
        return Contrast(knob, base, level, 0, None, None, None, "cannot tell: it never varies alone")
    differences = [statistics.fmean(second) - statistics.fmean(first) for first, second in blocks]
    difference = statistics.fmean(differences)
    error, freedom = _standard_error(blocks, differences, chance)
    if error is None:
        why = "one clip of each value does not show what chance does; sweep the seed, or buy replicates=2"
        return Contrast(knob, base, level, len(blocks), difference, None, None, f"cannot tell: {why}")
    half = _t_quantile(1 - (1 - CONFIDENCE) / 2 / tests, freedom) * error
    low, high = difference - half, difference + half
    return Contrast(
        knob, base, level, len(blocks), difference, low, high, _verdict(difference, low, high, freedom)
    )


def _standard_error(
    blocks: Sequence[tuple[Sequence[float], Sequence[float]]], differences: Sequence[float], chance: Chance
) -> tuple[float | None, int]:
    """Return the standard error of the mean difference, and its degrees of freedom."""
    if chance.source == "replicates" and chance.sd is not None:
        spread = math.sqrt(sum(1 / len(first) + 1 / len(second) for first, second in blocks))
        return chance.sd * spread / len(blocks), chance.freedom
    if len(blocks) < 2:  # noqa: PLR2004  (one difference has no spread)
        return None, 0
    return statistics.stdev(differences) / math.sqrt(len(differences)), len(differences) - 1


def _verdict(difference: float, low: float, high: float, freedom: int) -> str:
    few = f"; by little data ({freedom} degree{'s' * (freedom != 1)} of freedom)" if freedom < _FEW else ""
    if low > 0 or high < 0:
        return f"{'higher' if difference > 0 else 'lower'}, more than chance{few}"
    return f"not distinguishable from chance{few}"


def _levels(cells: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """List each field with several values, and those: numbers in their order, others as they come."""
    values: dict[str, list[Any]] = {}
    for params in cells:
        for name, value in params.items():
            if name != REPLICATE and value not in values.setdefault(name, []):
                values[name].append(value)
    return {name: _in_order(several) for name, several in values.items() if len(several) > 1}


def _in_order(values: list[Any]) -> list[Any]:
    numbers = all(isinstance(value, (int, float)) for value in values)
    return sorted(values) if numbers else values


def _groups(
    cells: Sequence[tuple[Mapping[str, Any], T]], without: Sequence[str]
) -> list[list[tuple[Mapping[str, Any], T]]]:
    """Group cells whose parameters are the same but for those in ``without``."""
    groups: dict[frozenset[tuple[str, Hashable]], list[tuple[Mapping[str, Any], T]]] = {}
    for params, value in cells:
        same = frozenset((name, setting) for name, setting in params.items() if name not in without)
        groups.setdefault(same, []).append((params, value))
    return list(groups.values())


def _pooled(groups: Iterable[Sequence[Cell]]) -> tuple[float | None, int]:
    """Return the standard deviation within groups, and its degrees of freedom."""
    several = [[value for _, value in group] for group in groups if len(group) > 1]
    freedom = sum(len(values) - 1 for values in several)
    if not freedom:
        return None, 0
    squares = sum(statistics.variance(values) * (len(values) - 1) for values in several)
    return math.sqrt(squares / freedom), freedom


def _t_quantile(share: float, freedom: int) -> float:
    """Return Student's t below which ``share`` of the distribution lies."""
    from scipy import special  # noqa: PLC0415  (the extra `decide`, and 0.1 s)

    return float(special.stdtrit(freedom, share))
