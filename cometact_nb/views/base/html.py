"""Writes HTML: the package's only module that writes tags and escapes, and the blocks of cards and previews.

Styles stand inline and are few: the sanitizer of an untrusted notebook drops ``<style>``, GitHub drops inline
styles too, and every card is stored in the notebook. No text colour is set, so that a block looks right in
light and dark; neutrals are half-transparent grey. With no style at all the blocks read as lines and lists.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from markupsafe import Markup, escape

from cometact_nb.views.base.wording import clean, file_name, knobs, loadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

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
    "Markup",
    "badge",
    "code",
    "columns",
    "copy_as",
    "fine",
    "forms",
    "frame",
    "h",
    "header",
    "join",
    "knob_list",
    "moved",
    "note",
    "pill",
    "request_parts",
    "table",
    "verbatim",
]

#: Mid-tones with a contrast of at least 3 both to white and to near-black.
BLUE, GREEN, RED, AMBER, VIOLET, GREY = "#3b82f6", "#16a34a", "#e5484d", "#d97706", "#8b5cf6", "#858585"
_LINE = "1px solid #8885"
_FINE = "font-size:11px;opacity:.72"
_FILL = "#80808020"
#: A block of its own, or it would run over the lines above and below, and break in two.
_TAG = (
    "display:inline-block;white-space:nowrap;font-size:11px;letter-spacing:.4px;border-radius:99px;"
    "padding:1px 9px;border:1px"
)
#: Longer forms are shortened. URLs have at most 2048 characters, so only data URIs get there.
FORM_MAX_CHARS = 8000
#: Beside forms whose inputs are signed links.
_CUT = (
    "The signature of a link is not saved here (“?…”). In a kernel that has the task, "
    "print(task.request.to_python()) gives the link whole."
)
_CUT_LIVE = "The signature of a link is not shown here (“?…”); Copy takes the link whole."


#: Elements that have no end tag.
_VOID = {"br", "img", "input", "link", "meta"}
_SPECIAL = re.compile("[&<>\"']")


def h(tag: str, attributes: Mapping[str, object] | None = None, *children: object) -> Markup:
    """Make an element, and escape all text: nothing foreign becomes a tag or leaves its attribute.

    Args:
        tag: its name.
        attributes: True writes the name alone; False, None and a missing one write nothing.
        children: as for :func:`join`.
    """
    start = f"<{tag}"
    for name, value in (attributes or {}).items():
        if value is True:
            start += f" {name}"
        elif value is not None and value is not False:
            start += f' {name}="{_quoted(str(value))}"'
    inside = "".join([_text(child) for child in children])
    return Markup(f"{start}>{inside}" if tag in _VOID else f"{start}>{inside}</{tag}>")  # noqa: S704


def join(*parts: object, by: str = "") -> Markup:
    """Join pieces of HTML.

    Args:
        parts: HTML, which stays as it is; anything else is text; None and an empty text are left out.
        by: text to put between them.
    """
    return Markup(_text(by).join([text for part in parts if (text := _text(part))]))  # noqa: S704


def _text(part: object) -> str:
    """As the content of an element, where quotes mean nothing: a request as JSON would grow by a tenth."""
    if isinstance(part, Markup):
        return part
    text = "" if part is None else str(part)
    # Most texts hold nothing to escape; asking costs a tenth of an escape.
    if not _SPECIAL.search(text):
        return text
    return str(escape(text)).replace("&#34;", '"').replace("&#39;", "'")


def _quoted(value: str) -> str:
    """As the value of an attribute, between double quotes."""
    return str(escape(value)) if _SPECIAL.search(value) else value


def verbatim(text: str) -> Markup:
    """Mark a script, a style sheet or a page of this package as HTML: such texts need no escapes."""
    return Markup(text)  # noqa: S704


def code(text: object) -> Markup:
    """Mark up a text that a user types or compares."""
    return h("code", None, text)


def frame(*blocks: Markup) -> Markup:
    """Make the card around ``blocks``."""
    # The classes keep MathJax (2 and 3) from reading "$0.40 … $" as a formula.
    shape = f"max-width:880px;border:{_LINE};border-radius:10px;overflow-wrap:anywhere"
    style = f"{shape};font:13px/1.5 system-ui,sans-serif"
    return h("div", {"class": "tex2jax_ignore mathjax_ignore", "style": style}, *blocks)


def header(first: object, *items: object, right: object = "", sandbox: bool = False) -> Markup:
    """Make the first row of a card.

    Args:
        first: its beginning; the sandbox's mark follows.
        items: come next.
        right: stands at its end.
        sandbox: nothing of it is billed.
    """
    row = join(first, badge("SANDBOX") if sandbox else None, *items, by=" ")
    style = (
        f"display:flex;flex-wrap:wrap;gap:6px 10px;align-items:center;padding:9px 14px;border-bottom:{_LINE}"
    )
    end = h("span", {"style": "margin-left:auto"}, right) if right else ""
    return h("div", {"style": style}, row, " ", end)


def pill(text: str, tone: str, *, slots: bool = False) -> Markup:
    """Show a status in its colour, which is in the dot and the ring, never in the letters.

    Args:
        text: the status in words.
        tone: a CSS colour.
        slots: mark the places that a live view fills.
    """
    dot = f"display:inline-block;width:8px;height:8px;border-radius:8px;margin-right:6px;background:{tone}"
    label = {"data-slot": "label", "role": "status"} if slots else {}
    return h(
        "strong",
        {"style": f"{_TAG} solid {tone}"},
        h("span", {"style": dot, "data-slot": "dot" if slots else None}),
        h("span", label, text),
    )


def badge(text: str) -> Markup:
    """Show a word that says where a task runs."""
    return h("strong", {"style": f"{_TAG} dashed"}, text)


def columns(main: Markup, side: Markup) -> Markup:
    """Lay out two columns, one below the other where there is no room."""
    return h(
        "div",
        {"style": "display:flex;flex-wrap:wrap;gap:14px 24px;padding:14px"},
        h("div", {"style": "flex:3 1 340px;min-width:0"}, main),
        h("div", {"style": "flex:2 1 220px;min-width:0"}, side),
    )


def note(headline: object, body: object, tone: str) -> Markup:
    """Show what happened and what to do, beside a line in the status's colour."""
    style = f"border-left:3px solid {tone};padding-left:11px"
    return h("div", {"style": style}, h("strong", None, headline), h("div", None, body) if body else None)


