"""Several values in one text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.domain.text.several import read_several, write_several
from cometact_nb.errors import RequestError


@pytest.mark.parametrize(
    ("field", "text", "values"),
    [
        ("expression_intensity", "1,3,5", [1, 3, 5]),
        ("seed", " 1, 2 ,5:8 ", [1, 2, 5, 6, 7, 8]),
        ("seed", "7", [7]),
        ("seed", "none,7", [None, 7]),
        ("seed", "many,-4", ["many", -4]),
        ("replicates", "2:3", [2, 3]),
        ("body_control", "on,off,NONE", [True, False, None]),
        ("ratio", "1280:720,960:960", ["1280:720", "960:960"]),
        ("public_figure_threshold", "auto,low", ["auto", "low"]),
    ],
)
def test_a_text_is_read_as_the_knobs_own_values(field: str, text: str, values: list[Any]) -> None:
    assert read_several(field, text) == values


@pytest.mark.parametrize(
    ("text", "told"),
    [("1,,2", "between two commas"), ("1,", "between two commas"), ("", "between two commas"),
     ("8:5", "Write 5:8"), ("0:4294967295", "up to 20,000")],
)  # fmt: skip
def test_a_text_that_cannot_be_meant_is_refused_with_a_cure(text: str, told: str) -> None:
    with pytest.raises(RequestError, match=told):
        read_several("seed", text)


@given(st.lists(st.one_of(st.none(), st.integers(0, 40), st.integers(0, 2**32 - 1)), min_size=1, max_size=40))
def test_what_is_written_is_read_back(values: list[int | None]) -> None:
    assert read_several("seed", write_several(values)) == values


def test_runs_are_written_short() -> None:
    assert write_several([1, 2, 5, 6, 7, 8, 3]) == "1,2,5:8,3"
    assert write_several([True, False, None]) == "on,off,none"
    assert write_several(["1280:720", "960:960"]) == "1280:720,960:960"
