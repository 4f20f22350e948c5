"""A sweep as text, and back."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest

from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.sweep.grid import Spec, expand, specify
from cometact_nb.domain.text.line import fields_from_line
from cometact_nb.domain.text.paste import fields_from_paste
from cometact_nb.domain.text.sweep_forms import (
    as_grid,
    to_bodies,
    to_curls,
    to_magic,
    to_python,
    values_of_spec,
)
from cometact_nb.errors import RequestError

HERO, ROBOT, TALK = "https://a.example/hero.png", "https://a.example/ro,bot.mp4", "https://a.example/talk.mp4"
FIELDS = {
    "character": [HERO, ROBOT],
    "reference": TALK,
    "body_control": [True, None],
    "expression_intensity": [1, 3, 5],
    "seed": [1, 2, 5, 6, 7, 8],
    "ratio": ["1280:720", "960:960"],
    "public_figure_threshold": "low",
}
SPEC = specify(FIELDS, replicates=2)


def hashes(spec: Spec) -> list[str]:
    return [cell.key for cell in expand(spec).cells]


def pasted(text: str) -> Spec:
    fields = fields_from_paste(text)
    if isinstance(fields, list):
        return specify({}, table=fields)
    replicates = fields.pop("replicates", 1)
    return specify(fields, replicates=replicates)


def test_the_line_says_everything_in_short() -> None:
    assert to_magic(SPEC) == (
        f"%act_two -c {HERO} -c {ROBOT} -r {TALK} --body-control on,none --expression-intensity 1,3,5 "
        "--seed 1,2,5:8 --ratio 1280:720,960:960 --public-figure-threshold low --replicates 2"
    )


@pytest.mark.parametrize("write", [to_magic, to_python])
def test_the_line_and_the_python_come_back_as_the_same_cells(write: Callable[..., Any]) -> None:
    assert hashes(pasted(write(SPEC))) == hashes(SPEC)


@pytest.mark.parametrize("write", [to_curls, to_bodies])
def test_the_requests_one_by_one_come_back_as_the_same_grid(write: Callable[..., Any]) -> None:
    cells = expand(specify(FIELDS)).cells
    back = pasted(write([cell.request for cell in cells]))
    assert {cell.identity for cell in expand(back).cells} == {cell.identity for cell in cells}
    assert values_of_spec(back)["expression_intensity"] == [1, 3, 5]


def test_python_of_a_run_of_seeds_is_a_range() -> None:
    spec = specify({"character": HERO, "reference": TALK, "seed": range(3, 9)})
    assert "seed=range(3, 9)," in to_python(spec)
    assert hashes(pasted(to_python(spec))) == hashes(spec)


@pytest.mark.parametrize(
    "given",
    [
        {"ratio": ["1280:720", "720:1280", "960:960", "1104:832"]},
        {"character": [f"https://a.example/{number}.png" for number in range(4)]},
        {"seed": [None, 2, 3, 4]},
    ],
)
def test_python_of_many_values_that_are_no_numbers_lists_them(given: dict[str, Any]) -> None:
    spec = specify({"character": HERO, "reference": TALK, **given})
    assert hashes(pasted(to_python(spec))) == hashes(spec)


def test_python_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(RequestError, match="up to 20,000"):
        pasted(
            "act.sweep(character='https://a.example/h.png', seed=range(10**9))".replace("10**9", "1000000000")
        )


def test_types_that_no_url_tells_are_said_once_or_refused() -> None:
    untold = [MediaRef("video", f"https://a.example/get?id={number}") for number in (1, 2)]
    spec = specify({"character": untold, "reference": TALK})
    assert "--character-type video" in to_magic(spec)
    assert hashes(pasted(to_magic(spec))) == hashes(spec)
    assert hashes(pasted(to_python(spec))) == hashes(spec)
    mixed = specify({"character": [untold[0], MediaRef("image", "https://a.example/x")], "reference": TALK})
    with pytest.raises(RequestError, match="which is which"):
        to_magic(mixed)


def test_rows_in_any_order_are_a_grid_when_all_combinations_are_there() -> None:
    rows = [{"seed": seed, "ratio": ratio} for seed, ratio in itertools.product([1, 2, 3], ["a", "b"])]
    assert as_grid(rows[::-1]) == {"seed": [3, 2, 1], "ratio": ["b", "a"]}
    with pytest.raises(RequestError, match="5 requests that are not every combination"):
        as_grid(rows[1:])


def test_a_line_has_several_of_everything() -> None:
    assert fields_from_line(f"-c {HERO} -c {ROBOT} -r {TALK} -e 1,3 --seed 1:3 -b on,off --replicates 2") == {
        "character": [HERO, ROBOT],
        "reference": TALK,
        "expression_intensity": [1, 3],
        "seed": [1, 2, 3],
        "body_control": [True, False],
        "replicates": 2,
    }
    with pytest.raises(RequestError, match="between two commas"):
        fields_from_line("--seed 1,,2")
