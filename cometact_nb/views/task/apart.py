"""Showing a task whose clip is at a store, where no page can load it from.

A widget plays such a clip, sent by message, as long as its kernel lives. What outlives the kernel cannot play
it, so it must not take the widget's place, as it does for other tasks: it stands beside it, with an early
frame and the clip's address.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cometact_nb.views.base.html import h
from cometact_nb.views.base.live_output import LiveOutput
from cometact_nb.views.base.output import page_folder
from cometact_nb.views.task.card import card_of
from cometact_nb.views.task.facts import CardFacts
from cometact_nb.views.task.text import text_of
from cometact_nb.views.task.widget import StatusWidget

if TYPE_CHECKING:
    from cometact_nb.handles.task import Task

__all__ = ["ApartDisplay"]


class ApartDisplay:
    """Two outputs of one cell: the live card, and the record that needs no kernel.

    Args:
        task: the task to show.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._widget = StatusWidget(task)
        self._display = LiveOutput("Act-Two task", lambda: self._widget, self._record)
        self._display.show()
        task.add_listener(self._changed)

    def _record(self) -> dict[str, str]:
        task = self._task
        facts, folder = CardFacts(task.state, time.time(), task.sandbox), page_folder(task.session)
        card = card_of(facts, notebook_dir=folder)
        return {
            "text/html": h("div", {"class": "cometact-record"}, card),
            "text/plain": text_of(facts, notebook_dir=folder),
        }

    def _changed(self, task: Task) -> None:
        """On the notifier's thread, from where traits and display updates reach the right cell."""
        self._widget.draw()
        if task.state.is_settled:
            self._display.update()
