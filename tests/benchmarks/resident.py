"""What the loaded extension costs a kernel that does nothing: CPU, wake-ups of its threads, and memory."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from services import SandboxProcess

from tests.benchmarks import scale
from tests.benchmarks.kernel import Kernel
from tests.benchmarks.report import Line, Report

NAME = "resident"
_LOAD = "%load_ext cometact_nb"
#: A task is run to its end, and its card stays on the page.
_WORK = """
import cometact_nb as act
sandbox = act.use_sandbox({speed}, url={url!r})
task = act.submit(character=sandbox.character, reference=sandbox.reference)
display(task)
task.wait()
"""
_HISTORY = """
import cometact_nb as act
act.configure(history={path!r})
history = act.history(limit={tasks})
assert len(history) == {tasks}
history
"""
_WHO = """
import json, os, threading
print(json.dumps([os.getpid(), [one.native_id for one in threading.enumerate() if one.name.startswith("cometact")]]))
"""


def measure(*, quick: bool) -> Report:
    """Kernels side by side, so that they share what the machine does meanwhile."""
    seconds, tasks, rounds = (0.5, 20, 1) if quick else (60.0, 1000, 5)
    lines = [*_idle(seconds), _memory(tasks, rounds)]
    how = (
        f"Kernels that are left alone for {seconds:.0f} s, side by side: a bare one, one that has only loaded the extension, "
        "and one that ran a task and shows its card. A wake-up is a voluntary context switch of a thread of this package. "
        f"Memory is what a kernel's resident set grew by, in {rounds} kernels each."
    )
    return Report(NAME, "A kernel that has nothing to do", how, lines)


def _idle(seconds: float) -> list[Line]:
    sandbox = SandboxProcess(speed=75)
    try:
        with Kernel() as bare, Kernel() as loaded, Kernel() as used:
            loaded.run(_LOAD)
            used.run(_LOAD)
            used.run(_WORK.format(speed=sandbox.speed, url=sandbox.base_url))
            before = [_Spent.of(kernel) for kernel in (bare, loaded, used)]
            time.sleep(seconds)
            after = [spent.later() for spent in before]
    finally:
        sandbox.stop()
    cpu = [end.cpu_ms - begin.cpu_ms for begin, end in zip(before, after, strict=True)]
    wakes = [end.wakes - begin.wakes for begin, end in zip(before, after, strict=True)]
    lines = []
    for name, at in (("the extension loaded", 1), ("a task finished and shown", 2)):
        target = "≤ 10 ms more"
        more = cpu[at] - cpu[0]
        lines.append(
            Line(
                f"CPU of an idle kernel, {name}",
                "ms",
                [cpu[at]],
                [cpu[0]],
                "a bare kernel",
                target,
                more <= 10,
            )
        )
        lines.append(
            Line(f"wake-ups of its threads, {name}", "", [wakes[at]], target="none", met=wakes[at] == 0)
        )
    return lines


class _Spent:
    """What a kernel has spent so far."""

    def __init__(self, pid: int, threads: list[int]) -> None:
        self._pid, self._threads = pid, threads
        tasks = Path(f"/proc/{pid}/task")
        self.cpu_ms = sum(
            int(one.read_text().split()[0]) / 1e6 for one in tasks.glob("*/schedstat") if one.is_file()
        )
        self.wakes = sum(self._switches(tasks / str(thread)) for thread in threads)

    @classmethod
    def of(cls, kernel: Kernel) -> _Spent:
        kernel.run("1")
        pid, threads = json.loads(kernel.run(_WHO))
        time.sleep(1)  # the cell itself has been forgotten by then
        return cls(pid, threads)

    def later(self) -> _Spent:
        return _Spent(self._pid, self._threads)

    @staticmethod
    def _switches(task: Path) -> int:
        return int((task / "status").read_text("utf-8").partition("\nvoluntary_ctxt_switches:")[2].split()[0])


def _memory(tasks: int, rounds: int) -> Line:
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(rounds):
        with Kernel() as kernel:
            path = str(kernel.folder / "history.sqlite")
            _filled(path, tasks)
            ours.append(_growth(kernel, _LOAD, _HISTORY.format(path=path, tasks=tasks)))
        with Kernel() as kernel:
            theirs.append(_growth(kernel, "import runwayml"))
    ratio = sorted(ours)[rounds // 2] / sorted(theirs)[rounds // 2]
    what = f"memory: the extension and {tasks:,} tasks of history on the page"
    return Line(what, "MB", ours, theirs, "`import runwayml` alone", "≤ 1", ratio <= 1)


def _filled(path: str, tasks: int) -> None:
    from cometact_nb.store.journal.history import History

    history = History(path)
    scale.fill(history, tasks)
    history.close()


def _growth(kernel: Kernel, *cells: str) -> float:
    kernel.run("1")
    pid = json.loads(kernel.run(_WHO))[0]
    before = _resident_mb(pid)
    for cell in cells:
        kernel.run(cell)
    return _resident_mb(pid) - before


def _resident_mb(pid: Any) -> float:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
