"""Writes the record of a panel for the notebook: HTML and text that need no kernel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import redact
from cometact_nb.domain.knobs import KNOBS
from cometact_nb.domain.sweep.grid import Spec, label
from cometact_nb.domain.text.sweep_forms import to_magic, values_of_spec
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import code, h, join
from cometact_nb.views.base.output import page_folder
from cometact_nb.views.panel.code import short_spec
from cometact_nb.views.panel.sweep_form import TAKES, title_in_form
from cometact_nb.views.sweep import record as sweep_record
from cometact_nb.views.task.card import card_html
from cometact_nb.views.task.text import card_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from typing_extensions import TypeIs

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.handles.task import Task
    from cometact_nb.views.base.html import Markup

__all__ = ["record", "record_html", "record_text", "typed_rows"]

#: The record has this many tasks as cards; the history has all.
_CARDS = 8


def typed_rows(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """List what stands in a form, valid or not, without keys and signatures.

    Args:
        values: see :data:`~cometact_nb.views.panel.form.EMPTY`.
    """
    source = values["axes"] if values["sweep"] else values
    rows = []
    for name in ("character", "reference", *(knob.name for knob in KNOBS)):
        value = source.get(name)
        several = [one for one in (value if isinstance(value, list) else [value]) if one not in (None, "")]
        text = ", ".join("a data URI" if str(one).startswith("data:") else str(one) for one in several)
        if text:
            rows.append((title_in_form(name), redact.text(text, limit=300)))
    return rows


def record(
    session: Session,
    last: ActTwoRequest | Spec | None,
    submitted: Sequence[Task | Sweep],
    typed: Sequence[tuple[str, str]] = (),
) -> dict[str, str]:
    """Write the present state of a panel, by MIME type.

    Args:
        session: of the panel.
        last: see :func:`record_html`.
        submitted: the same.
        typed: the same.
    """
    facts: dict[str, Any] = {"now": time.time(), "folder": page_folder(session)}
    facts |= {"sandbox": session.config.sandbox}
    return {
        "text/html": record_html(last, submitted, typed, **facts),
        "text/plain": record_text(last, submitted, **facts),
    }


def record_html(
    last: ActTwoRequest | Spec | None,
    submitted: Sequence[Task | Sweep],
    typed: Sequence[tuple[str, str]] = (),
    *,
    now: float,
    folder: Path,
    sandbox: bool,
) -> Markup:
    """Show the last request or sweep as a table with the line that makes it again, and all submitted ones.

    The style sheet of a live panel beside it hides it, so it shows where the panel does not.

    Args:
        last: the last submitted one, or before that the form's; None when there is none.
        submitted: newest first.
        typed: names and values in the form that are not those of ``last``, see :func:`typed_rows`.
        now: Unix seconds.
        folder: where relative links start.
        sandbox: requests go to the sandbox now.
    """
    cards = [h("div", {"style": "margin-top:10px"}, _card(one, now, folder)) for one in submitted[:_CARDS]]
    head = parts.header(h("strong", None, "Act-Two panel"), right=words.moment(now), sandbox=sandbox)
    body = h("div", {"style": "padding:14px"}, _table(last, submitted=bool(submitted)), _typed(typed))
    return h("div", {"class": "cometact-panel-record"}, parts.frame(head, body), *cards)


def _table(last: ActTwoRequest | Spec | None, *, submitted: bool) -> Markup:
    if last is None:
        return h("div", None, "No request was complete yet. ", code("act.panel()"), " shows the form again.")
    what = "sweep" if isinstance(last, Spec) else "request"
    title = f"The last {what}" if submitted else f"The {what} in the form; it was not submitted"
    line = _line(last)
    is_short = len(line) <= parts.FORM_MAX_CHARS
    text = words.clean(line, parts.FORM_MAX_CHARS) if is_short else "(too long to be shown)"
    style = "white-space:pre-wrap;word-break:break-word;padding:6px 10px;background:#80808020"
    files = (
        "" if "…" not in line else ", once its files, and the signatures of links, are put in the places of …"
    )
    return join(
        h("strong", None, title),
        parts.table((words.clean(name), words.clean(value, 300)) for name, value in _rows(last)),
        h("div", {"style": "margin-top:10px"}, f"This line makes it again{files}:"),
        h("pre", {"style": style}, text),
    )


def _typed(rows: Sequence[tuple[str, str]]) -> Markup | None:
    if not rows:
        return None
    title = h("strong", None, "What was typed into the form; it was not submitted")
    return h("div", {"style": "margin-top:10px"}, title, parts.table(rows))


def _rows(last: ActTwoRequest | Spec) -> list[tuple[str, str]]:
    """List names and values of the fields, in words."""
    if isinstance(last, Spec):
        by_name = values_of_spec(short_spec(last)).items()
        rows = [
            (title_in_form(name), ", ".join(label(name, value) for value in values))
            for name, values in by_name
        ]
        return [*rows, (TAKES, str(last.replicates))] if last.replicates > 1 else rows
    inputs = (("Character", str(last.character)), ("Reference", str(last.reference)))
    rows = [(role, uri if len(uri) <= 300 else words.file_name(uri)) for role, uri in inputs]  # noqa: PLR2004
    return rows + words.knobs(last)


def _line(last: ActTwoRequest | Spec) -> str:
    return to_magic(short_spec(last)) if isinstance(last, Spec) else last.without_secrets().to_magic()


def _card(one: Task | Sweep, now: float, folder: Path) -> Markup:
    if _is_sweep(one):
        return sweep_record.record_html(one, folder=folder, posters=False)
    return card_html(one.state, now=now, notebook_dir=folder, sandbox=one.sandbox)


def _is_sweep(one: Task | Sweep) -> TypeIs[Sweep]:
    """Whether it is a sweep, by its attributes, without an import of either class."""
    return hasattr(one, "cells")


def record_text(
    last: ActTwoRequest | Spec | None,
    submitted: Sequence[Task | Sweep],
    *,
    now: float,
    folder: Path,
    sandbox: bool,
) -> str:
    """Write the same as text; see :func:`record_html`."""
    lines = ["Act-Two panel · SANDBOX" if sandbox else "Act-Two panel"]
    if last is None:
        lines.append("No request was complete yet.")
    else:
        line = _line(last)
        lines.append(line if len(line) <= parts.FORM_MAX_CHARS else repr(last)[:200] + "…")
    for one in submitted[:_CARDS]:
        if _is_sweep(one):
            lines.append(sweep_record.record_text(one, folder=folder))
        else:
            lines.append(card_text(one.state, now=now, sandbox=one.sandbox))
    return "\n".join(lines)
