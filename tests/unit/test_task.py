"""How each event changes a task: which end stays, and which gives way."""

from __future__ import annotations

import itertools

import pytest

from cometact_nb.domain import task as events
from cometact_nb.domain.task import TERMINAL, ClipInfo, Snapshot, Status, TaskState, reduce

URL = "https://cdn.example.com/out.mp4?token=abc"
CLIP = ClipInfo(path="/clips/a.mp4", bytes=1, sha256="")
#: What a service may say about a task.
SAID = (
    Status.PENDING,
    Status.THROTTLED,
    Status.RUNNING,
    Status.SUCCEEDED,
    Status.FAILED,
    Status.CANCELLED,
    Status.UNKNOWN,
)


def seen(status: Status, *, output: bool = False, at: float = 10.0) -> events.Observed:
    code = "INTERNAL" if status is Status.FAILED else None
    urls = (URL,) if output else ()
    snapshot = Snapshot(status=status, raw_status=status.value, failure_code=code, output_urls=urls)
    return events.Observed(at=at, snapshot=snapshot)


def after(*happened: events.TaskEvent, **fields: object) -> TaskState:
    state = TaskState(key="local-1", id="t1", status=Status.PENDING, **fields)
    for event in happened:
        state = reduce(state, event)
    return state


@pytest.mark.parametrize("later", [*SAID, Status.NOT_FOUND])
@pytest.mark.parametrize("kept", [False, True])
def test_a_success_with_an_output_is_never_taken_back(later: Status, kept: bool) -> None:
    saved = [events.ClipSaved(at=11, clip=CLIP)] if kept else []
    state = after(seen(Status.SUCCEEDED, output=True), *saved, seen(later, at=12))
    assert state.status is Status.SUCCEEDED
    assert state.output_urls == (URL,)
    assert state.ended_at == 10


@pytest.mark.parametrize("later", [Status.PENDING, Status.THROTTLED, Status.RUNNING])
@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED])
def test_a_task_that_runs_again_after_its_end_has_not_ended(end: Status, later: Status) -> None:
    state = after(seen(end), seen(later, at=12))
    assert state.status is later
    assert (state.failure_code, state.ended_at) == (None, None)
    assert not state.is_settled


@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED])
def test_a_success_with_an_output_wins_over_any_end(end: Status) -> None:
    state = after(seen(end), seen(Status.SUCCEEDED, output=True, at=12), seen(end, at=13))
    assert state.status is Status.SUCCEEDED
    assert state.failure_code is None


@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED, Status.SUCCEEDED])
@pytest.mark.parametrize("silence", [Status.NOT_FOUND, Status.UNKNOWN])
def test_silence_and_unknown_words_take_no_end_back(end: Status, silence: Status) -> None:
    assert after(seen(end), seen(silence, at=12)) == after(seen(end))


def test_a_success_that_never_had_an_output_may_turn_out_to_be_a_failure() -> None:
    state = after(seen(Status.SUCCEEDED), seen(Status.FAILED, at=12))
    assert (state.status, state.failure_code) == (Status.FAILED, "INTERNAL")
    assert after(seen(Status.SUCCEEDED), seen(Status.RUNNING, at=12)).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    "said", list(itertools.permutations([Status.RUNNING, Status.FAILED, Status.SUCCEEDED]))
)
def test_in_whatever_order_a_success_with_an_output_comes_it_is_the_end(said: tuple[Status, ...]) -> None:
    state = after(*(seen(word, output=word is Status.SUCCEEDED) for word in said))
    assert state.status is Status.SUCCEEDED


@pytest.mark.parametrize("status", sorted(TERMINAL - {Status.SUCCEEDED}))
def test_every_other_end_is_settled(status: Status) -> None:
    assert TaskState(key="local-1", status=status).is_settled
