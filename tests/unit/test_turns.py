"""32 requests are on their way at once; the others wait for their turn and can be stopped. On a virtual clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from scripted import REQUEST, Service, another, recorded, send

from cometact_nb.api import flow
from cometact_nb.domain import events
from cometact_nb.domain.task import Status
from cometact_nb.engine.engine import Engine
from cometact_nb.engine.job import Job
from cometact_nb.errors import HistoryError
from cometact_nb.store.journal.history import History

if TYPE_CHECKING:
    from virtual_clock import VirtualClock

AT_ONCE = 32
NEVER_SENT = flow.Declined("It was stopped before it was sent. Nothing was bought.", again=True, sent=False)


class Crowd:
    """Requests whose answers wait, each for a word of its own, and those that wait for their turn."""

    def __init__(self, engine: Engine, first: Job, service: Service, count: int) -> None:
        self.engine, self.service = engine, service
        self.jobs = [first, *(another(first) for _ in range(count - 1))]
        self.answers: list[asyncio.Event] = []
        self.sending: list[asyncio.Task[object]] = []

    async def begin(self) -> None:
        """Send them all; as many as may be are on their way."""
        self.service.creates[:] = [self._hang]
        self.service.polls[:] = [{"status": "RUNNING"}]
        self.sending = [asyncio.ensure_future(self.engine.submit(each, REQUEST, 0.4)) for each in self.jobs]
        await self.engine.clock.sleep(0.5)

    async def _hang(self, _: httpx.Request) -> httpx.Response:
        self.answers.append(asyncio.Event())
        number = len(self.answers)
        await self.answers[-1].wait()
        return httpx.Response(200, json={"id": f"task-{number}"})

    async def end(self) -> list[object]:
        """Let the service answer all, until every request has its outcome."""
        while not all(task.done() for task in self.sending):
            for answer in self.answers:
                answer.set()
            await asyncio.wait(self.sending, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0)
        return await asyncio.gather(*self.sending, return_exceptions=True)


def test_the_next_request_takes_its_turn_at_once_when_another_is_answered(
    engine: Engine, job: Job, service: Service, clock: VirtualClock
) -> None:
    crowd = Crowd(engine, job, service, AT_ONCE + 3)

    def waiting() -> list[int]:
        return [number for number, each in enumerate(crowd.jobs) if each.is_postponed is not False]

    async def work() -> list[object]:
        await crowd.begin()
        steps: list[object] = [len(crowd.answers), waiting()]
        crowd.answers[5].set()
        await clock.sleep(0.1)
        steps += [len(crowd.answers), waiting(), service.times("create")[-1]]
        await crowd.end()
        return steps

    assert engine.call(work()).result(90) == [32, [32, 33, 34], 33, [33, 34], 0.5]
    assert len({each.state.id for each in crowd.jobs}) == AT_ONCE + 3


@pytest.mark.parametrize("how", ["here", "elsewhere"])
def test_a_request_that_waits_for_its_turn_is_stopped_and_the_one_behind_it_is_sent(
    engines: Callable[..., Engine], job: Job, service: Service, clock: VirtualClock, tmp_path: Path, how: str
) -> None:
    engine = engines(str(tmp_path / "history.sqlite"))
    crowd, other = Crowd(engine, job, service, AT_ONCE + 2), History(str(tmp_path / "history.sqlite"))
    stopped = crowd.jobs[AT_ONCE]

    async def work() -> tuple[object, float]:
        await crowd.begin()
        if how == "here":
            await engine.cancel(stopped)
            assert stopped.state.status is Status.REFUSED
        else:
            other.note(stopped.state.key, events.CancelAsked(at=clock.now()))
        asked_at = clock.monotonic()
        verdict = await crowd.sending[AT_ONCE]
        took_s = clock.monotonic() - asked_at
        assert len(await crowd.end()) == AT_ONCE + 2
        return verdict, took_s

    verdict, took_s = engine.call(work()).result(90)
    other.close()
    assert verdict == NEVER_SENT
    assert took_s == 0 if how == "here" else 0 < took_s <= 2  # the file is read now and then, not without end
    assert (stopped.state.status, crowd.jobs[-1].state.status) == (Status.REFUSED, Status.PENDING)
    assert len(service.times("create")) == AT_ONCE + 1
    assert engine.spent_usd == pytest.approx(0.4 * (AT_ONCE + 1))


def test_a_caller_that_leaves_while_its_request_waits_for_a_turn_leaves_no_doubt(
    engine: Engine, job: Job, service: Service
) -> None:
    crowd = Crowd(engine, job, service, AT_ONCE + 1)

    async def work() -> None:
        await crowd.begin()
        crowd.sending[-1].cancel()
        await asyncio.wait({crowd.sending[-1]})
        await crowd.end()

    engine.call(work()).result(90)
    refused = recorded(engine, crowd.jobs[-1])[-1]
    assert refused == events.Refused(at=1_800_000_000.5, message=NEVER_SENT.message, sent=False)
    assert len(service.times("create")) == AT_ONCE


def test_a_history_that_cannot_say_whether_there_is_a_doubt_keeps_the_request_back(
    engine: Engine, job: Job, service: Service
) -> None:
    def ask() -> str | None:
        raise HistoryError("The history could not be read.")

    verdict = send(engine, job, obstacle=ask)
    assert isinstance(verdict, flow.Declined)
    assert (verdict.message, verdict.sent, service.seen) == ("The history could not be read.", False, [])
