"""A single request that waits to be sent: any kernel stops it, and a doubt that comes meanwhile does, too."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import httpx
import pytest
from hostile import SteppedClock
from own_engine import SessionOnEngine
from services import SandboxProcess, new_session
from waiting import until

from cometact_nb.api.client import Client
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.search import Query
from cometact_nb.domain.service import Secret
from cometact_nb.domain.task import Status
from cometact_nb.engine.engine import Engine
from cometact_nb.errors import CancelRefused, NotSentError, RefusedError, SweepPaused, UnconfirmedError
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.store.journal.history import History
from cometact_nb.store.journal.search import search

REQUEST = ActTwoRequest(character="https://example.com/hero.png", reference="https://example.com/act.mp4")
BUSY = httpx.Response(429, headers={"retry-after": "20"}, json={"error": {"message": "busy"}})
#: A stop from another kernel takes no longer, by the clock of the kernel that sends.
WITHIN_S = 2.0


class Service:
    """What it answers to each paid request in turn; then it accepts. It knows no task."""

    def __init__(self) -> None:
        self.answers: list[httpx.Response | Exception] = []
        self.posts = 0
        self.hangs = False
        self.released = asyncio.Event()

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method != "POST":
            return httpx.Response(200, json={"id": request.url.path.rpartition("/")[2], "status": "RUNNING"})
        self.posts += 1
        number = self.posts
        answer = self.answers.pop(0) if self.answers else httpx.Response(200, json={"id": f"task-{number}"})
        if self.hangs:
            await self.released.wait()
        if isinstance(answer, Exception):
            raise answer
        return answer


class Kernel:
    """A session on a history that it shares, whose time passes as the test says."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.clock = clock = SteppedClock()
        config = Config(history=str(folder / "history.sqlite"), output_dir=folder / "clips",
                        api_key=Secret("sk-x"), look="never")  # fmt: skip
        client = lambda: Client(httpx.MockTransport(service))  # noqa: E731
        self.session: Session = SessionOnEngine(
            config, lambda tell: Engine(config.history, tell, clock=clock, client=client)
        )
        self._users = ThreadPoolExecutor(40)

    def begin(self, work: Callable[..., Task], *args: Any) -> Future[Task]:
        """Let a user of this kernel do something that may wait."""
        return self._users.submit(work, *args)

    def step(self, seconds: float) -> None:
        self.session.engine.call(self.clock.advance(seconds)).result(60)

    def step_until(self, done: Future[Task]) -> None:
        def step() -> bool:
            self.step(0.25)
            return done.done()

        until(step)

    @property
    def waiting(self) -> list[Task]:
        return [task for task in self.session.tasks() if task.state.waiting_for]

    def close(self) -> None:
        self.session.close()
        self._users.shutdown()


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def kernels(service: Service, tmp_path: Path) -> Iterator[tuple[Kernel, Kernel]]:
    made = Kernel(service, tmp_path), Kernel(service, tmp_path)
    yield made
    for kernel in made:
        kernel.close()


def postponed(kernel: Kernel, service: Service, work: Callable[..., Task], *args: Any) -> Future[Task]:
    """What comes of a request that a kernel sends and the service refuses for now."""
    service.answers.insert(0, BUSY)
    sending = kernel.begin(work, *args)
    until(lambda: kernel.waiting)
    return sending


def cancel_from(kernel: Kernel, key: str) -> Future[Task]:
    """Cancel a task from another kernel; its word is on record."""
    task = kernel.session.task(key)
    cancelling = kernel.begin(task.cancel)

    async def is_recorded() -> bool:
        return kernel.session.engine.history.is_cancel_asked(key)

    until(lambda: kernel.session.run(is_recorded()))
    return cancelling


def test_a_request_that_waits_out_a_429_is_cancelled_from_another_kernel(
    kernels: tuple[Kernel, Kernel], service: Service
) -> None:
    first, second = kernels
    sending = postponed(first, service, first.session.submit, REQUEST)
    cancelling = cancel_from(second, first.waiting[0].key)
    first.step(WITHIN_S)
    with pytest.raises(RefusedError, match="busy"):
        sending.result(60)
    second.step_until(cancelling)
    assert cancelling.result(60).status is Status.REFUSED
    first.step(100)
    assert service.posts == 1


