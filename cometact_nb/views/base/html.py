"""The HTML blocks that a card and a preview are built of.

Styles stand inline and are few: the sanitizer of an untrusted notebook drops ``<style>``, GitHub drops inline
styles too, and every card is stored in the notebook. No text colour is set, so that a block looks right in
light and dark; neutrals are half-transparent grey. With no style at all the blocks read as lines and lists.
"""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

from cometact_nb.views.base.wording import clean, file_name, knobs, loadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cometact_nb.domain.media import MediaRef
    from cometact_nb.domain.request import ActTwoRequest

__all__ = [
    "AMBER",
    "BLUE",
    "FORM_MAX_CHARS",
    "GREEN",
    "GREY",
    "RED",
    "VIOLET",
    "badge",
    "columns",
    "copy_as",
    "esc",
    "fine",
    "forms",
    "frame",
    "header",
    "inputs",
    "knob_list",
    "note",
    "pill",
    "table",
]

#: Mid-tones that stand out on white and on near-black alike (contrast of at least 3 to both).
BLUE, GREEN, RED, AMBER, VIOLET, GREY = "#3b82f6", "#16a34a", "#e5484d", "#d97706", "#8b5cf6", "#858585"
_LINE = "1px solid #8885"
_FINE = "font-size:11px;opacity:.72"
_FILL = "#80808020"
_TAG = "font-size:11px;letter-spacing:.4px;border-radius:99px;padding:1px 9px;border:1px"
#: Longer forms are shown shortened. URLs have at most 2048 characters; only inline data gets there.
FORM_MAX_CHARS = 8000
#: Beside forms whose inputs are signed links.
_CUT = (
    "The signature of a link is not saved here (“?…”). In a kernel that has the task, "
    "print(task.request.to_python()) gives the link whole."
)
_CUT_LIVE = "The signature of a link is not shown here (“?…”); Copy takes the link whole."


def esc(text: object, limit: int = 400) -> str:
    """Foreign text made harmless, cut to ``limit`` characters, escaped for text and attributes."""
    return escape(clean(text, limit))


def frame(*blocks: str) -> str:
    """The card around ``blocks``."""
    # The classes keep MathJax (2 and 3) from reading "$0.40 … $" as a formula.
    style = f"max-width:880px;border:{_LINE};border-radius:10px;font:13px/1.5 system-ui,sans-serif"
    return f'<div class="tex2jax_ignore mathjax_ignore" style="{style}">{"".join(blocks)}</div>'


def header(first: str, *items: str, right: str = "", sandbox: bool = False) -> str:
    """The first row of a card.

    Args:
        first: what it begins with; a mark of the sandbox follows.
        items: what comes next.
        right: what stands at its end.
        sandbox: nothing of it is billed.
    """
    row = [first, *([badge("SANDBOX")] if sandbox else []), *items]
    style = "display:flex;flex-wrap:wrap;gap:6px 10px;align-items:center;padding:9px 14px"
    end = f'<span style="margin-left:auto">{right}</span>' if right else ""
    return f'<div style="{style};border-bottom:{_LINE}">{" ".join(row)} {end}</div>'


def pill(text: str, tone: str, *, slots: bool = False) -> str:
    """A state in its colour. The colour is in the dot and the ring, never in the letters.

    Args:
        text: the state's word, already escaped.
        tone: a CSS colour.
        slots: mark the places that a live view fills.
    """
    marks = (' data-slot="dot"', ' data-slot="label" role="status"') if slots else ("", "")
    dot = f"display:inline-block;width:8px;height:8px;border-radius:8px;margin-right:6px;background:{tone}"
    return (
        f'<strong style="{_TAG} solid {tone}"><span style="{dot}"{marks[0]}></span>'
        f"<span{marks[1]}>{text}</span></strong>"
    )


def badge(text: str) -> str:
    """A word that says where a task runs."""
    return f'<strong style="{_TAG} dashed">{escape(text)}</strong>'


def columns(main: str, side: str) -> str:
    """Two columns where there is room, one below the other where there is not."""
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:14px 24px;padding:14px">'
        f'<div style="flex:3 1 340px;min-width:0">{main}</div>'
        f'<div style="flex:2 1 220px;min-width:0">{side}</div></div>'
    )


def note(headline: str, body: str, tone: str) -> str:
    """What happened and what to do, beside a line in the state's colour. Both are HTML."""
    more = f"<div>{body}</div>" if body else ""
    style = f"border-left:3px solid {tone};padding-left:11px"
    return f'<div style="{style}"><strong>{headline}</strong>{more}</div>'


