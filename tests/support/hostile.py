"""A service that does its worst with paid requests, and kernels that are killed, on a clock that a test moves."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any
from unittest.mock import patch

import httpx
from own_engine import AskedEngine, SessionOnEngine
from virtual_clock import first_of

from cometact_nb.api.client import Client
from cometact_nb.engine.job import Job
from cometact_nb.handles.config import Config

TRUST = httpx.create_ssl_context()
#: A user who waits for so many turns of the clock waits for something that never comes.
_TURNS = 3000
BASE_URL = "https://api.example.com"
PRICE = 0.40

#: What becomes of a paid request: whether it is accepted, and what comes back.
CREATES = (
    "ok", "late", "lost", "lost-accepted", "refused", "bad-key", "busy", "busy", "error", "error-accepted",
    "gateway", "no-channel", "invalid", "never-sent", "page-accepted", "redirect", "broken-off", "no-id-accepted",
    "id-in-data", "timeout-accepted", "page-with-id", "error-with-id", "busy-with-id",
    "disk-full",
)  # fmt: skip
#: Answers to a paid request that carry the id. With the last one the kernel's disk is full from then on.
_WITH_ID = {
    "ok", "late", "id-in-data", "broken-off", "page-with-id", "error-with-id", "busy-with-id", "disk-full",
}  # fmt: skip
_ACCEPTED = {
    *_WITH_ID, "lost-accepted", "error-accepted", "page-accepted", "no-id-accepted", "timeout-accepted",
}  # fmt: skip
POLLS = (
    "running",
    "failed",
    "failed",
    "failed",
    "succeeded",
    "not-exist",
    "other-task",
    "page",
    "forbidden",
    "throttled",
)


class SteppedClock:
    """Time that moves only when a test says so. One for each loop."""

    def __init__(self) -> None:
        self._now = self._start = time.time()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = itertools.count()

    def now(self) -> float:
        """Unix seconds."""
        return self._now

    def monotonic(self) -> float:
        """Seconds since the start."""
        return self._now - self._start

    async def sleep(self, seconds: float) -> None:
        """Wait until the test has moved the time on."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + max(0.0, seconds), next(self._count), future))
        await future

    async def wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait until ``event`` is set or the test has moved the time on."""
        await first_of(event, self.sleep(seconds))

    async def advance(self, seconds: float, strides: int = 3) -> None:
        """Let ``seconds`` pass in a few strides; who is due by the end of one wakes with all others."""
        await _breathe()
        for _ in range(strides):
            self._now += seconds / strides
            while self._sleepers and self._sleepers[0][0] <= self._now:
                _, _, future = heapq.heappop(self._sleepers)
                if not future.done():
                    future.set_result(None)
            await _breathe()

    async def wake(self, until: float = float("inf")) -> bool:
        """Move the time on to the next sleeper, and let it run; False when none wakes before ``until``."""
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, future = heapq.heappop(self._sleepers)
            if not future.done():
                self._now = max(self._now, due)
                future.set_result(None)
                await _breathe()
                return True
        return False


#: How many are in :func:`_breathe`, by loop: each keeps its loop busy, which is not to keep the others waiting.
_breathers: Counter[asyncio.AbstractEventLoop] = Counter()


async def _breathe(rounds: int = 60) -> None:
    """Let everything run that need not wait for the clock; what threads do for the loop, too."""
    loop = asyncio.get_running_loop()
    ready, workers = loop._ready, loop._default_executor  # type: ignore[attr-defined]
    idle = 0
    _breathers[loop] += 1
    try:
        for _ in range(rounds):
            await asyncio.sleep(0.0005 if workers.unfinished else 0)
            is_busy = workers.unfinished or len(ready) >= _breathers[loop]
            idle = 0 if is_busy else idle + 1
            if idle > 1:
                return
    finally:
        _breathers[loop] -= 1
        if not _breathers[loop]:
            del _breathers[loop]


@dataclass
class Accepted:
    """A paid request that the service took.

    Args:
        key: of the task whose intent was on disk.
        seed: says which content it is.
        id: of the service's task.
        kernel: that asked for it.
        reached: an answer with the id was handed to a kernel that could record it.
        found_full: that kernel's disk took nothing at that moment.
    """

    key: str
    seed: int
    id: str
    kernel: Kernel
    reached: bool = False
    found_full: bool = False
    poll: str = "running"


@dataclass
class Hostile:
    """The service, with its books."""

    plays: list[str] = field(default_factory=list)  #: what becomes of the next paid requests, in turn
    accepted: list[Accepted] = field(default_factory=list)
    count: itertools.count[int] = field(default_factory=lambda: itertools.count(1))
    on_post: Callable[[Kernel, str, int], None] = lambda kernel, key, seed: None

    def find(self, task_id: str) -> Accepted | None:
        return next((one for one in self.accepted if one.id == task_id), None)


class Kernel:
    """One session with its engine on the shared history, as a kernel of its own would have it."""

    def __init__(self, service: Hostile, folder: Path, **settings: Any) -> None:
        self.service, self.clock = service, SteppedClock()
        self.dies_at: str | None = None  #: ``"sending"`` or ``"answered"``: with the next paid request
        self.dead = self.is_full = self.hangs = False
        config = Config(
            history=str(folder / "history.sqlite"),
            output_dir=folder / "clips",
            base_url=BASE_URL,
            look="never",
        ).changed(api_key="sk-test", price=PRICE, **settings)
        settings = {"clock": self.clock, "rand": lambda: 0.5, "client": self._client}
        self.session = SessionOnEngine(config, lambda tell: AskedEngine(config.history, tell, **settings))
        self.engine: Any = self.session.engine
        self.call_soon(self._let_time_pass())

    def _client(self) -> Client:
        with patch(
            "httpx.create_ssl_context", lambda *_, **__: TRUST
        ):  # which takes longer than all the rest
            return Client(Transport(self))

    def call_soon(self, work: Any) -> futures.Future[Any]:
        future: futures.Future[Any] = self.engine.call_unseen(work)
        return future

    def call(self, work: Any) -> Any:
        return self.call_soon(work).result(300)  # a busy machine may take a while

    def step(self, seconds: float) -> None:
        """Let time pass for this kernel."""
        self.call(self.clock.advance(seconds))

    def perform(self, work: Callable[[], Any]) -> Any:
        """Do something as its user, while time passes for what that waits for; an error comes back as a value.

        Afterwards everything has run that need not wait for the clock.
        """
        try:
            result = work()
        except Exception as error:  # noqa: BLE001  (whatever its user is told)
            result = error
        self.call(_breathe())
        assert not self.hangs, "it never ended"
        return result

    async def _let_time_pass(self) -> None:
        """Move the time on whenever a user waits for the engine and the engine for the clock."""
        engine, turns = self.engine, 0
        while turns < _TURNS:
            if not engine.unfinished:
                engine.asked.clear()
                await engine.asked.wait()
                turns = 0
            await _breathe()
            if engine.unfinished and not await self.clock.wake():
                await asyncio.sleep(0.001)
            turns += 1
        self.hangs = True
        for task in list(engine.unfinished):
            task.cancel()

    def set_full(self, *, yes: bool) -> None:
        """Let the kernel's disk take nothing, or everything again."""

        async def work() -> None:
            self.full(yes=yes)

        self.call(work())

    def full(self, *, yes: bool) -> None:
        """As :meth:`set_full`; on the kernel's own loop."""
        self.is_full = yes
        self.engine.history.connection.execute(f"PRAGMA query_only = {'ON' if yes else 'OFF'}")

    def die(self) -> None:
        """End as a killed process does: nothing is written from now on."""

        async def work() -> None:
            if not self.dead:
                self.cut()

        self.call(work())
        self._end()

    def cut(self) -> None:
        """Write nothing more; on the kernel's own loop."""
        self.dead = True
        self.engine.history.connection.close()

    def _end(self) -> None:
        self.engine.unanswered.clear()  # nobody waits for the answers of a dead kernel
        self.session.close()

    def close(self) -> None:
        """End in an orderly way, with the answers that are still to come."""
        while not self.dead and self.engine.unanswered:
            self.step(20.0)
        self._end()


