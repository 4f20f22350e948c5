"""A task that the service does not know, or refuses to speak of, is watched on for as long as it may be paid for."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from httpx import Response
from scripted import CLIP_URL, Service, recorded, run_to_the_end, submit

from cometact_nb.api import flow
from cometact_nb.domain import events
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import ClipInfo, Status, TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job
from cometact_nb.store.journal.history import History

if TYPE_CHECKING:
    from virtual_clock import VirtualClock


def test_a_fresh_id_may_be_unknown_for_a_while(engine: Engine, job: Job, service: Service) -> None:
    unknown = httpx.Response(400, json={"code": "task_not_exist", "message": "task_not_exist", "data": None})
    service.polls[:0] = [unknown] * 4
    submit(engine, job)
    assert run_to_the_end(engine, job).status is Status.SUCCEEDED


UNKNOWN = {"code": "task_not_exist", "message": "task_not_exist", "data": None}


def test_an_accepted_request_whose_id_is_unknown_for_20_minutes_is_in_doubt_and_asked_about_rarely(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    service.polls[:] = [httpx.Response(400, json=UNKNOWN)]
    submit(engine, job)
    state = run_to_the_end(engine, job)
    assert state.status is Status.NOT_FOUND
    assert state.ended_at is not None
    assert state.submitted_at is not None
    assert 1200 < state.ended_at - state.submitted_at < 1240

    async def a_day() -> None:
        await clock.sleep(2 * 86_400)

    engine.call(a_day()).result(60)
    rare = [at for at in service.times("poll") if at > 1240]
    assert min(b - a for a, b in pairwise(rare)) >= 300
    assert 80 <= rare[-1] / 1000 <= 87  # for a day
    assert 100 < len(rare) < 300


@pytest.mark.parametrize("seconds", [90, 1000, 1500, 6000])
def test_an_accepted_request_that_the_service_comes_to_know_late_brings_its_clip(
    engine: Engine, job: Job, service: Service, clock: VirtualClock, seconds: int
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if clock.monotonic() < seconds:
            return httpx.Response(400, json=UNKNOWN)
        return httpx.Response(200, json={"id": "task-1", "status": "SUCCEEDED", "output": [CLIP_URL]})

    service.polls[:] = [answer]
    submit(engine, job)

    async def wait() -> None:
        while job.state.clip is None:
            await clock.sleep(30)

    engine.call(wait()).result(60)
    assert job.state.status is Status.SUCCEEDED
    assert len(service.times("create")) == 1


def test_one_answer_that_does_not_know_a_task_which_ran_for_an_hour_ends_nothing(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if 3600 <= clock.monotonic() < 3700:
            return httpx.Response(400, json=UNKNOWN)
        status = "SUCCEEDED" if clock.monotonic() > 4000 else "RUNNING"
        return httpx.Response(200, json={"id": "task-1", "status": status, "output": [CLIP_URL]})

    service.polls[:] = [answer]
    seen = []
    job.listeners.add(lambda job: seen.append(job.state.status))
    submit(engine, job)
    assert run_to_the_end(engine, job).clip is not None
    assert Status.NOT_FOUND not in seen


def test_a_resume_asks_about_a_doubtful_task_at_once_and_takes_it_up(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    begun = clock.now() - 3000
    job.state = TaskState(key=job.state.key, id="task-1", status=Status.NOT_FOUND, submitted_at=begun)
    engine.call(engine.resume(job)).result(90)
    assert run_to_the_end(engine, job).clip is not None


def test_an_id_that_the_user_gave_is_doubtful_after_a_minute(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    service.polls[:] = [httpx.Response(400, json=UNKNOWN)]

    async def confirm() -> None:
        engine.apply(job, events.Intended(at=clock.now(), request={}))
        engine.accept(job, "typo", by_user=True)

    engine.call(confirm()).result(90)
    state = run_to_the_end(engine, job)
    assert state.status is Status.NOT_FOUND
    assert 60 < (state.ended_at or 0) - (state.submitted_at or 0) < 90


def test_an_unknown_word_is_shown_and_watched_on(engine: Engine, job: Job, service: Service) -> None:
    service.polls[:0] = [{"id": "task-1", "status": "POLISHING"}] * 3
    submit(engine, job)
    assert run_to_the_end(engine, job).status is Status.SUCCEEDED


def test_an_answer_about_another_task_is_not_believed(engine: Engine, job: Job, service: Service) -> None:
    service.polls[:0] = [{"id": "task-2", "status": "FAILED"}]
    submit(engine, job)
    assert run_to_the_end(engine, job).status is Status.SUCCEEDED
    (failed,) = [event for event in recorded(engine, job) if isinstance(event, events.PollFailed)]
    assert "about task task-2 instead of task-1" in failed.reason


def test_a_task_that_never_ends_is_not_watched_for_ever(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock
) -> None:
    engine = engines(limits=flow.PollLimits(watch_s=2 * 3600))
    service.polls[:] = [{"id": "task-1", "status": "POLISHING"}]
    submit(engine, job)
    state = run_to_the_end(engine, job)
    assert (state.status, state.watching) == (Status.UNKNOWN, False)
    assert "2 h" in (state.problem or "")
    assert 7200 < clock.monotonic() < 7300


def test_a_wall_clock_that_jumps_neither_ends_a_watch_nor_hurries_it(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    service.polls[:0] = [{"id": "task-1", "status": "RUNNING"}] * 6
    submit(engine, job)
    clock.jump = 10 * 86_400
    assert run_to_the_end(engine, job).status is Status.SUCCEEDED
    times = service.times("poll")
    assert min(b - a for a, b in pairwise(times)) >= 5


def test_a_kernel_that_slept_while_another_took_over_fetches_nothing(
    engines: Callable[..., Engine], service: Service, clock: VirtualClock, tmp_path: Path
) -> None:
    """A laptop's lid: both kernels stood still, one woke first and polls the task by now."""
    path = str(tmp_path / "history.sqlite")
    made = engines(path)
    job = Job(TaskState(key=new_key()), Endpoint("https://api.cometapi.com", Secret("k")), tmp_path / "clips")
    other = History(path)

    def sleeps_then_answers(request: httpx.Request) -> httpx.Response:
        clock.jump = 8 * 3600
        assert other.claim(job.state.key, clock.now(), 60.0)
        return httpx.Response(200, json={"id": "task-1", "status": "SUCCEEDED", "output": [CLIP_URL]})

    service.polls[:] = [sleeps_then_answers]
    submit(made, job)

    saved = events.ClipSaved(at=clock.now(), clip=ClipInfo(path="/x.mp4", bytes=1, sha256=""))

    async def the_other_fetches_it() -> list[float]:
        """On the engine's loop: the virtual clock does not wait for another thread."""
        while not service.times("poll"):
            await clock.sleep(1)
        await clock.sleep(10)
        other.append(job.state.key, saved, reduce(job.state, saved))
        return service.times("clip")

    assert made.call(the_other_fetches_it()).result(90) == []
    assert run_to_the_end(made, job).clip == saved.clip
    assert service.times("clip") == []
    other.close()


