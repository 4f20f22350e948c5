"""Showing a task whose clip is at a store, where no page can load it from.

A widget plays such a clip, sent by message, as long as its kernel lives. What outlives the kernel cannot play
it, so it must not take the widget's place: it is an output of its own, with an early frame and the clip's
address. The widget's style sheet hides it; where there is no widget there is no style sheet, and it is seen.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from cometact_nb.views.card import card_html
from cometact_nb.views.text import card_text

if TYPE_CHECKING:
    from cometact_nb.tasks import Task

__all__ = ["ApartDisplay"]


class ApartDisplay:
    """Two outputs of one cell: the live card, and the record that needs no kernel.

    Args:
        task: the task to show.
    """

    def __init__(self, task: Task) -> None:
        from IPython.display import display  # noqa: PLC0415  (not needed outside a notebook)

        from cometact_nb.views.widget import StatusWidget  # noqa: PLC0415  (ipywidgets: 80 ms)

        self._task = task
        self._widget = StatusWidget(task)
        self._shown = self._record()
        show_raw: Any = display  # it is not annotated
        live = {
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": self._widget.model_id,
            },
            "text/html": "<p>The live view of an Act-Two task; what is known of it stands below.</p>",
            "text/plain": "Act-Two task (live only while its kernel runs)",
        }
        show_raw(live, raw=True)
        self._handle: Any = show_raw(self._shown, raw=True, display_id=True)
        task.add_listener(self._changed)
        task.session.call_soon(self._changed, task)

    def _record(self) -> dict[str, str]:
        task, now = self._task, time.time()
        folder = task.session.notebook_dir
        html = card_html(task.state, now=now, notebook_dir=folder, sandbox=task.sandbox)
        return {
            "text/html": f'<div class="cometact-record">{html}</div>',
            "text/plain": card_text(task.state, now=now, sandbox=task.sandbox, notebook_dir=folder),
        }

    def _changed(self, task: Task) -> None:
        """On the notifier's thread, from where traits and display updates reach the right cell."""
        self._widget.draw()
        if task.state.is_settled:
            record = self._record()
            if record != self._shown:
                self._shown = record
                self._handle.update(record, raw=True)
