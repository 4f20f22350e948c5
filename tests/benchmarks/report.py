"""What a benchmark hands back: samples side by side, and how they read as a table."""

from __future__ import annotations

import os
import platform
import statistics
from dataclasses import asdict, dataclass, field
from importlib import metadata
from typing import Any

#: Packages whose versions a reader of the numbers wants to know.
_VERSIONS = ("httpx", "runwayml", "fal-client", "replicate", "ipykernel", "jupyterlab", "ipywidgets")


@dataclass
class Line:
    """One thing measured, ours beside the others' in the same run.

    Args:
        what: the thing, in words.
        unit: of the values.
        ours: every value of ours; the median stands in the table, the best beside it.
        peer: every value of what it is compared with.
        peer_name: what that is.
        target: what was to be reached, in words.
        met: whether it was; None where no target was set.
        note: what a reader must know.
    """

    what: str
    unit: str
    ours: list[float]
    peer: list[float] = field(default_factory=list)
    peer_name: str = ""
    target: str = ""
    met: bool | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """Ours to theirs, by the medians."""
        if not self.ours or not self.peer or not statistics.median(self.peer):
            return None
        return statistics.median(self.ours) / statistics.median(self.peer)


@dataclass
class Report:
    """One row of the plan: a few lines and what was done to get them.

    Args:
        name: for ``--only``.
        title: of its section.
        how: what was measured and how, in a sentence or two.
        lines: what was found.
        text: more Markdown below the table, such as a curve.
        images: SVG files for the page, by name.
    """

    name: str
    title: str
    how: str
    lines: list[Line]
    text: str = ""
    images: dict[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Everything, with all samples."""
        return asdict(self)


def number(value: float) -> str:
    """Three digits that count, without an exponent."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def shown(values: list[float], unit: str) -> str:
    """The median, and the best in brackets where there are several."""
    if not values:
        return "–"
    middle = number(statistics.median(values))
    best = f" (min {number(min(values))})" if len(values) > 1 else ""
    return f"{middle}{best} {unit}".strip()


def table(lines: list[Line]) -> str:
    """The lines as a Markdown table."""
    rows = ["| what | ours | beside it | ratio | target | met |", "|---|---|---|---|---|---|"]
    for line in lines:
        beside = f"{line.peer_name}: {shown(line.peer, line.unit)}" if line.peer else "–"
        ratio = "–" if line.ratio is None else number(line.ratio)
        met = {True: "yes", False: "**no**", None: "–"}[line.met]
        what = f"{line.what}; {line.note}" if line.note else line.what
        cells = [what, shown(line.ours, line.unit), beside, ratio, line.target or "–", met]
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def load() -> str:
    """How busy others kept this machine, as a sentence for those rows whose values wait for it."""
    return f"Programs that wanted a processor in the last 15 minutes, on average: {os.getloadavg()[2]:.0f}, for {os.cpu_count()}."


def machine() -> dict[str, str]:
    """What the numbers depend on, and nothing that names the machine."""
    facts = {"CPUs": str(os.cpu_count()), "Python": platform.python_version(), "system": platform.system()}
    for name in _VERSIONS:
        try:
            facts[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return facts
