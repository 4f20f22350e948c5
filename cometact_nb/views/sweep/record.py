"""Writes the record of a sweep for the notebook: HTML and text without kernel, script or style sheet."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.sweep.grid import label
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import code, h, join
from cometact_nb.views.base.pictures import jpeg_uri, small_jpeg
from cometact_nb.views.base.tiles import tile_rows, title_line
from cometact_nb.views.sweep import facts
from cometact_nb.views.sweep.layout import Band, Layout, lay_out, names_of, params_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from cometact_nb.domain.task import ClipInfo
    from cometact_nb.handles.sweep.sweep import Cell, Sweep
    from cometact_nb.views.base.html import Markup

__all__ = ["planned_html", "record_html", "record_text"]

#: Width of a poster and of a video on the page, pixels.
_POSTER_PX, _PLAYER = 132, 360
#: A poster in its file, pixels and bytes: in a record of few cells, and of many. A page takes a record in one
#: task of its main thread, so that of 200 cells must be light.
_FEW, _MANY, _ALL_BYTES = (200, 4000), (132, 2000), 800_000
#: A record of more cells has small posters, and links instead of players.
_PLAYED = 36
#: The most cells to draw one by one; ``sweep.to_rows()`` has all.
_CELLS = 400
_LINES = 24
#: The most cells side by side where there is no grid.
_ACROSS = 5


def record_html(sweep: Sweep, *, folder: Path, posters: bool = True, brief: bool = False) -> Markup:
    """Show the present sweep: parameters and outcome of each cell, its poster, a link to its clip, money.

    Args:
        sweep: to show.
        folder: where relative links start.
        posters: with small pictures, up to 6 KB a cell.
        brief: of the cells, only links to the clips that are there: a few KB, to be sent again and again.
    """
    cells = _clips(sweep, folder) if brief else _Pen(sweep, folder, posters=posters).draw()
    word, colour = facts.state_word(sweep)
    title = join("Sweep ", code(words.clean(sweep.name, 100)))
    right = f"{len(sweep)} cells"
    head = parts.header(parts.pill(word, colour), title, right=right, sandbox=sweep.sandbox)
    body = h("div", {"style": "padding:12px 14px"}, _summary(sweep), _fixed(sweep), cells)
    return h("div", {"class": "cometact-sweep-record"}, parts.frame(head, body))


def record_text(sweep: Sweep, *, folder: Path) -> str:
    """Write the same as text, with the first cells one by one."""
    word, _ = facts.state_word(sweep)
    mark = " · SANDBOX" if sweep.sandbox else ""
    lines = [f"Sweep {sweep.name} · {word} · {len(sweep)} cells{mark}"]
    lines += [facts.counts_line(facts.cell_codes(sweep)), facts.money_line(sweep)]
    if sweep.problem:
        lines.append(f"Paused: {words.message(sweep.problem, 600)}")
    names = names_of(sweep.axes)
    for cell in sweep.cells[:_LINES]:
        clip = cell.job.state.clip if cell.job is not None else None
        where = words.place(clip.place, folder) if clip else ""
        columns = [params_line(cell.params, names), facts.cell_word(cell), where or facts.problem_of(cell)]
        lines.append(f"  {cell.index + 1}. {' · '.join(words.clean(part, 200) for part in columns if part)}")
    if len(sweep) > _LINES:
        lines.append(f"  … and {len(sweep) - _LINES} more: sweep.to_rows()")
    lines += [words.clean(hint) for hint in _next_steps(sweep)]
    return "\n".join(lines)


def planned_html(cell: Cell, *, sandbox: bool) -> Markup:
    """Show a cell without a task: its request, and why it is not sent."""
    kind, tone = facts.KINDS[facts.kind_of(cell)]
    outcome = parts.note(words.clean(kind.capitalize()), words.clean(facts.problem_of(cell)), tone)
    request = cell.request
    side = parts.request_parts(request, sandbox=sandbox)
    return parts.frame(
        parts.header(parts.pill(words.clean(kind.upper()), tone), "Not sent"),
        parts.columns(outcome, side),
        parts.copy_as(request),
    )


def _summary(sweep: Sweep) -> Markup:
    _, colour = facts.state_word(sweep)
    counted = words.clean(facts.counts_line(facts.cell_codes(sweep)))
    moment = f" As of {words.moment(time.time())}." if not facts.is_over(sweep) else ""
    again = [code(f"act.sweep_by_name({sweep.name!r})"), " finds it again, in any kernel"]
    if not facts.is_over(sweep):
        again.append(", and buys the rest if it was running, within what you approved")
    if any(facts.kind_of(cell) == "d" for cell in sweep.cells):
        again += ["; with ", code(".gallery()"), " behind it, its clips play side by side"]
    return join(
        parts.note(counted, words.clean(facts.money_line(sweep)), colour),
        parts.note("Paused", words.message(sweep.problem, 600), parts.AMBER) if sweep.problem else None,
        *map(parts.fine, _next_steps(sweep)),
        parts.fine(*again, f".{moment}"),
    )


def _next_steps(sweep: Sweep) -> list[str]:
    """List the next steps for cells without a clip."""
    kinds = {facts.kind_of(cell) for cell in sweep.cells}
    unsettled = facts.hint(facts.cell_codes(sweep), sandbox=sweep.sandbox)
    steps = [unsettled] if unsettled else []
    if kinds & set("fn") and (again := sweep.to_buy(retry=True)):
        price = "" if sweep.sandbox else f", about {sweep.session.config.price.estimate(again)}"
        steps.append(f"sweep.retry() buys {_cells(again)} again and pays for that again{price}.")
    if sweep.state in {SweepState.PLANNED, SweepState.PAUSED, SweepState.CANCELLED} and (
        left := sweep.to_buy()
    ):
        steps.append(f"sweep.run() sends {_cells(left)} that {'was' if left == 1 else 'were'} not bought.")
    return steps


def _cells(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def _fixed(sweep: Sweep) -> Markup:
    """Show the fields that all cells share."""
    if not sweep.cells:
        return join()
    request, axes = sweep.cells[0].request, {name for name, values in sweep.axes.items() if len(values) > 1}
    fields = {"character": request.character, "reference": request.reference, **request.params}
    shared = [
        join(title_of(name), " ", h("strong", None, words.clean(label(name, value), 80)))
        for name, value in fields.items()
        if name not in axes
    ]
    return h("div", {"style": "margin:8px 0 10px"}, join(*shared, by=" · "))


def _clips(sweep: Sweep, folder: Path) -> Markup | None:
    """Write a line for each clip, up to as many as in the text."""
    names = names_of(sweep.axes)
    done = [(cell, clip) for cell in sweep.cells if cell.job is not None and (clip := cell.job.state.clip)]
    lines = []
    for cell, clip in done[:_LINES]:
        place = words.place(clip.place, folder)
        source = None if clip.url else words.relative(clip.path, folder)
        name = words.clean(place.rpartition("/")[2], 60)
        link = h("a", {"href": source}, name) if source else words.clean(place, 160)
        label = words.clean(params_line(cell.params, names) or f"Cell {cell.index + 1}", 120)
        lines.append(h("li", None, label, ": ", link))
    if len(done) > _LINES:
        lines.append(h("li", None, f"and {len(done) - _LINES} more"))
    return h("ul", {"style": "margin:0;padding-left:18px"}, *lines) if lines else None


def _player(picture: Markup | None, source: str) -> Markup:
    """Show a poster that opens its clip at a click; only the clip's beginning is loaded before."""
    style = f"display:block;width:{_PLAYER}px;max-width:100%;border-radius:5px;margin:2px 0"
    size = {"width": _PLAYER, "style": style}
    video = h("video", {"src": source, "controls": True, "loop": True, "preload": "metadata", **size})
    summary = h("summary", {"style": "cursor:pointer;list-style:none", "title": "Play"}, picture or "▶ Play")
    return h("details", None, summary, video)