class Transport(httpx.AsyncBaseTransport):
    """Hands each request of a kernel to the service."""

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        kernel = self.kernel
        if kernel.dead:
            raise httpx.ReadError("the kernel is dead")
        if request.method == "POST":
            return await self._create(json.loads(request.content))
        task = kernel.service.find(request.url.path.rpartition("/")[2])
        if request.method == "DELETE":
            return self._cancel(task)
        return _poll(task)

    async def _create(self, body: dict[str, Any]) -> httpx.Response:
        kernel, service, seed = self.kernel, self.kernel.service, body["seed"]
        key = _intent_of(kernel, seed)
        service.on_post(kernel, key, seed)
        if kernel.dies_at == "sending":
            kernel.cut()
            raise httpx.ReadError("killed")
        play = service.plays.pop(0) if service.plays else "ok"
        task = None
        if play in _ACCEPTED:
            task = Accepted(key, seed, f"id-{next(service.count):04d}-{'0' * 12}", kernel)
            service.accepted.append(task)
        if kernel.dies_at == "answered":
            kernel.cut()
        elif play == "disk-full":
            kernel.full(yes=True)
        if play == "late":
            await kernel.clock.sleep(20.0)
        if task is not None and play in _WITH_ID and not kernel.dead:
            task.reached, task.found_full = True, kernel.is_full
        return _answer(play, task.id if task else "")

    def _cancel(self, task: Accepted | None) -> httpx.Response:
        if task is None:
            return httpx.Response(404, json={})
        task.poll = "cancelled"
        return httpx.Response(204)


