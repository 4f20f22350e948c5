"""What a watch makes of the answers to its polls, and of the clip at their end. On a virtual clock."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from scripted import (
    CLIP,
    CLIP_URL,
    DONE,
    NO_OUTPUT,
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
from cometact_nb.domain import events
from cometact_nb.domain.task import ClipInfo, Status
from cometact_nb.engine.engine import Engine
from cometact_nb.engine.job import Job

if TYPE_CHECKING:
    from virtual_clock import VirtualClock


# --- what polls tell -------------------------------------------------------------------------------


def test_an_id_that_is_not_known_yet_is_said(engine: Engine, job: Job, service: Service) -> None:
    service.polls[:] = [unknown, DONE]
    said: list[str] = []
    job.listeners.add(lambda job: said.append(job.state.problem or ""))
    submit(engine, job)
    run_to_the_end(engine, job)
    assert "The service does not know the id yet" in said


def test_a_task_that_is_gone_after_a_cancel_says_that_it_was_deleted(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [RUNNING, unknown]

    async def both() -> None:
        await engine.submit(job, REQUEST, 0.4)
        await engine.cancel(job)

    engine.call(both()).result(90)
    state = run_to_the_end(engine, job)
    assert (state.status, state.raw_status, bool(state.ended_at)) == (Status.CANCELLED, "deleted", True)


def test_a_task_that_nobody_knows_says_so_in_the_service_s_words_once(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    service.polls[:] = [unknown]
    submit(engine, job)
    state = run_to_the_end(engine, job)
    assert state.raw_status == "task_not_exist"
    before = len(recorded(engine, job))
    pass_time(engine, 3600)
    assert len(recorded(engine, job)) == before


def test_a_task_that_is_known_again_may_be_unknown_for_as_long_anew(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock
) -> None:
    engine = engines(limits=flow.PollLimits(unknown_s=100))
    service.polls[:] = [*[unknown] * 12, RUNNING, unknown]
    submit(engine, job)
    state = run_to_the_end(engine, job)
    known = service.times("poll")[12]
    assert state.status is Status.NOT_FOUND
    assert 100 < (state.ended_at or 0) - 1_800_000_000 - known < 115


@pytest.mark.parametrize("known", ["submitted_at", "created_at", "observed_at"])
@pytest.mark.parametrize(("age_s", "first"), [(60, "PollFailed"), (1199, "PollFailed"), (1201, "Observed")])
def test_a_new_kernel_counts_the_time_an_id_is_unknown_from_when_it_was_last_known(
    engine: Engine, job: Job, service: Service, clock: VirtualClock, known: str, age_s: int, first: str
) -> None:
    service.polls[:] = [unknown]
    take_up(engine, job, **{known: clock.now() - age_s})
    assert run_to_the_end(engine, job).status is Status.NOT_FOUND
    assert [type(event).__name__ for event in recorded(engine, job)][1] == first


# --- clips -----------------------------------------------------------------------------------------


def test_a_success_without_a_clip_is_asked_again_for_a_minute(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    service.polls[:] = [NO_OUTPUT]
    submit(engine, job)
    state = run_to_the_end(engine, job)
    times = service.times("poll")
    assert state.clip_error == "the service announced success without a video"
    assert gaps(times) == pytest.approx([5] * 13)
    (failed,) = (event for event in recorded(engine, job) if isinstance(event, events.ClipFailed))
    assert failed.at == pytest.approx(1_800_000_000 + times[-1], abs=1)


def test_a_clip_that_an_earlier_kernel_kept_is_not_fetched_again(
    engine: Engine, job: Job, service: Service, tmp_path: Path
) -> None:
    first = ClipInfo(path=str(tmp_path / "first.mp4"), bytes=1, sha256="")
    take_up(
        engine, job, status=Status.SUCCEEDED, clips=(first,), output_urls=(CLIP_URL, CLIP_URL + "2"),
    )  # fmt: skip
    state = run_to_the_end(engine, job)
    assert state.clips[0] == first
    assert len(state.clips) == 2
    assert [str(request.url) for kind, _, request in service.seen if kind == "clip"] == [CLIP_URL + "2"]


def test_a_fault_of_our_own_while_a_clip_is_fetched_is_said_and_ends_the_wait(
    engine: Engine, job: Job, service: Service
) -> None:
    service.clips[:] = [RuntimeError("a fault")]
    submit(engine, job)
    state = run_to_the_end(engine, job)
    assert state.clip_error == "RuntimeError: a fault"
    (failed,) = (event for event in recorded(engine, job) if isinstance(event, events.ClipFailed))
    assert failed.at >= 1_800_000_000


def test_an_attempt_that_failed_is_said_while_the_clip_is_fetched(
    engine: Engine, job: Job, service: Service
) -> None:
    service.clips[:] = [503, CLIP]
    said: list[str] = []
    job.listeners.add(lambda job: said.append(job.state.problem or ""))
    submit(engine, job)
    assert run_to_the_end(engine, job).clip is not None
    assert any("The clip cannot be fetched yet (its link answered HTTP 503)" in words for words in said)


def test_a_look_before_a_cancel_counts_as_the_last_look_and_its_failure_stops_nothing(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [httpx.ReadTimeout("slow"), RUNNING, {"id": "task-1", "status": "CANCELLED"}]

    async def both() -> flow.Answer | flow.NotSent | flow.Lost | None:
        await engine.submit(job, REQUEST, 0.4)
        return await engine.cancel(job)

    assert isinstance(engine.call(both()).result(90), flow.Answer)
    assert job.state.problem is None
    assert run_to_the_end(engine, job).status is Status.CANCELLED
    assert min(gaps(service.times("poll"))) >= 5