def fine(html: str) -> str:
    """A line of smaller, paler text."""
    return f'<div style="margin-top:6px;{_FINE}">{html}</div>'


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = ()) -> str:
    """A small table of HTML; an empty string when there are no rows.

    Args:
        rows: cells, the first of each row its heading.
        head: headings of the columns.
    """
    cell = 'style="text-align:left;padding:3px 18px 3px 0;vertical-align:top"'
    body = ""
    for name, *rest in rows:
        inside = "".join(f"<td {cell}>{value}</td>" for value in rest)
        body += f'<tr><th scope="row" {cell}>{name}</th>{inside}</tr>'
    top = "".join(f'<th scope="col" {cell}>{name}</th>' for name in head)
    top = f"<thead><tr>{top}</tr></thead>" if head else ""
    style = "font:inherit;border-collapse:collapse;margin:10px 0 0"
    return f'<table style="{style}">{top}<tbody>{body}</tbody></table>' if body else ""


def knob_list(request: ActTwoRequest) -> str:
    """The knobs that are set, in words."""
    items = "".join(
        f'<li><small style="display:block;opacity:.72">{esc(name)} </small><strong>{esc(value)}</strong></li>'
        for name, value in knobs(request)
    )
    if not items:
        return fine("No knob set: the vendor's defaults")
    style = "display:flex;flex-wrap:wrap;gap:6px 22px;list-style:none;margin:0;padding:0"
    return f'<ul style="{style}">{items}</ul>'


def inputs(request: ActTwoRequest, *, sandbox: bool) -> str:
    """Character and reference: small pictures, their names, links to them."""
    return "".join(
        _thumbnail(name, ref, sandbox=sandbox)
        for name, ref in (("Character", request.character), ("Reference", request.reference))
    )


def _thumbnail(role: str, ref: MediaRef, *, sandbox: bool) -> str:
    """One input. A signed link is neither loaded nor linked to: the card is saved with the notebook."""
    name = esc(file_name(ref.uri), 34)
    url = loadable(ref.uri, sandbox=sandbox)
    picture = ""
    if url:
        safe = escape(url)
        # No fill and no alternative text (the caption says it): an input that is gone leaves a gap.
        box = "height:84px;max-width:180px;border-radius:6px;object-fit:cover"
        if ref.type == "image":
            picture = f'<img src="{safe}" alt="" height="84" style="{box}">'
        else:
            # A browser draws no frame of a video that it was not asked to seek in.
            at = "" if "#" in url else "#t=0.1"
            picture = f'<video src="{safe}{at}" muted preload="metadata" height="84" style="{box}"></video>'
        picture += "<br>"
        name = f'<a href="{safe}" target="_blank" rel="noreferrer">{name}</a>'
    caption = f'<span style="opacity:.72">{role}</span> {name}'
    # A live card asks for a picture that must not stand here.
    mark = f' data-input="{role.lower()}"' if not url else ""
    return (
        f'<figure{mark} style="display:inline-block;margin:0 14px 8px 0">{picture}'
        f'<figcaption style="font-size:11px">{caption}</figcaption></figure>'
    )


def forms(request: ActTwoRequest) -> dict[str, str]:
    """The request in every form one may want to paste, by the form's name."""
    return {
        "Magic": request.to_magic(),
        "Python": request.to_python(),
        "curl": request.to_curl(),
        "JSON": json.dumps(request.to_json(), indent=1, ensure_ascii=False),
    }


def copy_as(request: ActTwoRequest, *, buttons: bool = False, unfolded: bool = False) -> str:
    """The forms of a request, folded away.

    Args:
        request: what to show.
        buttons: add a button to each form; only a live view can act on it.
        unfolded: show them at once.
    """
    shown = request.without_secrets()
    named = forms(shown)
    whole = shown is request
    blocks = "".join(_form(name, text, buttons=buttons, whole=whole) for name, text in named.items())
    if not whole:
        blocks = fine(escape(_CUT_LIVE if buttons else _CUT)) + blocks
    state = " open" if unfolded else ""
    style = f"padding:7px 14px;border-top:{_LINE};word-wrap:break-word"
    return f'<details style="{style}"{state}><summary>Copy as {" · ".join(named)}</summary>{blocks}</details>'


def _form(name: str, text: str, *, buttons: bool, whole: bool) -> str:
    shown = clean(text, len(text) + 1, lines=True) if len(text) <= FORM_MAX_CHARS else _shortened(text)
    button = ""
    if buttons:
        asks = "" if whole else f' data-form="{name}"'  # the kernel has it whole
        button = f' <button type="button" data-action="copy"{asks} aria-label="Copy as {name}">Copy</button>'
    style = f"padding:6px 10px;background:{_FILL};white-space:pre-wrap"
    inside = escape(shown, quote=False)
    return f'<div style="margin-top:6px">{name}{button}</div><pre style="{style}">{inside}</pre>'


def _shortened(text: str) -> str:
    head = clean(text, FORM_MAX_CHARS // 4, lines=True)
    return f"{head}\n(Shortened here: {len(text):,} characters. task.request has it whole.)"
