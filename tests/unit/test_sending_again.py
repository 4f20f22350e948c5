"""A request that was refused for now is sent again, or stopped, and never after the kernel's end. On a virtual clock."""

from __future__ import annotations

import asyncio
import email.utils
import re
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import httpx
import pytest
from scripted import BUSY, REQUEST, Service, another, recorded, send
from virtual_clock import VirtualClock

from cometact_nb.api import flow
from cometact_nb.api.client import Client
from cometact_nb.domain import events
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job
from cometact_nb.errors import NotSentError
from cometact_nb.store.journal.history import History

START = 1_800_000_000


@pytest.mark.parametrize("scale", [1, 0.01])
def test_a_refusal_for_now_is_recorded_with_its_reason_and_the_next_time(
    engine: Engine, service: Service, tmp_path: Path, scale: float
) -> None:
    endpoint = Endpoint("https://api.cometapi.com", Secret("k"), time_scale=scale)
    job = Job(TaskState(key=new_key()), endpoint, tmp_path)
    service.creates[:] = [BUSY, {"id": "task-1"}]
    waiting: list[bool] = []
    job.listeners.add(lambda job: waiting.append(job.is_postponed))
    assert send(engine, job) == flow.Created("task-1")
    postponed = recorded(engine, job)[1]
    assert isinstance(postponed, events.Postponed)
    assert (postponed.at, postponed.until) == (START, START + 20)
    assert re.fullmatch(r"Refused for now \(.*busy.*\); sending again in 20 s", postponed.reason)
    assert service.times("create") == [0, pytest.approx(20 * scale)]
    assert job.is_postponed is False


def test_refusals_for_now_are_waited_out_for_a_minute_in_all(
    engine: Engine, job: Job, service: Service
) -> None:
    service.creates[:] = [BUSY]
    assert isinstance(send(engine, job), flow.Declined)
    assert service.times("create") == [0, pytest.approx(20), pytest.approx(40), pytest.approx(60)]
    second = another(job)
    service.seen.clear()
    slow = httpx.Response(429, headers={"retry-after": "25"})
    service.creates[:] = [slow]
    send(engine, second)
    assert len(service.times("create")) == 3


def test_a_sweep_may_wait_longer(engine: Engine, job: Job, service: Service) -> None:
    service.creates[:] = [*[BUSY] * 30, {"id": "task-1"}]
    assert send(engine, job, limits=flow.CreateLimits(attempts=99, patience_s=3600)) == flow.Created("task-1")
    assert len(service.times("create")) == 31


def test_a_date_to_wait_for_is_understood(engine: Engine, job: Job, service: Service) -> None:
    date = email.utils.formatdate(START + 30, usegmt=True)
    service.creates[:] = [httpx.Response(429, headers={"retry-after": date}), {"id": "task-1"}]
    send(engine, job)
    assert service.times("create") == [0, pytest.approx(30)]


def test_pauses_without_a_wish_of_the_service_grow(engine: Engine, job: Job, service: Service) -> None:
    service.creates[:] = [httpx.Response(429)]
    send(engine, job)
    first, second, third = (
        b - a for a, b in zip(service.times("create"), service.times("create")[1:], strict=False)
    )
    assert (second / first, third / second) == pytest.approx((2, 2))


class Standing(VirtualClock):
    """Time that does not pass; says when somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_waited_for = threading.Event()

    async def sleep(self, seconds: float) -> None:
        self.is_waited_for.set()
        await asyncio.Event().wait()


@pytest.fixture
def postponed(
    job: Job, service: Service, tmp_path: Path
) -> Iterator[tuple[Engine, Future[flow.Created | flow.Declined | flow.Doubtful]]]:
    """An engine on a clock that stands still, whose request waits to be sent again, and what comes of it."""
    service.creates[:] = [BUSY, {"id": "task-1"}]
    client, clock = lambda: Client(httpx.MockTransport(service)), Standing()
    engine = Engine(str(tmp_path / "history.sqlite"), lambda job: None, clock=clock, client=client)
    outcome = engine.call(engine.submit(job, REQUEST, 0.4))
    assert clock.is_waited_for.wait(20)
    yield engine, outcome
    engine.close()


@pytest.mark.parametrize("how", ["given up", "cancelled"])
def test_a_request_that_waits_to_be_sent_again_can_be_stopped(
    postponed: tuple[Engine, Future[flow.Created | flow.Declined | flow.Doubtful]],
    job: Job,
    service: Service,
    how: str,
) -> None:
    engine, outcome = postponed
    if how == "given up":
        engine.give_up(job)
    else:
        assert engine.call(engine.cancel(job)).result(90) is None
        assert job.has_outcome.is_set()
    assert isinstance(outcome.result(90), flow.Declined)
    assert job.state.status is Status.REFUSED
    assert len(service.times("create")) == 1
    assert (engine.spent_usd, job.is_postponed) == (0, False)


def test_a_request_that_waits_to_be_sent_again_is_refused_when_the_kernel_ends(
    postponed: tuple[Engine, Future[flow.Created | flow.Declined | flow.Doubtful]],
    job: Job,
    service: Service,
    tmp_path: Path,
) -> None:
    engine, _ = postponed
    engine.close()
    history = History(str(tmp_path / "history.sqlite"))
    found = history.find(job.state.key)
    history.close()
    assert found is not None
    assert found.state.status is Status.REFUSED
    assert len(service.times("create")) == 1


def test_while_a_kernel_ends_nothing_more_is_sent(
    postponed: tuple[Engine, Future[flow.Created | flow.Declined | flow.Doubtful]], job: Job, service: Service
) -> None:
    engine, refused = postponed
    gate, asked = asyncio.Event(), threading.Event()

    async def hang(request: httpx.Request) -> httpx.Response:
        asked.set()
        await gate.wait()
        return httpx.Response(200, json={"id": "task-2"})

    async def end() -> threading.Thread:
        ending = threading.Thread(target=engine.close)
        ending.start()
        sent = asyncio.ensure_future(engine.submit(late, REQUEST, 0.4))
        while not sent.cancelled():  # until the end has begun
            await asyncio.wait({sent})
            if not sent.cancelled():
                assert isinstance(sent.exception(), NotSentError)
                sent = asyncio.ensure_future(engine.submit(late, REQUEST, 0.4))
        job.wake.set()
        await asyncio.wait({asyncio.wrap_future(refused)})
        gate.set()
        return ending

    service.creates[:] = [hang]
    accepted, late = another(job), another(job)
    late.given_up.set()  # it must not be sent before the end has begun
    engine.call(engine.submit(accepted, REQUEST, 0.4))
    assert asked.wait(20)
    engine.call(end()).result(90).join(20)
    assert len(service.times("create")) == 2
    assert (job.state.status, accepted.state.id) == (Status.REFUSED, "task-2")


def test_stopping_a_request_of_an_engine_that_is_closed_does_nothing(engine: Engine, job: Job) -> None:
    engine.close()
    engine.close()
    engine.give_up(job)
    assert not job.given_up.is_set()
