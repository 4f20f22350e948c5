"""Decides when to ask about a task again, from its own polls and the durations of earlier tasks.

The best moments to look whether something has ended lie sqrt(h(t) / 2c) to a second, where h(t) is the
rate at which it ends (the hazard) and a look is worth c seconds of delay (Barlow, Hunter and Proschan,
"Optimum Checking Procedures", 1963). h comes from how long the user's own tasks took; where a task reports
progress, its end is extrapolated instead. ``python -m tests.benchmarks --only polls`` measures this against
the vendor's own loop and against the best that any policy could do; docs/benchmarks.md has the curve.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from cometact_nb.api.flow import backoff_s
from cometact_nb.domain.task import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

__all__ = ["LEARNT_FROM", "POLL_FLOOR_S", "Course", "Experience", "Outlook", "next_poll_s", "poll_spacing_s"]

#: A client should not expect news of one task more often (Runway's SDK).
POLL_FLOOR_S = 5.0
#: An outlook is learnt from this many of a service's last tasks.
LEARNT_FROM = 200
#: A longer duration teaches nothing: the task had ended before a later kernel asked.
_LEARNT_UP_TO_S = 3600.0
#: An early end (a failure, a cancel elsewhere) is noticed within this time, whatever the outlook.
_LONGEST_S = 20.0
#: The same where the task reports progress, which the user watches.
_LONGEST_WITH_PROGRESS_S = 15.0
#: The same before the task runs: a fault of an input shows soon after the start.
_LONGEST_BEFORE_START_S = 10.0
#: The same while the task waits for a place in the account's queue, with its whole run still to come.
_QUEUED_S = 15.0
#: The price of a poll, in seconds of delay.
_POLL_WORTH_S = 0.085
#: Seconds between polls without any experience.
_UNKNOWING_S = 5.75
#: The rate of ends for which that interval is the best.
_UNKNOWING_RATE = 2 * _POLL_WORTH_S / _UNKNOWING_S**2
#: The weight of that guess beside experience: it counts as this many ends in each class of durations.
_GUESS_WEIGHT = 1.5
#: Bounds of the classes of durations, in seconds, each 1.4 times as long as the one before.
_CLASSES_S = (0.0, *(5.0 * 1.4**i for i in range(20)), math.inf)
#: A task that seems to end within this is not asked again before it should have ended.
_SOON_S = 12.0
#: A watch waits for this part of a longer remaining time, since progress need not be even.
_SHARE_OF_REST = 0.65
#: The speed of a task is measured over at least this much of its progress, where there is so much.
_SPAN = 0.15


@dataclass(frozen=True)
class Outlook:
    """How often to look at a task without progress, as it grows older.

    Args:
        density: looks per second for each class of ages.
    """

    density: tuple[float, ...]

    @classmethod
    def learnt(cls, durations_s: Collection[float] = ()) -> Outlook:
        """Learn from past tasks: in each class of ages, how many of the tasks that got there ended there.

        Args:
            durations_s: seconds from submission to success, of tasks that did not queue.
        """
        density = []
        for begin, end in pairwise(_CLASSES_S):
            ended = sum(begin < duration <= end for duration in durations_s)
            exposed_s = sum(min(duration, end) - begin for duration in durations_s if duration > begin)
            rate = (ended + _GUESS_WEIGHT) / (exposed_s + _GUESS_WEIGHT / _UNKNOWING_RATE)
            density_here = math.sqrt(rate / (2 * _POLL_WORTH_S))
            density.append(min(1 / POLL_FLOOR_S, max(1 / _LONGEST_S, density_here)))
        return cls(tuple(density))

    def wait_s(self, age_s: float) -> float:
        """Return the seconds until the next look at a task of this age: until the density sums up to one."""
        rest, at = 1.0, age_s
        for end, density in zip(_CLASSES_S[1:], self.density, strict=True):
            if end <= at:
                continue
            if (end - at) * density >= rest:
                return at + rest / density - age_s
            rest -= (end - at) * density
            at = end
        raise AssertionError("the last class has no end")


class Experience:
    """How long the last tasks of one service took, and what to expect of the next.

    Args:
        durations_s: see :meth:`Outlook.learnt`, the newest last.
    """

    def __init__(self, durations_s: Iterable[float]) -> None:
        self._durations_s = deque[float](maxlen=LEARNT_FROM)
        self._outlook: Outlook | None = None
        for duration_s in durations_s:
            self.add(duration_s)

    def add(self, duration_s: float) -> None:
        """Add the duration of one more task that succeeded, in seconds."""
        if 0 < duration_s <= _LEARNT_UP_TO_S:
            self._durations_s.append(duration_s)
            self._outlook = None

    @property
    def outlook(self) -> Outlook:
        """The outlook that they teach."""
        if self._outlook is None:
            self._outlook = Outlook.learnt(self._durations_s)
        return self._outlook


@dataclass(frozen=True)
class Course:
    """The course of one task so far, from its polls.

    Args:
        status: as of the last poll.
        begun_s: the last poll that saw it wait for a place, in seconds since the submission, or 0: its age
            counts from here.
        points: (seconds since the submission, progress) of the polls that saw progress grow.
    """

    status: Status = Status.PENDING
    begun_s: float = 0.0
    points: tuple[tuple[float, float], ...] = ()

    def after(self, elapsed_s: float, status: Status, progress: float | None) -> Course:
        """Return the course after one more poll.

        Args:
            elapsed_s: seconds since the submission, on the service's clock.
            status: what the poll said.
            progress: 0–1, or None.
        """
        if status is Status.THROTTLED:
            return Course(status, elapsed_s)
        if status is not Status.RUNNING or not progress:
            return replace(self, status=status)
        points = self.points or ((self.begun_s, 0.0),)
        if progress - points[-1][1] < 0.005:  # noqa: PLR2004  (nothing new; a course stays short)
            return replace(self, status=status)
        return Course(status, self.begun_s, (*points, (elapsed_s, progress)))

    def remaining_s(self, elapsed_s: float) -> float | None:
        """Estimate the remaining seconds from the latest progress; None without progress."""
        if not self.points:
            return None
        progress = self.points[-1][1]
        before = [point for point in self.points if point[1] <= progress - _SPAN]
        since_s, since = (before or self.points)[-1 if before else 0]
        if progress <= since or elapsed_s <= since_s:
            return None
        return (elapsed_s - since_s) * (1 - progress) / (progress - since)


def next_poll_s(
    course: Course, outlook: Outlook, elapsed_s: float, failures: int, random: Callable[[], float]
) -> float:
    """Return the seconds until the next poll of a task, never less than 5.

    Args:
        course: of the task so far.
        outlook: from other tasks.
        elapsed_s: seconds since the submission, on the service's clock, like the answer.
        failures: polls that failed in a row.
        random: uniform in [0, 1); a tenth of jitter keeps tasks apart.
    """
    if failures:
        return max(POLL_FLOOR_S, backoff_s(failures, random, base_s=POLL_FLOOR_S))
    return max(POLL_FLOOR_S, _wanted_s(course, outlook, elapsed_s)) * (1 + 0.1 * random())


def _wanted_s(course: Course, outlook: Outlook, elapsed_s: float) -> float:
    if course.status is Status.THROTTLED:
        return _QUEUED_S
    rest_s = course.remaining_s(elapsed_s)
    if rest_s is None:
        wait_s = outlook.wait_s(max(0.0, elapsed_s - course.begun_s))
        return min(wait_s, _LONGEST_BEFORE_START_S) if course.status is Status.PENDING else wait_s
    if rest_s <= _SOON_S:
        return 1.05 * rest_s + 0.5
    return min(_LONGEST_WITH_PROGRESS_S, _SHARE_OF_REST * rest_s)


def poll_spacing_s(watched: int) -> float:
    """Return the seconds between any two polls of a session that watches this many tasks.

    At most 4 polls in any second, or as many as it takes to ask about each task every 5.4 s, up to 20. (Every
    5 s would do, but then some seconds see five polls of 20 tasks.)
    """
    return min(0.27, max(0.05, 5.4 / max(1, watched)))
