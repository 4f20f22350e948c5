"""Polls a task and how late its end is known, beside the loop of the vendor's SDK and beside the best there could be."""

from __future__ import annotations

import statistics

from cometact_nb.api import pace
from tests.benchmarks import checking, plot
from tests.benchmarks.report import Line, Report, number
from tests.benchmarks.virtual import Virtual

NAME = "polls"
_WORTHS_S = (0.05, 0.06, 0.07, 0.08, 0.1, 0.125, 0.15, 0.2, 0.3, 0.5, 0.8)
_HISTORIES = (0, 5, 10, 30, 100, 200)
_OF_THE_LIMIT = 1.15


def measure(*, quick: bool) -> Report:
    """Simulate the policies on one mix; then let the whole engine live through a part of it."""
    count, repeats = (50, 1) if quick else (4000, 4)
    mix = checking.tasks(count, seed=1)
    early = checking.tasks(count, seed=1, early=0.1)
    vendor, vendor_early = checking.vendor(mix, seed=2), checking.vendor(early, seed=2)
    lines = _with_progress(mix, vendor, early, vendor_early)
    limit = [checking.best(worth_s, 5.0 if quick else 0.5) for worth_s in _WORTHS_S]
    without = {size: _after(size, mix, repeats) for size in _HISTORIES}
    lines += _without_progress(without, vendor, limit)
    lines += _engine(10 if quick else 400)
    return Report(
        NAME,
        "Polls and lag",
        f"{count:,} tasks on a virtual clock, each octave of durations from 20 s to 10 min as likely as the next. "
        "Progress, where it is reported, comes in whole percents, begins 3–10 s after the submission and is bent "
        "(share of the run to a power of 0.7–1.4). Lag is the mean delay from a task's end until it is known; the "
        "vendor's SDK polls every 6 ± 1.5 s. The policy is `cometact_nb/api/pace.py`.",
        lines,
        "" if quick else _curve(limit, without, vendor),
        {} if quick else {"polls.svg": _picture(limit, without, vendor, mix)},
    )


def _after(size: int, mix: list[checking.SimTask], repeats: int) -> checking.Fare:
    """Without progress, after a history of so many tasks; their ends were known a little late, too."""
    fares = []
    for repeat in range(repeats):
        took = [seconds + 2.7 for seconds in checking.durations(size, 40 + repeat)]
        fares.append(checking.ours(mix, pace.Outlook.learnt(took), 3 + repeat, progress=False))
    return checking.Fare(
        statistics.mean(fare.requests for fare in fares),
        statistics.mean(fare.lag_s for fare in fares),
        min(fare.gap_s for fare in fares),
    )


def _pair(
    what: str, ours: checking.Fare, vendor: checking.Fare, targets: tuple[str, str], met: tuple[bool, bool]
) -> list[Line]:
    requests = Line(
        f"requests a task, {what}", "", [ours.requests], [vendor.requests], "SDK", targets[0], met[0]
    )
    lag = Line(f"lag, {what}", "s", [ours.lag_s], [vendor.lag_s], "SDK", targets[1], met[1])
    return [requests, lag]


def _with_progress(
    mix: list[checking.SimTask],
    vendor: checking.Fare,
    early: list[checking.SimTask],
    vendor_early: checking.Fare,
) -> list[Line]:
    lines = []
    for what, tasks, theirs in (
        ("progress reported", mix, vendor),
        ("progress reported, every tenth task ends early", early, vendor_early),
    ):
        fare = checking.ours(tasks, pace.Outlook.learnt(), 3, progress=True)
        met = (fare.requests <= theirs.requests / 2, fare.lag_s <= theirs.lag_s)
        lines += _pair(what, fare, theirs, ("≤ 1/2", "≤ 1"), met)
    return lines


def _without_progress(
    without: dict[int, checking.Fare], vendor: checking.Fare, limit: list[checking.Fare]
) -> list[Line]:
    lines = []
    for size in (0, 10, 200):
        fare = without[size]
        what = f"no progress, {size} tasks in the history"
        met = (fare.requests <= vendor.requests, fare.lag_s <= vendor.lag_s)
        lines += _pair(what, fare, vendor, ("≤ 1", "≤ 1"), met)
    for size in (100, 200):
        fare = without[size]
        best = checking.requests_at(limit, fare.lag_s)
        met_limit = fare.requests <= _OF_THE_LIMIT * best
        what = f"requests a task, no progress, {size} tasks in the history"
        lines.append(Line(what, "", [fare.requests], [best], "limit at the same lag", "≤ 1.15", met_limit))
    gap = min(fare.gap_s for fare in without.values())
    lines.append(Line("shortest time between two polls of a task", "s", [gap], target="≥ 5 s", met=gap >= 5))
    return lines


def _engine(count: int) -> list[Line]:
    """The same with the whole engine: client, history and scheduler, 20 tasks at a time."""
    mix = checking.tasks(count, seed=5)
    fare = Virtual(mix).run(at_once=20)
    theirs = checking.vendor(mix, seed=2)
    what = f"progress reported, the whole engine with {count} tasks, 20 at a time"
    met = (fare.requests <= theirs.requests / 2, fare.lag_s <= theirs.lag_s)
    return _pair(what, fare, theirs, ("≤ 1/2", "≤ 1"), met)


def _curve(limit: list[checking.Fare], without: dict[int, checking.Fare], vendor: checking.Fare) -> str:
    rows = [f"| {number(fare.lag_s)} s | {number(fare.requests)} |" for fare in limit]
    ours = [
        f"| {size} | {number(fare.requests)} | {number(fare.lag_s)} s | "
        f"{fare.requests / checking.requests_at(limit, fare.lag_s) - 1:+.0%} |"
        for size, fare in without.items()
    ]
    limit_words = (
        "The limit is the best schedule for somebody who knows this mix exactly and of a task only that it has not "
        "ended (dynamic programming, `tests/benchmarks/checking.py`):"
    )
    ours_words = (
        f"The vendor's loop: {number(vendor.requests)} requests, {number(vendor.lag_s)} s. This package without "
        "progress, by the number of tasks in the user's history (who has few cannot know the mix, so the limit is "
        "not theirs to reach):"
    )
    picture = (
        "![Requests a task by lag: the limit, even polling, the SDK, and this package](images/polls.svg)"
    )
    limit_table = ["| lag | requests at least |", "|---|---|", *rows]
    ours_table = ["| tasks in the history | requests | lag | above the limit |", "|---|---|---|---|", *ours]
    return "\n".join([picture, "", limit_words, "", *limit_table, "", ours_words, "", *ours_table])


def _picture(
    limit: list[checking.Fare],
    without: dict[int, checking.Fare],
    vendor: checking.Fare,
    mix: list[checking.SimTask],
) -> str:
    mean_s = statistics.mean(task.ends_s for task in mix)
    even = [(gap / 2, mean_s / gap + 0.5) for gap in (5, 5.5, 6, 7, 8, 10, 12, 14)]
    with_progress = checking.ours(mix, pace.Outlook.learnt(), 3, progress=True)
    series = [
        plot.Series("limit, no progress", [(fare.lag_s, fare.requests) for fare in limit]),
        plot.Series("even polling", even),
        plot.Series("vendor's SDK", [(vendor.lag_s, vendor.requests)], marks=True),
        plot.Series(
            "ours, no progress", [(fare.lag_s, fare.requests) for fare in without.values()], marks=True
        ),
        plot.Series("ours, progress", [(with_progress.lag_s, with_progress.requests)], marks=True),
    ]
    return plot.chart(series, "lag, s", "requests a task")
