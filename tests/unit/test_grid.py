"""From lists of values to cells, and which task serves which cell."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import cometact_nb as act
from cometact_nb.domain.sweep.grid import MAX_CELLS, expand, specify
from cometact_nb.domain.sweep.rules import Owned, assign, blamed, doubts, is_input_failure, shares
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.errors import RequestError

HERO, ROBOT, CLIP = (
    "https://example.com/hero.png",
    "https://example.com/robot.mp4",
    "https://example.com/r.mp4",
)
INPUTS: dict[str, Any] = {"character": HERO, "reference": CLIP}


def cells_of(table: Any = None, *, replicates: int = 1, **fields: Any) -> Any:
    return expand(specify({**INPUTS, **fields}, table=table, replicates=replicates))


def test_every_combination_of_several_values_is_a_cell_in_the_order_of_the_fields() -> None:
    cells = cells_of(seed=range(2), expression_intensity=[1, 5])
    assert [cell.params for cell in cells.cells] == [
        {"expression_intensity": 1, "seed": 0},
        {"expression_intensity": 1, "seed": 1},
        {"expression_intensity": 5, "seed": 0},
        {"expression_intensity": 5, "seed": 1},
    ]
    assert cells.axes == {"expression_intensity": [1, 5], "seed": [0, 1]}
    assert cells.cells[3].request == act.ActTwoRequest(**INPUTS, expression_intensity=5, seed=1)


def test_single_values_make_one_cell_without_an_axis() -> None:
    cells = cells_of(seed=7)
    assert len(cells.cells) == 1
    assert cells.axes == {}


def test_several_characters_are_an_axis_too_and_keep_a_type_that_was_given() -> None:
    cells = cells_of(character=[HERO, act.video("https://example.com/no-extension")])
    assert [cell.request.character.type for cell in cells.cells] == ["image", "video"]


def test_none_in_a_list_leaves_the_field_unset() -> None:
    assert [cell.request.seed for cell in cells_of(seed=[None, 3]).cells] == [None, 3]


def test_replicates_are_numbered_and_distinct_cells_of_the_same_request() -> None:
    cells = cells_of(seed=[1], replicates=3).cells
    assert [cell.params["replicate"] for cell in cells] == [1, 2, 3]
    assert len({cell.key for cell in cells}) == 3
    assert len({cell.identity for cell in cells}) == 1


def test_a_value_given_twice_is_one_cell_and_is_said() -> None:
    cells = cells_of(seed=[1, 1, 2])
    assert len(cells.cells) == 2
    assert "more than once" in str(doubts(cells)[0])


def test_an_error_names_each_fault_once_however_many_cells_share_it() -> None:
    with pytest.raises(RequestError) as caught:
        cells_of(expression_intensity=[1, 9], ratio="1:1", seed=range(50))
    assert sorted(finding.field for finding in caught.value.findings) == ["expression_intensity", "ratio"]


def test_a_wrong_name_is_corrected() -> None:
    with pytest.raises(RequestError, match="Act-Two takes character"):
        cells_of(promptImage=[HERO])


def test_columns_of_the_same_length_are_read_side_by_side() -> None:
    cells = cells_of({"seed": [1, 2], "expression_intensity": [3, 4]})
    assert [cell.params for cell in cells.cells] == [
        {"seed": 1, "expression_intensity": 3},
        {"seed": 2, "expression_intensity": 4},
    ]


def test_columns_of_different_lengths_are_refused_by_name() -> None:
    with pytest.raises(RequestError, match="seed has 2, expression_intensity has 3"):
        cells_of({"seed": [1, 2], "expression_intensity": [3, 4, 5]})


def test_rows_may_be_requests_and_are_combined_with_axes() -> None:
    requests = [act.ActTwoRequest(**INPUTS, ratio="960:960"), act.ActTwoRequest(ROBOT, CLIP)]
    cells = expand(specify({"seed": [1, 2]}, table=requests)).cells
    assert [(cell.request.character.uri, cell.request.ratio, cell.request.seed) for cell in cells] == [
        (HERO, "960:960", 1),
        (HERO, "960:960", 2),
        (ROBOT, None, 1),
        (ROBOT, None, 2),
    ]


def test_arrays_are_axes_that_a_history_keeps() -> None:
    spec = specify({**INPUTS, "seed": np.arange(2), "ratio": np.array(["960:960", "1280:720"])})
    assert spec == specify({**INPUTS, "seed": [0, 1], "ratio": ["960:960", "1280:720"]})
    assert spec.fingerprint
    with pytest.raises(RequestError, match="is ndarray, not a whole number"):
        expand(specify({**INPUTS, "seed": np.zeros((2, 2))}))


def test_a_data_frame_is_a_table_and_what_it_misses_is_unset() -> None:
    frame = pd.DataFrame({"seed": [1, None], "body_control": [True, False]})
    assert [cell.request.params for cell in cells_of(frame).cells] == [
        {"body_control": True, "seed": 1},
        {"body_control": False},
    ]


@pytest.mark.parametrize(
    ("table", "fields", "told"),
    [
        ([], {}, "has no rows"),
        (None, {"seed": []}, "is an empty list"),
        (7, {}, "is no table"),
        ([7], {}, "is no row"),
        ({"seed": [1]}, {"seed": 2}, "given twice"),
        (None, {"seed": range(2**32)}, "more than 20,000 values"),
        (None, {"seed": range(300), "ratio": ["960:960"] * 300}, "has 90,000 cells"),
    ],
)
def test_what_is_no_sweep_is_refused_with_the_cure(table: Any, fields: dict[str, Any], told: str) -> None:
    with pytest.raises(RequestError, match=told):
        cells_of(table, **fields)


@pytest.mark.parametrize("replicates", [0, -1, True, 1.5, "2"])
def test_replicates_are_a_count(replicates: Any) -> None:
    with pytest.raises(RequestError, match="replicates"):
        cells_of(replicates=replicates)


@given(
    seeds=st.lists(st.integers(0, 2**32 - 1), min_size=1, max_size=6),
    intensities=st.lists(st.integers(1, 5), min_size=1, max_size=5),
    replicates=st.integers(1, 3),
)
def test_a_plan_has_each_content_once_and_is_the_same_every_time(
    seeds: list[int], intensities: list[int], replicates: int
) -> None:
    spec = specify({**INPUTS, "seed": seeds, "expression_intensity": intensities}, replicates=replicates)
    cells = expand(spec)
    assert len({cell.key for cell in cells.cells}) == len(cells.cells)
    assert len(cells.cells) == len(set(seeds)) * len(set(intensities)) * replicates
    assert len(cells.cells) + cells.duplicates == len(seeds) * len(intensities) * replicates
    assert expand(spec) == cells


def test_the_greatest_plan_is_made() -> None:
    assert len(cells_of(seed=range(MAX_CELLS)).cells) == MAX_CELLS


# --- doubts -----------------------------------------------------------------------------------------


def test_a_doubt_about_body_control_swept_on_a_video_counts_the_cells_it_wastes() -> None:
    told = "\n".join(
        str(found) for found in doubts(cells_of(character=[HERO, ROBOT], body_control=[True, False]))
    )
    assert "not supported when the character is a video" in told
    assert "1 cell" in told


def test_a_sound_plan_leaves_no_doubts() -> None:
    assert doubts(cells_of(seed=[1, 2], body_control=[True, False])) == []


# --- which task serves which cell -------------------------------------------------------------------


def owned(
    cell: Any, status: Status, *, replicate: int | None = None, key: str = "k", at: float = 0.0
) -> Owned:
    return Owned(cell.identity, replicate, TaskState(key=key, status=status, submitted_at=at))


def served(cells: Any, *tasks: Owned) -> list[str | None]:
    found = assign(cells, tasks)
    return [found[cell.key].state.key if cell.key in found else None for cell in cells]


def test_a_success_from_outside_of_sweeps_is_reused_once() -> None:
    cells = cells_of(seed=[1], replicates=2).cells
    assert served(cells, owned(cells[0], Status.SUCCEEDED)) == ["k", None]


def test_two_replicates_need_two_videos() -> None:
    cells = cells_of(seed=[1], replicates=2).cells
    tasks = [owned(cells[0], Status.SUCCEEDED, key=key, at=at) for key, at in (("late", 2), ("early", 1))]
    assert served(cells, *tasks) == ["early", "late"]


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED, Status.REFUSED, Status.NOT_FOUND])
def test_a_task_without_a_video_gives_way_to_one_that_has_it(status: Status) -> None:
    cells = cells_of(seed=[1]).cells
    bought = owned(cells[0], status, replicate=1, key="bad")
    assert served(cells, bought) == ["bad"]
    assert served(cells, bought, owned(cells[0], Status.RUNNING, key="good")) == ["good"]


def test_an_unconfirmed_task_keeps_its_cell() -> None:
    cells = cells_of(seed=[1]).cells
    mine = owned(cells[0], Status.UNCONFIRMED, replicate=1, key="mine")
    assert served(cells, mine, owned(cells[0], Status.SUCCEEDED, key="other")) == ["mine"]


@pytest.mark.parametrize("status", [Status.UNCONFIRMED, Status.NOT_FOUND, Status.SUBMITTING, Status.UNKNOWN])
def test_what_is_in_doubt_or_pending_outside_of_sweeps_holds_one_cell_of_its_content(status: Status) -> None:
    cells = cells_of(seed=[1], replicates=2).cells
    assert served(cells, owned(cells[0], status)) == ["k", None]


def test_a_video_that_is_there_serves_before_one_that_is_in_doubt() -> None:
    cells = cells_of(seed=[1]).cells
    tasks = [
        owned(cells[0], Status.UNCONFIRMED, key="doubt"),
        owned(cells[0], Status.SUCCEEDED, key="good", at=9),
    ]
    assert served(cells, *tasks) == ["good"]


@pytest.mark.parametrize("status", [Status.FAILED, Status.REFUSED, Status.FORGOTTEN, Status.CANCELLED])
def test_what_failed_outside_of_sweeps_serves_nothing(status: Status) -> None:
    cells = cells_of(seed=[1]).cells
    assert served(cells, owned(cells[0], status)) == [None]


# --- shared faults ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "whole"),
    [
        ("SAFETY.INPUT.IMAGE", True),
        ("INPUT_PREPROCESSING.SAFETY.TEXT", True),
        ("asset.invalid", True),
        ("SAFETY.OUTPUT.VIDEO", False),
        ("INTERNAL", False),
        ("ASSET.INVALIDATED", False),
        (None, False),
    ],
)
def test_failures_of_inputs_differ_from_others(code: str | None, whole: bool) -> None:
    assert is_input_failure(code) is whole


@pytest.mark.parametrize(
    ("character", "code", "fields"),
    [
        (HERO, "SAFETY.INPUT.IMAGE", {"character"}),
        (HERO, "SAFETY.INPUT.VIDEO", {"reference"}),
        (ROBOT, "SAFETY.INPUT.VIDEO", {"character", "reference"}),
        (HERO, "ASSET.INVALID", {"character", "reference"}),
        (HERO, "SAFETY.INPUT.AUDIO", {"reference"}),
        (HERO, "INTERNAL", set()),
    ],
)
def test_the_blame_falls_on_the_input_that_the_code_names(
    character: str, code: str, fields: set[str]
) -> None:
    request = act.ActTwoRequest(character, CLIP, seed=1)
    blame = blamed(request, TaskState(key="k", status=Status.FAILED, failure_code=code))
    assert set(blame) == fields
    assert shares(request.replace(seed=2), blame) is bool(fields)
    if fields:
        assert not shares(request.replace(character="https://example.com/x.png", reference="https://example.com/x.mp4"), blame)  # fmt: skip


def test_a_refusal_that_names_a_field_blames_its_value() -> None:
    request = act.ActTwoRequest(HERO, CLIP, ratio="960:960")
    blame = blamed(request, TaskState(key="k", status=Status.REFUSED, param="ratio"))
    assert blame == {"ratio": "960:960"}
    assert not shares(request.replace(ratio="1280:720"), blame)


class Rows:
    """A frame with the interface of polars, which need not be installed here."""

    columns = ("seed", "ratio")

    def __init__(self, rows: list[dict[str, object]]) -> None:
        self._rows = rows

    def iter_rows(self, *, named: bool) -> object:
        assert named
        return iter(self._rows)

    def to_dict(self) -> None:
        raise AssertionError


class Lazy:
    """A frame that is not computed yet, as polars' LazyFrame."""

    columns = ("seed",)

    def collect(self) -> None:
        raise AssertionError


