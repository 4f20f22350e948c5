"""How free a kernel stays for its user while it watches many tasks."""

from __future__ import annotations

import statistics

from services import SandboxProcess

from tests.benchmarks.kernel import Kernel
from tests.benchmarks.report import Line, Report

NAME = "kernel"
_SETUP = """
import cometact_nb as act
sandbox = act.use_sandbox(1, url={url!r})
for _ in range({tasks}):
    act.submit(character={character!r}, reference=sandbox.reference)
"""


def measure(*, quick: bool) -> Report:
    """Trivial cells in two kernels, in turn: one watches tasks, the other does nothing."""
    tasks, cells = (3, 5) if quick else (200, 4000)
    idle: list[float] = []
    watching: list[float] = []
    sandbox = SandboxProcess("--concurrency", "100000", speed=1)
    try:
        with Kernel() as free, Kernel() as full:
            character = sandbox.playing("never-ends")
            full.run(_SETUP.format(url=sandbox.base_url, tasks=tasks, character=character))
            for kernel in (free, full):
                for _ in range(10):
                    kernel.latency_ms()
            for _ in range(cells):
                idle.append(free.latency_ms())
                watching.append(full.latency_ms())
    finally:
        sandbox.stop()
    ratio = statistics.median(watching) / statistics.median(idle)
    worst = [_late(values) for values in (watching, idle)]
    what = f"a trivial cell while {tasks} tasks run"
    lines = [
        Line(f"{what}, median", "ms", watching, idle, "idle kernel", "≤ 1.2", ratio <= 1.2),
        Line(
            f"{what}, 99th percentile",
            "ms",
            [worst[0]],
            [worst[1]],
            "idle kernel",
            "≤ 50 ms more",
            worst[0] - worst[1] <= 50,
        ),
    ]
    how = f"{cells:,} cells in each of two kernels, in turn, from sending to the reply; tasks at the service's own pace."
    return Report(NAME, "The kernel stays free", how, lines)


def _late(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]
