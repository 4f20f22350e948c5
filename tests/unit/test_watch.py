"""How a task is watched: when it is asked about, who asks, and what ends it. On a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from scripted import (
    DONE,
    REQUEST,
    RUNNING,
    Service,
    gaps,
    pass_time,
    recorded,
    run_to_the_end,
    submit,
    take_up,
    unknown,
)

from cometact_nb.api import flow
from cometact_nb.api.client import Client
from cometact_nb.domain import events
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import ClipInfo, Status, TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from virtual_clock import VirtualClock


# --- what ends a watch, and what does not ----------------------------------------------------------


def test_a_watch_that_cannot_have_a_client_ends_and_says_why(clock: VirtualClock, job: Job) -> None:
    def fail() -> Client:
        raise ConfigError("HTTPS_PROXY names no proxy")

    engine = Engine(":memory:", lambda job: None, clock=clock, client=fail)
    take_up(engine, job)
    state = run_to_the_end(engine, job)
    (ended,) = (event for event in recorded(engine, job) if isinstance(event, events.WatchEnded))
    engine.close()
    assert not state.watching
    assert ended.reason == "HTTPS_PROXY names no proxy"
    assert 1_800_000_000 <= ended.at <= clock.now()


def test_a_fault_of_our_own_ends_the_watch_and_asks_for_a_report(
    clock: VirtualClock, service: Service, job: Job
) -> None:
    client = lambda: Client(httpx.MockTransport(service))  # noqa: E731
    engine = Engine(":memory:", lambda job: None, clock=clock, rand=lambda: 1 / 0, client=client)
    take_up(engine, job)
    state = run_to_the_end(engine, job)
    (ended,) = (event for event in recorded(engine, job) if isinstance(event, events.WatchEnded))
    engine.close()
    assert not state.watching
    assert ended.reason == "an error in cometact_nb (ZeroDivisionError); please report it"
    assert 1_800_000_000 <= ended.at <= clock.now()


def test_a_watch_that_was_refused_for_long_is_taken_up_again_by_a_rare_look(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [*[401] * 26, RUNNING, DONE]
    submit(engine, job)
    pass_time(engine, 6000)
    assert run_to_the_end(engine, job).clip is not None
    told = recorded(engine, job)
    kinds = [type(event).__name__ for event in told]
    ended, times = kinds.index("WatchEnded"), service.times("poll")
    assert kinds.index("WatchBegan") > ended
    rare = [at for at in times if at >= told[ended].at - 1_800_000_000]
    assert set(map(round, gaps(rare[:-1]))) == {450}
    assert (len(times), len(rare) >= 4) == (28, True)


@pytest.mark.parametrize(("age_s", "hours"), [(0, 2), (3600, 1), (9000, 0), (-3600, 2)])
def test_a_doubtful_task_is_asked_about_for_as_long_as_a_watch_since_it_was_begun(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock, age_s: int, hours: int
) -> None:
    engine = engines(limits=flow.PollLimits(watch_s=7200))
    service.polls[:] = [unknown]
    take_up(engine, job, status=Status.NOT_FOUND, submitted_at=clock.now() - age_s)
    pass_time(engine, 3 * 3600)
    assert len(service.times("poll")) == hours * 8
    assert max(service.times("poll"), default=0) <= hours * 3600 + 450


def test_on_a_fast_clock_a_doubtful_task_is_asked_about_for_as_much_less(
    engines: Callable[..., Engine], service: Service, clock: VirtualClock, tmp_path: Path
) -> None:
    engine = engines(limits=flow.PollLimits(watch_s=7200))
    service.polls[:] = [unknown]
    endpoint = Endpoint("https://api.cometapi.com", Secret("k"), time_scale=0.1)
    job = Job(TaskState(key=new_key()), endpoint, tmp_path)
    take_up(engine, job, status=Status.NOT_FOUND, submitted_at=clock.now())
    pass_time(engine, 1000)
    assert len(service.times("poll")) == 16


def test_a_task_that_has_ended_or_has_no_id_is_not_asked_about(
    engine: Engine, job: Job, service: Service
) -> None:
    for state in (
        {"status": Status.CANCELLED},
        {"status": Status.FORGOTTEN},
        {"status": Status.UNCONFIRMED, "id": None},
        {"status": Status.SUCCEEDED, "clips": (ClipInfo(path="/x.mp4", bytes=1, sha256=""),), "watching": False},
        {"status": Status.FAILED, "watching": False},
    ):  # fmt: skip
        take_up(engine, Job(TaskState(key=new_key()), job.endpoint, job.output_dir), **state)
    pass_time(engine, 3600)
    assert service.seen == []


def test_a_watch_that_ends_for_refusals_repeats_the_last_one(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [401]
    submit(engine, job)
    run_to_the_end(engine, job)
    (ended,) = (event for event in recorded(engine, job) if isinstance(event, events.WatchEnded))
    assert "were refused, over 15 min; the last one: HTTP 401" in ended.reason.replace(
        "the service answered ", ""
    )


# --- when a task is asked about --------------------------------------------------------------------


def test_a_poll_waits_for_as_long_as_the_service_asked_for_once(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [httpx.Response(429, headers={"retry-after": "100"}), RUNNING, RUNNING, DONE]
    submit(engine, job)
    run_to_the_end(engine, job)
    first, second, third = gaps(service.times("poll"))
    assert first == pytest.approx(100)
    assert (5 <= second < 30, 5 <= third < 30) == (True, True)


@pytest.mark.parametrize(
    ("known", "soon"),
    [
        ({"submitted_at": 3600, "observed_at": 3600}, True), ({"submitted_at": 3600, "observed_at": 2}, False),
        ({"submitted_at": 2}, False), ({"submitted_at": 3600}, True), ({}, True), ({"observed_at": 1}, False),
    ],
)  # fmt: skip
def test_a_found_task_is_asked_about_at_once_unless_it_was_just_now(
    engine: Engine, job: Job, service: Service, clock: VirtualClock, known: dict[str, int], soon: bool
) -> None:
    take_up(engine, job, **{name: clock.now() - age_s for name, age_s in known.items()})
    run_to_the_end(engine, job)
    assert (service.times("poll")[0] == 0) is soon
    assert service.times("poll")[0] < 6


@pytest.mark.parametrize("pause_s", [0.5, 4.5])
def test_a_look_at_a_task_that_was_just_asked_about_waits_for_its_turn(
    engine: Engine, job: Job, service: Service, pause_s: float
) -> None:
    service.polls[:] = [RUNNING]

    async def look_often() -> None:
        await engine.submit(job, REQUEST, 0.4)
        while len(service.times("poll")) < 5:
            await engine.resume(job)
            await engine.clock.sleep(pause_s)

    engine.call(look_often()).result(90)
    assert min(gaps(service.times("poll"))) == pytest.approx(5, abs=0.01)


def test_a_task_that_waits_for_the_account_s_limit_is_asked_about_every_quarter_of_a_minute(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [*[{"id": "task-1", "status": "THROTTLED"}] * 4, DONE]
    submit(engine, job)
    assert run_to_the_end(engine, job).clip is not None
    assert all(14 <= gap <= 18 for gap in gaps(service.times("poll")))


def test_a_task_that_tells_its_progress_is_asked_about_when_it_should_end(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [{**RUNNING, "progress": 0.1}, {**RUNNING, "progress": 0.5}, DONE]
    submit(engine, job)
    assert run_to_the_end(engine, job).clip is not None
    assert min(gaps(service.times("poll"))) > 10  # without progress it is every 6 s


def test_two_tasks_are_not_asked_about_in_the_same_moment(
    engine: Engine, job: Job, service: Service, tmp_path: Path
) -> None:
    service.polls[:] = [{"status": "RUNNING"}]
    other = Job(TaskState(key=new_key()), job.endpoint, tmp_path)

    async def both() -> None:
        await engine.submit(job, REQUEST, 0.4)
        await engine.submit(other, REQUEST, 0.4)
        await engine.clock.sleep(60)

    engine.call(both()).result(90)
    assert min(gaps(service.times("poll"))) >= 0.25


def test_of_polls_that_hang_six_are_under_way_and_the_others_wait(
    engine: Engine, job: Job, service: Service, tmp_path: Path
) -> None:
    jobs = [Job(TaskState(key=new_key()), job.endpoint, tmp_path) for _ in range(9)]
    gate, inside = asyncio.Event(), []

    async def hang(request: httpx.Request) -> httpx.Response:
        inside.append(request)
        await gate.wait()
        return httpx.Response(200, json={"status": "CANCELLED"})

    async def work() -> tuple[int, int]:
        for each in jobs:
            await engine.submit(each, REQUEST, 0.4)
        await engine.clock.sleep(60)
        hung = len(inside)
        gate.set()
        await engine.clock.sleep(60)
        return hung, len(inside)

    service.polls[:] = [hang]
    assert engine.call(work()).result(90) == (6, 9)


def test_what_earlier_tasks_took_is_asked_of_the_history_once_and_may_fail(
    engine: Engine, job: Job, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.polls[:] = [RUNNING, RUNNING, DONE]

    async def begin() -> None:
        await engine.submit(job, REQUEST, 0.4)
        engine.history.write("ALTER TABLE tasks RENAME TO away", ())
        await engine.clock.sleep(1)
        engine.history.write("ALTER TABLE away RENAME TO tasks", ())

    engine.call(begin()).result(90)
    assert run_to_the_end(engine, job).clip is not None
