"""The history as HTML and text that need no kernel: what was asked, what came, and where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.advice import advise
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import esc
from cometact_nb.views.task.card import tone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cometact_nb.domain.search import Query
    from cometact_nb.handles.history import HistoryRow

__all__ = ["asked_for", "knobs_told", "record_html", "record_text", "told"]

#: So many tasks are kept in the notebook; the history has all of them.
_ROWS = 50
_CELL = 'style="text-align:left;vertical-align:top;padding:6px 12px 6px 0"'
_FACTS = "font-size:11px;opacity:.72"


def record_html(rows: Sequence[HistoryRow], query: Query, *, now: float, folder: Path) -> str:
    """The rows as a table, about 1 KB each.

    Args:
        rows: newest first.
        query: what was asked for.
        now: Unix seconds.
        folder: where relative links start.
    """
    head = parts.header("<strong>Act-Two history</strong>", right=esc(words.moment(now)))
    body = "".join(_row(row, folder) for row in rows[:_ROWS])
    names = "".join(f'<th scope="col" {_CELL}>{name}</th>' for name in ("Task", "Request", "Outcome", "Clip"))
    style = "font:inherit;border-collapse:collapse"
    table = f'<table style="{style}"><thead><tr>{names}</tr></thead><tbody>{body}</tbody></table>'
    if not rows:
        table = "<div>No task of the history fits.</div>"
    more = f" The first {_ROWS} are shown." if len(rows) > _ROWS else ""
    note = parts.fine(
        f"{esc(asked_for(query, len(rows)))}.{more} "
        "<code>act.history()</code> shows it live; <code>act.task(id)</code> shows one task."
    )
    inside = f'<div style="padding:10px 14px;overflow-x:auto">{table}{note}</div>'
    return f'<div class="cometact-history-record">{parts.frame(head, inside)}</div>'


def _row(row: HistoryRow, folder: Path) -> str:
    state = row.state
    name = f'<code title="{esc(state.id or state.key, 200)}">{esc(words.short_id(state))}</code>'
    marks = f" {parts.badge('SANDBOX')}" if row.sandbox else ""
    sweep = f"<div>sweep {esc(row.sweep, 40)}</div>" if row.sweep else ""
    first = (
        f"{parts.pill(words.label(state), tone(state))}<div>{name}{marks}</div>"
        f'<div style="{_FACTS}">{esc(words.moment(row.begun_at.timestamp()))}</div>{sweep}'
    )
    cells = (first, _request(row), esc(told(row, cure=True), 600), _clip(row, folder))
    inside = "".join(f"<td {_CELL}>{cell}</td>" for cell in cells)
    return f'<tr style="border-top:1px solid #8885">{inside}</tr>'


def _request(row: HistoryRow) -> str:
    request = row.request
    if request is None:
        return "not known here"
    names = " · ".join(_input(ref.uri, sandbox=row.sandbox) for ref in (request.character, request.reference))
    return f'{names}<div style="{_FACTS}">{esc(knobs_told(row), 200)}</div>'


def _input(uri: str, *, sandbox: bool) -> str:
    name = esc(words.file_name(uri), 34)
    url = words.loadable(uri, sandbox=sandbox)
    return f'<a href="{esc(url, 2048)}" target="_blank" rel="noreferrer">{name}</a>' if url else name


def _clip(row: HistoryRow, folder: Path) -> str:
    clip = row.state.clip
    if clip is None:
        return ""
    source = words.relative(clip.place, folder)
    shown = esc(words.place(clip.place, folder), 160)
    link = f'<a href="{esc(source, 4096)}" download>{shown}</a>' if source else shown
    poster = words.relative(clip.poster, folder) if clip.poster and not clip.url else None
    picture = ""
    if poster:
        style = "display:block;height:54px;max-width:120px;border-radius:4px;object-fit:cover"
        picture = f'<img src="{esc(poster, 4096)}" alt="" height="54" loading="lazy" style="{style}">'
    return f'{picture}<span title="{esc(clip.place, 1000)}">{link}</span>'


def record_text(
    rows: Sequence[HistoryRow], query: Query, *, folder: Path | None = None, most: int = _ROWS
) -> str:
    """The rows as aligned text, one line each, at the most so many."""
    lines = [f"Act-Two history: {asked_for(query, len(rows))}"]
    for row in rows[:most]:
        state = row.state
        clip = state.clip
        file = words.clean(words.place(clip.place, folder), 200) if clip else ""
        told_ = [
            f"{row.begun_at:%Y-%m-%d %H:%M}",
            f"{words.short_id(state):<8}",
            f"{words.label(state):<11}",
            knobs_told(row) if row.request else "request not known here",
            file or words.message(told(row), 160),
            "SANDBOX" if row.sandbox else "",
        ]
        lines.append("  ".join(part for part in told_ if part))
    if len(rows) > most:
        lines.append(f"… and {len(rows) - most} more")
    return "\n".join(lines)


def told(row: HistoryRow, *, cure: bool = False) -> str:
    """What became of a task: the facts of its clip, or a sentence; with ``cure`` also what to do."""
    advice = advise(row.state)
    if row.state.clip is not None:
        return " · ".join(words.clip_facts(row.state.clip))
    return words.message(f"{advice.headline} {advice.cure if cure else ''}".strip(), 600)


def knobs_told(row: HistoryRow) -> str:
    """The knobs that were set, in a line."""
    request = row.request
    if request is None:
        return ""
    told_ = [f"{name.lower()} {value.partition(' · ')[0]}" for name, value in words.knobs(request)]
    return ", ".join(told_) or "the vendor's defaults"


def asked_for(query: Query, count: int) -> str:
    """What a query asked for and how much there was: ``12 tasks · FAILED · since … · "hero"``."""
    said = [f"{count} task{'' if count == 1 else 's'}"]
    said += [", ".join(query.statuses)] if query.statuses else []
    said += [f"since {words.moment(query.since)}"] if query.since is not None else []
    said += [f'"{words.clean(" ".join(query.words), 80)}"'] if query.words else []
    said += ["the newest, by limit"] if count == query.limit else []
    return " · ".join(said)