def moved() -> Markup:
    """Say what to do if a clip does not play: always, since plain HTML cannot tell whether it does."""
    cure = (
        "Does it not play? The notebook or the clip was moved: ",
        code("%act_two relink"),
        " leads to it again.",
    )
    return fine(*cure)


def fine(*parts: object) -> Markup:
    """Show a line of smaller, paler text."""
    return h("div", {"style": f"margin-top:6px;{_FINE}"}, *parts)


def table(rows: Iterable[Sequence[object]], head: Sequence[str] = ()) -> Markup:
    """Make a small table; nothing without rows.

    Args:
        rows: cells, the first of each row its heading.
        head: headings of the columns.
    """
    cell = {"style": "text-align:left;padding:3px 18px 3px 0;vertical-align:top"}
    whole = {"style": f"{cell['style']};overflow-wrap:normal"}
    lines = [
        h("tr", None, h("th", {"scope": "row", **whole}, name), *(h("td", cell, value) for value in rest))
        for name, *rest in rows
    ]
    if not lines:
        return join()
    top = [h("th", {"scope": "col", **whole}, name) for name in head]
    style = "font:inherit;border-collapse:collapse;margin:10px 0 0"
    above = h("thead", None, h("tr", None, *top)) if top else None
    return h("table", {"style": style}, above, h("tbody", None, *lines))


def knob_list(request: ActTwoRequest) -> Markup:
    """List the knobs with a value, in words."""
    small = {"style": "display:block;opacity:.72"}
    items = [
        h("li", None, h("small", small, clean(name), " "), h("strong", None, clean(value)))
        for name, value in knobs(request)
    ]
    if not items:
        return fine("No knob set: the vendor's defaults")
    style = "display:flex;flex-wrap:wrap;gap:6px 22px;list-style:none;margin:0;padding:0"
    return h("ul", {"style": style}, *items)


