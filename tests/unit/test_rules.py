"""Which task serves a cell, what a failure is blamed on, and what is doubtful about a plan: each rule alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

import cometact_nb as act
from cometact_nb.domain.sweep.grid import Cells, expand, specify
from cometact_nb.domain.sweep.rules import (
    Owned,
    assign,
    blamed,
    doubts,
    shares,
)
from cometact_nb.domain.task import Status, TaskState

HERO, ROBOT, CLIP = "https://a.b/hero.png", "https://a.b/robot.mp4", "https://a.b/r.mp4"


def cells_of(*, replicates: int = 1, **fields: object) -> Cells:
    asked = {"character": HERO, "reference": CLIP, **fields}
    return expand(specify(asked, table=None, replicates=replicates))


def task(cells: Cells, status: Status, key: str, *, replicate: int | None = None, **facts: Any) -> Owned:
    return Owned(cells.cells[0].identity, replicate, TaskState(key=key, status=status, **facts))


def served(cells: Cells, *tasks: Owned) -> list[str | None]:
    found = assign(cells.cells, tasks)
    return [found[cell.key].state.key if cell.key in found else None for cell in cells.cells]


# --- which task serves which cell -------------------------------------------------------------------


def test_a_cell_without_any_task_is_served_by_none() -> None:
    assert served(cells_of(seed=[1, 2])) == [None, None]


def test_a_task_that_was_bought_for_a_replicate_serves_that_one() -> None:
    cells = cells_of(seed=[1], replicates=2)
    assert served(cells, task(cells, Status.RUNNING, "second", replicate=2)) == [None, "second"]


def test_a_task_of_a_cell_serves_no_other_one() -> None:
    cells = cells_of(seed=[1], replicates=2)
    assert served(cells, task(cells, Status.SUCCEEDED, "first", replicate=1)) == ["first", None]


def test_of_tasks_outside_of_sweeps_the_first_success_serves_then_what_runs_then_what_is_in_doubt() -> None:
    cells = cells_of(seed=[1], replicates=4)
    tasks = [
        task(cells, Status.UNCONFIRMED, "doubt", submitted_at=1.0),
        task(cells, Status.RUNNING, "runs", submitted_at=2.0),
        task(cells, Status.SUCCEEDED, "late", submitted_at=4.0),
        task(cells, Status.SUCCEEDED, "early", submitted_at=3.0),
    ]
    assert served(cells, *tasks) == ["early", "late", "runs", "doubt"]
    undated = task(cells, Status.SUCCEEDED, "undated")
    assert served(cells, tasks[3], undated)[:2] == ["undated", "early"]
    assert served(cells, task(cells, Status.SUCCEEDED, "soon", submitted_at=0.5), undated)[:2] == [
        "undated",
        "soon",
    ]


@pytest.mark.parametrize("other", [Status.UNCONFIRMED, Status.NOT_FOUND])
def test_a_cell_in_doubt_is_not_left_to_another_doubt(other: Status) -> None:
    cells = cells_of(seed=[1])
    own = task(cells, Status.NOT_FOUND, "own", replicate=1)
    assert served(cells, own, task(cells, other, "other")) == ["own"]
    assert served(cells, own, task(cells, Status.RUNNING, "other")) == ["other"]


@pytest.mark.parametrize("status", [Status.RUNNING, Status.SUCCEEDED, Status.UNCONFIRMED])
def test_a_cell_keeps_its_own_task_while_that_may_bring_a_video(status: Status) -> None:
    cells = cells_of(seed=[1])
    own = task(cells, status, "own", replicate=1)
    assert served(cells, own, task(cells, Status.SUCCEEDED, "other")) == ["own"]


# --- blame ------------------------------------------------------------------------------------------


def failed(code: str | None) -> TaskState:
    return TaskState(key="k", status=Status.FAILED, failure_code=code)


@pytest.mark.parametrize(
    ("param", "field"),
    [
        ("ratio", "ratio"), ("expressionIntensity", "expression_intensity"), ("expression_intensity", "expression_intensity"),
        ("character.uri", "character"), ("bodyControl", "body_control"), ("contentModeration.publicFigureThreshold", "public_figure_threshold"),
        ("model.x", None), ("", None), (None, None),
    ],
)  # fmt: skip
def test_a_refusal_blames_the_field_that_it_names_in_either_spelling(
    param: str | None, field: str | None
) -> None:
    request = act.ActTwoRequest(HERO, CLIP, seed=4)
    blame = blamed(request, TaskState(key="k", status=Status.REFUSED, param=param))
    assert blame == ({field: getattr(request, field)} if field else {})


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.FAILED, Status.REFUSED}))
def test_only_a_failure_or_a_refusal_blames(status: Status) -> None:
    request = act.ActTwoRequest(HERO, CLIP)
    state = TaskState(key="k", status=status, failure_code="SAFETY.INPUT.IMAGE", param="ratio")
    assert blamed(request, state) == {}


@pytest.mark.parametrize(
    ("character", "code", "fields"),
    [
        (HERO, "safety.input.image", ["character"]),
        (HERO, "SAFETY.INPUT.VIDEO", ["reference"]),
        (HERO, "SAFETY.INPUT.AUDIO", ["reference"]),
        (ROBOT, "SAFETY.INPUT.AUDIO", ["reference"]),
        (ROBOT, "SAFETY.INPUT.IMAGE", ["character", "reference"]),
        (HERO, "SAFETY.INPUT", ["character", "reference"]),
        (HERO, "INPUT_PREPROCESSING.SAFETY.TEXT", ["character", "reference"]),
        (HERO, "SAFETY.INPUTS", []),
        (HERO, None, []),
    ],
)
def test_a_failure_blames_the_values_of_the_inputs_that_it_is_about(
    character: str, code: str | None, fields: list[str]
) -> None:
    request = act.ActTwoRequest(character, CLIP)
    assert blamed(request, failed(code)) == {name: getattr(request, name) for name in fields}


def test_a_request_shares_a_blame_when_it_has_all_of_it_under_any_link_to_the_same_file() -> None:
    request = act.ActTwoRequest(f"{HERO}?X-Amz-Signature=one&X-Amz-Date=1", CLIP, seed=1)
    blame = {"character": request.character, "seed": 1}
    again = act.ActTwoRequest(f"{HERO}?X-Amz-Signature=two&X-Amz-Date=2", CLIP, seed=1)
    assert shares(again, blame)
    assert not shares(again.replace(seed=2), blame)
    assert not shares(again.replace(character=ROBOT), blame)
    assert not shares(again.replace(character=act.video(HERO)), blame)
    assert not shares(again, {})
    assert not shares(again, {"character": HERO})


# --- doubts -----------------------------------------------------------------------------------------


def told(cells: Cells) -> list[tuple[str, str, str, str]]:
    return [(found.field, found.problem, found.cure, found.severity) for found in doubts(cells)]


def test_a_value_named_twice_and_a_link_signed_anew_are_warnings_with_their_number() -> None:
    assert told(cells_of(seed=[1, 1])) == [
        (
            "sweep",
            "names 1 cell more than once",
            "Each is bought once; replicates=… buys one several times.",
            "warning",
        )
    ]
    signed = [f"{HERO}?X-Amz-Signature={name}&X-Amz-Date=1" for name in ("one", "two", "three")]
    assert told(cells_of(character=signed)) == [
        (
            "sweep", "names 2 cells more than once",
            "Each is bought once; replicates=… buys one several times.", "warning",
        ),
        (
            "sweep", "names 2 cells again under links that differ only in signature or spelling",
            "A link is signed for a while; the file is the same, and bought once.", "warning",
        ),
    ]  # fmt: skip


def test_cells_that_differ_in_what_a_video_character_does_not_have_are_counted() -> None:
    cells = cells_of(character=ROBOT, body_control=[True, False], seed=[1, 2])
    dead = [found for found in told(cells) if "body_control alone" in found[1]]
    assert dead == [
        (
            "sweep", "has 2 cells that differ from another in body_control alone, with a video character",
            "Leave body_control out to save them.", "warning",
        )
    ]  # fmt: skip
    assert len([found for found in told(cells) if "not supported" in found[1]]) == 1
    for sound in (
        cells_of(character=ROBOT, body_control=[False], seed=[1, 2]),
        cells_of(character=HERO, body_control=[True, False], seed=[1, 2]),
        cells_of(character=[HERO, ROBOT], seed=[1, 2]),
    ):
        assert [found for found in told(sound) if "body_control alone" in found[1]] == []
    twice = cells_of(character=ROBOT, body_control=[True, False], replicates=2)
    assert any("has 2 cells" in problem for _, problem, _, _ in told(twice))


def test_a_cell_knows_its_inputs_apart_from_what_it_was_bought_as() -> None:
    cells = cells_of(seed=[1])
    assert task(cells, Status.RUNNING, "k").content_hash is None
    assert dataclasses.replace(task(cells, Status.RUNNING, "k"), content_hash="h").content_hash == "h"
