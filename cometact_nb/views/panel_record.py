"""What a notebook keeps of a panel: HTML and text that need no kernel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cometact_nb.views import parts, words
from cometact_nb.views.card import card_html
from cometact_nb.views.parts import esc
from cometact_nb.views.text import card_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.tasks import Task
    from cometact_nb.views.panel import Panel

__all__ = ["record", "record_html", "record_text"]

#: So many tasks are kept as cards; the history has all of them.
_CARDS = 8
_CELL = 'style="text-align:left;padding:3px 14px 3px 0;vertical-align:top"'


def record(panel: Panel) -> dict[str, str]:
    """A panel as it is now, by MIME type."""
    session = panel.session
    facts: dict[str, Any] = {"now": time.time(), "sandbox": session.config.sandbox}
    return {
        "text/html": record_html(panel.last, panel.tasks, folder=session.notebook_dir, **facts),
        "text/plain": record_text(panel.last, panel.tasks, **facts),
    }


def record_html(
    request: ActTwoRequest | None, tasks: Sequence[Task], *, now: float, folder: Path, sandbox: bool
) -> str:
    """The last request as a table with the line that recreates it, and the tasks, newest first.

    Hidden by the style sheet of a live panel beside it, so it is seen where the panel is not.

    Args:
        request: the last one, None when there is none.
        tasks: newest first.
        now: Unix seconds.
        folder: where relative links start.
        sandbox: whether the last one was for the sandbox.
    """
    cards = "".join(
        f'<div style="margin-top:10px">{_card(task, now, folder)}</div>' for task in tasks[:_CARDS]
    )
    marks = [parts.badge("SANDBOX")] if sandbox else []
    head = parts.header("<strong>Act-Two panel</strong>", *marks, right=esc(words.moment(now)))
    frame = parts.frame(head, f'<div style="padding:14px">{_table(request, submitted=bool(tasks))}</div>')
    return f'<div class="cometact-panel-record">{frame}{cards}</div>'


def _table(request: ActTwoRequest | None, *, submitted: bool) -> str:
    if request is None:
        return "<div>No request was complete yet. <code>act.panel()</code> shows the form again.</div>"
    rows = [
        (role, ref.uri) for role, ref in (("Character", request.character), ("Reference", request.reference))
    ]
    rows = [(role, uri if len(uri) <= 300 else words.file_name(uri)) for role, uri in rows]  # noqa: PLR2004
    rows += words.knobs(request)
    cells = "".join(
        f'<tr><th scope="row" {_CELL}>{esc(name)}</th><td {_CELL}>{esc(value, 300)}</td></tr>'
        for name, value in rows
    )
    title = "The last request" if submitted else "The request in the form; it was not submitted"
    line = request.to_magic()
    shown = esc(line, parts.FORM_MAX_CHARS) if len(line) <= parts.FORM_MAX_CHARS else "(inline files)"
    style = "white-space:pre-wrap;word-break:break-word;padding:6px 10px;background:#80808020"
    return (
        f"<strong>{title}</strong><table style='margin:6px 0 10px;border-collapse:collapse'>{cells}</table>"
        f"<div>This line makes it again:</div><pre style='{style}'>{shown}</pre>"
    )


def _card(task: Task, now: float, folder: Path) -> str:
    return card_html(task.state, now=now, notebook_dir=folder, sandbox=task.sandbox)


def record_text(request: ActTwoRequest | None, tasks: Sequence[Task], *, now: float, sandbox: bool) -> str:
    """The same as text; see :func:`record_html`."""
    lines = ["Act-Two panel · SANDBOX" if sandbox else "Act-Two panel"]
    if request is None:
        lines.append("No request was complete yet.")
    else:
        line = request.to_magic()
        lines.append(line if len(line) <= parts.FORM_MAX_CHARS else repr(request)[:200] + "…")
    lines += [card_text(task.state, now=now, sandbox=task.sandbox) for task in tasks[:_CARDS]]
    return "\n".join(lines)