def request_parts(request: ActTwoRequest, names: Mapping[str, str] | None = None, *, sandbox: bool) -> Markup:
    """Show a request: its knobs; then character and reference, with their names, links and small pictures.

    The pictures come last: a browser keeps the place of a video that is gone, where there is no script to
    hide it, and nothing may stand below a hole.

    Args:
        request: their request.
        names: of local files inside the request, by role.
        sandbox: the request goes to the sandbox.
    """
    both = (("Character", request.character), ("Reference", request.reference))
    known = names or {}
    inputs = (_thumbnail(role, ref, known.get(role.lower()), sandbox=sandbox) for role, ref in both)
    return join(knob_list(request), *inputs)


def _thumbnail(role: str, ref: MediaRef, local: str | None, *, sandbox: bool) -> Markup:
    """Show one input. Neither load nor link a signed URL: the notebook saves the card."""
    name: object = clean(local or file_name(ref.uri), 34)
    url = loadable(ref.uri, sandbox=sandbox)
    picture = None
    if url:
        # Without fill and height a picture that is gone takes a line; JupyterLab writes "Image" for no text.
        box = {"style": "max-height:84px;max-width:180px;border-radius:6px;object-fit:cover;font-size:11px"}
        if ref.type == "image":
            picture = h("img", {"src": url, "alt": f"Picture of the {role.lower()}", **box})
        else:
            # A browser draws no frame of a video without a seek.
            at = "" if "#" in url else "#t=0.1"
            picture = h("video", {"src": f"{url}{at}", "muted": True, "preload": "metadata", **box})
        name = h("a", {"href": url, "target": "_blank", "rel": "noreferrer"}, name)
    caption = join(h("span", {"style": "opacity:.72"}, role), " ", name)
    # A live card asks for a picture whose URL must not be here.
    mark = role.lower() if not url else None
    return h(
        "figure",
        {"data-input": mark, "style": "display:inline-block;vertical-align:top;margin:8px 14px 0 0"},
        h("figcaption", {"style": "font-size:11px;margin-bottom:2px"}, caption),
        picture,
    )


def forms(request: ActTwoRequest) -> dict[str, str]:
    """Write the request in every form for pasting, by the form's name."""
    return {
        "Magic": request.to_magic(),
        "Python": request.to_python(),
        "curl": request.to_curl(),
        "JSON": json.dumps(request.to_json(), indent=1, ensure_ascii=False),
    }


def copy_as(request: ActTwoRequest, *, buttons: bool = False, unfolded: bool = False) -> Markup:
    """Show the forms of a request, folded away.

    Args:
        request: to show.
        buttons: add a button to each form; only a live view can act on it.
        unfolded: show them at once.
    """
    safe = request.without_secrets()
    texts = forms(safe)
    whole = safe is request
    style = f"padding:7px 14px;border-top:{_LINE};word-wrap:break-word"
    return h(
        "details",
        {"style": style, "open": unfolded},
        h("summary", None, f"Copy as {' · '.join(texts)}"),
        None if whole else fine(_CUT_LIVE if buttons else _CUT),
        *(_form(name, text, buttons=buttons, whole=whole) for name, text in texts.items()),
    )


def _form(name: str, text: str, *, buttons: bool, whole: bool) -> Markup:
    visible = clean(text, len(text) + 1, lines=True) if len(text) <= FORM_MAX_CHARS else _shortened(text)
    button = None
    if buttons:
        asks = None if whole else name  # the kernel has the whole form
        names = {"data-action": "copy", "data-form": asks, "aria-label": f"Copy as {name}"}
        button = join(" ", h("button", {"type": "button", **names}, "Copy"))
    style = f"padding:6px 10px;background:{_FILL};white-space:pre-wrap"
    return join(
        h("div", {"style": "margin-top:6px"}, name, button),
        h("pre", {"style": style}, visible),
    )


def _shortened(text: str) -> str:
    head = clean(text, FORM_MAX_CHARS // 4, lines=True)
    return f"{head}\n(Shortened here: {len(text):,} characters. task.request has it whole.)"
