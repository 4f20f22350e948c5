"""Writes the history as HTML and text that need no kernel: requests, outcomes, and files."""

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

__all__ = ["describe_query", "input_names", "knob_line", "outcome", "record_html", "record_text"]

#: The notebook has this many tasks; the history has all.
_ROWS = 50
#: The parts of a row lie side by side where there is room, else below each other.
_LINE = "display:flex;flex-wrap:wrap;gap:2px 14px;margin:0;padding:6px 0;border-top:1px solid #8885"
_PARTS = ("0 0 150px", "1 1 150px", "3 1 240px", "1 1 150px")
_FACTS = "font-size:11px;opacity:.72"


def record_html(
    rows: Sequence[HistoryRow], query: Query, *, now: float, folder: Path, money: str = ""
) -> Markup:
    """Write the rows as a list, about 1 KB each.

    Args:
        rows: newest first.
        query: of the rows.
        now: Unix seconds.
        folder: where relative links start.
        money: what all tasks of this time were expected to cost, in words.
    """
    head = parts.header(h("strong", None, "Act-Two history"), right=words.moment(now))
    tasks = h(
        "ul", {"style": "list-style:none;margin:0;padding:0"}, *(_row(row, folder) for row in rows[:_ROWS])
    )
    if not rows:
        tasks = h("div", None, "No task of the history fits.")
    more = f" The first {_ROWS} are shown." if len(rows) > _ROWS else ""
    note = parts.fine(
        f"{words.clean(describe_query(query, len(rows)))}.{more} ",
        *(code("act.history()"), " shows it live; ", code("act.task(id)"), " shows one task."),
    )
    cost = None
    if money:
        more = " says on what, and how sure."
        cost = parts.fine(f"{words.clean(money, 300)}. ", code("act.spending()"), more)
    inside = h("div", {"style": "padding:10px 14px"}, tasks, cost, note)
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
    cells = (first, _request(row), words.clean(outcome(row, cure=True), 600), _clip(row, folder))
    boxes = (
        h("div", {"style": f"flex:{flex};min-width:0"}, cell)
        for flex, cell in zip(_PARTS, cells, strict=True)
    )
    return h("li", {"style": _LINE}, *boxes)


def _request(row: HistoryRow) -> Markup:
    request = row.request
    if request is None:
        return join("not known here")
    uris = (request.character.uri, request.reference.uri)
    names = [_input(uri, name, sandbox=row.sandbox) for uri, name in zip(uris, input_names(row), strict=True)]
    return join(join(*names, by=" · "), h("div", {"style": _FACTS}, words.clean(knob_line(row), 200)))


def input_names(row: HistoryRow) -> list[str]:
    """Return the file names of both inputs, also of local files; an empty list for an unknown request."""
    if row.request is None:
        return []
    names = row.state.input_names or {}
    refs = {"character": row.request.character, "reference": row.request.reference}
    return [names.get(role) or words.file_name(ref.uri) for role, ref in refs.items()]


def _input(uri: str, file_name: str, *, sandbox: bool) -> Markup:
    name = words.clean(file_name, 34)
    url = words.loadable(uri, sandbox=sandbox)
    return h("a", {"href": url, "target": "_blank", "rel": "noreferrer"}, name) if url else join(name)


def _clip(row: HistoryRow, folder: Path) -> Markup | None:
    clip = row.state.clip
    if clip is None:
        return None
    source = words.relative(clip.place, folder)
    place = words.clean(words.place(clip.place, folder), 160)
    link = h("a", {"href": source, "download": True}, place) if source else place
    poster = words.relative(clip.poster, folder) if clip.poster and not clip.url else None
    picture = None
    if poster:
        style = "display:block;max-height:54px;max-width:120px;border-radius:4px"
        picture = h("img", {"src": poster, "alt": "An early frame", "loading": "lazy", "style": style})
    return join(picture, h("span", {"title": words.clean(clip.place, 1000)}, link))


def record_text(
    rows: Sequence[HistoryRow],
    query: Query,
    *,
    folder: Path | None = None,
    most: int = _ROWS,
    money: str = "",
) -> str:
    """Write the rows as aligned text, one line each, up to ``most``, and ``money`` at the end."""
    lines = [f"Act-Two history: {describe_query(query, len(rows))}"]
    for row in rows[:most]:
        state = row.state
        clip = state.clip
        file = words.clean(words.place(clip.place, folder), 200) if clip else ""
        table = [
            f"{row.begun_at:%Y-%m-%d %H:%M}",
            f"{words.short_id(state):<8}",
            f"{words.label(state):<11}",
            knob_line(row) if row.request else "request not known here",
            file or words.message(outcome(row), 160),
            "SANDBOX" if row.sandbox else "",
        ]
        lines.append("  ".join(part for part in table if part))
    if len(rows) > most:
        lines.append(f"… and {len(rows) - most} more")
    return "\n".join([*lines, *([f"{money} (act.spending())"] if money else [])])


def outcome(row: HistoryRow, *, cure: bool = False) -> str:
    """Describe a task's outcome: the facts of its clip, or a sentence; with ``cure`` also what to do."""
    advice = advise(row.state)
    if row.state.clip is not None:
        return " · ".join(words.clip_facts(row.state.clip))
    return words.message(f"{advice.headline} {advice.cure if cure else ''}".strip(), 600)


def knob_line(row: HistoryRow) -> str:
    """Write the knobs with a value in a line."""
    request = row.request
    if request is None:
        return ""
    parts = [f"{name.lower()} {value.partition(' · ')[0]}" for name, value in words.knobs(request)]
    return ", ".join(parts) or "the vendor's defaults"


def describe_query(query: Query, count: int) -> str:
    """Describe a query and the number of its rows: ``12 tasks · FAILED · since … · "hero"``."""
    parts = [f"{count} task{'' if count == 1 else 's'}"]
    parts += [", ".join(query.statuses)] if query.statuses else []
    parts += [f"since {words.moment(query.since)}"] if query.since is not None else []
    parts += [f'"{words.clean(" ".join(query.words), 80)}"'] if query.words else []
    parts += ["the newest, by limit"] if count == query.limit else []
    return " · ".join(parts)
