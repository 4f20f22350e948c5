"""A kernel whose sweeps buy from a scripted service, on a clock whose hours pass in milliseconds."""

from __future__ import annotations

import asyncio
import itertools
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
from virtual_clock import VirtualClock

from cometact_nb.api.client import Client
from cometact_nb.domain.price import Price
from cometact_nb.domain.service import Secret
from cometact_nb.engine.engine import Engine
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep

URL = "https://api.example.com"
HERO, ROBOT, ACT = "https://a.b/hero.png", "https://a.b/robot.png", "https://a.b/act.mp4"
_CLIP = b"\0\0\0\x18ftypisom" + b"x" * 100

#: Called with a request for a seed; answers it, or None for the usual answer.
Hook = Callable[[int], httpx.Response | Exception | Awaitable[httpx.Response | None] | None]


class Vendor:
    """The service: each task runs once and succeeds, or ends by the script for its seed."""

    def __init__(self) -> None:
        #: The seeds of the requests that came, in order, and the characters.
        self.seeds: list[int] = []
        self.characters: list[str] = []
        #: The keys that these requests came with.
        self.keys: list[str] = []
        #: Seeds of the tasks that were cancelled.
        self.cancelled: list[int] = []
        #: By seed: the fields of the answer to each poll, the last one for ever.
        self.ends: dict[int, list[dict[str, Any]]] = {}
        #: By seed: the status of the answer to each poll.
        self.refusals_of_polls: dict[int, int] = {}
        #: Cleared, it holds up the answers to polls.
        self.answers_polls = threading.Event()
        self.answers_polls.set()
        #: For a test's own use in ``at_create``.
        self.let_go = threading.Event()
        #: By seed: the status of the answer to a cancel, after which the task fails.
        self.refusals_of_cancels: dict[int, int] = {}
        self.at_create: Hook = lambda seed: None
        #: Called with a cancel of a task of a seed.
        self.at_cancel: Callable[[int], object] = lambda seed: None
        self._tasks: dict[str, int] = {}
        self._count = itertools.count(1)

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            self.keys.append(request.headers["authorization"].removeprefix("Bearer "))
            return await self._create(json.loads(request.content))
        if request.url.host == "cdn.example.com":
            return httpx.Response(200, content=_CLIP, headers={"content-type": "video/mp4"})
        if request.url.host != httpx.URL(URL).host:
            page = "<!doctype html><html>Sign in</html>"  # an input that only its owner's browser sees
            return httpx.Response(200, text=page, headers={"content-type": "text/html"})
        task_id = request.url.path.rpartition("/")[2]
        seed = self._tasks[task_id]
        if request.method == "DELETE":
            self.cancelled.append(seed)
            self.at_cancel(seed)
            status = self.refusals_of_cancels.get(seed, 204)
            self.ends[seed] = [{"status": "CANCELLED" if status < 300 else "FAILED"}]
            return httpx.Response(status)
        while not self.answers_polls.is_set():  # noqa: ASYNC110  (the test that sets it is on another thread)
            await asyncio.sleep(0.005)
        if seed in self.refusals_of_polls:
            return httpx.Response(self.refusals_of_polls[seed], json={"error": {"message": "not now"}})
        url = f"https://cdn.example.com/{task_id}.mp4?token=x"
        script = self.ends.setdefault(seed, [{"status": "RUNNING"}, {"status": "SUCCEEDED", "output": [url]}])
        return httpx.Response(200, json={"id": task_id, **(script.pop(0) if len(script) > 1 else script[0])})

    async def _create(self, body: dict[str, Any]) -> httpx.Response:
        seed = body.get("seed", 0)
        self.seeds.append(seed)
        self.characters.append(body["character"]["uri"])
        answer = self.at_create(seed)
        if isinstance(answer, Awaitable):
            answer = await answer
        if isinstance(answer, httpx.Response):
            return answer
        task_id = f"task-{next(self._count)}"
        self._tasks[task_id] = seed
        if answer is not None:
            raise answer  # it was accepted, and the answer was lost
        return httpx.Response(200, json={"id": task_id})


class VirtualKernel(Session):
    """A session of its own; several of one folder are as several kernels with one history.

    Args:
        vendor: the service.
        folder: for history and clips.
        settings: of its :class:`Config`.
    """

    def __init__(self, vendor: Vendor, folder: Path, **settings: Any) -> None:
        self._vendor, self.clock = vendor, VirtualClock()  # a clock belongs to one loop
        given: dict[str, Any] = {
            "api_key": Secret("sk-x"),
            "base_url": URL,
            "history": str(folder / "history.sqlite"),
            "output_dir": folder / "clips",
            "price": Price(0.4),
            "look": "never",
            **settings,
        }
        super().__init__(Config(**given))

    def make_engine(self) -> Engine:
        client = lambda: Client(httpx.MockTransport(self._vendor))  # noqa: E731
        return Engine(self.config.history, self.tell, clock=self.clock, rand=lambda: 0.5, client=client)

    def grid(self, seeds: Any, name: str = "s", **fields: Any) -> Sweep:
        """A sweep over seeds."""
        return self.sweep(
            **{"character": HERO, "reference": ACT, "seed": list(seeds), "name": name, **fields}
        )


#: Makes kernels of one folder.
Kernels = Callable[..., VirtualKernel]
