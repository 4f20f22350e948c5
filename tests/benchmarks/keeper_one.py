"""One run of the row "keeper", alone in its process: ``python -m tests.benchmarks.keeper_one WHAT KIND FOLDER URL SIZE``."""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from virtual_clock import VirtualClock

from cometact_nb.api.client import Client
from cometact_nb.api.reading import ReadingClient
from cometact_nb.domain import events
from cometact_nb.domain.service import Secret
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.engine import Engine
from cometact_nb.handles.config import Config
from cometact_nb.handles.core import Core
from cometact_nb.handles.keeping import KeepingCore
from cometact_nb.store.journal import search
from cometact_nb.store.journal.history import History
from tests.benchmarks import checking

if TYPE_CHECKING:
    from collections.abc import Callable

    from services import SandboxProcess

    from tests.benchmarks.checking import SimTask

_KEY = "sandbox-key"
_REQUEST = {"character": {"type": "image", "uri": "https://example.com/hero.png"}}
_URL = "https://api.cometapi.com"


def leave(folder: Path, sandbox: SandboxProcess, count: int) -> Path:
    """Record tasks without end that a kernel submitted, and return the folder of their history."""
    from cometact_nb.domain.request import ActTwoRequest

    folder.mkdir()
    request = ActTwoRequest(character=sandbox.playing("never-ends"), reference=sandbox.reference)
    headers = {"Authorization": f"Bearer {_KEY}", "X-Runway-Version": Config().runway_version}
    with httpx.Client(base_url=sandbox.base_url, headers=headers) as http:
        posts = [
            http.post("/runwayml/v1/character_performance", json=request.to_json()) for _ in range(count)
        ]
        ids = [post.raise_for_status().json()["id"] for post in posts]
    _record(folder, ids, sandbox.base_url, time.time())
    return folder


def _record(folder: Path, ids: list[str], url: str, at: float) -> None:
    history = History(str(folder / "history.sqlite"))
    for number, task_id in enumerate(ids):
        state = TaskState(
            key=f"left-{number}", id=task_id, status=Status.PENDING, request=_REQUEST, base_url=url,
            output_dir=str(folder / "clips"), submitted_at=at,
        )  # fmt: skip
        history.append(state.key, events.WatchBegan(at=at), state)
    history.close()


class _Kernel(Core):
    """What a kernel has, taking up every task of its history."""

    def wake(self) -> None:
        self.engine.call(self._take_up())

    async def _take_up(self) -> None:
        for row in search.open_tasks(self.engine.history):
            self.adopt(row)


def _made(kind: str, config: Config, folder: Path) -> KeepingCore | _Kernel:
    return KeepingCore(config, folder) if kind == "keeper" else _Kernel(config)


def real(kind: str, folder: Path, url: str, seconds: float) -> dict[str, float]:
    """Watch tasks at the service's own pace."""
    polls = 0
    retrieve = Client.retrieve

    async def counted(self: Client, *args: Any, **more: Any) -> Any:
        nonlocal polls
        polls += 1
        return await retrieve(self, *args, **more)

    Client.retrieve = counted  # type: ignore[method-assign]
    config = Config(history=str(folder / "history.sqlite"), api_key=Secret(_KEY), base_url=url)
    core = _made(kind, config, folder)
    began = time.process_time()
    core.wake()
    time.sleep(seconds)
    took_s = time.process_time() - began
    core.engine.close()
    return {"cpu_s": took_s, "polls": polls}


class _Service:
    """Simulated tasks that all began when the clock did."""

    def __init__(self, mix: list[SimTask], clock: VirtualClock) -> None:
        self.mix, self.clock = mix, clock
        self.polls = 0
        self.known: dict[int, float] = {}
        self.all_known = threading.Event()

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.polls += 1
        number, age = int(request.url.path.rpartition("/")[2]), self.clock.monotonic()
        task = self.mix[number]
        if age >= task.ends_s:
            self.known[number] = age
            if len(self.known) == len(self.mix):
                self.all_known.set()
            return httpx.Response(200, json={"id": str(number), "status": "FAILED"})
        progress = task.progress(age)
        running = {"id": str(number), "status": "RUNNING", "progress": progress}
        return httpx.Response(
            200, json={"id": str(number), "status": "PENDING"} if progress is None else running
        )

    def engine(self, core: Core, client: Callable[[httpx.MockTransport], Client], *, keeps: bool) -> Engine:
        return Engine(
            core.config.history, core.tell, clock=self.clock, rand=random.Random(1).random,
            client=lambda: client(httpx.MockTransport(self.answer)), keeps=keeps,
        )  # fmt: skip


def virtual(kind: str, folder: Path, count: int) -> dict[str, float]:
    """Watch tasks to their ends on a virtual clock."""
    folder.mkdir()
    clock = VirtualClock()
    service = _Service(checking.tasks(count, seed=5), clock)
    _record(folder, [str(number) for number in range(count)], _URL, clock.now())

    class Keeper(KeepingCore):
        def make_engine(self) -> Engine:
            return service.engine(self, ReadingClient, keeps=True)

    class Kernel(_Kernel):
        def make_engine(self) -> Engine:
            return service.engine(self, Client, keeps=False)

    config = Config(history=str(folder / "history.sqlite"), api_key=Secret(_KEY), base_url=_URL)
    core = Keeper(config, folder) if kind == "keeper" else Kernel(config)
    core.wake()
    service.all_known.wait(600)
    core.engine.close()
    lags = [at - service.mix[number].ends_s for number, at in service.known.items()]
    return {"polls": service.polls / count, "lag_s": sum(lags) / len(lags)}


def idle(folder: Path, seconds: float) -> dict[str, float]:
    """Count how often the thread of a keeper wakes that has nothing to watch."""
    folder.mkdir()
    _record(folder, [], _URL, 0.0)
    config = Config(history=str(folder / "history.sqlite"), api_key=Secret(_KEY), base_url=_URL)
    core = KeepingCore(config, folder)
    core.wake()
    thread = next(one for one in threading.enumerate() if one.name == "cometact_nb")

    def switches() -> int:
        status = Path(f"/proc/self/task/{thread.native_id}/status").read_text("utf-8")
        return int(status.partition("\nvoluntary_ctxt_switches:")[2].split()[0])

    time.sleep(2)  # the look at the history is over
    before = switches()
    time.sleep(seconds)
    wakes = switches() - before
    core.close()
    return {"wakes": wakes}


if __name__ == "__main__":
    what, kind, place, url, size = sys.argv[1:]
    if what == "real":
        result = real(kind, Path(place), url, float(size))
    elif what == "virtual":
        result = virtual(kind, Path(place), int(float(size)))
    else:
        result = idle(Path(place), float(size))
    print(json.dumps(result))
