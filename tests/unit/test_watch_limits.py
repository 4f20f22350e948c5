"""How long a watch waits and lasts, to the second, by the service's clock; and what it learns from that."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from scripted import (
    CLIP,
    DONE,
    REQUEST,
    RUNNING,
    Ending,
    Service,
    recorded,
    run_to_the_end,
    submit,
    submit_and_cancel,
)

from cometact_nb.api import flow
from cometact_nb.domain import events
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job

if TYPE_CHECKING:
    from virtual_clock import VirtualClock

START = 1_800_000_000
UNKNOWN = httpx.Response(400, json={"code": "task_not_exist", "message": "task_not_exist", "data": None})
TOOK_S = 300

Engines = Callable[..., Engine]


def new_job(folder: Path, scale: float = 1.0) -> Job:
    """A task of a service whose clock runs ``1 / scale`` times as fast."""
    endpoint = Endpoint("https://api.cometapi.com", Secret("k"), time_scale=scale)
    return Job(TaskState(key=new_key()), endpoint, folder / "clips")


def take_up(engine: Engine, job: Job, **state: Any) -> None:
    """Watch a task as a new kernel finds it in the history."""
    job.state = TaskState(**{"key": job.state.key, "id": "task-1", **state})

    async def begin() -> None:
        engine.history.append(job.state.key, events.WatchBegan(at=START), job.state)
        engine.watch(job)

    engine.call(begin()).result(90)


# --- how long it waits -----------------------------------------------------------------------------


def test_a_poll_waits_until_the_moment_that_the_service_named(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    def busy(_: httpx.Request) -> httpx.Response:
        until = format_datetime(datetime.fromtimestamp(clock.now() + 100, UTC), usegmt=True)
        return httpx.Response(429, headers={"retry-after": until})

    service.polls[:] = [busy, DONE]
    submit(engine, job)
    run_to_the_end(engine, job)
    first, second = service.times("poll")
    assert second - first == pytest.approx(100, abs=1)


def test_a_look_before_a_cancel_that_hangs_holds_the_cancel_up_for_two_seconds_alone(
    engine: Engine, job: Job, service: Service
) -> None:
    deleted = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        with suppress(TimeoutError):
            async with asyncio.timeout(15):
                await deleted.wait()
        status = "CANCELLED" if deleted.is_set() else "FAILED"
        return httpx.Response(200, json={"id": "task-1", "status": status})

    def delete(_: httpx.Request) -> httpx.Response:
        deleted.set()
        return httpx.Response(204)

    service.polls[:], service.deletes[:] = [hang], [delete]
    assert isinstance(submit_and_cancel(engine, job), flow.Answer)
    assert run_to_the_end(engine, job).status is Status.CANCELLED
    asked = [request.url.path for kind, _, request in service.seen if kind in {"poll", "delete"}]
    assert {path.rpartition("/")[2] for path in asked} == {"task-1"}


# --- how long it lasts -----------------------------------------------------------------------------


def test_a_doubtful_task_of_which_no_beginning_is_known_is_asked_about_for_a_whole_watch(
    engines: Engines, job: Job, service: Service, clock: VirtualClock
) -> None:
    engine = engines(limits=flow.PollLimits(watch_s=7200))
    service.polls[:] = [UNKNOWN]
    take_up(engine, job, status=Status.NOT_FOUND)
    engine.call(clock.sleep(3 * 3600)).result(60)
    assert len(service.times("poll")) == 16


@pytest.mark.parametrize(("age_s", "first"), [(60, "PollFailed"), (1199, "PollFailed"), (1201, "Observed")])
def test_on_a_fast_clock_an_id_that_an_earlier_kernel_knew_is_in_doubt_so_much_sooner(
    engine: Engine, service: Service, clock: VirtualClock, tmp_path: Path, age_s: float, first: str
) -> None:
    service.polls[:] = [UNKNOWN]
    job = new_job(tmp_path, scale=0.1)
    take_up(engine, job, status=Status.RUNNING, submitted_at=clock.now() - age_s * 0.1)
    assert run_to_the_end(engine, job).status is Status.NOT_FOUND
    assert [type(event).__name__ for event in recorded(engine, job)][1] == first


@pytest.mark.parametrize("scale", [1, 0.1])
def test_a_watch_of_what_never_ends_lasts_as_long_however_late_it_began(
    engines: Engines, service: Service, clock: VirtualClock, tmp_path: Path, scale: float
) -> None:
    engine, job = engines(limits=flow.PollLimits(watch_s=600)), new_job(tmp_path, scale)
    service.polls[:] = [{"id": "task-1", "status": "POLISHING"}]

    async def begin_late() -> float:
        await clock.sleep(1000)
        await engine.submit(job, REQUEST, 0.4)
        return clock.monotonic()

    began = engine.call(begin_late()).result(90)
    assert not run_to_the_end(engine, job).watching
    assert 600 < (service.times("poll")[-1] - began) / scale < 640


# --- what it records and learns --------------------------------------------------------------------


def test_each_event_has_its_time(engine: Engine, job: Job, service: Service) -> None:
    service.polls[:] = [503, UNKNOWN, RUNNING, DONE]
    service.clips[:] = [503, CLIP]
    submit(engine, job)
    run_to_the_end(engine, job)
    cancelled = Job(TaskState(key=new_key()), job.endpoint, job.output_dir)
    service.polls[:] = [RUNNING, UNKNOWN]
    submit_and_cancel(engine, cancelled)
    assert run_to_the_end(engine, cancelled).raw_status == "deleted"
    for each in (job, cancelled):
        assert all(event.at >= START for event in recorded(engine, each))


@pytest.mark.parametrize("scale", [1, 0.1])
def test_tasks_that_took_long_teach_this_kernel_and_the_next_one_to_ask_less(
    engines: Engines, service: Service, clock: VirtualClock, tmp_path: Path, scale: float
) -> None:
    engine = engines(str(tmp_path / "history.sqlite"))

    def polls() -> int:
        """How often one more task is asked about."""
        job, before = new_job(tmp_path, scale), len(service.times("poll"))

        async def begin() -> None:
            service.polls = Ending(clock, clock.monotonic() + TOOK_S * scale)
            await engine.submit(job, REQUEST, 0.4)

        engine.call(begin()).result(90)
        assert run_to_the_end(engine, job).status is Status.SUCCEEDED
        return len(service.times("poll")) - before

    unknowing = polls()
    for _ in range(15):
        polls()
    assert polls() < 0.7 * unknowing
    engine.close()
    engine = engines(str(tmp_path / "history.sqlite"))
    assert polls() < 0.7 * unknowing
