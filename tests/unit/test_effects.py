"""Differences that knobs make, with intervals, beside chance."""

from __future__ import annotations

import math
import statistics
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from cometact_nb.domain.sweep.effects import Contrast, chance_of, contrasts_of

Cells = list[tuple[dict[str, Any], float]]


def contrasts(cells: Cells) -> tuple[Contrast, ...]:
    return contrasts_of(cells, chance_of(cells))


def cell(value: float, replicate: int = 1, **params: object) -> tuple[dict[str, Any], float]:
    return {**params, "replicate": replicate}, value


def test_replicates_show_chance_and_pool_over_all_settings() -> None:
    cells = [
        cell(value, number, expression_intensity=intensity)
        for intensity, values in ((1, (1.0, 3.0)), (5, (11.0, 13.0, 12.0)))
        for number, value in enumerate(values, 1)
    ]
    chance = chance_of(cells)
    assert (chance.source, chance.freedom) == ("replicates", 3)
    assert chance.sd == pytest.approx(math.sqrt((2 + 2) / 3))
    (one,) = contrasts(cells)
    assert (one.base, one.level, one.blocks, one.difference) == (1, 5, 1, 10)
    half = stats.t.ppf(0.975, 3) * chance.sd * math.sqrt(1 / 2 + 1 / 3)
    assert one.low == pytest.approx(10 - half)
    assert one.high == pytest.approx(10 + half)
    assert one.is_clear
    assert one.verdict == "higher, more than chance"


def test_without_replicates_seeds_show_chance_and_are_blocks() -> None:
    values = {1: (1.0, 2.0, 6.0), 5: (4.0, 5.5, 8.9)}
    cells = [
        cell(value, expression_intensity=intensity, seed=seed)
        for intensity, some in values.items()
        for seed, value in enumerate(some)
    ]
    assert chance_of(cells).source == "seed"
    (one,) = contrasts(cells)
    expected = stats.ttest_rel(values[5], values[1]).confidence_interval(0.95)
    assert one.blocks == 3
    assert one.low == pytest.approx(expected.low)
    assert one.high == pytest.approx(expected.high)


def test_one_clip_of_each_value_says_that_nothing_shows_chance() -> None:
    (one,) = contrasts([cell(1.0, ratio="1280:720"), cell(9.0, ratio="720:1280")])
    assert (one.difference, one.low, one.high) == (8, None, None)
    assert not one.is_clear
    assert "replicates=2" in one.verdict


def test_a_knob_that_never_varies_alone_is_not_judged() -> None:
    both = contrasts([cell(1.0, body_control=False, ratio="a"), cell(9.0, body_control=True, ratio="b")])
    assert {one.verdict for one in both} == {"cannot tell: it never varies alone"}
    assert {one.difference for one in both} == {None}


def test_each_further_value_is_compared_with_the_first_in_order() -> None:
    cells = [
        cell(intensity * 1.0 + number * 0.1, number, expression_intensity=intensity)
        for intensity in (5, 1, 3)
        for number in (1, 2)
    ]
    assert [(one.base, one.level) for one in contrasts(cells)] == [(1, 3), (1, 5)]


def test_more_comparisons_make_each_interval_wider() -> None:
    def width(levels: int) -> float:
        cells = [
            cell(number * 1.0, number, expression_intensity=level)
            for level in range(1, levels + 1)
            for number in (1, 2, 3, 4)
        ][: 4 * levels]
        one = contrasts(cells)[0]
        assert one.low is not None
        assert one.high is not None
        return (one.high - one.low) / float(stats.t.ppf(0.975, 3 * levels))

    assert width(2) < width(3) < width(5)


def test_little_data_is_called_little() -> None:
    cells = [cell(1.0, 1, ratio="a"), cell(1.1, 2, ratio="a"), cell(90.0, 1, ratio="b")]
    assert "by little data (1 degree of freedom)" in contrasts(cells)[0].verdict


def test_values_without_any_spread_give_a_clear_difference_and_no_error() -> None:
    cells = [cell(float(level), number, seed=level) for level in (1, 2) for number in (1, 2)]
    (one,) = contrasts(cells)
    assert (one.low, one.difference, one.high) == (1, 1, 1)
    same = [cell(4.0, number, seed=level) for level in (1, 2) for number in (1, 2, 3)]
    assert contrasts(same)[0].verdict == "not distinguishable from chance"


def test_nothing_measured_gives_nothing() -> None:
    assert contrasts([]) == ()
    assert chance_of([]).sd is None
    assert contrasts([cell(1.0, seed=1)]) == ()


@given(st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=8), st.floats(-1e6, 1e6))
def test_an_interval_holds_its_difference_and_moves_with_it(values: list[float], shift: float) -> None:
    def cells(by: float) -> Cells:
        return [
            cell(value + (by if place >= 4 else 0.0), place % 4, ratio="b" if place >= 4 else "a")
            for place, value in enumerate(values)
        ]

    (before,), (after,) = contrasts(cells(0.0)), contrasts(cells(shift))
    assert before.low is not None
    assert before.high is not None
    assert after.low is not None
    assert before.difference is not None
    assert before.difference == pytest.approx(
        statistics.fmean(values[4:]) - statistics.fmean(values[:4]), abs=1e-6
    )
    assert before.low <= before.difference + 1e-9
    assert before.difference <= before.high + 1e-9
    assert after.low == pytest.approx(before.low + shift, rel=1e-6, abs=1e-3)
