"""A service that is scripted at the transport, for engines on a virtual clock, and what is often done with one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import httpx

from cometact_nb.domain import events
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job

if TYPE_CHECKING:
    from virtual_clock import VirtualClock

CLIP = b"\0\0\0\x18ftypisom" + b"x" * 5000
CLIP_URL = "https://cdn.example.com/clip.mp4?token=SIGNED"
REQUEST = ActTwoRequest(character="https://example.com/hero.png", reference="https://example.com/act.mp4")
RUNNING = {"id": "task-1", "status": "RUNNING"}
DONE = {"id": "task-1", "status": "SUCCEEDED", "output": [CLIP_URL]}
NO_OUTPUT = {"id": "task-1", "status": "SUCCEEDED", "output": []}
BUSY = httpx.Response(429, headers={"retry-after": "20"}, json={"error": {"message": "busy"}})

Handler = Callable[[httpx.Request], httpx.Response]


FIRST = "task-1"


class Service:
    """A scripted service: what it answers to a create, to each poll in turn, and for the clip.

    Where a script says ``task-1``, a second paid request gets an id of its own, and a poll that of its task.
    """

    def __init__(self, clock: VirtualClock) -> None:
        self.clock = clock
        self.creates: list[object] = [{"id": "task-1"}]
        self.polls: list[object] = [{"id": "task-1", "status": "SUCCEEDED", "output": [CLIP_URL]}]
        self.clips: list[object] = [CLIP]
        self.deletes: list[object] = [204]
        self.seen: list[tuple[str, float, httpx.Request]] = []
        self._accepted = 0

    def _own(self, kind: str, request: httpx.Request, answer: object) -> object:
        """Give the task of a scripted answer its own id."""
        if not isinstance(answer, dict) or answer.get("id") != FIRST or kind == "clip":
            return answer
        if kind != "create":
            return {**answer, "id": request.url.path.rpartition("/")[2]}
        self._accepted += 1
        return {**answer, "id": f"task-{self._accepted}"}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        kind = {"POST": "create", "DELETE": "delete"}.get(request.method, "poll")
        kind = "clip" if request.url.host == "cdn.example.com" else kind
        self.seen.append((kind, self.clock.monotonic(), request))
        script = {"create": self.creates, "poll": self.polls, "clip": self.clips, "delete": self.deletes}[
            kind
        ]
        answer = script.pop(0) if len(script) > 1 else script[0]
        if isinstance(answer, Exception):
            raise answer
        if callable(answer):
            made: httpx.Response = answer(request)
            return made
        if isinstance(answer, httpx.Response):
            return answer
        if isinstance(answer, bytes):
            return httpx.Response(200, content=answer, headers={"content-type": "video/mp4"})
        if isinstance(answer, int):
            return httpx.Response(answer, json={"error": {"message": "scripted"}})
        return httpx.Response(200, json=self._own(kind, request, answer))

    def times(self, kind: str) -> list[float]:
        return [at for seen, at, _ in self.seen if seen == kind]


class Ending(list[object]):
    """Answers to polls of a task without progress that ends at a moment of the clock."""

    def __init__(self, clock: VirtualClock, until: float) -> None:
        super().__init__([{}])
        self.clock, self.until = clock, until

    def __getitem__(self, _: Any) -> Any:
        if self.clock.monotonic() < self.until:
            return {"status": "RUNNING"}
        return {"status": "SUCCEEDED", "output": [CLIP_URL]}


def submit(engine: Engine, job: Job) -> object:
    return engine.call(engine.submit(job, REQUEST, 0.4)).result(90)


def submit_and_cancel(engine: Engine, job: Job) -> object:
    """In one go on the engine's loop: the virtual clock does not wait for another thread."""

    async def both() -> object:
        await engine.submit(job, REQUEST, 0.4)
        return await engine.cancel(job)

    return engine.call(both()).result(90)


def recorded(engine: Engine, job: Job) -> list[events.TaskEvent]:
    async def read() -> list[events.TaskEvent]:
        return engine.history.events(job.state.key)

    return engine.call(read()).result(90)


def run_to_the_end(engine: Engine, job: Job) -> TaskState:
    async def finish() -> TaskState:
        settled: asyncio.Future[TaskState] = asyncio.get_running_loop().create_future()

        def note(job: Job) -> None:
            if job.state.is_settled and not settled.done():
                settled.set_result(job.state)

        note(job)
        job.listeners.add(note)
        return await settled

    return engine.call(finish()).result(60)


def unknown(_: httpx.Request) -> httpx.Response:
    """Answer that there is no such task."""
    return httpx.Response(400, json={"code": "task_not_exist", "message": "task_not_exist", "data": None})


def send(engine: Engine, job: Job, request: ActTwoRequest = REQUEST, **options: Any) -> object:
    """Send a request at $0.40, and return the verdict."""
    return engine.call(engine.submit(job, request, 0.4, **options)).result(90)


def another(job: Job) -> Job:
    """Make a job beside ``job``, at the same service."""
    return Job(TaskState(key=new_key()), job.endpoint, job.output_dir)


def take_up(engine: Engine, job: Job, **state: Any) -> None:
    """Watch a task as a new kernel finds it in the history."""
    job.state = TaskState(**{"key": job.state.key, "id": "task-1", "status": Status.RUNNING, **state})

    async def begin() -> None:
        engine.history.append(job.state.key, events.WatchBegan(at=0), job.state)
        engine.watch(job)

    engine.call(begin()).result(90)


def pass_time(engine: Engine, seconds: float) -> None:
    """Let seconds pass on the engine's clock."""

    async def sleep() -> None:
        await engine.clock.sleep(seconds)

    engine.call(sleep()).result(60)


def gaps(times: list[float]) -> list[float]:
    return [after - before for before, after in pairwise(times)]
