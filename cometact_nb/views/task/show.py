"""Showing a task in a notebook: live while it runs, plain HTML once it ended.

A widget lives only as long as its kernel. So the card is displayed once as a widget, threads change its
traits only, and when the task ends the display is replaced by HTML that outlives the kernel ("frozen"). A
page that was closed at that moment finds the widget, which shows the same card and has the clip sent.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cometact_nb.store.clips.media import clip_stem
from cometact_nb.views.base.output import in_notebook, page_folder, put_out, shell, widget_data, write
from cometact_nb.views.task.card import card_of
from cometact_nb.views.task.facts import CardFacts
from cometact_nb.views.task.text import card_text, text_of

if TYPE_CHECKING:
    from cometact_nb.domain.task import TaskState
    from cometact_nb.handles.task import Task
    from cometact_nb.views.task.widget import StatusWidget

__all__ = ["Display", "hush", "show", "was_shown"]

#: The execution of a cell that is noted, and the keys of what it has shown.
_shown: tuple[int, set[str]] = (-1, set())


def show(task: Task, *, once_per_cell: bool = False) -> None:
    """Show ``task``: a live card in a notebook, text elsewhere. Call it from the main thread.

    Args:
        task: the task.
        once_per_cell: do nothing if this execution of this cell has shown the task already, as when a magic
            shows it and its value is the cell's last expression, too.
    """
    if once_per_cell and was_shown(task.key):
        return
    if in_notebook() and isinstance(task.output_dir, str):
        from cometact_nb.views.task.apart import ApartDisplay  # noqa: PLC0415  (for clips at a store only)

        ApartDisplay(task)
    elif in_notebook():
        Display(task)
    else:
        write(sys.stdout, card_text(task.state, now=time.time(), sandbox=task.sandbox) + "\n")


def hush(task: Task) -> None:
    """Do not show ``task`` in this execution of this cell, though it be the cell's last expression."""
    was_shown(task.key)


def was_shown(key: str) -> bool:
    """Whether this execution of this cell has shown ``key`` already; it counts as shown from now on."""
    global _shown  # noqa: PLW0603  (there is one current cell in a process)
    here = shell()
    if here is None:
        return False
    if _shown[0] != here.execution_count:
        _shown = (here.execution_count, set())
    if key in _shown[1]:
        return True
    _shown[1].add(key)
    return False


def _expected(task: Task) -> Path | None:
    """Where a task's clip will be, unless a file of that name is there; None before that can be known."""
    folder, state = task.session.output_folder(), task.state
    known = state.id is not None and state.begun_at is not None
    return folder / f"{clip_stem(state)}.mp4" if known and isinstance(folder, Path) else None


class Display:
    """One output of one cell that shows one task, live while it runs and frozen when it ended.

    Args:
        task: the task to show.
    """

    def __init__(self, task: Task) -> None:
        self._task = task
        self._widget: StatusWidget | None = None
        self._frozen = ""
        self._handle = put_out(self._bundle(task.state))
        task.add_listener(self._changed)

    def _is_final(self, state: TaskState) -> bool:
        # What is in doubt stays live: its card has the buttons that settle it.
        return state.is_settled and not state.is_in_doubt and self._task.session.config.freeze

    def _bundle(self, state: TaskState) -> dict[str, Any]:
        """What to display: the final card, or the widget with the card as it is now beside it."""
        task = self._task
        final = self._is_final(state)
        folder = page_folder(task.session)
        facts = CardFacts(state, time.time(), task.sandbox)
        html = card_of(
            facts,
            notebook_dir=folder,
            autoplay=final,
            coming=_expected(task),
            embed_bytes=task.session.config.embed_bytes if final else 0,
        )
        text = text_of(facts, notebook_dir=folder)
        self._frozen = html if final else ""
        bundle: dict[str, Any] = {"text/html": html, "text/plain": text}
        if not final:
            bundle = {**widget_data(self._live()), **bundle}
        return bundle

    def _live(self) -> StatusWidget:
        if self._widget is None:
            from cometact_nb.views.task.widget import StatusWidget  # noqa: PLC0415  (ipywidgets: 80 ms)

            self._widget = StatusWidget(self._task)
        return self._widget

    def _changed(self, task: Task) -> None:
        """On the notifier's thread, from where traits and display updates reach the right cell."""
        before, state = self._frozen, task.state
        if self._is_final(state) or before:  # it ended, or goes on after an end that was none
            bundle = self._bundle(state)
            if not before or self._frozen != before:
                self._handle.update(bundle, raw=True)
        if self._widget is not None:
            # After the freeze: a page that got it has no view left that would fetch the clip by message.
            self._widget.draw()
