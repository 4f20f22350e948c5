"""Shows what two counts of the account say about requests in doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import h

if TYPE_CHECKING:
    from cometact_nb.handles.reconcile import Reconciliation
    from cometact_nb.views.base.html import Markup

__all__ = ["reconciliation_html"]

_VERDICT = {True: "Billed.", False: "Not billed.", None: "The counts do not tell."}
_TONE = {True: parts.AMBER, False: parts.GREEN, None: parts.GREY}


def reconciliation_html(result: Reconciliation) -> Markup:
    """Write the verdict and the notes as HTML that needs neither style sheet nor script."""
    first, *rest = result.notes
    return parts.frame(
        parts.header(
            h("strong", None, "Act-Two requests in doubt"), right=f"{len(result.sent.doubtful)} in doubt"
        ),
        h(
            "div",
            {"style": "padding:10px 14px 12px"},
            parts.note(_VERDICT[result.billed], words.clean(first, 600), _TONE[result.billed]),
            *(parts.fine(words.clean(note, 300)) for note in rest),
        ),
    )
