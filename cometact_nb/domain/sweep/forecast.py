"""Forecasts the end of a sweep from the durations of its own tasks so far. Pure."""

from __future__ import annotations

import heapq
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["time_left_s"]

#: Below this share, progress says little about the end.
_TELLING = 0.1
#: A task that takes longer than expected gets this share of the expected time again.
_OVERDUE = 0.1


def time_left_s(
    took_s: Sequence[float], running: Sequence[tuple[float, float | None]], waiting: int, places: int
) -> float | None:
    """Estimate the seconds until all cells have ended; None while no duration is known.

    Args:
        took_s: seconds from submission to the end, of tasks that have ended.
        running: for each unfinished task the seconds since its submission, and its progress (0–1 or None).
        waiting: the number of cells that are still to be sent.
        places: the most tasks at the service at once.
    """
    paces = [since / done for since, done in running if done is not None and done >= _TELLING]
    durations = list(took_s) or paces
    if not durations:
        return 0.0 if not running and not waiting else None
    usual = statistics.median(durations)
    ends = [_left(since, done, usual) for since, done in running]
    ends += [0.0] * max(0, places - len(ends))
    heapq.heapify(ends)
    latest = max(ends, default=0.0)
    for _ in range(waiting):
        end = heapq.heappop(ends) + usual
        latest = max(latest, end)
        heapq.heappush(ends, end)
    return latest


def _left(since: float, done: float | None, usual: float) -> float:
    if done is not None and done >= _TELLING:
        return since * (1 - done) / done
    return max(usual - since, usual * _OVERDUE)
