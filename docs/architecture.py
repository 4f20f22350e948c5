"""Draws the rooms of the package and their imports: ``python docs/architecture.py`` writes the SVG beside it.

Imports for types only and those inside functions count, too. A test fails when the picture is out of date.
"""

from __future__ import annotations

import ast
from functools import cache
from html import escape
from pathlib import Path

DOCS = Path(__file__).parent
PACKAGE = DOCS.parent / "cometact_nb"
PICTURE = DOCS / "architecture.svg"

#: From high to low. ``api`` and ``store`` are one floor: neither imports the other.
ROOMS = {
    "entry": "the ways in: functions, the magic, the command line",
    "views": "all that is shown: HTML, widgets, text",
    "handles": "what a user holds: session, task, sweep, clip",
    "engine": "one thread, one loop: send, poll, fetch, record",
    "api": "the paid service: its words, its timing, its wire",
    "store": "on disk: the history, the clips, the inputs",
    "domain": "pure values and rules, without I/O or a clock",
    "errors": "one tree, each with its cause and cure",
}
#: Spoken to over HTTP alone.
APART, STANDS_IN = "sandbox", "stands in for the service, on this machine"

WIDTH, LEFT, RIGHT, TOP = 800, 16, 540, 16
BOX, GAP = 48, 12
#: Boxes bring their own light ground, and arrows are of a middle tone: both are seen on white and on black.
STYLE = """
text { font: 12.5px system-ui, sans-serif; fill: #1b2733 }
.name { font-weight: 700; font-size: 15px }
.room { fill: #eaf1f8; stroke: #6b8cae }
.apart { fill: #fbf1e3; stroke: #b98a4a; stroke-dasharray: 5 4 }
.import { fill: none; stroke: #6b8cae; stroke-width: 1.6 }
.http { fill: none; stroke: #b98a4a; stroke-width: 1.6; stroke-dasharray: 5 4 }
.said { fill: #b07f3d }
"""


@cache
def rooms_imported(room: str) -> set[str]:
    """The rooms that one imports, itself left out."""
    paths = [PACKAGE / f"{room}.py"] if room == "errors" else (PACKAGE / room).rglob("*.py")
    names = set()
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module == "cometact_nb":
                names |= {f"cometact_nb.{alias.name}" for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(node.module or "")
    parts = [name.split(".") for name in names if name.startswith("cometact_nb.")]
    return {part[1] for part in parts if part[1] in {*ROOMS, APART}} - {room}


def folders(room: str) -> str:
    """The folders of a room, by name."""
    inside = sorted(path.name for path in (PACKAGE / room).glob("*/") if (path / "__init__.py").exists())
    return f"{room}/  {'  '.join(f'{name}/' for name in inside)}" if room != "errors" else room


def tops() -> dict[str, int]:
    """Where each box begins, from the top."""
    found = {room: TOP + row * (BOX + GAP) for row, room in enumerate(ROOMS)}
    return {**found, APART: TOP + len(ROOMS) * (BOX + GAP) + GAP}


def box(room: str, top: int) -> str:
    """A room: its name, its folders, its purpose."""
    name, _, inside = folders(room).partition("  ")
    kind = "apart" if room == APART else "room"
    about = escape(ROOMS.get(room, STANDS_IN))
    return (
        f'<rect class="{kind}" x="{LEFT}" y="{top}" width="{RIGHT - LEFT}" height="{BOX}" rx="8"/>'
        f'<text x="{LEFT + 12}" y="{top + 18}"><tspan class="name">{name}</tspan>  {inside}</text>'
        f'<text x="{LEFT + 12}" y="{top + 37}">{about}</text>'
    )


def arrow(start: float, end: float) -> str:
    """From the right edge of one box to that of a lower one, the further the wider."""
    wide = RIGHT + 36 + 0.42 * (end - start)
    curve = f"M{RIGHT} {start:.0f} C{wide:.0f} {start:.0f} {wide:.0f} {end:.0f} {RIGHT + 7} {end:.0f}"
    return f'<path class="import" marker-end="url(#head)" d="{curve}"/>'


def arrows() -> list[str]:
    """One for each pair of rooms of which the upper imports the lower."""
    top = tops()
    pairs = [(room, other) for room in ROOMS for other in reversed(ROOMS) if other in rooms_imported(room)]
    found = []
    for room, other in pairs:
        leave = [one for one in pairs if one[0] == room]
        arrive = [one for one in pairs if one[1] == other]
        start = top[room] + BOX / 2 + 20 * (leave.index((room, other)) + 1) / (len(leave) + 1)
        end = top[other] + 2 + 28 * (len(arrive) - arrive.index((room, other))) / (len(arrive) + 1)
        found.append(arrow(start - 6, end))
    return found


def drawn() -> str:
    """The picture as SVG."""
    top = tops()
    y = top[APART] + BOX // 2
    http = f"M{RIGHT} {y - 8} C{RIGHT + 60} {y - 8} {RIGHT + 60} {y + 8} {RIGHT} {y + 8}"
    size = 'viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"'
    view = f'viewBox="0 0 {WIDTH} {top[APART] + BOX + TOP}"'
    label = "The rooms of cometact_nb from high to low; each arrow is an import"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" {view} role="img" aria-label="{label}">',
            f"<style>{STYLE}</style>",
            f'<defs><marker id="head" {size}><path d="M0 0 8 4 0 8z" fill="#6b8cae"/></marker></defs>',
            *arrows(),
            *(box(room, place) for room, place in top.items()),
            f'<path class="http" d="{http}"/>',
            f'<text class="said" x="{RIGHT + 54}" y="{y + 4}">HTTP only, as the service</text>',
            "</svg>",
            "",
        ]
    )


if __name__ == "__main__":
    PICTURE.write_text(drawn(), "utf-8")
