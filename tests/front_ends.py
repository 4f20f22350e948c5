"""The table of docs/front-ends.md: what each lane of the matrix was last seen with, as the lanes recorded it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TypedDict

from tests.lanes import LANES

PAGE = Path(__file__).parents[1] / "docs" / "front-ends.md"
RECORD = PAGE.with_suffix(".json")
_START, _END = "<!-- the lanes write from here -->\n", "<!-- to here -->"


class Seen(TypedDict):
    """One run of a lane.

    ``outcome`` is ``"ok"`` or what failed; ``date`` is of UTC; ``versions`` are those that the page names.
    """

    outcome: str
    date: str
    versions: dict[str, str]


def read() -> dict[str, Seen]:
    """What each lane saw last, by its name."""
    return json.loads(RECORD.read_text("utf-8"))  # type: ignore[no-any-return]


def write(name: str, seen: Seen) -> None:
    """Record one run, and write the page's table anew."""
    runs = {**read(), name: seen}
    ordered = {lane: runs[lane] for lane in LANES if lane in runs}
    RECORD.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", "utf-8")
    PAGE.write_text(with_table(PAGE.read_text("utf-8"), ordered), "utf-8")


def with_table(page: str, runs: dict[str, Seen]) -> str:
    """The page with the table of these runs in place of the one that it has."""
    return re.sub(
        f"{re.escape(_START)}.*?{_END}", lambda _: f"{_START}{table(runs)}\n{_END}", page, flags=re.DOTALL
    )


def table(runs: dict[str, Seen]) -> str:
    """A row for each lane that has a title; one that was never run is "not tested"."""
    head = "| | lane | versions | what its tests hold | outcome |\n|---|---|---|---|---|"
    rows = [
        f"| {lane.title} | `{name}` | {_versions(runs.get(name))} | {lane.holds} | {_outcome(runs.get(name))} |"
        for name, lane in LANES.items()
        if lane.title
    ]
    return "\n".join([head, *rows])


def _versions(seen: Seen | None) -> str:
    return ", ".join(f"{name} {version}" for name, version in seen["versions"].items()) if seen else ""


def _outcome(seen: Seen | None) -> str:
    if seen is None:
        return "**not tested**"
    return f"holds, {seen['date']}" if seen["outcome"] == "ok" else f"**{seen['outcome']}**, {seen['date']}"
