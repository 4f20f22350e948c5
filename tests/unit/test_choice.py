"""What a run, a retry and another kernel may do about a cell, by how it stands."""

from __future__ import annotations

from typing import Any

import pytest

from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.sweep.grid import expand, specify
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.job import Job
from cometact_nb.handles.sweep.choice import Choice, may_be_served, see
from cometact_nb.handles.sweep.runner import Entry

ENDPOINT = Endpoint("https://api.example.com", Secret("sk-x"))
IN_DOUBT = {Status.UNCONFIRMED, Status.NOT_FOUND}


def job(status: Status, **facts: Any) -> Job:
    return Job(TaskState(key="task-1", status=status, **facts), ENDPOINT, "clips")


def entries(*jobs: Job | None, **fields: Any) -> list[Entry]:
    asked = {
        "character": "https://a.b/hero.png",
        "reference": "https://a.b/r.mp4",
        "seed": list(range(len(jobs))),
    }
    cells = expand(specify({**asked, **fields}, table=None, replicates=1)).cells
    return [Entry(cell, one) for cell, one in zip(cells, jobs, strict=True)]


def choice(cells: list[Entry], *, running: bool = False) -> Choice:
    return Choice(cells, lambda: running)


def places(cells: list[Entry], chosen: list[Entry]) -> list[int]:
    return [cells.index(entry) for entry in chosen]


def test_a_run_buys_what_was_never_sent_or_was_refused_and_nothing_else() -> None:
    cells = entries(None, *(job(status) for status in Status))
    wanted = choice(cells).wanted()
    assert [entry.job and entry.job.state.status for entry in wanted] == [None, Status.REFUSED]


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ({}, {Status.FAILED, Status.REFUSED}),
        ({"failed": False}, set()),
        ({"failed": False, "cancelled": True}, {Status.CANCELLED}),
        ({"failed": False, "forgotten": True}, {Status.FORGOTTEN}),
        ({"failed": False, "doubtful": True}, IN_DOUBT),
        ({"cancelled": True, "doubtful": True}, {Status.FAILED, Status.REFUSED, Status.CANCELLED, *IN_DOUBT}),
    ],
)
def test_a_retry_buys_what_its_words_name_and_nothing_else(words: dict[str, bool], ends: set[Status]) -> None:
    cells = entries(None, *(job(status) for status in Status))
    again = choice(cells).again(**words)
    assert {entry.job.state.status for entry in again if entry.job} == ends
    assert (cells[0] in again) is words.get("failed", True)
    assert len(again) == len(ends) + words.get("failed", True)


def test_a_cell_that_a_run_will_buy_is_bought_by_no_other() -> None:
    cells = entries(None, None)
    cells[0].mark = "QUEUED"
    running, paused = choice(cells, running=True), choice(cells)
    assert (running.is_coming(cells[0]), running.is_coming(cells[1])) == (True, False)
    assert not paused.is_coming(cells[0])
    assert places(cells, running.wanted()) == places(cells, running.again()) == [1]
    assert places(cells, running.without_task()) == [1]
    assert places(cells, paused.wanted()) == places(cells, paused.without_task()) == [0, 1]
    cells[0].job = job(Status.RUNNING)
    assert not running.is_coming(cells[0])


def test_a_cell_that_changed_since_it_was_chosen_is_not_as_it_was_seen() -> None:
    cells = entries(None, job(Status.FAILED))
    chosen = choice(cells, running=True)
    for entry in cells:
        seen = see(entry)
        assert chosen.as_seen(entry, seen)
        before, entry.job = entry.job, job(Status.RUNNING)
        assert not chosen.as_seen(entry, seen)
        entry.job = before
    seen = see(cells[0])
    cells[0].mark = "QUEUED"
    assert not chosen.as_seen(cells[0], seen)
    assert choice(cells).as_seen(cells[0], seen)
    failed = see(cells[1])
    cells[1].mark = "QUEUED"
    assert chosen.as_seen(cells[1], failed)
    cells[1].job.state = TaskState(key="task-1", status=Status.SUCCEEDED)
    assert not chosen.as_seen(cells[1], failed)
    assert see(cells[1]) == (cells[1].job, Status.SUCCEEDED)


def test_a_run_leaves_out_what_would_fail_as_a_cell_did_and_still_buys_a_refused_one_again() -> None:
    cells = entries(job(Status.FAILED, failure_code="SAFETY.INPUT.IMAGE"), None, job(Status.REFUSED))
    assert places(cells, choice(cells).wanted()) == [2]
    cells = entries(job(Status.FAILED, failure_code="INTERNAL"), None, job(Status.REFUSED))
    assert places(cells, choice(cells).wanted()) == [1, 2]


@pytest.mark.parametrize("status", list(Status))
def test_a_cell_takes_another_task_only_if_its_own_ended_without_a_video(status: Status) -> None:
    (entry,) = entries(job(status))
    ended = {Status.FAILED, Status.CANCELLED, Status.REFUSED, Status.FORGOTTEN, *IN_DOUBT}
    assert may_be_served(entry, "task-2") is (status in ended)
    assert not may_be_served(entry, "task-1")
    assert may_be_served(entries(None)[0], "task-1")
