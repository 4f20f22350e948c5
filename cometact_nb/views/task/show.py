"""Shows a task in a notebook: live while it runs, plain HTML after its end.

Threads change the live card's traits only, and bring the record below it up to date. When the task has ended
the live card goes. A page that was closed at that moment finds it, with the same card, and has the clip sent.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from cometact_nb.store.clips.media import clip_stem
from cometact_nb.views.base.html import h
from cometact_nb.views.base.live_output import LiveOutput
from cometact_nb.views.base.output import in_notebook, page_folder, shell, write
from cometact_nb.views.base.view_mime import task_place
from cometact_nb.views.task.card import card_of
from cometact_nb.views.task.facts import CardFacts
from cometact_nb.views.task.text import card_text, text_of

if TYPE_CHECKING:
    from cometact_nb.handles.task import Task
    from cometact_nb.views.task.widget import StatusWidget

__all__ = ["hush", "mark_shown", "show", "widget_alone"]

#: The execution of a cell that is noted, and the keys of what it has shown.
_shown_by_cell: tuple[int, set[str]] = (-1, set())
#: The outputs of each task, by its ``id``; the task's listener keeps them for as long as the task lives.
_outputs: WeakValueDictionary[int, LiveOutput] = WeakValueDictionary()


def show(task: Task, *, once_per_cell: bool = False) -> None:
    """Show ``task``: a live card in a notebook, text elsewhere. Call it from the main thread.

    Args:
        task: the task.
        once_per_cell: do nothing if this execution of this cell has shown the task already, as when a magic
            shows it and its value is the cell's last expression, too.
    """
    if once_per_cell and mark_shown(task.key):
        return
    if in_notebook():
        (_outputs.get(id(task)) or _follow(task)).show()
    else:
        write(sys.stdout, card_text(task.state, now=time.time(), sandbox=task.sandbox) + "\n")


def widget_alone(task: Task) -> StatusWidget:
    """Return a live card of its own, for a front end that places it itself."""
    from cometact_nb.views.task.widget import StatusWidget  # noqa: PLC0415  (ipywidgets: 80 ms)

    widget = StatusWidget(task)
    widget.follow()
    return widget


def hush(task: Task) -> None:
    """Do not show ``task`` in this execution of this cell, though it be the cell's last expression."""
    mark_shown(task.key)


def mark_shown(key: str) -> bool:
    """Note that this execution of this cell shows ``key``; return True if it did so before."""
    global _shown_by_cell  # noqa: PLW0603  (there is one current cell in a process)
    here = shell()
    if here is None:
        return False
    if _shown_by_cell[0] != here.execution_count:
        _shown_by_cell = (here.execution_count, set())
    if key in _shown_by_cell[1]:
        return True
    _shown_by_cell[1].add(key)
    return False


def _expected(task: Task) -> Path | None:
    """Return the future path of a task's clip; None if unknown, or if another file has the name."""
    folder, state = task.session.output_folder(), task.state
    is_known = state.id is not None and state.begun_at is not None
    return folder / f"{clip_stem(state)}.mp4" if is_known and isinstance(folder, Path) else None


def _follow(task: Task) -> LiveOutput:
    """Return the outputs of a task: live, with a record below, until its end; then only the record."""
    widget: StatusWidget | None = None

    def live() -> StatusWidget:
        nonlocal widget
        if widget is None:
            from cometact_nb.views.task.widget import StatusWidget  # noqa: PLC0415  (ipywidgets: 80 ms)

            widget = StatusWidget(task)
        return widget

    def facts() -> dict[str, Any]:
        return task_place(task.state, task.session.output_folder(), page_folder(task.session))

    output = LiveOutput("Act-Two task", live, lambda: _record(task), lambda: _is_final(task), "task", facts)
    last, was_final = task.state, _is_final(task)

    def changed(_: Task) -> None:
        """Update the outputs; on the notifier's thread, whose updates reach the right cell."""
        nonlocal last, was_final
        before, last, final = last, task.state, _is_final(task)
        if final or was_final or last.is_settled:
            output.update()
        elif last is not before:
            output.refresh()
        was_final = final
        if widget is not None:
            # After the update: a page that got it has no view left that would fetch the clip by message.
            widget.draw()

    task.add_listener(changed)
    _outputs[id(task)] = output
    return output


def _is_final(task: Task) -> bool:
    """Whether only the record remains, because nothing needs a kernel.

    A card with the buttons for a request in doubt needs one, and so does a clip at a store, which a page gets
    only from the widget.
    """
    state, at_store = task.state, isinstance(task.output_dir, str)
    return state.is_settled and not state.is_in_doubt and task.session.config.freeze and not at_store


def _record(task: Task) -> dict[str, str]:
    """Write the present card, which the style sheet of its live view hides beside it."""
    facts, final, folder = (
        CardFacts(task.state, time.time(), task.sandbox),
        _is_final(task),
        page_folder(task.session),
    )
    card = card_of(
        facts,
        notebook_dir=folder,
        autoplay=final,
        coming=_expected(task),
        embed_bytes=task.session.config.embed_bytes if final else 0,
    )
    html = card if final else h("div", {"class": "cometact-record"}, card)
    return {"text/html": html, "text/plain": text_of(facts, notebook_dir=folder)}