class _Pen:
    """Draws the cells of one record, within a limit for all posters."""

    def __init__(self, sweep: Sweep, folder: Path, *, posters: bool) -> None:
        self._sweep, self._folder = sweep, folder
        self._budget = _ALL_BYTES if posters else 0
        self._few = len(sweep) <= _PLAYED
        self._drawn = 0
        self._names = names_of(sweep.axes)

    def draw(self) -> Markup:
        sweep = self._sweep
        params = [cell.params for cell in sweep.cells]
        layout = lay_out(sweep.axes, params, table=sweep.spec.is_table)
        bands = [self._band(layout, band) for band in layout.bands if self._drawn < _CELLS]
        left = len(sweep) - self._drawn
        more = parts.fine(f"{left} more cells: ", code("sweep.to_rows()")) if left > 0 else None
        return join(*bands, more)

    def _band(self, layout: Layout, band: Band) -> Markup:
        if not layout.is_grid:
            cells = [index for index in band.cells[0] if index is not None][:_CELLS]
            return tile_rows([(None, [self._cell(one) for one in cells])], _ACROSS)
        title = None
        if band.title:
            name = h("strong", None, words.clean(band.title, 200))
            title = h("div", {"style": "margin:10px 0 2px"}, name)
        return join(title, self._table(layout, band))

    def _table(self, layout: Layout, band: Band) -> Markup:
        down, across = title_of(layout.rows), title_of(layout.columns)
        heads = [words.clean(f"{across} {text}", 80) for text in layout.column_labels]
        lines = [
            (title_line(words.clean(f"{down} {text}", 80), small=True), self._row(heads, line))
            for text, line in zip(layout.row_labels, band.cells, strict=True)
            if self._drawn < _CELLS
        ]
        return tile_rows(lines, len(heads))

    def _row(self, heads: Sequence[str], cells: Iterable[int | None]) -> list[Markup]:
        return [
            self._cell(index, head)
            for head, index in zip(heads, cells, strict=True)
            if index is not None and self._drawn < _CELLS
        ]

    def _cell(self, index: int, head: str = "") -> Markup:
        self._drawn += 1
        cell = self._sweep.cells[index]
        line = head or words.clean(params_line(cell.params, self._names) or f"Cell {index + 1}", 120)
        name = h("div", {"style": "font-size:11px"}, line)
        _, colour = facts.KINDS[facts.kind_of(cell)]
        edge = f"border-left:3px solid {colour};padding-left:5px"
        word = h("span", {"style": edge}, words.clean(facts.cell_word(cell)))
        clip = cell.job.state.clip if cell.job is not None else None
        why = facts.problem_of(cell)
        reason = h("div", {"style": "font-size:11px;opacity:.8"}, words.clean(why, 160)) if why else None
        return h(
            "div",
            {"style": f"font-size:11px;max-width:{_PLAYER}px"},
            name,
            self._clip(clip) if clip else None,
            word,
            reason,
        )

    def _clip(self, clip: ClipInfo) -> Markup:
        """Show the first frame and the clip's path; among few cells, it plays in place."""
        place = words.place(clip.place, self._folder)
        source = None if clip.url else words.relative(clip.path, self._folder)
        picture = self._poster(clip.poster)
        if not source:  # at a store, from where no page can load it; or on another drive
            return join(picture, words.clean(place, 160), h("br"))
        link = {"href": source, "title": words.clean(place, 300)}
        name = words.clean(place.rpartition("/")[2], 60)
        if self._few:
            return join(_player(picture, source), h("a", link, name), h("br"))
        return join(h("a", link, picture or name), None if picture else h("br"))

    def _poster(self, path: str | None) -> Markup | None:
        picture = small_jpeg(path, *(_FEW if self._few else _MANY)) if self._budget > 0 else b""
        if not picture:
            return None
        self._budget -= len(picture)
        style = f"display:block;width:{_POSTER_PX}px;max-width:100%;border-radius:5px;margin:0 0 2px"
        return h("img", {"src": jpeg_uri(picture), "alt": "Play", "width": _POSTER_PX, "style": style})
