"""One process asks about a task, and the others follow what it records. On a virtual clock."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scripted import DONE, REQUEST, RUNNING, Service, recorded, run_to_the_end, submit

from cometact_nb.domain import events
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import ClipInfo, Status, TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job
from cometact_nb.store.journal.history import History

if TYPE_CHECKING:
    from virtual_clock import VirtualClock


def pass_time(engine: Engine, seconds: float) -> None:
    engine.call(_sleep(engine, seconds)).result(60)


async def _sleep(engine: Engine, seconds: float) -> None:
    await engine.clock.sleep(seconds)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "history.sqlite")


@pytest.fixture
def other(path: str) -> Iterator[History]:
    made = History(path)
    yield made
    made.close()


def test_a_claim_is_made_at_once_and_holds_for_a_minute_and_is_renewed_each_quarter(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock, path: str, other: History
) -> None:
    engine, service.polls[:] = engines(path), [RUNNING]
    key, begun = job.state.key, clock.now()

    async def work() -> list[bool]:
        await engine.submit(job, REQUEST, 0.4)
        for _ in range(40):
            await asyncio.sleep(0)
        free = [other.claim(key, begun + 59.9, 60)]
        await clock.sleep(14.9)
        free.append(other.claim(key, begun + 59.9, 60))
        await clock.sleep(0.5)
        free.append(other.claim(key, begun + 74.9, 60))
        await clock.sleep(15)
        return [*free, other.claim(key, begun + 89.9, 60), other.claim(key, begun + 90.5, 60)]

    assert engine.call(work()).result(90) == [False, False, False, False, True]


def test_a_task_that_another_process_took_is_not_asked_about_by_this_one(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock, path: str, other: History
) -> None:
    engine, service.polls[:] = engines(path), [RUNNING]

    async def lose() -> None:
        await engine.submit(job, REQUEST, 0.4)
        await clock.sleep(30)
        assert other.claim(job.state.key, clock.now() + 100, 200)
        await clock.sleep(40)
        service.seen.clear()
        await clock.sleep(200)
        assert service.seen == []
        await clock.sleep(100)

    engine.call(lose()).result(90)
    assert service.times("poll") != []  # it has taken the task back: the other one is silent


@pytest.mark.parametrize("scale", [1, 0.1])
def test_what_another_process_records_is_shown_here_once_and_within_two_of_the_service_s_seconds(
    engines: Callable[..., Engine],
    service: Service,
    clock: VirtualClock,
    path: str,
    other: History,
    tmp_path: Path,
    scale: float,
) -> None:
    engine = engines(path)
    endpoint = Endpoint("https://api.cometapi.com", Secret("k"), time_scale=scale)
    state = TaskState(key=new_key(), id="task-1", status=Status.RUNNING, submitted_at=clock.now())
    job = Job(state, endpoint, tmp_path)
    saved = events.ClipSaved(at=1, clip=ClipInfo(path="/x.mp4", bytes=1, sha256=""))
    heard: list[float] = []

    async def follow() -> None:
        other.append(state.key, events.WatchBegan(at=0), state)
        assert other.claim(state.key, clock.now(), 3600)
        job.listeners.add(lambda _: heard.append(clock.monotonic()))
        engine.watch(job)
        await clock.sleep(6.5 * scale)
        there = TaskState(
            key=state.key, id="task-1", status=Status.SUCCEEDED, clips=(saved.clip,), watching=False
        )
        other.append(state.key, saved, there)
        await clock.sleep(30)

    engine.call(follow()).result(90)
    assert heard == [0, pytest.approx(8 * scale)]  # 0: when it began to listen
    assert job.state.status is Status.SUCCEEDED
    assert service.seen == []


def test_a_history_that_cannot_be_read_for_a_while_ends_no_following(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock, path: str, other: History
) -> None:
    engine = engines(path)
    job.state = TaskState(key=job.state.key, id="task-1", status=Status.RUNNING, submitted_at=clock.now())

    async def follow() -> None:
        other.append(job.state.key, events.WatchBegan(at=0), job.state)
        assert other.claim(job.state.key, clock.now(), 10)
        engine.watch(job)
        await clock.sleep(1)
        other.write("ALTER TABLE tasks RENAME TO away", ())
        await clock.sleep(2)
        other.write("ALTER TABLE away RENAME TO tasks", ())
        await clock.sleep(60)

    engine.call(follow()).result(90)
    assert run_to_the_end(engine, job).clip is not None


def test_a_claim_is_given_back_when_the_task_has_ended(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock, path: str, other: History
) -> None:
    engine = engines(path)
    submit(engine, job)
    run_to_the_end(engine, job)
    pass_time(engine, 1)
    assert other.claim(job.state.key, clock.now(), 60)


@pytest.mark.parametrize("after_s", [0, 16, 40])
def test_a_task_is_watched_to_its_end_though_its_history_takes_no_claims(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock, path: str, after_s: int
) -> None:
    engine, service.polls[:] = engines(path), [*[RUNNING] * 8, DONE]

    async def begin() -> None:
        await engine.submit(job, REQUEST, 0.4)
        await clock.sleep(after_s)
        breaker = sqlite3.connect(path)
        breaker.execute(
            "CREATE TRIGGER no_claims BEFORE UPDATE OF watched_until ON tasks"
            " BEGIN SELECT RAISE(ABORT, 'no claims'); END"
        )
        breaker.execute(
            "CREATE TRIGGER no_release BEFORE UPDATE OF watcher ON tasks"
            " BEGIN SELECT RAISE(ABORT, 'no release'); END"
        )
        breaker.commit()
        breaker.close()

    engine.call(begin()).result(90)
    assert run_to_the_end(engine, job).clip is not None
    engine.close()


@pytest.mark.parametrize(("age_s", "left_s"), [(0, 600), (300, 300), (700, 0)])
def test_a_request_that_another_process_sends_is_in_doubt_after_ten_minutes(
    engines: Callable[..., Engine],
    job: Job,
    service: Service,
    clock: VirtualClock,
    path: str,
    other: History,
    age_s: int,
    left_s: int,
) -> None:
    engine = engines(path)
    job.state = TaskState(key=job.state.key, status=Status.SUBMITTING, submitted_at=clock.now() - age_s)

    async def follow() -> None:
        other.append(job.state.key, events.Intended(at=clock.now() - age_s, request={}), job.state)
        other.write("UPDATE tasks SET updated_at = ?", (clock.now() - age_s,))
        engine.watch(job)
        await clock.sleep(3600)

    engine.call(follow()).result(90)
    assert job.state.status is Status.UNCONFIRMED
    assert job.state.problem == "the kernel that sent it stopped before the service answered"
    (doubt,) = (event for event in recorded(engine, job) if isinstance(event, events.Unconfirmed))
    assert left_s < doubt.at - 1_800_000_000 <= left_s + 4


def test_a_request_that_another_process_sent_is_watched_here_when_it_ended(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock, path: str, other: History
) -> None:
    engine = engines(path)
    job.state = TaskState(key=job.state.key, status=Status.SUBMITTING, submitted_at=clock.now())

    async def follow() -> None:
        other.append(job.state.key, events.Intended(at=clock.now(), request={}), job.state)
        other.write("UPDATE tasks SET updated_at = ?", (clock.now(),))
        engine.watch(job)
        await clock.sleep(5)
        accepted = TaskState(key=job.state.key, id="task-1", status=Status.PENDING, submitted_at=clock.now())
        other.append(job.state.key, events.Accepted(at=clock.now(), id="task-1"), accepted)

    engine.call(follow()).result(90)
    assert run_to_the_end(engine, job).clip is not None