def test_a_request_that_waits_for_its_turn_is_cancelled_from_here_or_from_another_kernel(
    kernels: tuple[Kernel, Kernel], service: Service
) -> None:
    first, second = kernels
    service.hangs = True
    sending = [first.begin(first.session.submit, REQUEST.replace(seed=seed)) for seed in range(32)]
    until(lambda: service.posts == 32)
    waiting = [first.begin(first.session.submit, REQUEST.replace(seed=seed)) for seed in (40, 41)]
    until(lambda: len(unsent(first)) == 2)
    here, there = unsent(first)
    here.cancel()
    cancelling = cancel_from(second, there.key)
    first.step(WITHIN_S)
    for one in waiting:
        with pytest.raises(NotSentError, match="Nothing was bought"):
            one.result(60)
    second.step_until(cancelling)
    assert {here.status, cancelling.result(60).status} == {Status.REFUSED}
    release(first, service)
    assert len({one.result(60).id for one in sending}) == 32
    assert service.posts == 32


def test_a_request_takes_its_turn_once_another_is_answered(
    kernels: tuple[Kernel, Kernel], service: Service
) -> None:
    first, _ = kernels
    service.hangs = True
    sending = [first.begin(first.session.submit, REQUEST.replace(seed=seed)) for seed in range(34)]
    until(lambda: sum(task.request is not None for task in first.session.tasks()) == 34)
    assert service.posts == 32
    release(first, service)
    assert len({one.result(60).id for one in sending}) == service.posts == 34


def test_a_request_on_its_way_is_not_cancelled_from_another_kernel_and_says_so(
    kernels: tuple[Kernel, Kernel], service: Service
) -> None:
    first, second = kernels
    service.hangs = True
    sending = first.begin(first.session.submit, REQUEST)
    until(lambda: service.posts == 1)
    cancelling = cancel_from(second, first.session.tasks()[0].key)
    second.step_until(cancelling)
    with pytest.raises(CancelRefused, match="not given the task an id yet"):
        cancelling.result(60)
    release(first, service)
    assert sending.result(60).id == "task-1"


def test_a_cancel_from_another_kernel_is_kept_for_a_request_on_its_way_that_is_refused_for_now(
    kernels: tuple[Kernel, Kernel], service: Service
) -> None:
    first, second = kernels
    service.hangs, service.answers = True, [BUSY]
    sending = first.begin(first.session.submit, REQUEST)
    until(lambda: service.posts == 1)
    cancelling = cancel_from(second, first.session.tasks()[0].key)
    release(first, service)
    with pytest.raises(RefusedError, match="busy"):
        sending.result(60)
    second.step_until(cancelling)
    assert cancelling.result(60).status is Status.REFUSED
    assert service.posts == 1


def test_a_doubt_that_comes_while_a_request_waits_keeps_it_from_being_sent(
    kernels: tuple[Kernel, Kernel], service: Service
) -> None:
    first, second = kernels
    sending = postponed(first, service, first.session.submit, REQUEST)
    service.answers = [httpx.ReadError("reset")]
    with pytest.raises(UnconfirmedError):
        second.begin(second.session.submit, REQUEST).result(60)
    first.step(21)
    with pytest.raises(UnconfirmedError, match="Nothing was sent") as caught:
        sending.result(60)
    assert not caught.value.sent
    assert caught.value.task.key == second.session.tasks()[0].key
    assert first.session.tasks()[-1].status is Status.REFUSED
    assert first.session.engine.spent_usd == 0
    assert service.posts == 2


