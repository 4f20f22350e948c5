"""Strengths by comparisons of pairs: against known answers, with doubt, and in words where nothing can be told."""

from __future__ import annotations

import math
import random
from itertools import combinations
from typing import Any

import choix
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cometact_nb.domain.sweep.judgements import Judgement, agreements, groups, in_force
from cometact_nb.domain.sweep.strengths import share_of, strengths_of, telling_pair
from cometact_nb.errors import ConfigError
from cometact_nb.handles.sweep.preferences import ComparedCell, Preferences
from cometact_nb.views.pairs.preferences import preferences_html

A, B, C, D = "abcd"


def judged(*texts: str, rater: str = "") -> list[Judgement]:
    """Make a judgement of each text: ``a>b``, ``a<b`` or ``a=b``."""
    answers = {">": "first", "<": "second", "=": "equal"}
    return [
        Judgement(
            id=f"{rater}{number}",
            first=text[0],
            second=text[2],
            answer=answers[text[1]],
            rater=rater,
            at=float(number),
        )
        for number, text in enumerate(texts)
    ]


def preferences(judgements: list[Judgement], count: int = 4, **options: Any) -> Preferences:
    """Of a grid of intensity 1 and 5 by seed 1, 2, …; clips a and b, c and d differ in the seed alone."""
    cells = [
        ComparedCell(
            number + 1,
            {"expression_intensity": (1, 5)[number // 2], "seed": number % 2, "replicate": 1},
            f"Clip {clip}",
            clip,
        )
        for number, clip in enumerate("abcd"[:count])
    ]
    return Preferences(cells, judgements, **options)


def test_strengths_are_those_of_choix_for_the_same_comparisons() -> None:
    judgements = judged("a>b", "b>c", "a>c", "c>a", "d<b", "d>c", "a>d")
    wins = [(0, 1), (1, 2), (0, 2), (2, 0), (1, 3), (3, 2), (0, 3)]
    # A prior with a standard deviation of 2: choix's penalty is alpha · |x|², half the precision.
    expected = choix.opt_pairwise(4, wins, alpha=1 / 4 / 2)
    assert strengths_of("abcd", judgements).mean == pytest.approx(expected, abs=1e-3)


def test_two_clips_have_the_strength_and_the_doubt_that_one_can_work_out() -> None:
    """With a prior of precision 1/4, ±x solves 8·p(-2x) − 2·p(2x) = x/4 for eight wins of ten."""
    strengths = strengths_of((A, B), judged(*["a>b"] * 8, *["a<b"] * 2))
    x = float(strengths.mean[0])
    assert 8 * share_of(-2 * x) - 2 * share_of(2 * x) == pytest.approx(x / 4, abs=1e-3)
    result = strengths.contrast({A: 1, B: -1})
    assert result is not None
    information = 10 * share_of(2 * x) * share_of(-2 * x)
    assert result[1] == pytest.approx(math.sqrt(2 / (0.25 + 2 * information)), rel=1e-3)
    precision = np.array([[0.25 + information, -information], [-information, 0.25 + information]])
    assert strengths.covariance == pytest.approx(np.linalg.inv(precision), rel=1e-3)


def test_an_alike_is_half_a_win_for_each() -> None:
    half = strengths_of((A, B), judged("a>b", "a=b", "a=b"))
    whole = strengths_of((A, B), judged("a>b", "a>b", "a<b"))
    assert half.mean == pytest.approx(whole.mean, abs=1e-4)


def test_a_clip_that_always_wins_stays_finite_and_is_named() -> None:
    result = preferences(judged(*["a>b", "a>c", "a>d", "b>c", "c>b", "c>d", "d>c"] * 3))
    first = result.clips[0]
    assert (first.cell.sha256, first.won, first.lost) == (A, 9, 0)
    assert first.strength is not None
    assert 0 < first.strength < 6
    assert "Clip a has won every time: how far it is from the others is not settled." in result.notes


def test_nothing_compared_is_said_in_words() -> None:
    result = preferences([])
    assert not result.sufficiency.is_enough
    assert "Nothing was compared yet" in repr(result)
    assert [row["strength"] for row in result.to_rows()] == [None] * 4
    assert {row["verdict"] for row in result.effect_rows()} == {
        "cannot tell: comparisons do not connect these clips"
    }
    assert "nan" not in str(preferences_html(result)).lower()


def test_groups_that_were_never_compared_are_named_and_not_set_against_each_other() -> None:
    result = preferences(judged("a>b", "c>d", "d=c"))
    assert [row["group"] for row in result.to_rows()] == [1, 1, 2, 2]
    assert "2 groups of clips were never compared" in result.sufficiency.words
    intensity, seed = result.knobs
    assert intensity.verdict == "cannot tell: comparisons do not connect these clips"
    assert seed.difference is not None, "a and b, c and d differ in the seed: each pair is connected"
    lone = preferences(judged("a>b"))
    assert "Not compared yet: Clip c, Clip d." in lone.sufficiency.words


def test_a_knob_is_compared_all_else_equal_and_clear_with_enough_answers() -> None:
    pairs = [f"{one}<{other}" for one in "ab" for other in "cd"]
    result = preferences(judged(*pairs * 5, "a=b", "c=d"))
    intensity, seed = result.knobs
    assert (intensity.base, intensity.level, intensity.blocks) == (1, 5, 2)
    assert intensity.verdict == "preferred"
    assert intensity.low is not None
    assert intensity.low > 0
    assert seed.verdict == "not distinguishable"


def test_it_says_when_it_is_enough() -> None:
    few = preferences(judged("a>b", "a>c", "a>d", "b>c"))
    assert not few.sufficiency.is_enough
    assert "Clip a is the best with" in few.sufficiency.words
    many = preferences(judged(*["a>b", "a>c", "a>d", "b>c", "c>b", "d<c", "d>c"] * 6))
    assert many.sufficiency.is_enough
    assert "Enough to name the best: Clip a" in many.sufficiency.words
    alike = preferences(judged(*[f"{x}={y}" for x, y in combinations("abcd", 2)] * 12))
    assert alike.sufficiency.is_enough
    assert "are alike" in alike.sufficiency.words


def test_raters_agree_as_cohen_says() -> None:
    """Of 50 pairs, 20 and 15 are the same answer; chance agrees on half: the textbook's kappa of 0.4."""
    both = [("first", "first")] * 20 + [("first", "second")] * 5 + [("second", "first")] * 10
    both += [("second", "second")] * 15
    judgements = [
        Judgement(
            id=f"{rater}{number}",
            first=f"{number:03}",
            second=f"{number:03}x",
            answer=answer,
            rater=rater,
            at=0,
        )
        for number, answers in enumerate(both)
        for rater, answer in zip(("Ann", "Bob"), answers, strict=True)
    ]
    (one,) = agreements(judgements)
    assert (one.rater, one.other, one.pairs, one.same) == ("Ann", "Bob", 50, 35)
    assert one.kappa == pytest.approx(0.4)
    (always,) = agreements([*judged("a>b", rater="Ann"), *judged("b<a", rater="Bob")])
    assert (always.same, always.kappa) == (1, None)


def test_the_latest_answer_counts_and_one_that_was_taken_back_does_not() -> None:
    first = judged("a>b", "a>c")
    back = Judgement(id="0", first=A, second=B, answer="", rater="", at=9)
    other = Judgement(id="1", first=A, second=C, answer="second", rater="", at=9)
    assert [one.answer for one in in_force([*first, back, other], "abc")] == ["second"]
    assert in_force(first, "ab") == first[:1], "a clip of another sweep"


@given(st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=12))
def test_groups_are_the_connected_parts(edges: list[tuple[int, int]]) -> None:
    clips = [str(number) for number in range(8)]
    several = [
        Judgement(id=str(number), first=str(one), second=str(other), answer="first", rater="", at=0)
        for number, (one, other) in enumerate(edges)
    ]
    connected = groups(clips, several)
    assert sorted(clip for group in connected for clip in group) == clips
    home = {clip: number for number, group in enumerate(connected) for clip in group}
    assert all(home[one.first] == home[one.second] for one in several)
    assert len(connected) >= 8 - len({frozenset(edge) for edge in edges if edge[0] != edge[1]})


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 6))
def test_no_pair_comes_twice_before_all_have_and_few_answers_find_the_order(seed: int, count: int) -> None:
    luck = random.Random(seed)
    clips = "abcdef"[:count]
    judgements: list[Judgement] = []
    for _ in combinations(clips, 2):
        pair = telling_pair(strengths_of(clips, judgements), judgements, clips, luck)
        assert pair is not None
        answer = "first" if pair[0] < pair[1] else "second"
        number = len(judgements)
        judgements.append(
            Judgement(id=str(number), first=pair[0], second=pair[1], answer=answer, rater="", at=number)
        )
    assert len({one.pair for one in judgements}) == len(judgements)
    assert len(groups(clips, judgements[: count - 1])) == 1, "the first answers connect all clips"
    mean = strengths_of(clips, judgements).mean
    assert list(mean) == sorted(mean, reverse=True)


def test_fewer_than_two_clips_leave_nothing_to_ask() -> None:
    assert telling_pair(strengths_of("ab", []), [], "a", random.Random(1)) is None


def test_without_choix_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "choix", None)
    with pytest.raises(ConfigError, match=r"pip install 'cometact_nb\[decide\]'"):
        preferences(judged("a>b")).to_rows()
