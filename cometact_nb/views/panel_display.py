"""A panel's outputs in its cell: the live form, and beside it a record that needs no kernel.

A page that knows a widget's type shows nothing else of its output, so the record is an output of its own.
The live form's style sheet hides it; where there is no live form there is no style sheet, and it is seen.
"""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any

from cometact_nb.views import panel_record, status
from cometact_nb.views.shell import in_notebook
from cometact_nb.views.text import write

if TYPE_CHECKING:
    from cometact_nb.views.panel import Panel

__all__ = ["PanelDisplay"]


class PanelDisplay:
    """Everywhere one panel is shown.

    Args:
        panel: the panel.
    """

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._handles: list[Any] = []

    def show(self) -> None:
        """Show the panel in the current cell, or as text where there is no notebook."""
        if not in_notebook():
            write(sys.stdout, self._bundle()["text/plain"] + "\n")
            return
        from IPython.display import display  # noqa: PLC0415  (not needed outside a notebook)

        show_raw: Any = display  # it is not annotated
        view = {"version_major": 2, "version_minor": 0, "model_id": self._panel.view.model_id}
        live = {
            status.WIDGET_MIME: view,
            "text/html": "<p>The Act-Two panel is live only while its kernel runs. Its last request:</p>",
            "text/plain": "Act-Two panel (live only while its kernel runs)",
        }
        show_raw(live, raw=True)
        self._handles.append(show_raw(self._bundle(), raw=True, display_id=True))

    def update(self) -> None:
        """Bring the record up to date. Any thread may call it."""
        if self._handles:
            bundle = self._bundle()
            for handle in self._handles:
                handle.update(bundle, raw=True)

    def _bundle(self) -> dict[str, str]:
        panel, now = self._panel, time.time()
        session = panel.session
        folder = session.notebook_dir
        facts: dict[str, Any] = {"now": now, "sandbox": session.config.sandbox}
        return {
            "text/html": panel_record.record_html(panel.last, panel.tasks, folder=folder, **facts),
            "text/plain": panel_record.record_text(panel.last, panel.tasks, **facts),
        }
