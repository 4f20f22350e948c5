"""Writes a loaded clip, and the check of a folder, as HTML that needs no kernel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import AMBER, GREEN, code, h, join
from cometact_nb.views.task.card import card_html

if TYPE_CHECKING:
    from pathlib import Path

    from cometact_nb.handles.saved_clip import SavedClip, Verification
    from cometact_nb.store.clips.checkup import FileFinding
    from cometact_nb.views.base.html import Markup

__all__ = ["saved_html", "verification_html"]

#: The most rows in a notebook; ``to_rows()`` has all.
_ROWS = 100


def saved_html(saved: SavedClip, notebook_dir: Path) -> Markup:
    """Show the card of the task that made the clip, and the facts about its files."""
    notes = [f"Read from the files; written by cometact_nb {saved.version}."]
    if saved.unsigned:
        notes.append(f"The signature of the URL of {' and '.join(saved.unsigned)} was not kept.")
    changed = None
    if not saved.intact:
        changed = parts.note("The file was changed since it was written.", "", AMBER)
    card = card_html(saved.state, now=time.time(), notebook_dir=notebook_dir, sandbox=saved.sandbox)
    more = parts.fine(words.clean(" ".join(notes), 300))
    return join(card, h("div", {"style": "margin:4px 2px"}, changed, more))


def verification_html(verification: Verification) -> Markup:
    """Show the result, and a table of missing, changed and left-over files."""
    rest = []
    if len(verification.findings) > _ROWS:
        rest.append(f"{len(verification.findings) - _ROWS} more are in to_rows().")
    if verification.writing:
        rest.append(f"{verification.writing} files were being written.")
    body = h(
        "div",
        {"style": "padding:12px 14px"},
        parts.note(words.clean(verification.summary), "", GREEN if verification.ok else AMBER),
        parts.table(map(_row, verification.findings[:_ROWS])),
        parts.fine(words.clean(" ".join([words.clean(verification.folder, 300), *rest]), 500)),
    )
    return parts.frame(body)


def _row(finding: FileFinding) -> tuple[str, Markup]:
    file, problem, cure = (
        words.clean(text, limit)
        for text, limit in ((finding.file, 200), (finding.problem, 300), (finding.cure, 300))
    )
    style = "overflow-wrap:anywhere"
    return words.clean(finding.kind), h("div", {"style": style}, code(file), " ", problem, h("br"), cure)
