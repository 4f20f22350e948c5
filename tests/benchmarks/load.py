"""Many tasks in flight for minutes: ``python tests/benchmarks/load.py --tasks 1000 --minutes 3``.

Against a sandbox on loopback at real speed, so that the 5 s between polls of one task are real. Tells memory over
time, the smallest and largest gap between two polls of a task, polls a second, and how late a 10 ms sleep of the
main thread ends meanwhile, which is what a trivial cell would feel.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from services import SandboxProcess, new_session


def memory_mb() -> float:
    """Resident memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1e6


def lateness_ms(seconds: float) -> list[float]:
    """How late sleeps of 10 ms end, over a while."""
    late = []
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.monotonic()
        time.sleep(0.01)
        late.append((time.monotonic() - began - 0.01) * 1000)
    return late


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--minutes", type=float, default=3.0)
    options = parser.parse_args()
    sandbox = SandboxProcess("--concurrency", "100000", speed=1)
    with tempfile.TemporaryDirectory() as folder:
        session = new_session(Path(folder), sandbox)
        idle = lateness_ms(3)
        start_mb, began = memory_mb(), time.monotonic()
        for number in range(options.tasks):
            character = f"{sandbox.character}?scenario=never-ends&run={number}"
            session.submit(character=character, reference=sandbox.reference)
        submitted_s = time.monotonic() - began
        rows = [(0.0, memory_mb())]
        late: list[float] = []
        while (elapsed := time.monotonic() - began - submitted_s) < options.minutes * 60:
            late += lateness_ms(15)
            rows.append((elapsed, memory_mb()))
        polls = sandbox.ledger()["polls"]
        session.close()
    sandbox.stop()
    gaps = [later - earlier for times in polls.values() for earlier, later in pairwise(times)]
    last = [max(times) for times in polls.values()]
    count = sum(len(times) for times in polls.values())
    print(f"{options.tasks} tasks submitted in {submitted_s:.0f} s, watched for {options.minutes:g} min")
    print(f"memory: {start_mb:.0f} MB before, then " + ", ".join(f"{mb:.0f}" for _, mb in rows) + " MB")
    print(
        f"polls: {count}, {len(polls)} tasks polled; {count / (options.minutes * 60 + submitted_s):.1f} a second"
    )
    print(
        f"gap between polls of one task: min {min(gaps):.2f} s, median {statistics.median(gaps):.1f} s, max {max(gaps):.1f} s"
    )
    print(f"longest unpolled at the end: {max(last) - min(last):.1f} s")
    for name, values in (("idle", idle), ("loaded", late)):
        ordered = sorted(values)
        print(
            f"main thread late, {name}: median {statistics.median(values):.2f} ms, p99 {ordered[int(len(ordered) * 0.99)]:.1f} ms"
        )


if __name__ == "__main__":
    main()
