"""Many tasks in flight in one session for minutes: ``python tests/support/load.py`` prints what became of them.

By default 1,000 tasks for 240 s on a sandbox at twice real speed; ``tests/contract/test_load.py`` runs a small one.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from services import SandboxProcess, new_session

from cometact_nb.api.pace import POLL_FLOOR_S


@dataclass(frozen=True)
class Load:
    """What was seen.

    Args:
        tasks: how many were in flight.
        posts: paid requests that reached the service.
        submit_s: seconds that all submits took, one after the other.
        polls: asked in the window.
        fewest: polls of the task that was asked about least.
        most: polls of the task that was asked about most.
        shortest_s: the shortest time between two polls of one task, on the service's clock (5 is the floor).
        longest_s: the longest, on the service's clock.
        rss_mb: memory of the process, sampled ten times in the window.
        late_ms: how late a sleep of 10 ms of the main thread woke, sorted.
        file_descriptors: before and after the window.
        threads: that there are at the end and were not before.
    """

    tasks: int
    posts: int
    submit_s: float
    polls: int
    fewest: int
    most: int
    shortest_s: float
    longest_s: float
    rss_mb: list[float]
    late_ms: list[float]
    file_descriptors: tuple[int, int]
    threads: int


def run(tasks: int, seconds: float, speed: float, *, polls_each: int = 0) -> Load:
    """Keep ``tasks`` in flight for ``seconds``, and until each was asked about so often, and look."""
    before = threading.active_count()
    sandbox = SandboxProcess("--concurrency", str(tasks), "--duration-s", "1000000", speed=speed)
    with tempfile.TemporaryDirectory() as folder:
        session = new_session(Path(folder), sandbox)
        began = time.monotonic()
        for _ in range(tasks):
            session.submit(character=sandbox.character, reference=sandbox.reference)
        submit_s = time.monotonic() - began
        since, descriptors = time.time(), _descriptors()
        rss_mb, late_ms = _watch(seconds)
        while polls_each and min(map(len, _since(sandbox, since))) < polls_each:
            time.sleep(0.2)
        until = time.time()
        in_flight = sum(not task.status.is_terminal for task in session.tasks())
        posts = sandbox.posts()
        threads, after = threading.active_count() - before, _descriptors()
        times = [[at for at in seen if at <= until] for seen in _since(sandbox, since)]
        session.close()
    sandbox.stop()
    gaps = [later - earlier for seen in times for earlier, later in pairwise(seen)]
    waits = [max(b - a for a, b in pairwise([since, *seen, until])) for seen in times]
    return Load(
        tasks=in_flight,
        posts=posts,
        submit_s=submit_s,
        polls=sum(map(len, times)),
        fewest=min(map(len, times)),
        most=max(map(len, times)),
        shortest_s=min(gaps) * speed,
        longest_s=max(waits) * speed,
        rss_mb=rss_mb,
        late_ms=sorted(late_ms),
        file_descriptors=(descriptors, after),
        threads=threads,
    )


def _since(sandbox: SandboxProcess, since: float) -> list[list[float]]:
    """When each task was asked about, after ``since``."""
    ledger = sandbox.ledger()
    times = [[at for at in ledger["polls"].get(post["id"], ()) if at >= since] for post in ledger["posts"]]
    return times or [[]]


def _watch(seconds: float) -> tuple[list[float], list[float]]:
    """Memory, and how free the main thread is meanwhile."""
    rss_mb: list[float] = []
    late_ms: list[float] = []
    began = time.monotonic()
    while (now := time.monotonic()) - began < seconds:
        if now - began >= len(rss_mb) * seconds / 10:
            gc.collect()
            rss_mb.append(_rss_mb())
            now = time.monotonic()
        time.sleep(0.01)
        late_ms.append(1000 * (time.monotonic() - now - 0.01))
    return rss_mb, late_ms


def _rss_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=240)
    parser.add_argument("--speed", type=float, default=2)
    options = parser.parse_args()
    load = run(options.tasks, options.seconds, options.speed)
    at: Callable[[float], float] = lambda share: load.late_ms[int(share * (len(load.late_ms) - 1))]  # noqa: E731
    print(f"{load.tasks:,} tasks in flight for {options.seconds:.0f} s, {options.speed:g} times real speed")
    print(f"paid requests: {load.posts:,}; submitted one after the other in {load.submit_s:.1f} s")
    print(f"polls: {load.polls:,}; per task {load.fewest} to {load.most}")
    print(
        f"between two polls of one task: {load.shortest_s:.2f} to {load.longest_s:.1f} s of the service's clock "
        f"(never less than {POLL_FLOOR_S:g})"
    )
    print(f"memory: {', '.join(f'{mb:.1f}' for mb in load.rss_mb)} MB")
    print(
        f"a sleep of 10 ms woke late by {at(0.5):.2f} ms (median), {at(0.99):.2f} ms (99 %), {at(1):.1f} ms (most)"
    )
    print(
        f"file descriptors: {load.file_descriptors[0]}, then {load.file_descriptors[1]}; threads: {load.threads}"
    )


if __name__ == "__main__":
    main()