def test_failing_polls_are_spaced_out_and_do_not_end_the_watch(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:0] = [502, httpx.ReadTimeout("slow"), httpx.ConnectError("down"), 503, 429]
    submit(engine, job)
    assert run_to_the_end(engine, job).status is Status.SUCCEEDED
    times = service.times("poll")
    assert times[-1] - times[0] > 60


@pytest.mark.parametrize(
    "refusal",
    [
        401,
        403,
        404,
        httpx.Response(302, headers={"location": "https://login.invalid/"}),
        httpx.Response(200, content=b"<html>Maintenance</html>", headers={"content-type": "text/html"}),
        httpx.Response(403, content=b"<html>Just a moment</html>", headers={"content-type": "text/html"}),
        httpx.Response(500, json={"error": {"message": "no", "code": "invalid_request"}}),
    ],
)
def test_polls_that_are_refused_for_a_minute_do_not_end_the_watch(
    engine: Engine, job: Job, service: Service, refusal: int | Response
) -> None:
    service.polls[:0] = [refusal] * 4
    submit(engine, job)
    assert run_to_the_end(engine, job).clip is not None


def test_polls_refused_for_the_key_for_long_stop_the_watch_and_a_resume_goes_on(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    service.polls[:] = [401]
    submit(engine, job)
    state = run_to_the_end(engine, job)
    assert not state.watching
    assert state.is_settled
    assert "401" in (state.problem or "")
    assert "in a row were refused" in (state.problem or "")
    (ended,) = (event for event in recorded(engine, job) if isinstance(event, events.WatchEnded))
    assert 900 <= ended.at - (state.submitted_at or 0) < 1200
    service.polls[:] = [{"id": "task-1", "status": "SUCCEEDED", "output": [CLIP_URL]}]
    engine.call(engine.resume(job)).result(90)
    assert run_to_the_end(engine, job).status is Status.SUCCEEDED
