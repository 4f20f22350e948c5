"""What a notebook keeps of a sweep: HTML and text that need neither kernel nor script nor style sheet."""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING

from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.sweep.grid import label
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import esc
from cometact_nb.views.base.pictures import data_uri, small_jpeg
from cometact_nb.views.sweep import facts
from cometact_nb.views.sweep.layout import Band, Layout, lay_out, names_of, params_line

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from cometact_nb.domain.task import ClipInfo
    from cometact_nb.handles.sweep.sweep import Cell, Sweep

__all__ = ["planned_html", "record_html", "record_text"]

#: Width of a poster and of a video on the page, pixels.
_SHOWN, _PLAYER = 132, 360
#: A poster in its file, pixels and bytes: in a record of few cells, and of many. A page takes a record in one
#: task of its main thread, so that of 200 cells must be light.
_FEW, _MANY, _ALL_BYTES = (200, 4000), (132, 2000), 800_000
#: A record of more cells than this has small posters, and links instead of players.
_PLAYED = 36
#: Cells drawn one by one; ``sweep.to_rows()`` has all.
_CELLS = 400
_LINES = 24
_TH = "text-align:left;padding:4px 10px 4px 0;vertical-align:top;font-weight:600"
_TD = "text-align:left;padding:4px 10px 8px 0;vertical-align:top"
#: Notebooks stripe the rows of tables, and light the one below the pointer.
_TR = "background:none"
_FLOW = "display:flex;flex-wrap:wrap;gap:10px 14px;list-style:none;margin:0;padding:0"


def record_html(sweep: Sweep, *, folder: Path, posters: bool = True) -> str:
    """A sweep as it is now: parameters and outcome of each cell, its poster, a link to its clip, money.

    Args:
        sweep: what to show.
        folder: where relative links start.
        posters: with small pictures, up to 6 KB a cell.
    """
    pen = _Pen(sweep, folder, posters=posters)
    word, colour = facts.state_word(sweep)
    title = f"Sweep <code>{esc(sweep.name, 100)}</code>"
    right = f"{len(sweep)} cells"
    head = parts.header(parts.pill(word, colour), title, right=right, sandbox=sweep.sandbox)
    body = f'<div style="padding:12px 14px">{_summary(sweep)}{_fixed(sweep)}{pen.draw()}</div>'
    return f'<div class="cometact-sweep-record">{parts.frame(head, body)}</div>'


def record_text(sweep: Sweep, *, folder: Path) -> str:
    """The same as text, the first cells one by one."""
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
        told = [params_line(cell.params, names), facts.cell_word(cell), where or facts.problem_of(cell)]
        lines.append(f"  {cell.index + 1}. {' · '.join(words.clean(part, 200) for part in told if part)}")
    if len(sweep) > _LINES:
        lines.append(f"  … and {len(sweep) - _LINES} more: sweep.to_rows()")
    lines += [words.clean(hint) for hint in _next_steps(sweep)]
    return "\n".join(lines)


def planned_html(cell: Cell, *, sandbox: bool) -> str:
    """A cell without a task: what would be sent, and why it is not."""
    kind, tone = facts.KINDS[facts.kind_of(cell)]
    said = parts.note(esc(kind.capitalize()), esc(facts.problem_of(cell)), tone)
    request = cell.request
    side = parts.inputs(request, sandbox=sandbox) + parts.knob_list(request)
    return parts.frame(
        parts.header(parts.pill(esc(kind.upper()), tone), "Not sent"),
        parts.columns(said, side),
        parts.copy_as(request),
    )


def _summary(sweep: Sweep) -> str:
    _, colour = facts.state_word(sweep)
    counted = esc(facts.counts_line(facts.cell_codes(sweep)))
    said = parts.note(counted, esc(facts.money_line(sweep)), colour)
    if sweep.problem:
        said += parts.note("Paused", esc(words.message(sweep.problem, 600)), parts.AMBER)
    said += "".join(parts.fine(escape(step)) for step in _next_steps(sweep))
    moment = f" As of {words.moment(time.time())}." if not facts.is_over(sweep) else ""
    again = f"<code>act.sweep_by_name({escape(repr(sweep.name))})</code> finds it again, in any kernel"
    if any(facts.kind_of(cell) == "d" for cell in sweep.cells):
        again += "; with <code>.gallery()</code> behind it, its clips play side by side"
    return said + parts.fine(f"{again}.{moment}")


def _next_steps(sweep: Sweep) -> list[str]:
    """What a user may want to do about cells without a clip."""
    kinds = {facts.kind_of(cell) for cell in sweep.cells}
    unsettled = facts.hint(facts.cell_codes(sweep), sandbox=sweep.sandbox)
    found = [unsettled] if unsettled else []
    if kinds & set("fn") and (again := sweep.to_buy(retry=True)):
        price = "" if sweep.sandbox else f", about {sweep.session.config.price.estimate(again)}"
        found.append(f"sweep.retry() buys {_counted(again)} again and pays for that again{price}.")
    if sweep.state in {"planned", "paused", "cancelled"} and (left := sweep.to_buy()):
        found.append(f"sweep.run() sends {_counted(left)} that {'was' if left == 1 else 'were'} not bought.")
    return found


def _counted(cells: int) -> str:
    return "1 cell" if cells == 1 else f"{cells} cells"


