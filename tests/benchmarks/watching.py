"""CPU of a poll, beside the vendor's SDK that awaits the same tasks: user and system seconds of the whole process.

Both clocks run faster than the service's, so that many polls pass in a minute. What a start takes is left out: the row
"wire" counts it, at the service's own pace. ``python -m tests.benchmarks.watching WHO URL TASKS POLLS SPEED`` is one
side of it.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.benchmarks.report import Line, Report
from tests.benchmarks.still import Still, polls

NAME = "watching"
_KEY = "sk-sandbox-0123456789abcdef0123456789abcdef"
#: Polls a second, about, in all; many more would let a busy machine answer them in heaps.
_RATE = 40


def measure(*, quick: bool) -> Report:
    """Each side in a process of its own, in turn."""
    sizes, count, rounds = ((3,), 6, 1) if quick else ((20, 200), 2000, 2)
    load = os.getloadavg()[0]
    lines = []
    for size in sizes:
        both: dict[str, list[float]] = {"ours": [], "sdk": []}
        with Still() as service:
            for _ in range(rounds):
                for who, samples in both.items():
                    samples.append(_in_process(who, service.url, size, count, 10 * _RATE / size))
        ratio = statistics.median(both["ours"]) / statistics.median(both["sdk"])
        what = f"CPU of a poll without news, {size} tasks"
        lines.append(Line(what, "ms", both["ours"], both["sdk"], "SDK", "≤ 0.7", ratio <= 0.7))
    how = (
        f"{count:,} polls of tasks that never end, {rounds} times in turn, on a clock that makes it about {_RATE} a second; "
        f"without the start. The load of the machine was {load:.1f} at the beginning. Ours keeps a history and a state for "
        "each task, the SDK nothing."
    )
    return Report(NAME, "CPU of a poll", how, lines)


def _in_process(who: str, url: str, tasks: int, count: int, speed: float) -> float:
    root = Path(__file__).parents[2]
    command = [
        sys.executable,
        "-m",
        "tests.benchmarks.watching",
        who,
        url,
        str(tasks),
        str(count),
        str(speed),
    ]
    return float(subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout)


def _one(who: str, url: str, tasks: int, count: int, speed: float) -> float:
    """Watch in this process, and return the milliseconds of CPU of one poll."""
    ids = [str(uuid.uuid4()) for _ in range(tasks)]
    with (_ours if who == "ours" else _theirs)(url, ids, speed), httpx.Client(trust_env=False) as http:
        _wait(http, url, 2 * tasks)  # all connections and caches are there
        began, before = time.process_time(), polls(http, url)
        _wait(http, url, count)
        return 1000 * (time.process_time() - began) / (polls(http, url) - before)


def _wait(http: httpx.Client, url: str, count: int) -> None:
    until = polls(http, url) + count
    while (left := until - polls(http, url)) > 0:
        time.sleep(min(5.0, left / _RATE))


@contextmanager
def _ours(url: str, ids: list[str], speed: float) -> Iterator[None]:
    from cometact_nb.domain.service import Secret
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.session import Session

    with tempfile.TemporaryDirectory() as folder:
        session = Session(
            Config(
                history=f"{folder}/history.sqlite",
                output_dir=Path(folder),
                base_url=url,
                api_key=Secret(_KEY),
                time_scale=1 / speed,
            )
        )
        for task_id in ids:
            session.task(task_id)
        yield
        session.close()


@contextmanager
def _theirs(url: str, ids: list[str], speed: float) -> Iterator[None]:
    import threading

    import runwayml.lib.polling
    from runwayml import AsyncRunwayML

    pace = runwayml.lib.polling
    pace.POLL_TIME, pace.POLL_JITTER = pace.POLL_TIME / speed, pace.POLL_JITTER / speed  # type: ignore[assignment]
    loop = asyncio.new_event_loop()

    async def watch() -> None:
        async with AsyncRunwayML(api_key=_KEY, base_url=f"{url}/runwayml") as client:

            async def wait(task_id: str) -> None:
                task = await client.tasks.retrieve(task_id)
                await task.wait_for_task_output(timeout=None)

            await asyncio.gather(*(wait(task_id) for task_id in ids))

    watching = loop.create_task(watch())

    def run() -> None:
        try:
            loop.run_until_complete(watching)
        except asyncio.CancelledError:
            loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    loop.call_soon_threadsafe(watching.cancel)
    thread.join()


if __name__ == "__main__":
    who, url, tasks, count, speed = sys.argv[1:]
    print(_one(who, url, int(tasks), int(count), float(speed)))
