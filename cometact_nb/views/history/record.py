"""The history as HTML and text that need no kernel: what was asked, what came, and where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.advice import advise
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import code, h, join
from cometact_nb.views.task.facts import tone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cometact_nb.domain.search import Query
    from cometact_nb.handles.history import HistoryRow
    from cometact_nb.views.base.html import Markup

__all__ = ["asked_for", "knobs_told", "record_html", "record_text", "told"]

#: So many tasks are kept in the notebook; the history has all of them.
_ROWS = 50
_CELL = {"style": "text-align:left;vertical-align:top;padding:6px 12px 6px 0"}
_FACTS = "font-size:11px;opacity:.72"


def record_html(rows: Sequence[HistoryRow], query: Query, *, now: float, folder: Path) -> Markup:
    """The rows as a table, about 1 KB each.

    Args:
        rows: newest first.
        query: what was asked for.
        now: Unix seconds.
        folder: where relative links start.
    """
    head = parts.header(h("strong", None, "Act-Two history"), right=words.moment(now))
    names = [h("th", {"scope": "col", **_CELL}, name) for name in ("Task", "Request", "Outcome", "Clip")]
    table = h(
        "table",
        {"style": "font:inherit;border-collapse:collapse"},
        h("thead", None, h("tr", None, *names)),
        h("tbody", None, *(_row(row, folder) for row in rows[:_ROWS])),
    )
    if not rows:
        table = h("div", None, "No task of the history fits.")
    more = f" The first {_ROWS} are shown." if len(rows) > _ROWS else ""
    note = parts.fine(
        f"{words.clean(asked_for(query, len(rows)))}.{more} ",
        *(code("act.history()"), " shows it live; ", code("act.task(id)"), " shows one task."),
    )
    inside = h("div", {"style": "padding:10px 14px;overflow-x:auto"}, table, note)
    return h("div", {"class": "cometact-history-record"}, parts.frame(head, inside))


def _row(row: HistoryRow, folder: Path) -> Markup:
    state = row.state
    name = h("code", {"title": words.clean(state.id or state.key, 200)}, words.short_id(state))
    mark = join(" ", parts.badge("SANDBOX")) if row.sandbox else None
    first = join(
        parts.pill(words.label(state), tone(state)),
        h("div", None, name, mark),
        h("div", {"style": _FACTS}, words.moment(row.begun_at.timestamp())),
        h("div", None, f"sweep {words.clean(row.sweep, 40)}") if row.sweep else None,
    )
    cells = (first, _request(row), words.clean(told(row, cure=True), 600), _clip(row, folder))
    return h("tr", {"style": "border-top:1px solid #8885"}, *(h("td", _CELL, cell) for cell in cells))


def _request(row: HistoryRow) -> Markup:
    request = row.request
    if request is None:
        return join("not known here")
    names = [_input(ref.uri, sandbox=row.sandbox) for ref in (request.character, request.reference)]
    return join(join(*names, by=" · "), h("div", {"style": _FACTS}, words.clean(knobs_told(row), 200)))


def _input(uri: str, *, sandbox: bool) -> Markup:
    name = words.clean(words.file_name(uri), 34)
    url = words.loadable(uri, sandbox=sandbox)
    return h("a", {"href": url, "target": "_blank", "rel": "noreferrer"}, name) if url else join(name)


def _clip(row: HistoryRow, folder: Path) -> Markup | None:
    clip = row.state.clip
    if clip is None:
        return None
    source = words.relative(clip.place, folder)
    shown = words.clean(words.place(clip.place, folder), 160)
    link = h("a", {"href": source, "download": True}, shown) if source else shown
    poster = words.relative(clip.poster, folder) if clip.poster and not clip.url else None
    picture = None
    if poster:
        style = "display:block;height:54px;max-width:120px;border-radius:4px;object-fit:cover"
        picture = h("img", {"src": poster, "alt": "", "height": 54, "loading": "lazy", "style": style})
    return join(picture, h("span", {"title": words.clean(clip.place, 1000)}, link))


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
