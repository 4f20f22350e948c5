"""A cancel asks once, after a look, and is believed only when the service has accepted it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from httpx import ReadTimeout
from scripted import CLIP_URL, REQUEST, Service, recorded, run_to_the_end, submit, submit_and_cancel

from cometact_nb.api import flow
from cometact_nb.domain import events
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job
from cometact_nb.store.journal.history import History

if TYPE_CHECKING:
    from virtual_clock import VirtualClock


def test_a_cancel_is_confirmed_by_the_service(engine: Engine, job: Job, service: Service) -> None:
    service.polls[:] = [{"id": "task-1", "status": "RUNNING"}, {"id": "task-1", "status": "CANCELLED"}]
    submit_and_cancel(engine, job)
    assert run_to_the_end(engine, job).status is Status.CANCELLED


def test_a_task_that_just_succeeded_is_not_deleted_by_a_cancel(
    engine: Engine, job: Job, service: Service
) -> None:
    assert submit_and_cancel(engine, job) is None
    assert service.times("delete") == []
    assert run_to_the_end(engine, job).clip is not None


@pytest.mark.parametrize("status", [404, 405])
def test_a_cancel_the_service_does_not_know_is_said_and_the_task_goes_on(
    engine: Engine, job: Job, service: Service, status: int
) -> None:
    service.polls[:0] = [{"id": "task-1", "status": "RUNNING"}] * 3
    service.deletes[:] = [status]
    submit_and_cancel(engine, job)
    assert "will be billed" in (job.state.cancel_message or "")
    assert run_to_the_end(engine, job).status is Status.SUCCEEDED


GONE = httpx.Response(400, json={"code": "task_not_exist", "message": "task_not_exist", "data": None})


@pytest.mark.parametrize("status", [200, 202, 204, 299])
def test_a_task_that_the_service_does_not_know_after_an_accepted_cancel_was_cancelled(
    engine: Engine, job: Job, service: Service, status: int
) -> None:
    service.polls[:] = [{"id": "task-1", "status": "RUNNING"}, GONE]
    service.deletes[:] = [httpx.Response(status)]
    outcome = submit_and_cancel(engine, job)
    assert isinstance(outcome, flow.Answer)
    assert outcome.status == status
    assert job.cancel_accepted
    assert job.state.cancel_message is None
    assert run_to_the_end(engine, job).status is Status.CANCELLED


@pytest.mark.parametrize("answer", [300, 302, 400, 404, 409, 429, 500, httpx.ReadTimeout("late")])
def test_a_task_whose_cancel_was_not_accepted_is_not_taken_for_cancelled(
    engine: Engine, job: Job, service: Service, clock: VirtualClock, answer: int | ReadTimeout
) -> None:
    service.polls[:] = [{"id": "task-1", "status": "RUNNING"}, GONE, {"id": "task-1", "status": "RUNNING"}]
    service.polls += [{"id": "task-1", "status": "SUCCEEDED", "output": [CLIP_URL]}]
    service.deletes[:] = [answer]
    submit_and_cancel(engine, job)
    assert not job.cancel_accepted
    assert job.state.cancel_message
    (said,) = [event for event in recorded(engine, job) if isinstance(event, events.CancelAnswered)]
    assert (said.accepted, said.message) == (False, job.state.cancel_message)
    assert 1_800_000_000 <= said.at <= clock.now()
    assert run_to_the_end(engine, job).status is Status.SUCCEEDED


def test_a_second_cancel_that_is_refused_takes_the_first_one_not_back(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [*[{"id": "task-1", "status": "RUNNING"}] * 2, GONE]
    service.deletes[:] = [204, 404]

    async def twice() -> None:
        await engine.submit(job, REQUEST, 0.4)
        await engine.cancel(job)
        await engine.cancel(job)

    engine.call(twice()).result(90)
    assert job.cancel_accepted
    assert run_to_the_end(engine, job).status is Status.CANCELLED


def test_a_cancel_of_what_has_no_id_or_has_ended_asks_for_nothing(
    engine: Engine, job: Job, service: Service
) -> None:
    assert engine.call(engine.cancel(job)).result(90) is None
    assert job.given_up.is_set()
    job.given_up.clear()
    submit(engine, job)
    run_to_the_end(engine, job)
    assert engine.call(engine.cancel(job)).result(90) is None
    assert service.times("delete") == []


def test_sixteen_cancels_are_under_way_at_the_most_and_the_others_wait(
    engine: Engine, job: Job, service: Service
) -> None:
    jobs = [Job(TaskState(key=new_key()), job.endpoint, job.output_dir) for _ in range(18)]
    gate, inside = asyncio.Event(), []

    async def hang(request: httpx.Request) -> httpx.Response:
        inside.append(request)
        await gate.wait()
        return httpx.Response(204)

    async def work() -> tuple[int, int]:
        for each in jobs:
            await engine.submit(each, REQUEST, 0.4)
        cancels = [asyncio.create_task(engine.cancel(each)) for each in jobs]
        await engine.clock.sleep(1)
        hung = len(inside)
        gate.set()
        await asyncio.gather(*cancels)
        return hung, len(inside)

    service.creates[:] = [{"id": f"task-{number}"} for number in range(len(jobs))]
    service.polls[:] = [{"status": "RUNNING"}]
    service.deletes[:] = [hang]
    assert engine.call(work()).result(90) == (16, 18)


@pytest.mark.parametrize(
    ("outcome", "took_s"),
    [
        (events.Refused(at=1_800_000_001, message="stopped", sent=False), 1.25),
        (events.Unconfirmed(at=1_800_000_001, reason="lost"), 1.25),
        (None, 5),
    ],
)
def test_a_cancel_of_a_request_that_another_kernel_sends_is_noted_and_waits_a_little_for_its_outcome(
    engines: Callable[..., Engine],
    job: Job,
    service: Service,
    clock: VirtualClock,
    tmp_path: Path,
    outcome: events.TaskEvent | None,
    took_s: float,
) -> None:
    path = str(tmp_path / "history.sqlite")
    engine, other = engines(path), History(path)
    intent = events.Intended(at=clock.now(), request=REQUEST.to_json(), base_url=job.endpoint.base_url)
    job.state = reduce(job.state, intent)
    other.append(job.state.key, intent, job.state)

    async def work() -> tuple[float, TaskState]:
        cancelling = asyncio.ensure_future(engine.cancel(job))
        await clock.sleep(1.1)
        assert other.is_cancel_asked(job.state.key)
        state = job.state if outcome is None else reduce(job.state, outcome)
        if outcome is not None:
            other.append(job.state.key, outcome, state)
        assert await cancelling is None
        return clock.monotonic(), state

    assert engine.call(work()).result(90) == (took_s, job.state)
    assert recorded(engine, job)[1] == events.CancelAsked(at=1_800_000_000)
    assert (service.seen, job.given_up.is_set()) == ([], False)
    other.close()