def test_a_word_to_send_beside_one_doubt_does_not_cover_another_that_comes_later(
    kernels: tuple[Kernel, Kernel], service: Service
) -> None:
    first, second = kernels
    service.answers = [httpx.ReadError("reset")]
    with pytest.raises(UnconfirmedError) as lost:
        first.begin(first.session.submit, REQUEST).result(60)
    sending = postponed(first, service, lost.value.task.resubmit)
    first.step(21)
    assert sending.result(60).id == "task-3"  # beside the doubt that it was said about

    sending = postponed(first, service, lost.value.task.resubmit)
    service.answers = [httpx.ReadError("reset")]
    with pytest.raises(UnconfirmedError):
        second.begin(second.session.task(lost.value.task.key).resubmit).result(60)
    first.step(21)
    with pytest.raises(UnconfirmedError, match="Nothing was sent"):
        sending.result(60)
    assert service.posts == 5


def test_a_history_that_cannot_be_read_when_a_request_is_to_be_sent_again_keeps_it_back(
    kernels: tuple[Kernel, Kernel], service: Service, tmp_path: Path
) -> None:
    first, second = kernels
    sending = postponed(first, service, first.session.submit, REQUEST)

    async def rename(table: str, name: str) -> None:
        second.session.engine.history.connection.execute(f"ALTER TABLE {table} RENAME TO {name}")

    second.session.run(rename("cells", "away"))
    first.step(21)
    with pytest.raises(RefusedError, match="could not be read"):
        sending.result(60)
    second.session.run(rename("away", "cells"))
    assert service.posts == 1


@pytest.mark.parametrize(("halt", "status"), [("pause", "QUEUED"), ("cancel", "STOPPED")])
def test_a_cell_whose_request_waits_when_its_sweep_is_stopped_is_never_shown_as_refused(
    kernels: tuple[Kernel, Kernel], service: Service, halt: str, status: str
) -> None:
    first, _ = kernels
    service.answers = [BUSY]
    sweep = first.session.sweep([REQUEST.replace(seed=seed) for seed in range(3)], name="s")
    sweep.run(yes=True, canary=False)
    until(lambda: first.waiting)
    seen: list[dict[str, int]] = []
    first.waiting[0].job.listeners.add(lambda job: seen.append(sweep.counts))
    getattr(sweep, halt)()
    with pytest.raises(SweepPaused, match="3 cells") if halt == "pause" else nullcontext():
        sweep.wait(60)
    assert sweep.counts == {status: 3}
    assert [counts for counts in seen if "REFUSED" in counts] == []
    assert service.posts == 1


SENDER = """
import sys
import cometact_nb as act
history, output, url = sys.argv[1:]
act.configure(history=history, output_dir=output, look="never")
sandbox = act.use_sandbox(url=url)
print(act.submit(character=sandbox.character + "?scenario=rate-limited:retry_after=50", reference=sandbox.reference).id)
"""


def test_a_cancel_stops_a_request_that_waits_in_another_process(tmp_path: Path) -> None:
    sandbox = SandboxProcess(speed=1)
    place = [str(tmp_path / "history.sqlite"), str(tmp_path / "clips"), sandbox.base_url]
    command = [sys.executable, "-c", SENDER, *place]
    sender = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    session = new_session(tmp_path, sandbox)
    try:
        until(sandbox.posts)
        history = History(place[0])
        until(lambda: any(row.state.waiting_for for row in search(history, Query())))
        (row,) = search(history, Query())
        history.close()
        assert session.task(row.state.key).cancel().status is Status.REFUSED
        output, errors = sender.communicate(timeout=60)
        assert (output, "RefusedError" in errors) == ("", True)
        assert sandbox.posts() == 1
    finally:
        session.close()
        sender.kill()
        sender.communicate()
        sandbox.stop()


def unsent(kernel: Kernel) -> list[Task]:
    """The tasks for whose requests there was no turn yet, and whose intents are on record."""
    return [task for task in kernel.session.tasks() if task.request and (task.request.seed or 0) >= 40]


def release(kernel: Kernel, service: Service) -> None:
    """Let the service answer what hangs and what comes."""

    async def answer() -> None:
        service.hangs = False
        service.released.set()

    kernel.session.run(answer())
