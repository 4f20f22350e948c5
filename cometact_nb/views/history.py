"""The history in a cell."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from cometact_nb.views import history_record, status
from cometact_nb.views.shell import in_notebook
from cometact_nb.views.text import write

if TYPE_CHECKING:
    from cometact_nb.histories import TaskHistory

__all__ = ["show"]


def show(shown: TaskHistory) -> None:
    """Show a history: a live table in a notebook, text elsewhere; once in an execution of a cell."""
    if status.was_shown(f"history {id(shown)}"):
        return
    bundle = _bundle(shown)
    if not in_notebook():
        write(sys.stdout, bundle["text/plain"] + "\n")
        return
    from IPython.display import display  # noqa: PLC0415  (not needed outside a notebook)

    show_raw: Any = display  # it is not annotated
    show_raw(bundle, raw=True)


def _bundle(shown: TaskHistory) -> dict[str, str]:
    folder = shown.session.notebook_dir
    return {
        "text/html": history_record.record_html(shown, shown.query, now=time.time(), folder=folder),
        "text/plain": history_record.record_text(shown, shown.query, folder=folder),
    }
