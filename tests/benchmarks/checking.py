"""Policies of checking whether a task has ended: how they fare on a mix of tasks, and the best there could be.

Nothing waits here: a policy says how long it would wait, and time is a number.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cometact_nb.api import pace
from cometact_nb.domain.task import Status

SHORTEST_S, LONGEST_S = 20.0, 600.0


@dataclass(frozen=True)
class SimTask:
    """One task of the mix.

    Args:
        ends_s: seconds from its submission to its end.
        full_s: where it would end if nothing ended it early.
        starts_s: when it begins to run.
        bend: its progress is the share of its run to this power.
    """

    ends_s: float
    full_s: float
    starts_s: float
    bend: float

    def progress(self, at_s: float) -> float | None:
        """What it reports, in whole percents, and never 1 before its end."""
        if at_s < self.starts_s:
            return None
        share: float = min(1.0, (at_s - self.starts_s) / (self.full_s - self.starts_s))
        return min(0.99, round(float(share**self.bend), 2))


def durations(count: int, seed: int) -> list[float]:
    """Seconds a task takes: each octave from 20 s to 10 min as likely as the next."""
    rand = random.Random(seed)
    return [SHORTEST_S * (LONGEST_S / SHORTEST_S) ** rand.random() for _ in range(count)]


def tasks(count: int, seed: int, early: float = 0.0) -> list[SimTask]:
    """The mix; a share ``early`` ends at any moment of its life, as what fails or is cancelled does."""
    rand = random.Random(seed)
    made = []
    for full_s in durations(count, seed):
        starts_s = rand.uniform(3, 10)
        ends_s = rand.uniform(starts_s, full_s) if rand.random() < early else full_s
        made.append(SimTask(ends_s, full_s, starts_s, rand.uniform(0.7, 1.4)))
    return made


@dataclass(frozen=True)
class Fare:
    """How a policy fares.

    Args:
        requests: polls a task, on average.
        lag_s: seconds from an end until it is known, on average.
        gap_s: the shortest time between two polls of a task.
    """

    requests: float
    lag_s: float
    gap_s: float = math.inf


def vendor(mix: Sequence[SimTask], seed: int) -> Fare:
    """The loop of the vendor's SDK: a poll every 6 ± 1.5 s."""
    rand = random.Random(seed)
    return _fare(mix, lambda _: iter(lambda: 6 + rand.uniform(-1.5, 1.5), None))


def ours(mix: Sequence[SimTask], outlook: pace.Outlook, seed: int, *, progress: bool) -> Fare:
    """This package's policy, with what the tasks report or without."""
    rand = random.Random(seed).random

    def waits(task: SimTask) -> Iterator[float]:
        at, course = 0.0, pace.Course()
        while True:
            wait = pace.next_poll_s(course, outlook, at, 0, rand)
            at += wait
            yield wait
            status = Status.RUNNING if at >= task.starts_s else Status.PENDING
            course = course.after(at, status, task.progress(at) if progress else None)

    return _fare(mix, waits)


def _fare(mix: Sequence[SimTask], waits: Callable[[SimTask], object]) -> Fare:
    requests, lags, gap = [], [], math.inf
    for task in mix:
        at, count = 0.0, 0
        for wait in waits(task):  # type: ignore[attr-defined]
            at, count, gap = at + wait, count + 1, min(gap, wait)
            if at >= task.ends_s:
                break
        requests.append(count)
        lags.append(at - task.ends_s)
    return Fare(statistics.mean(requests), statistics.mean(lags), gap)


def best(worth_s: float, step_s: float = 0.5, longest_s: float = 60.0) -> Fare:
    """The best schedule for who knows the mix exactly, and of a task only that it has not ended.

    Dynamic programming over the time of the last poll: the least of lag plus requests times their worth, with never
    less than 5 s between two.

    Args:
        worth_s: seconds of lag that a request is worth.
        step_s: of the grid of times.
        longest_s: between two polls.
    """
    ends = [_share(i * step_s, (i + 1) * step_s) for i in range(int(LONGEST_S / step_s))]
    alive = [0.0] * (len(ends) + 1)
    for i in reversed(range(len(ends))):
        alive[i] = alive[i + 1] + ends[i]
    first, last = int(pace.POLL_FLOOR_S / step_s), int(longest_s / step_s)
    cost = [0.0] * (len(ends) + last + 1)
    choice = [0] * len(ends)
    for i in reversed(range(len(ends))):
        found, lag, passed = math.inf, 0.0, 0.0
        for gap in range(1, last + 1):
            share = ends[i + gap - 1] if i + gap - 1 < len(ends) else 0.0
            lag += (passed + share / 2) * step_s
            passed += share
            total = worth_s * alive[i] + lag + cost[i + gap]
            if gap >= first and total < found:
                found, choice[i] = total, gap
        cost[i] = found
    return _along(choice, ends, alive, step_s)


def _along(choice: list[int], ends: list[float], alive: list[float], step_s: float) -> Fare:
    requests, lag, i = 0.0, 0.0, 0
    while i < len(ends):
        requests += alive[i]
        until = i + choice[i]
        lag += sum(ends[j] * (until - j - 0.5) * step_s for j in range(i, min(until, len(ends))))
        i = until
    return Fare(requests, lag)


def _share(begin_s: float, end_s: float) -> float:
    def below(at_s: float) -> float:
        at_s = min(LONGEST_S, max(SHORTEST_S, at_s))
        return math.log(at_s / SHORTEST_S) / math.log(LONGEST_S / SHORTEST_S)

    return below(end_s) - below(begin_s)


def requests_at(curve: Sequence[Fare], lag_s: float) -> float:
    """The requests of a curve at a lag, between its points."""
    points = sorted(curve, key=lambda fare: fare.lag_s)
    for low, high in pairwise(points):
        if low.lag_s <= lag_s <= high.lag_s:
            part = (lag_s - low.lag_s) / (high.lag_s - low.lag_s)
            return low.requests + part * (high.requests - low.requests)
    return (points[0] if lag_s < points[0].lag_s else points[-1]).requests
