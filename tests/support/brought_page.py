"""Prints the table of docs/inputs.md: each self-made file, what the doctor reads in it, what ``act.prepare`` does.

``python tests/support/brought_page.py`` prints it whole; a test holds the page to it, row by row.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import brought

import cometact_nb as act
from cometact_nb.domain.inspection.facts import describe_facts

HEAD = "| file | stands for | the doctor reads | `act.prepare` |\n|---|---|---|---|"


PAGE = Path(__file__).parents[2] / "docs" / "inputs.md"


def made(name: str, folder: Path) -> Path:
    """Write the file of this name."""
    return next(brought.clips(folder, name)) if name in brought.CLIPS else brought.picture(folder, name)


def row(path: Path, result: act.Prepared) -> str:
    """The row of one file and what was made of it."""
    about = (brought.CLIPS.get(path.name) or brought.PICTURES[path.name])[0]
    facts = act.inspect(path, result.role).facts
    read = ", ".join(part for part in describe_facts(facts).split(", ") if not part.endswith(("KB", "MB")))
    return f"| `{path.name}` | {about} | {read} | {' '.join(result.changes)} |"


def table(folder: Path) -> str:
    """All rows, in their order."""
    paths = [made(name, folder) for name in [*brought.CLIPS, *brought.PICTURES]]
    return "\n".join([HEAD, *(row(path, act.prepare(path, out=folder / "out")) for path in paths)])


def is_on_page(path: Path, result: act.Prepared) -> bool:
    """Whether the page says the same; the doctor's numbers may differ by a version of FFmpeg."""
    cells = row(path, result).split(" | ")
    for line in PAGE.read_text("utf-8").splitlines():
        there = line.split(" | ")
        if there[0] == cells[0]:
            return there[1] == cells[1] and there[3:] == cells[3:]
    return False


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(table(Path(place)))
