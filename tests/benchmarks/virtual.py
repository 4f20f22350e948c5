"""The whole engine on a clock whose hours pass in milliseconds, against a service made of simulated tasks."""

from __future__ import annotations

import asyncio
import itertools
import math
import random
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx
from virtual_clock import VirtualClock

from cometact_nb.api.client import Client
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job
from tests.benchmarks.checking import Fare, SimTask

_REQUEST = ActTwoRequest(character="https://example.com/hero.png", reference="https://example.com/act.mp4")
_ENDPOINT = Endpoint("https://api.cometapi.com", Secret("sk-benchmark"))
_CLIP = b"\0\0\0\x18ftypisom" + b"\0" * 1000


class Virtual:
    """An engine, and the service it talks to, on one virtual clock.

    Args:
        mix: the tasks that the service runs, in the order of their submission.
        clips: whether each task has a clip to fetch; without, it fails at its end.
    """

    def __init__(self, mix: Sequence[SimTask], *, clips: bool = False) -> None:
        self.mix = mix
        self.clips = clips
        self.clock = VirtualClock()
        self.begun: list[float] = []
        self.polls: list[list[float]] = []
        self.known: dict[str, float] = {}
        self._folder = tempfile.TemporaryDirectory()
        self.engine = Engine(
            str(Path(self._folder.name) / "history.sqlite"),
            self._changed,
            clock=self.clock,
            rand=random.Random(1).random,
            client=lambda: Client(httpx.MockTransport(self._answer)),
        )

    def run(self, at_once: int) -> Fare:
        """Submit all tasks, so many at a time, and watch them to their ends."""
        self.engine.call(self._all(at_once)).result(3600)
        self.close()
        lags = [self.known[str(i)] - self.begun[i] - task.ends_s for i, task in enumerate(self.mix)]
        gaps = [b - a for times in self.polls for a, b in itertools.pairwise(times)]
        requests = statistics.mean(len(times) for times in self.polls)
        return Fare(requests, statistics.mean(lags), min(gaps, default=math.inf))

    def close(self) -> None:
        """Stop the engine."""
        self.engine.close()
        self._folder.cleanup()

    async def submit(self) -> Job:
        """Submit one more task."""
        job = Job(TaskState(key=new_key()), _ENDPOINT, Path(self._folder.name) / "clips")
        await self.engine.submit(job, _REQUEST, 0.4)
        return job

    async def _all(self, at_once: int) -> None:
        places = asyncio.Semaphore(at_once)

        async def one() -> None:
            async with places:
                job = await self.submit()
                assert job.watcher is not None
                await job.watcher

        await asyncio.gather(*(one() for _ in self.mix))

    def _changed(self, job: Job) -> None:
        if job.state.status.is_terminal and job.state.id is not None:
            self.known.setdefault(job.state.id, self.clock.monotonic())

    def _answer(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.begun.append(self.clock.monotonic())
            self.polls.append([])
            return httpx.Response(200, json={"id": str(len(self.begun) - 1)})
        if request.url.host != "api.cometapi.com":
            return httpx.Response(200, content=_CLIP, headers={"content-type": "video/mp4"})
        number = int(request.url.path.rpartition("/")[2])
        self.polls[number].append(self.clock.monotonic())
        return httpx.Response(200, json=self._task(number))

    def _task(self, number: int) -> dict[str, object]:
        task, age = self.mix[number], self.clock.monotonic() - self.begun[number]
        known = {"id": str(number)}
        if age >= task.ends_s:
            url = f"https://cdn.example.com/{number}.mp4?token=x"
            return (
                {**known, "status": "SUCCEEDED", "output": [url]}
                if self.clips
                else {**known, "status": "FAILED"}
            )
        progress = task.progress(age)
        if progress is None:
            return {**known, "status": "PENDING"}
        return {**known, "status": "RUNNING", "progress": progress}
