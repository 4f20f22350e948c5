"""The cells of a sweep: who has which task, and what a run, a retry and another kernel may do about one."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.sweep.grid import expand, specify
from cometact_nb.domain.sweep.run import Mark
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.job import Job
from cometact_nb.handles.sweep.entries import Entries, Entry, may_be_served, state_of

ENDPOINT = Endpoint("https://api.example.com", Secret("sk-x"))
IN_DOUBT = {Status.UNCONFIRMED, Status.NOT_FOUND}


def job(status: Status, **facts: Any) -> Job:
    return Job(TaskState(key="task-1", status=status, **facts), ENDPOINT, "clips")


def entries(*jobs: Job | None, running: bool = False, **fields: Any) -> Entries:
    asked = {
        "character": "https://a.b/hero.png",
        "reference": "https://a.b/r.mp4",
        "seed": list(range(len(jobs))),
    }
    made = Entries(expand(specify({**asked, **fields}, table=None, replicates=1)).cells)
    made.is_running = running
    for entry, one in zip(made, jobs, strict=True):
        if one is not None:
            made.attach(entry, one)
    return made


def become(job: Job, status: Status, **facts: Any) -> None:
    """The engine gives a task another state, and tells."""
    job.state = TaskState(key=job.state.key, status=status, **facts)
    job.listeners.tell()


def places(cells: Entries, chosen: list[Entry]) -> list[int]:
    return [list(cells).index(entry) for entry in chosen]


def test_a_run_buys_what_was_never_sent_or_was_refused_and_nothing_else() -> None:
    cells = entries(None, *(job(status) for status in Status))
    wanted = cells.to_buy()
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
    again = cells.again(**words)
    assert {entry.job.state.status for entry in again if entry.job} == ends
    assert (next(iter(cells)) in again) is words.get("failed", True)
    assert len(again) == len(ends) + words.get("failed", True)


def test_a_cell_that_a_run_will_buy_is_bought_by_no_other() -> None:
    cells = entries(None, None, running=True)
    first, second = cells
    cells.queue([first])
    assert (cells.is_coming(first), cells.is_coming(second)) == (True, False)
    assert places(cells, cells.to_buy()) == places(cells, cells.again()) == [1]
    assert places(cells, cells.without_task()) == [1]
    cells.is_running = False  # what a paused run left is planned anew
    assert not cells.is_coming(first)
    assert places(cells, cells.to_buy()) == places(cells, cells.without_task()) == [0, 1]
    cells.is_running = True
    cells.attach(first, job(Status.RUNNING))
    assert not cells.is_coming(first)


def test_a_cell_that_changed_since_it_was_chosen_is_not_as_it_was_seen() -> None:
    cells = entries(None, job(Status.FAILED), running=True)
    planned, failed = cells
    for entry in cells:
        seen = state_of(entry)
        assert cells.is_unchanged(entry, seen)
        before = entry.job
        cells.attach(entry, job(Status.RUNNING))
        assert not cells.is_unchanged(entry, seen)
        cells.detach(entry)
        if before is not None:
            cells.attach(entry, before)
    seen = state_of(planned)
    cells.queue([planned])
    assert not cells.is_unchanged(planned, seen)
    cells.is_running = False
    assert cells.is_unchanged(planned, seen)
    seen = state_of(failed)
    assert cells.is_unchanged(failed, seen)
    assert failed.job is not None
    become(failed.job, Status.SUCCEEDED)
    assert not cells.is_unchanged(failed, seen)
    assert state_of(failed) == (failed.job, Status.SUCCEEDED)


def test_a_cell_in_line_has_no_task_and_knows_which_one_the_new_one_replaces() -> None:
    cells = entries(job(Status.FAILED))
    (entry,) = cells
    entry.reused, entry.reason = True, "why"
    cells.queue([entry])
    assert (entry.job, entry.instead_of, entry.mark) == (None, "task-1", Mark.QUEUED)
    assert (entry.reused, entry.reason) == (False, "")
    cells.queue([entry])
    assert entry.instead_of == "task-1"  # also when it is put in line again before it was sent
    cells.stop(entry, "the sweep was cancelled")
    assert (entry.mark, entry.reason, cells.queued) == (Mark.STOPPED, "the sweep was cancelled", [])


def test_what_became_of_a_task_before_a_cell_got_it_is_noted_at_once_and_what_comes_later_too() -> None:
    cells = entries(None)
    noted: list[Any] = []
    (entry,) = cells
    cells.on_change = lambda entry: noted.append(entry.job and entry.job.state.status)
    one = job(Status.RUNNING)
    cells.attach(entry, one)
    become(one, Status.SUCCEEDED, watching=False)
    assert noted == [Status.RUNNING, Status.SUCCEEDED]


def test_a_task_that_a_cell_has_no_more_is_no_news_of_it() -> None:
    cells = entries(None)
    noted: list[Any] = []
    (entry,) = cells
    one, other = job(Status.RUNNING), job(Status.RUNNING)
    cells.attach(entry, one)
    cells.attach(entry, other)
    cells.on_change = noted.append
    become(one, Status.FAILED)
    assert not noted
    become(other, Status.FAILED)
    assert noted == [entry]
    cells.detach(entry)
    become(other, Status.SUCCEEDED)
    assert noted == [entry]


@pytest.mark.parametrize("status", list(Status))
def test_whether_a_task_is_under_way_is_known_without_asking_each(status: Status) -> None:
    ended = TaskState(key="task-1", status=status).is_settled
    cells = entries(job(status), None)
    assert (cells.at_work, cells.is_settled) == (not ended, ended)
    first = next(iter(cells))
    cells.detach(first)
    assert (cells.at_work, cells.is_settled) == (False, True)


def test_a_run_leaves_out_what_would_fail_as_a_cell_did_and_still_buys_a_refused_one_again() -> None:
    cells = entries(job(Status.FAILED, failure_code="SAFETY.INPUT.IMAGE"), None, job(Status.REFUSED))
    assert places(cells, cells.to_buy()) == [2]
    cells = entries(job(Status.FAILED, failure_code="INTERNAL"), None, job(Status.REFUSED))
    assert places(cells, cells.to_buy()) == [1, 2]


@pytest.mark.parametrize("status", list(Status))
def test_a_cell_takes_another_task_only_if_its_own_ended_without_a_video(status: Status) -> None:
    (entry,) = entries(job(status))
    ended = {Status.FAILED, Status.CANCELLED, Status.REFUSED, Status.FORGOTTEN, *IN_DOUBT}
    assert may_be_served(entry) is (status in ended)
    assert may_be_served(next(iter(entries(None))))


def test_a_cell_is_planned_at_first_and_no_run_is_under_way(caplog: pytest.LogCaptureFixture) -> None:
    planned = expand(
        specify({"character": "https://a.b/1.png", "reference": "https://a.b/r.mp4"}, table=None)
    )
    cells = Entries(planned.cells)
    (entry,) = cells
    assert vars(entry) == {
        "cell": planned.cells[0],
        "job": None,
        "mark": Mark.PLANNED,
        "reason": "",
        "reused": False,
        "instead_of": None,
        "inside": False,
        "signed_anew": False,
    }
    assert (len(cells), cells.is_running) == (1, False)
    cells.attach(entry, job(Status.RUNNING))  # also before a runner listens
    assert not [record for record in caplog.records if record.thread == threading.get_ident()]


def test_a_task_that_ends_is_under_way_no_more() -> None:
    one = job(Status.RUNNING)
    cells = entries(one)
    become(one, Status.FAILED)
    assert not cells.at_work


def test_the_tasks_that_nobody_asks_about_are_those_whose_end_is_not_known() -> None:
    left, going, done = job(Status.RUNNING, watching=False), job(Status.RUNNING), job(Status.FAILED)
    cells = entries(None, left, going, done)
    assert cells.jobs == [left, going, done]
    assert list(cells.states) == [None, left.state, going.state, done.state]
    assert cells.unwatched == [left.state]


def test_a_cell_in_line_that_has_a_task_waits_no_more() -> None:
    cells = entries(None, None)
    first, second = cells
    cells.queue(cells)
    assert cells.queued == [first, second]
    cells.attach(first, job(Status.RUNNING))
    assert cells.queued == [second]
