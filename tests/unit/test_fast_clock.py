"""On the clock of a sandbox all happens as for the real service, so many times sooner. On a virtual clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from scripted import CLIP, DONE, NO_OUTPUT, REQUEST, RUNNING, Service, unknown
from virtual_clock import VirtualClock

from cometact_nb.api import flow
from cometact_nb.api.client import Client
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job

#: Polls and answers of the clip's host: all that may happen in a watch and takes its time.
COURSES: dict[str, tuple[list[Any], list[Any]]] = {
    "a long run": ([RUNNING] * 14 + [DONE], [CLIP]),
    "a queue and progress": (
        [{"id": "task-1", "status": "PENDING"}] * 4
        + [{**RUNNING, "progress": part / 6} for part in range(6)]
        + [DONE],
        [CLIP],
    ),
    "polls that fail": ([502] * 6 + [httpx.ReadTimeout("slow")] * 2 + [DONE], [CLIP]),
    "a time to wait": ([httpx.Response(429, headers={"retry-after": "50"})] * 3 + [DONE], [CLIP]),
    "an id that nobody knows for long": ([unknown] * 10 + [DONE], [CLIP]),
    "a key that is refused for long": ([401] * 9 + [DONE], [CLIP]),
    "a key that is refused later": ([RUNNING] * 8 + [401] * 9 + [DONE], [CLIP]),
    "a success without its clip": ([NO_OUTPUT] * 8 + [DONE], [CLIP]),
    "a success that never has a clip": ([NO_OUTPUT], [CLIP]),
    "a busy store": ([DONE], [503] * 12 + [CLIP]),
}


#: What a task comes to on the way.
TURNS = {
    "an id that nobody knows for long": "NOT_FOUND",
    "a key that is refused for long": "PENDING, not watched",
}


@pytest.mark.parametrize("name", COURSES)
def test_on_a_fast_clock_all_happens_in_the_same_order_so_many_times_sooner(
    tmp_path: Path, name: str
) -> None:
    polls, clips = COURSES[name]
    turns: set[str] = set()
    slow, fast = (course(tmp_path / str(scale), polls, clips, scale, turns) for scale in (1.0, 0.01))
    assert TURNS.get(name, "SUCCEEDED") in turns
    assert [kind for kind, _ in fast] == [kind for kind, _ in slow]
    for happened in (polls_of, clips_of):  # the first clip waits for the disk
        assert [at * 100 for at in happened(fast)] == pytest.approx(happened(slow), abs=0.01)


def polls_of(seen: list[tuple[str, float]]) -> list[float]:
    return [at for kind, at in seen if kind != "clip"]


def clips_of(seen: list[tuple[str, float]]) -> list[float]:
    times = [at for kind, at in seen if kind == "clip"]
    return [at - times[0] for at in times]


def course(
    folder: Path, polls: list[object], clips: list[object], scale: float, turns: set[str]
) -> list[tuple[str, float]]:
    clock = VirtualClock()
    service = Service(clock)
    service.polls, service.clips = list(polls), list(clips)
    client = lambda: Client(httpx.MockTransport(service))  # noqa: E731
    limits = flow.PollLimits(unknown_s=30, refusals=4, refused_s=120)
    engine = Engine(":memory:", lambda job: None, clock=clock, rand=lambda: 0.5, client=client, limits=limits)
    endpoint = Endpoint("https://api.cometapi.com", Secret("k"), time_scale=scale)
    job = Job(TaskState(key=new_key()), endpoint, folder)

    def note(job: Job) -> None:
        turns.add(f"{job.state.status}{'' if job.state.watching else ', not watched'}")

    job.listeners.add(note)

    async def play() -> None:
        await engine.submit(job, REQUEST, 0.4)
        while job.state.clip is None and job.state.clip_error is None:
            await clock.sleep(30 * scale)

    try:
        engine.call(play()).result(60)
    finally:
        engine.close()
    return [(kind, at) for kind, at, _ in service.seen]