def _fixed(sweep: Sweep) -> str:
    """What all cells share."""
    if not sweep.cells:
        return ""
    request, swept = sweep.cells[0].request, {name for name, values in sweep.axes.items() if len(values) > 1}
    fields = {"character": request.character, "reference": request.reference, **request.params}
    shared = [
        f"{title_of(name)} <strong>{esc(label(name, value), 80)}</strong>"
        for name, value in fields.items()
        if name not in swept
    ]
    return f'<div style="margin:8px 0 10px">{" · ".join(shared)}</div>'


def _player(picture: str, source: str) -> str:
    """A poster that opens its clip when it is clicked. Only its beginning is loaded before that."""
    style = f"display:block;width:{_PLAYER}px;max-width:100%;border-radius:5px;margin:2px 0"
    size = f'width="{_PLAYER}" style="{style}"'
    video = f'<video src="{escape(source)}" controls loop preload="metadata" {size}></video>'
    summary = f'<summary style="cursor:pointer;list-style:none" title="Play">{picture or "▶ Play"}</summary>'
    return f"<details>{summary}{video}</details>"


class _Pen:
    """Draws the cells of one record, minding how much all posters may take."""

    def __init__(self, sweep: Sweep, folder: Path, *, posters: bool) -> None:
        self._sweep, self._folder = sweep, folder
        self._budget = _ALL_BYTES if posters else 0
        self._few = len(sweep) <= _PLAYED
        self._drawn = 0
        self._names = names_of(sweep.axes)

    def draw(self) -> str:
        sweep = self._sweep
        params = [cell.params for cell in sweep.cells]
        layout = lay_out(sweep.axes, params, table=sweep.spec.rows is not None)
        bands = "".join(self._band(layout, band) for band in layout.bands if self._drawn < _CELLS)
        left = len(sweep) - self._drawn
        return bands + (parts.fine(f"{left} more cells: <code>sweep.to_rows()</code>") if left > 0 else "")

    def _band(self, layout: Layout, band: Band) -> str:
        if not layout.is_grid:
            cells = [index for index in band.cells[0] if index is not None][:_CELLS]
            items = "".join(f"<li>{self._cell(index, named=True)}</li>" for index in cells)
            return f'<ul style="{_FLOW}">{items}</ul>'
        title = f'<div style="margin:10px 0 2px"><strong>{esc(band.title, 200)}</strong></div>'
        return (title if band.title else "") + self._table(layout, band)

    def _table(self, layout: Layout, band: Band) -> str:
        heads = "".join(
            f'<th scope="col" style="{_TH}">{esc(text, 60)}</th>' for text in layout.column_labels
        )
        corner = f"{esc(title_of(layout.rows))} ↓ {esc(title_of(layout.columns))} →"
        corner = f'<td style="{_TH};font-weight:400;opacity:.72">{corner}</td>'
        rows = "".join(
            f'<tr style="{_TR}"><th scope="row" style="{_TH}">{esc(text, 60)}</th>{self._line(line)}</tr>'
            for text, line in zip(layout.row_labels, band.cells, strict=True)
            if self._drawn < _CELLS
        )
        style = "font:inherit;border-collapse:collapse;display:block;overflow-x:auto;max-width:100%"
        head = f'<thead><tr style="{_TR}">{corner}{heads}</tr></thead>'
        return f'<table style="{style}">{head}<tbody>{rows}</tbody></table>'

    def _line(self, cells: Iterable[int | None]) -> str:
        return "".join(
            f'<td style="{_TD}">{"" if index is None else self._cell(index)}</td>' for index in cells
        )

    def _cell(self, index: int, *, named: bool = False) -> str:
        self._drawn += 1
        cell = self._sweep.cells[index]
        line = params_line(cell.params, self._names) or f"Cell {index + 1}"
        name = f'<div style="font-size:11px">{esc(line, 120)}</div>'
        _, colour = facts.KINDS[facts.kind_of(cell)]
        edge = f"border-left:3px solid {colour};padding-left:5px"
        word = f'<span style="{edge}">{esc(facts.cell_word(cell))}</span>'
        clip = cell.job.state.clip if cell.job is not None else None
        shown = self._clip(clip) if clip else ""
        why = facts.problem_of(cell)
        said = f'<div style="font-size:11px;opacity:.8">{esc(why, 160)}</div>' if why else ""
        box = f"font-size:11px;min-width:{_SHOWN}px;max-width:{_PLAYER}px;overflow-wrap:anywhere"
        return f'<div style="{box}">{name if named else ""}{shown}{word}{said}</div>'

    def _clip(self, clip: ClipInfo) -> str:
        """The first frame and where the clip is; among few cells it can be played in its place."""
        place = words.place(clip.place, self._folder)
        source = None if clip.url else words.relative(clip.path, self._folder)
        picture = self._poster(clip.poster)
        if not source:  # at a store, from where no page can load it; or on another drive
            return f"{picture}{esc(place, 160)}<br>"
        link = f'<a href="{escape(source)}" title="{esc(place, 300)}">'
        name = esc(place.rpartition("/")[2], 60)
        if self._few:
            return f"{_player(picture, source)}{link}{name}</a><br>"
        return f"{link}{picture or name}</a>{'' if picture else '<br>'}"

    def _poster(self, path: str | None) -> str:
        picture = small_jpeg(path, *(_FEW if self._few else _MANY)) if self._budget > 0 else b""
        if not picture:
            return ""
        self._budget -= len(picture)
        style = f"display:block;width:{_SHOWN}px;border-radius:5px;margin:0 0 2px"
        return f'<img src="{data_uri(picture)}" alt="Play" width="{_SHOWN}" style="{style}">'
