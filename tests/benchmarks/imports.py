"""What ``import cometact_nb`` and ``%load_ext cometact_nb`` cost, beside the libraries one would use instead."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time

from tests.benchmarks.kernel import Kernel
from tests.benchmarks.report import Line, Report

NAME = "import"
PEERS = ("runwayml", "fal_client", "replicate", "httpx")
_CLOCKED = "import time; _began = time.perf_counter()\n{code}\n(time.perf_counter() - _began) * 1000"


def measure(*, quick: bool) -> Report:
    """Fresh processes and fresh kernels, taken in turn."""
    peers = [name for name in PEERS if importlib.util.find_spec(name)]
    codes = {"bare": "pass", "ours": "import cometact_nb"} | {name: f"import {name}" for name in peers}
    wall: dict[str, list[float]] = {name: [] for name in codes}
    rounds = 1 if quick else 25
    for _ in range(rounds):
        for name, code in codes.items():
            wall[name].append(_process_ms(code))
    own = {
        name: [value - bare for value, bare in zip(values, wall["bare"], strict=True)]
        for name, values in wall.items()
    }
    lines = [
        Line(
            "`import cometact_nb`, whole process minus bare Python",
            "ms",
            own["ours"],
            own[peer],
            f"`import {peer}`",
            "≤ 1/20" if peer == "runwayml" else "",
        )
        for peer in peers
    ]
    lines.append(_load_ext(1 if quick else 9))
    for line, most in zip((lines[0], lines[-1]), (1 / 20, 1 / 4), strict=True):
        line.met = line.ratio is not None and line.ratio <= most
    return Report(
        NAME,
        "Import",
        f"{rounds} rounds; each round starts one fresh process of each kind, one after the other, and takes the "
        "bare `python -c pass` of the same round away. `%load_ext`: a fresh kernel each time, clocked inside it.",
        lines,
    )


def _load_ext(rounds: int) -> Line:
    codes = {"%load_ext cometact_nb": [], "import runwayml": []}  # type: dict[str, list[float]]
    for _ in range(rounds):
        for code, values in codes.items():
            with Kernel() as kernel:
                kernel.run("1")
                values.append(float(kernel.run(_CLOCKED.format(code=code))))
    return Line(
        "`%load_ext cometact_nb` in a running kernel",
        "ms",
        codes["%load_ext cometact_nb"],
        codes["import runwayml"],
        "`import runwayml` there",
        "≤ 1/4",
    )


def _process_ms(code: str) -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return (time.perf_counter() - began) * 1000
