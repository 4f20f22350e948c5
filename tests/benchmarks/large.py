"""How a history's answers grow with it: the newest tasks, a text, a sweep; at three sizes."""

from __future__ import annotations

import math
import os
import random
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks import scale
from tests.benchmarks.report import Line, Report, number

NAME = "history"
_TARGETS_MS = {
    "the newest 50": 30.0,
    "a text that one old task has": 100.0,
    "a text that no task has": 100.0,
    "the tasks of a sweep of 10,000 cells": 300.0,
}


def measure(*, quick: bool) -> Report:
    """Each size in a file of its own, filled by hand."""
    sizes, repeats = ((300, 1000, 3000), 3) if quick else ((10_000, 100_000, 1_000_000), 15)
    load = os.getloadavg()[0]
    at = {size: _answers(size, repeats) for size in sizes}
    largest, smallest = sizes[-1], sizes[0]
    lines, rows = [], []
    for what, most_ms in _TARGETS_MS.items():
        middle = {size: statistics.median(at[size][what]) for size in sizes}
        lines.append(
            Line(f"{what}, {largest:,} tasks", "ms", at[largest][what], target=f"≤ {most_ms:.0f} ms",
                 met=middle[largest] <= most_ms)
        )  # fmt: skip
        exponent = math.log(middle[largest] / middle[smallest]) / math.log(largest / smallest)
        rows.append(
            f"| {what} | "
            + " | ".join(f"{number(middle[size])} ms" for size in sizes)
            + f" | {exponent:.2f} |"
        )
    head = [
        "| what | " + " | ".join(f"{size:,}" for size in sizes) + " | exponent |",
        "|---|---|---|---|---|",
    ]
    how = (
        f"Finished tasks of a real schema, {repeats} times each; load of the machine at the beginning {load:.1f}. The "
        "exponent is that of the size: 0 does not grow, 1 is linear."
    )
    return Report(NAME, "A large history", how, lines, "\n".join([*head, *rows]))


def _answers(size: int, repeats: int) -> dict[str, list[float]]:
    from cometact_nb.store.journal import sweeps
    from cometact_nb.store.journal.history import History

    with tempfile.TemporaryDirectory() as folder:
        history = History(str(Path(folder) / "history.sqlite"))
        ids = scale.fill(history, size, events=0)
        begin = random.Random(1).randrange(max(1, size - 10_000))
        cells = [f"{place:064x}" for place in range(begin, min(size, begin + 10_000))]
        assert len(sweeps.owned(history, scale.URL, cells)) == len(cells)
        asks: list[Callable[[], object]] = [
            scale.searched(history),
            scale.searched(history, text=ids[7][4:30]),
            scale.searched(history, text="nowhere"),
            lambda: sweeps.owned(history, scale.URL, cells),
        ]
        took = {
            what: [scale.ms(ask) for _ in range(repeats)] for what, ask in zip(_TARGETS_MS, asks, strict=True)
        }
        history.close()
    return took
