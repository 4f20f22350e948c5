"""What the server's keeper costs beside the engine that a kernel has, for the same tasks left in a history."""

from __future__ import annotations

import json
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from services import SandboxProcess

from tests.benchmarks import keeper_one
from tests.benchmarks.report import Line, Report, load

NAME = "keeper"
_KINDS = ("keeper", "engine")


def measure(*, quick: bool) -> Report:
    """Each kind in a process of its own, in turns."""
    count, seconds, rounds = (3, 2.0, 1) if quick else (200, 30.0, 5)
    real: dict[str, list[dict[str, float]]] = defaultdict(list)
    virtual: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sandbox = SandboxProcess("--concurrency", "100000", speed=1)
        try:
            left = keeper_one.leave(folder / "left", sandbox, count)
            for number in range(rounds):
                for kind in random.Random(number).sample(_KINDS, 2):
                    copy = folder / f"{kind}-{number}"
                    shutil.copytree(left, copy)
                    real[kind].append(_in_process("real", kind, copy, sandbox.base_url, seconds))
        finally:
            sandbox.stop()
        for kind in _KINDS:
            virtual[kind] = _in_process("virtual", kind, folder / f"virtual-{kind}", "", count)
        idle = _in_process("idle", "keeper", folder / "idle", "", 2.0 if quick else 20.0)
    lines = [
        *_real(count, real),
        *_virtual(count, virtual),
        Line(
            "wake-ups of its thread with nothing to watch", "", [idle["wakes"]], target="0", met=idle["wakes"] == 0,
        ),
    ]  # fmt: skip
    how = (
        f"{count} tasks without end that a kernel left, taken up and watched for {seconds:.0f} s at the service's own pace, "
        f"{rounds} times in turns, each time by a fresh process with a copy of the same history: CPU is that of the whole "
        "process since it began to look. Polls and lag: as many tasks as in “Polls and lag”, which end, on a virtual "
        "clock. Wake-ups are switches of its thread that it made itself, as Linux counts them, in "
        f"{2 if quick else 20} s beside a history without unfinished tasks. {load()}"
    )
    return Report(NAME, "The keeper", how, lines)


def _in_process(what: str, kind: str, folder: Path, url: str, size: float) -> dict[str, float]:
    command = [sys.executable, "-m", "tests.benchmarks.keeper_one", what, kind, str(folder), url, str(size)]
    root = Path(__file__).parents[2]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)  # type: ignore[no-any-return]


def _real(count: int, found: dict[str, list[dict[str, float]]]) -> list[Line]:
    ours, peer = ([run["cpu_s"] for run in found[kind]] for kind in _KINDS)
    polls, of_peer = ([run["polls"] for run in found[kind]] for kind in _KINDS)
    cpu = Line(f"CPU, {count} tasks", "s", ours, peer, "engine", "≤ 1.1")
    # Of many rounds the cheapest is the one that others on the machine disturbed least.
    cpu.met = min(ours) <= 1.1 * min(peer)
    ratio = statistics.median(mine / other for mine, other in zip(ours, peer, strict=True))
    cpu.note = f"ratio of the best {min(ours) / min(peer):.2f}, median of the rounds' ratios {ratio:.2f}"
    return [cpu, Line(f"polls, {count} tasks", "", polls, of_peer, "engine")]


def _virtual(count: int, found: dict[str, dict[str, float]]) -> list[Line]:
    def line(what: str, unit: str, name: str) -> Line:
        ours, peer = (found[kind][name] for kind in _KINDS)
        # Which task is asked first depends on the order of the history's rows and on chance.
        return Line(what, unit, [ours], [peer], "engine", "as the engine's (± 5 %)", ours <= 1.05 * peer)

    return [
        line(f"polls a task, {count} tasks that end", "", "polls"),
        line(f"lag, {count} tasks that end", "s", "lag_s"),
    ]