def frames(columns: dict[str, list[object]]) -> list[object]:
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    made: list[object] = [
        Rows(rows),
        pd.DataFrame(columns),
        pd.DataFrame(columns).convert_dtypes(),  # with pd.NA
        pd.DataFrame({**columns, "seed": ["1", None]}),
        columns,
        rows,
    ]
    if find_spec("polars"):
        import polars as pl

        made.append(pl.DataFrame(columns))
    return made


def test_rows_of_any_frame_are_read_and_what_is_missing_is_not_given() -> None:
    columns: dict[str, list[object]] = {"seed": [1, None], "ratio": ["1280:720", "720:1280"]}
    for frame in frames(columns):
        cells = expand(specify(INPUTS, table=frame)).cells
        assert [cell.request.seed for cell in cells] == [1, None], type(frame)
        assert [cell.request.ratio for cell in cells] == columns["ratio"]


def test_a_missing_input_of_a_row_is_named_as_missing() -> None:
    for nothing in (None, float("nan"), pd.NA):
        spec = specify({"character": HERO}, table=[{"reference": CLIP}, {"reference": nothing}])
        with pytest.raises(RequestError, match="reference is missing"):
            expand(spec)


def test_an_axis_may_be_a_column_of_any_frame() -> None:
    for column in (pd.Series([1, 2], dtype="Int64"), pd.Series(["1", "2"]), np.array([1, 2])):
        cells = expand(specify({**INPUTS, "seed": column})).cells
        assert [cell.request.seed for cell in cells] == [1, 2]


def test_a_frame_that_is_not_computed_yet_says_what_to_give() -> None:
    with pytest.raises(RequestError, match=r"give table\.collect\(\)"):
        specify(INPUTS, table=Lazy())
