"""The engine on a virtual clock, against a service that is scripted at the transport."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from httpx import Response
from scripted import CLIP, CLIP_URL, REQUEST, Ending, Service, run_to_the_end, submit

from cometact_nb.api import flow
from cometact_nb.domain import events
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job
from cometact_nb.store.journal.history import History, Row

if TYPE_CHECKING:
    from virtual_clock import VirtualClock


def test_a_task_is_submitted_watched_and_kept(engine: Engine, job: Job, service: Service) -> None:
    service.polls[:0] = [
        {"id": "task-1", "status": "PENDING"},
        {"id": "task-1", "status": "RUNNING", "progress": 0.5},
    ]
    assert submit(engine, job) == flow.Created("task-1")
    state = run_to_the_end(engine, job)
    assert state.status is Status.SUCCEEDED
    assert state.clip is not None
    assert Path(state.clip.path).read_bytes() == CLIP
    sidecar = json.loads(Path(state.clip.path).with_suffix(".json").read_text())
    assert sidecar["request"] == REQUEST.to_json()
    assert sidecar["task"]["id"] == "task-1"
    assert "SIGNED" not in json.dumps(sidecar)


def test_the_key_goes_to_the_service_and_not_to_the_clip_s_host(
    engine: Engine, job: Job, service: Service
) -> None:
    submit(engine, job)
    run_to_the_end(engine, job)
    keys = {kind: request.headers.get("authorization") for kind, _, request in service.seen}
    assert keys["create"] == keys["poll"] == "Bearer sk-canary"
    assert keys["clip"] is None
    create = next(request for kind, _, request in service.seen if kind == "create")
    assert create.headers["x-runway-version"] == "2024-11-06"
    assert json.loads(create.content) == REQUEST.to_json()


def test_polls_of_one_task_are_never_closer_than_5_s(engine: Engine, job: Job, service: Service) -> None:
    service.polls[:0] = [{"id": "task-1", "status": "RUNNING", "progress": p / 40} for p in range(40)]
    submit(engine, job)
    run_to_the_end(engine, job)
    times = service.times("poll")
    assert len(times) == 41
    assert min(b - a for a, b in pairwise([0.0, *times])) >= 5


def test_a_task_that_was_refused_for_a_while_is_not_asked_about_the_sooner(
    engine: Engine, job: Job, service: Service
) -> None:
    service.creates[:] = [httpx.Response(429, headers={"retry-after": "20"}), {"id": "task-1"}]
    submit(engine, job)
    run_to_the_end(engine, job)
    assert service.times("poll")[0] - service.times("create")[-1] >= 5


def test_tasks_that_took_long_teach_the_engine_to_ask_about_the_next_one_less(
    engine: Engine, job: Job, service: Service, clock: VirtualClock, tmp_path: Path
) -> None:
    def takes(seconds: float) -> int:
        """Polls of one more task, without progress."""
        before = len(service.times("poll"))
        until = clock.monotonic() + seconds
        service.creates, service.polls = [{"id": f"task-{until}"}], Ending(clock, until)
        another = Job(TaskState(key=new_key()), job.endpoint, tmp_path / "clips")
        submit(engine, another)
        assert run_to_the_end(engine, another).status is Status.SUCCEEDED
        return len(service.times("poll")) - before

    unknowing = takes(300)
    for _ in range(20):
        takes(300)
    assert takes(300) < 0.7 * unknowing


def test_a_task_that_nobody_has_asked_about_for_long_is_asked_about_at_once(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    found = TaskState(key=job.state.key, id="task-1", status=Status.RUNNING, submitted_at=clock.now() - 3600)
    job.state = found

    async def take_up() -> None:
        engine.history.append(found.key, events.WatchBegan(at=0), found)
        engine.watch(job)

    engine.call(take_up()).result(90)
    assert run_to_the_end(engine, job).status is Status.SUCCEEDED
    assert service.times("poll")[0] < 1


@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadError("reset"),
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("cut"),
        500,
        502,
        503,
        504,
        524,
    ],
)
def test_a_post_whose_answer_is_lost_is_sent_once_and_kept_as_unconfirmed(
    engine: Engine, job: Job, service: Service, lost: Any
) -> None:
    service.creates[:] = [lost]
    assert isinstance(submit(engine, job), flow.Doubtful)
    assert len(service.times("create")) == 1
    assert job.state.status is Status.UNCONFIRMED
    assert service.times("poll") == []


def test_a_refused_post_is_sent_again_after_the_time_the_service_asks_for(
    engine: Engine, job: Job, service: Service
) -> None:
    service.creates[:] = [httpx.Response(429, headers={"retry-after": "20"}), {"id": "task-1"}]
    assert submit(engine, job) == flow.Created("task-1")
    first, second = service.times("create")
    assert second - first == pytest.approx(20)


def test_a_post_refused_for_too_long_is_given_up_and_says_so(
    engine: Engine, job: Job, service: Service
) -> None:
    service.creates[:] = [httpx.Response(429, headers={"retry-after": "3000"})]
    assert isinstance(submit(engine, job), flow.Declined)
    assert job.state.status is Status.REFUSED
    assert len(service.times("create")) == 1


def test_what_was_never_sent_is_tried_again(engine: Engine, job: Job, service: Service) -> None:
    service.creates[:] = [httpx.ConnectError("refused"), {"id": "task-1"}]
    assert submit(engine, job) == flow.Created("task-1")


def test_an_expired_link_is_replaced_by_polling_again(engine: Engine, job: Job, service: Service) -> None:
    service.clips[:] = [httpx.Response(403), CLIP]
    submit(engine, job)
    state = run_to_the_end(engine, job)
    assert state.clip is not None
    assert len(service.times("poll")) == 2


def test_a_download_that_breaks_is_resumed_where_it_broke(engine: Engine, job: Job, service: Service) -> None:
    class Broken(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield CLIP[:3000]
            raise httpx.ReadError("cut")

    head = {"content-type": "video/mp4", "content-length": str(len(CLIP))}
    rest = CLIP[3000:]
    tail = {"content-type": "video/mp4", "content-range": f"bytes 3000-{len(CLIP) - 1}/{len(CLIP)}"}
    service.clips[:] = [
        httpx.Response(200, stream=Broken(), headers=head),
        httpx.Response(206, content=rest, headers=tail),
    ]
    submit(engine, job)
    state = run_to_the_end(engine, job)
    assert state.clip is not None
    assert Path(state.clip.path).read_bytes() == CLIP
    assert [r.headers.get("range") for k, _, r in service.seen if k == "clip"] == [None, "bytes=3000-"]


@pytest.mark.parametrize(
    "junk",
    [
        httpx.Response(200, content=b"<html>sorry</html>", headers={"content-type": "text/html"}),
        httpx.Response(200, content=b"not a video at all", headers={"content-type": "video/mp4"}),
        httpx.Response(302, headers={"location": "http://evil.example.com/x.mp4"}),
    ],
)
def test_what_is_no_clip_is_not_kept_and_the_success_is_not_lost(
    engine: Engine, job: Job, service: Service, junk: Response
) -> None:
    service.clips[:] = [junk]
    submit(engine, job)
    state = run_to_the_end(engine, job)
    assert state.status is Status.SUCCEEDED
    assert state.clip is None
    assert state.clip_error
    folder = Path(job.output_dir)
    assert not list(folder.glob("*.mp4"))
    assert not list(folder.glob(".*"))


def test_a_success_without_output_is_asked_again_before_it_is_believed(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [
        {"id": "task-1", "status": "SUCCEEDED", "output": []},
        {"id": "task-1", "status": "SUCCEEDED", "output": [CLIP_URL]},
    ]
    submit(engine, job)
    assert run_to_the_end(engine, job).clip is not None


def test_both_of_two_outputs_are_kept(engine: Engine, job: Job, service: Service) -> None:
    service.polls[:] = [{"id": "task-1", "status": "SUCCEEDED", "output": [CLIP_URL, CLIP_URL + "2"]}]
    settled_with = []
    job.listeners.add(lambda job: settled_with.append(len(job.state.clips)) if job.state.is_settled else None)
    submit(engine, job)
    state = run_to_the_end(engine, job)
    assert len({clip.path for clip in state.clips}) == 2
    assert settled_with[0] == 2  # a wait is not over with the first of them


@pytest.mark.parametrize(
    ("owner", "age_s", "sending"),
    [
        ("{host}/{mine}/another", 0, True), ("{host}/{mine}/another", 600, True),
        ("{host}/{mine}/another", 601, False), ("elsewhere/1/x", 599, True), ("elsewhere/1/x", 601, False),
        ("{host}/{gone}/x", 0, False), ("own", 0, False),
    ],
)  # fmt: skip
def test_a_request_is_being_sent_for_ten_minutes_by_another_process_that_lives(
    engine: Engine, job: Job, clock: VirtualClock, owner: str, age_s: int, sending: bool
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    whose = owner.format(host=socket.gethostname(), mine=os.getpid(), gone=gone.pid)

    async def take_up() -> None:
        mine = engine.history.owner if owner == "own" else whose
        engine.take_up(job, Row(job.state, mine, clock.now() - age_s))

    engine.call(take_up()).result(90)
    assert job.state.status is (Status.SUBMITTING if sending else Status.UNCONFIRMED)


def test_the_intent_is_recorded_before_the_post_and_signatures_never_are(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    submit(engine, job)
    run_to_the_end(engine, job)

    async def recorded() -> tuple[list[str], str]:
        rows = engine.history.events(job.state.key)
        dump = "\n".join(engine.history.connection.iterdump())
        return [type(row).__name__ for row in rows], dump

    kinds, dump = engine.call(recorded()).result(60)
    assert kinds[:2] == ["Intended", "Accepted"]
    assert kinds[-1] == "ClipSaved"
    assert "SIGNED" not in dump
    assert "sk-canary" not in dump


def test_many_tasks_share_a_bounded_rate_of_polls(
    engine: Engine, service: Service, clock: VirtualClock, tmp_path: Path
) -> None:
    service.polls[:] = [{"status": "RUNNING"}] * 200 + [{"status": "CANCELLED"}]
    endpoint = Endpoint("https://api.cometapi.com", Secret("k"))
    jobs = [Job(TaskState(key=new_key()), endpoint, tmp_path) for _ in range(20)]
    for each in jobs:
        submit(engine, each)
    for each in jobs:
        run_to_the_end(engine, each)
    times = service.times("poll")
    busiest = max(sum(1 for t in times if start <= t < start + 1) for start in times)
    assert busiest <= 4


def test_a_kernel_that_ends_lets_go_of_all_its_tasks_in_one_write(
    engines: Callable[..., Engine], service: Service, clock: VirtualClock, tmp_path: Path
) -> None:
    path = str(tmp_path / "history.sqlite")
    made = engines(path)
    endpoint = Endpoint("https://api.cometapi.com", Secret("k"))
    jobs = [Job(TaskState(key=new_key()), endpoint, tmp_path) for _ in range(20)]
    service.polls[:] = [{"id": "task-1", "status": "RUNNING"}]
    said: list[str] = []

    async def begin() -> None:
        for each in jobs:
            await made.submit(each, REQUEST, 0.4)
        while len(service.times("poll")) < 20:
            await clock.sleep(1)
        made.history.connection.set_trace_callback(said.append)

    made.call(begin()).result(90)
    made.close()
    assert sum("watcher = NULL" in sql for sql in said) == 1
    other = History(path)
    assert all(other.claim(each.state.key, clock.now(), 60.0) for each in jobs)
    other.close()


def test_the_engine_s_thread_is_its_own_and_ends_with_it(engines: Callable[..., Engine], job: Job) -> None:
    before = set(threading.enumerate())  # of what other tests have left open
    engine = engines()
    submit(engine, job)
    (own,) = [thread for thread in set(threading.enumerate()) - before if thread.name == "cometact_nb"]
    engine.close()
    assert not own.is_alive()


def test_an_answer_about_another_task_is_not_kept_as_this_one_s(
    engine: Engine, job: Job, service: Service
) -> None:
    other = {
        "id": "task-2",
        "status": "SUCCEEDED",
        "output": ["https://cdn.example.com/other.mp4?token=SIGNED"],
    }
    service.polls[:0] = [other, other]
    service.clips[:] = [lambda request: httpx.Response(
        200, content=CLIP if "clip.mp4" in str(request.url) else CLIP[:-1] + b"y",
        headers={"content-type": "video/mp4"},
    )]  # fmt: skip
    told = []
    job.listeners.add(lambda job: told.append(job.state.problem or ""))
    submit(engine, job)
    state = run_to_the_end(engine, job)
    assert state.clip is not None
    assert Path(state.clip.path).read_bytes() == CLIP
    assert any("about task task-2 instead of task-1" in words for words in told)


def test_a_task_that_the_service_takes_up_again_is_watched_on_after_a_refresh(
    engine: Engine, job: Job, service: Service
) -> None:
    service.polls[:] = [{"id": "task-1", "status": "FAILED", "failureCode": "INTERNAL"}]
    submit(engine, job)
    assert run_to_the_end(engine, job).status is Status.FAILED
    service.polls[:] = [
        {"id": "task-1", "status": "RUNNING"},
        {"id": "task-1", "status": "SUCCEEDED", "output": [CLIP_URL]},
        {"id": "task-1", "status": "FAILED", "failureCode": "INTERNAL"},
    ]
    engine.call(engine.resume(job)).result(90)
    state = run_to_the_end(engine, job)
    assert (state.status, state.failure_code) == (Status.SUCCEEDED, None)
    assert state.clip is not None


def test_what_came_instead_of_an_id_is_on_disk(engine: Engine, job: Job, service: Service) -> None:
    service.creates[:] = [{"code": "success", "ticket": "a-17"}]
    submit(engine, job)
    assert job.state.status is Status.UNCONFIRMED

    async def row() -> TaskState:
        found = engine.history.find(job.state.key)
        assert found is not None
        return found.state

    assert '"ticket":"a-17"' in (engine.call(row()).result(90).raw_answer or "").replace(" ", "")


def test_what_a_full_disk_did_not_take_is_written_soon_after_there_is_room_again(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock, tmp_path: Path
) -> None:
    engine = engines(str(tmp_path / "history.sqlite"))

    def fills_the_disk(request: httpx.Request) -> httpx.Response:
        engine.history.write("PRAGMA query_only = ON", ())
        return httpx.Response(200, text="<html>Queued as task-17</html>")

    async def make_room() -> None:
        engine.history.write("PRAGMA query_only = OFF", ())
        await clock.sleep(20)

    service.creates[:] = [fills_the_disk]
    submit(engine, job)
    engine.call(make_room()).result(90)
    other = History(str(tmp_path / "history.sqlite"))  # as it is if this process is killed now
    found = other.find(job.state.key)
    other.close()
    assert found is not None
    assert "task-17" in (found.state.raw_answer or "")
