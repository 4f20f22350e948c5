"""What watching many tasks at once costs on the wire and in CPU, beside the vendor's SDK awaiting as many."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from services import SandboxProcess

from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.service import Secret
from cometact_nb.handles.config import Config
from cometact_nb.handles.sandbox import KEY
from cometact_nb.handles.session import Session
from tests.benchmarks.report import Line, Report
from tests.benchmarks.wiretap import Seen, Wiretap

NAME = "wire"


def measure(*, quick: bool) -> Report:
    """Watch tasks that never end, at the service's own pace, through a proxy that counts."""
    sizes, seconds = ((3,), 3.0) if quick else ((20, 200), 60.0)
    lines: list[Line] = []
    for size in sizes:
        sandbox = SandboxProcess("--concurrency", "100000", speed=1)
        try:
            lines += _lines(size, _ours(sandbox, size, seconds), _theirs(sandbox, size, seconds))
        finally:
            sandbox.stop()
    return Report(
        NAME,
        "On the wire",
        f"Tasks that never end, watched for {seconds:.0f} s at the service's own pace through a proxy that counts; the "
        "SDK awaits as many `wait_for_task_output()` on its `AsyncRunwayML`. CPU is that of "
        "the whole process: ours keeps a history and a state for each task, the SDK nothing.",
        lines,
    )


def _lines(size: int, ours: tuple[Seen, float], theirs: tuple[Seen, float]) -> list[Line]:
    (our, our_cpu_s), (sdk, sdk_cpu_s) = ours, theirs

    def line(what: str, unit: str, mine: float, other: float, target: str, *, met: bool | None) -> Line:
        return Line(f"{what}, {size} tasks", unit, [mine], [other], "SDK", target, met)

    per_poll = [(seen.up + seen.down) / len(seen.polls) for seen in (our, sdk)]
    sent = [seen.up / len(seen.polls) for seen in (our, sdk)]
    cpu = [1000 * cpu_s / len(seen.polls) for seen, cpu_s in ((our, our_cpu_s), (sdk, sdk_cpu_s))]
    share = 0.33 if size <= 20 else 0.3
    few = our.peak() <= 4 if size <= 20 else None
    return [
        line("connections", "", our.most_open, sdk.most_open, "≤ 2", met=our.most_open <= 2),
        line(
            "polls in the busiest second",
            "",
            our.peak(),
            sdk.peak(),
            "≤ 4" if few is not None else "",
            met=few,
        ),
        line("polls in all", "", len(our.polls), len(sdk.polls), "", met=None),
        line("bytes sent per poll", "B", sent[0], sent[1], "≤ 1/2", met=sent[0] <= sent[1] / 2),
        line("bytes per poll with the service's answer", "B", per_poll[0], per_poll[1], "", met=None),
        line("CPU per poll, with the start", "ms", cpu[0], cpu[1], "", met=None),
        line("CPU in all", "s", our_cpu_s, sdk_cpu_s, f"≤ {share}", met=our_cpu_s <= share * sdk_cpu_s),
    ]


def _created(sandbox: SandboxProcess, size: int) -> list[str]:
    """Ids of tasks that never end."""
    request = ActTwoRequest(character=sandbox.playing("never-ends"), reference=sandbox.reference)
    headers = {"Authorization": f"Bearer {KEY}", "X-Runway-Version": Config().runway_version}
    with httpx.Client(base_url=sandbox.base_url, headers=headers) as http:
        posts = [http.post("/runwayml/v1/character_performance", json=request.to_json()) for _ in range(size)]
        return [post.raise_for_status().json()["id"] for post in posts]


def _ours(sandbox: SandboxProcess, size: int, seconds: float) -> tuple[Seen, float]:
    ids = _created(sandbox, size)
    with Wiretap(urlsplit(sandbox.base_url).port or 0) as tap, tempfile.TemporaryDirectory() as folder:
        session = Session(
            Config(
                history=f"{folder}/history.sqlite",
                output_dir=Path(folder),
                base_url=tap.url,
                api_key=Secret(KEY),
            )
        )
        began = time.process_time()
        for task_id in ids:
            session.task(task_id)
        time.sleep(seconds)
        took_s = time.process_time() - began
        session.close()
    return tap.seen, took_s


def _theirs(sandbox: SandboxProcess, size: int, seconds: float) -> tuple[Seen, float]:
    from runwayml import AsyncRunwayML

    ids = _created(sandbox, size)

    async def watch(url: str) -> float:
        async with AsyncRunwayML(api_key=KEY, base_url=f"{url}/runwayml") as client:

            async def wait(task_id: str) -> None:
                task = await client.tasks.retrieve(task_id)
                await task.wait_for_task_output()

            began = time.process_time()
            waits = [asyncio.create_task(wait(task_id)) for task_id in ids]
            await asyncio.sleep(seconds)
            took_s = time.process_time() - began
            for waiting in waits:
                waiting.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
            return took_s

    with Wiretap(urlsplit(sandbox.base_url).port or 0) as tap:
        took_s = asyncio.run(watch(tap.url))
    return tap.seen, took_s
