"""A clip read back from its files, and a folder looked through, as HTML that needs no kernel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import AMBER, GREEN, esc
from cometact_nb.views.task.card import card_html

if TYPE_CHECKING:
    from pathlib import Path

    from cometact_nb.handles.saved_clip import SavedClip, Verification
    from cometact_nb.store.clips.checkup import FileFinding

__all__ = ["saved_html", "verification_html"]

#: Rows that a notebook keeps; ``to_rows()`` has all.
_ROWS = 100


def saved_html(saved: SavedClip, notebook_dir: Path) -> str:
    """The card of the task that made the clip, and what there is to know about the files."""
    notes = [f"Read from the files; written by cometact_nb {saved.version}."]
    if saved.unsigned:
        notes.append(f"The signature of the URL of {' and '.join(saved.unsigned)} was not kept.")
    told = parts.fine(esc(" ".join(notes), 300))
    if not saved.intact:
        told = parts.note("The file was changed since it was written.", "", AMBER) + told
    card = card_html(saved.state, now=time.time(), notebook_dir=notebook_dir, sandbox=saved.sandbox)
    return f'{card}<div style="margin:4px 2px">{told}</div>'


def verification_html(shown: Verification) -> str:
    """The outcome, and a table of what is not as it was left."""
    rest = []
    if len(shown.findings) > _ROWS:
        rest.append(f"{len(shown.findings) - _ROWS} more are in to_rows().")
    if shown.writing:
        rest.append(f"{shown.writing} files were being written.")
    body = (
        parts.note(esc(shown.summary), "", GREEN if shown.ok else AMBER)
        + parts.table(map(_row, shown.findings[:_ROWS]))
        + parts.fine(esc(" ".join([words.clean(shown.folder, 300), *rest]), 500))
    )
    return parts.frame(f'<div style="padding:12px 14px">{body}</div>')


def _row(found: FileFinding) -> tuple[str, str]:
    told = f"<code>{esc(found.file, 200)}</code> {esc(found.problem, 300)}<br>{esc(found.cure, 300)}"
    return esc(found.kind), f'<div style="overflow-wrap:anywhere">{told}</div>'
