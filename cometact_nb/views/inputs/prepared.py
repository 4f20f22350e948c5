"""Shows a prepared input as HTML that needs no kernel: a small picture, the changes, the file's facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.inspection.facts import describe_facts
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import AMBER, GREEN, code, h
from cometact_nb.views.base.pictures import jpeg_uri

if TYPE_CHECKING:
    from cometact_nb.handles.prepare import Prepared
    from cometact_nb.views.base.html import Markup

__all__ = ["prepared_html"]

_PICTURE = "max-width:160px;max-height:160px;border-radius:6px;display:block"


def prepared_html(prepared: Prepared) -> Markup:
    """Show a prepared input."""
    inspection = prepared.inspection
    doubts = [finding for finding in inspection.findings if finding.basis != "vendor"]
    tone = GREEN if inspection.ok and not doubts else AMBER
    small = prepared.picture
    picture = (
        h("img", {"src": jpeg_uri(small), "alt": f"The {prepared.role}", "style": _PICTURE})
        if small
        else None
    )
    changes = [h("li", {}, words.clean(change, 400)) for change in prepared.changes]
    body = h(
        "div",
        {"style": "flex:1 1 260px;min-width:0"},
        parts.note(f"Ready as {prepared.role}", code(words.clean(prepared.path, 300)), tone),
        h("ul", {"style": "margin:6px 0 6px 18px;padding:0"}, *changes),
        parts.fine(words.clean(f"{describe_facts(inspection.facts)}. Not published yet.", 300)),
    )
    return parts.frame(
        h("div", {"style": "display:flex;flex-wrap:wrap;gap:12px;padding:12px 14px"}, picture, body)
    )
