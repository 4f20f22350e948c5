"""A look at a task that this kernel found, or that it watches already. On a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from scripted import CLIP_URL, DONE, REQUEST, RUNNING, Service, recorded, run_to_the_end
from virtual_kernel import ACT, HERO, Kernels, Vendor, VirtualKernel

from cometact_nb.domain import events
from cometact_nb.domain.task import ClipInfo, Status, TaskState
from cometact_nb.engine.engine import Engine
from cometact_nb.engine.job import Job
from cometact_nb.store.journal.history import History, Row

if TYPE_CHECKING:
    from virtual_clock import VirtualClock

START = 1_800_000_000


def found(job: Job, **state: Any) -> Job:
    """The task as a new kernel finds it."""
    job.state = TaskState(**{"key": job.state.key, "id": "task-1", "status": Status.RUNNING, **state})
    return job


def resume(engine: Engine, job: Job) -> list[str]:
    """Look anew; the kinds of events that this made."""
    engine.call(engine.resume(job)).result(90)
    return [type(event).__name__ for event in recorded(engine, job)]


def test_a_task_without_an_id_cannot_be_looked_at(engine: Engine, job: Job, service: Service) -> None:
    assert resume(engine, found(job, id=None, status=Status.UNCONFIRMED)) == []
    assert (service.seen, job.watcher) == ([], None)


def test_a_look_at_a_found_task_asks_at_once_says_so_and_goes_on(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [RUNNING, DONE]
    kinds = resume(engine, found(job, watching=False))
    assert kinds[:2] == ["WatchBegan", "Observed"]
    assert run_to_the_end(engine, job).clip is not None


def test_a_look_at_a_task_that_ended_asks_once_and_is_over(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    service.polls[:] = [{"id": "task-1", "status": "CANCELLED"}]
    resume(engine, found(job, status=Status.CANCELLED))
    assert len(service.times("poll")) == 1
    assert job.watcher is None


def test_a_clip_that_is_gone_is_fetched_again_after_a_look(
    engine: Engine, job: Job, service: Service, tmp_path: Path
) -> None:
    lost = ClipInfo(path=str(tmp_path / "gone.mp4"), bytes=1, sha256="")
    kinds = resume(engine, found(job, status=Status.SUCCEEDED, clips=(lost,), output_urls=(CLIP_URL,)))
    assert kinds[0] == "ClipsLost"
    state = run_to_the_end(engine, job)
    assert state.clip is not None
    assert Path(state.clip.path).exists()


def test_a_clip_that_is_there_is_not_fetched_again_by_a_look(
    engine: Engine, job: Job, service: Service, tmp_path: Path
) -> None:
    path = tmp_path / "kept.mp4"
    path.write_bytes(b"kept")
    kept = ClipInfo(path=str(path), bytes=4, sha256="")
    kinds = resume(engine, found(job, status=Status.SUCCEEDED, clips=(kept,), output_urls=(CLIP_URL,)))
    assert "ClipsLost" not in kinds
    assert service.times("clip") == []


def test_a_look_at_a_task_that_another_process_polls_asks_nothing_and_follows(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock, tmp_path: Path
) -> None:
    engine, other = engines(str(tmp_path / "h.sqlite")), History(str(tmp_path / "h.sqlite"))
    found(job, submitted_at=clock.now())

    async def look() -> None:
        other.append(job.state.key, events.WatchBegan(at=START), job.state)
        assert other.claim(job.state.key, clock.now(), 3600)
        await engine.resume(job)
        await clock.sleep(10)
        await engine.resume(job)  # while it is followed
        saved = events.ClipSaved(at=START, clip=ClipInfo(path="/x.mp4", bytes=1, sha256=""))
        state = TaskState(
            key=job.state.key, id="task-1", status=Status.SUCCEEDED, clips=(saved.clip,), watching=False
        )
        other.append(job.state.key, saved, state)
        await clock.sleep(10)

    engine.call(look()).result(90)
    other.close()
    assert service.seen == []
    assert job.state.status is Status.SUCCEEDED


def test_a_look_at_a_task_that_is_watched_here_makes_no_second_watch(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [*[RUNNING] * 3, DONE]

    async def look() -> list[object]:
        await engine.submit(job, REQUEST, 0.4)
        while not service.times("poll"):
            await engine.clock.sleep(1)
        watcher = job.watcher
        engine.watch(job)
        await engine.resume(job)
        return [watcher, job.watcher, len(service.times("poll"))]

    first, second, polls = engine.call(look()).result(90)
    assert first is second
    assert polls == 2
    assert "WatchBegan" not in [type(event).__name__ for event in recorded(engine, job)]


def test_a_look_at_a_doubtful_task_that_is_known_again_makes_it_an_ordinary_one(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    unknown = httpx.Response(400, json={"code": "task_not_exist", "message": "task_not_exist"})
    service.polls[:] = [unknown, RUNNING, RUNNING, DONE]

    async def look() -> None:
        engine.history.append(job.state.key, events.WatchBegan(at=START), job.state)
        engine.watch(job)
        await clock.sleep(460)
        assert job.state.status is Status.NOT_FOUND
        await engine.resume(job)

    found(job, status=Status.NOT_FOUND, submitted_at=START)
    engine.call(look()).result(90)
    assert run_to_the_end(engine, job).clip is not None
    assert service.times("poll")[-1] < 520


@pytest.mark.parametrize("is_let_go", [False, True])
def test_a_look_at_a_doubtful_task_asks_when_no_other_process_asks_about_it(
    engines: Callable[..., Engine],
    job: Job,
    service: Service,
    clock: VirtualClock,
    tmp_path: Path,
    is_let_go: bool,
) -> None:
    engine, other = engines(str(tmp_path / "h.sqlite")), History(str(tmp_path / "h.sqlite"))
    found(job, status=Status.NOT_FOUND, submitted_at=START)

    async def look() -> None:
        other.append(job.state.key, events.WatchBegan(at=START), job.state)
        assert other.claim(job.state.key, clock.now(), 3600)
        engine.watch(job)
        await clock.sleep(1)  # it is followed, and the history is read every 2 s
        if is_let_go:
            other.release(job.state.key)
        await engine.resume(job)

    engine.call(look()).result(90)
    assert len(service.times("poll")) == is_let_go
    other.close()


def test_an_intent_that_a_dead_kernel_left_is_in_doubt_and_says_why(
    engine: Engine, job: Job, clock: VirtualClock
) -> None:
    found(job, id=None, status=Status.SUBMITTING, submitted_at=START - 1)
    engine.call(take_up(engine, job, "own")).result(90)
    (doubt,) = recorded(engine, job)
    assert doubt == events.Unconfirmed(at=START, reason="the kernel stopped before the service answered")
    assert job.watcher is None


async def take_up(engine: Engine, job: Job, owner: str) -> None:
    owner = engine.history.owner if owner == "own" else owner
    engine.take_up(job, Row(job.state, owner, engine.now()))


@pytest.mark.parametrize(
    ("status", "owner", "may"),
    [
        (Status.SUBMITTING, "elsewhere/1/x", True),
        (Status.SUBMITTING, "own", False),
        (Status.RUNNING, "elsewhere/1/x", False),
    ],
)
def test_only_a_request_that_a_living_kernel_is_sending_may_be_answered(
    engine: Engine, job: Job, status: Status, owner: str, may: bool
) -> None:
    found(job, id=None, status=status)

    async def ask() -> bool:
        whose = engine.history.owner if owner == "own" else owner
        return engine.may_be_answered(Row(job.state, whose, engine.now()))

    assert engine.call(ask()).result(90) is may


def test_a_task_found_in_the_history_is_watched_unless_it_has_ended(
    engine: Engine, job: Job, service: Service
) -> None:
    ended = Job(TaskState(key="ended", id="task-2", status=Status.CANCELLED), job.endpoint, job.output_dir)
    for each in (found(job), ended):
        engine.call(take_up(engine, each, "elsewhere/1/x")).result(90)
    assert run_to_the_end(engine, job).clip is not None
    assert ended.watcher is None


@pytest.mark.parametrize("name", ["task 1 of 2", "a/b?c#d", '"<b>1</b>"'])
def test_a_task_is_found_by_whatever_id_its_service_gave(
    kernel: VirtualKernel, kernels: Kernels, vendor: Vendor, name: str
) -> None:
    vendor.at_create = lambda seed: httpx.Response(200, json={"id": name})
    task = kernel.submit(character=HERO, reference=ACT)
    assert task.id == name
    assert kernel.task(name) is task
    assert kernels().task(name).key == task.key