def _intent_of(kernel: Kernel, seed: int) -> str:
    """The task whose intent is on disk for the request that is being sent by whoever called this."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and not isinstance(frame.f_locals.get("job"), Job):
        frame = frame.f_back
    assert frame is not None, "a paid request was sent for no task"
    key: str = frame.f_locals["job"].state.key
    sql = "SELECT json_extract(state, '$.request.seed') FROM tasks WHERE status = 'SUBMITTING' AND key = ?"
    rows = kernel.engine.history.query(sql, (key,))
    assert rows == [(seed,)], "a paid request was sent without a record"
    return key


def _answer(play: str, task_id: str) -> httpx.Response:
    def error(code: str = "") -> dict[str, Any]:
        return {"error": {"message": "scripted", "type": "comet_api_error", "code": code}}

    page: dict[str, Any] = {"content": b"<html>Maintenance</html>", "headers": {"content-type": "text/html"}}
    match play:
        case "ok" | "late" | "disk-full":
            return httpx.Response(200, json={"id": task_id})
        case "id-in-data":
            return httpx.Response(200, json={"code": "success", "message": "", "data": task_id})
        case "lost" | "lost-accepted":
            raise httpx.ReadError("reset")
        case "never-sent":
            raise httpx.ConnectError("refused")
        case "busy":
            return httpx.Response(429, json=error(), headers={"retry-after": "3"})
        case "page-accepted":
            return httpx.Response(200, **page)
        case "page-with-id":
            text = f"<html>Queued as {task_id}</html>"
            return httpx.Response(200, text=text, headers={"content-type": "text/html"})
        case "error-with-id":
            return httpx.Response(500, json={**error(), "id": task_id})
        case "busy-with-id":
            return httpx.Response(429, json={"id": task_id}, headers={"retry-after": "3"})
        case "redirect":
            return httpx.Response(302, headers={"location": "https://elsewhere.example.com"})
        case "no-id-accepted":
            return httpx.Response(200, json={"message": "queued"})
        case "broken-off":
            return httpx.Response(200, stream=_Broken(json.dumps({"id": task_id}).encode()[:-1]))
    status, code = {
        "refused": (400, ""),
        "bad-key": (401, ""),
        "error": (500, ""),
        "error-accepted": (500, ""),
        "gateway": (502, ""),
        "no-channel": (503, "model_not_found"),
        "invalid": (500, "invalid_request"),
        "timeout-accepted": (408, ""),
    }[play]
    return httpx.Response(status, json=error(code))


class _Broken(httpx.AsyncByteStream):
    """A body that ends too early."""

    def __init__(self, part: bytes) -> None:
        self._part = part

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._part
        raise httpx.ReadError("broke off")


def _poll(task: Accepted | None) -> httpx.Response:
    if task is None or task.poll == "not-exist":
        return httpx.Response(400, json={"code": "task_not_exist", "message": "task_not_exist", "data": None})
    match task.poll:
        case "page":
            return httpx.Response(200, content=b"<html></html>", headers={"content-type": "text/html"})
        case "forbidden":
            return httpx.Response(403, json={"error": {"message": "firewall"}})
        case "other-task":
            return httpx.Response(200, json={"id": "id-of-another-task", "status": "FAILED"})
    more = {"failureCode": "INTERNAL"} if task.poll == "failed" else {}
    return httpx.Response(200, json={"id": task.id, "status": task.poll.upper(), "output": [], **more})
