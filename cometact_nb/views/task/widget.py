"""The live card's widget: small traits for changes, and messages for clicks and clips."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from cometact_nb.errors import ActTwoError
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import forms
from cometact_nb.views.base.output import in_background, page_folder
from cometact_nb.views.base.page_widget import PageWidget, plain_layout
from cometact_nb.views.base.pieces import read_piece
from cometact_nb.views.base.scripts import joined, styles
from cometact_nb.views.task.card import card_of
from cometact_nb.views.task.facts import CardFacts, live_of, request_of
from cometact_nb.views.task.settle import settling_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.handles.task import Task

__all__ = ["StatusWidget", "cancel", "clip_piece", "form_text", "input_address"]


def cancel(task: Task) -> dict[str, Any] | None:
    """Ask the service to cancel; return a message for the card, or None if the task's end says it."""
    if task.state.id is None:
        outcome = "Not cancelled. The service has not given the task an id yet; ask again when it has."
        return {"type": "note", "text": outcome, "again": True}
    try:
        task.cancel()
    except ActTwoError as error:
        return {"type": "note", "text": f"Not cancelled. {words.message(error)}", "again": True}
    if task.state.is_settled:
        return None
    outcome = "The service took the cancel, and confirms it with the next poll."
    return {"type": "note", "text": outcome, "again": False}


def clip_piece(task: Task, index: int, offset: int, size: int) -> tuple[dict[str, Any], list[bytes]]:
    """Read a piece of a clip as the buffer of a message, which no notebook stores.

    Returns:
        the message and its buffers; an empty message where there is no such piece.
    """
    if not 0 <= index < len(task.state.clips):
        return {}, []
    clip = task.clips[index]
    request = {"type": "clip", "index": index, "offset": offset}
    return read_piece(clip.name, lambda: clip.path, request, size)


def form_text(task: Task, name: str) -> dict[str, Any]:
    """Write the request with whole links for a message, since notebooks save state and HTML.

    Args:
        task: the task.
        name: of the form, such as ``curl``.
    """
    request = request_of(task.state)
    return {"type": "form", "text": forms(request).get(name, "") if request else ""}


def input_address(task: Task, name: str) -> dict[str, Any] | None:
    """Return an input's address for its picture in a message; None where no page may load it.

    Args:
        task: the task.
        name: ``"character"`` or ``"reference"``.
    """
    request = request_of(task.state)
    ref = getattr(request, name, None)
    url = words.loadable(ref.uri, sandbox=task.sandbox, is_saved=False) if ref else None
    return {"type": "input", "name": name, "url": url, "kind": ref.type} if ref and url else None


class StatusWidget(PageWidget):
    """The live card. Python owns its content, the ES module its look.

    Args:
        task: the task to show.
    """

    _esm: ClassVar[Any] = joined("task/status.js")
    _css: ClassVar[Any] = styles("base/gone.css", "task/status.css")

    #: The card with empty slots; changes when its structure does.
    html = traitlets.Unicode().tag(sync=True)
    #: The content of the slots, see :func:`~cometact_nb.views.task.facts.live_of`.
    live = traitlets.Dict().tag(sync=True)

    def __init__(self, task: Task) -> None:
        # First: a widget whose making failed is closed, too, when it is collected.
        self._stop_following: Callable[[], None] = lambda: None
        self._task = task
        self._settling = settling_of(task)
        self._drawing = threading.RLock()
        super().__init__(**self._facts(), layout=plain_layout())
        self.on_msg(self._receive)

    def follow(self) -> None:
        """Draw the card anew after each change of its task, until it is closed. Call it once."""
        self._stop_following = self._task.add_listener(lambda _: self.draw())

    def close(self) -> None:
        """Show no more changes, and release the browser's copy."""
        self._stop_following()
        super().close()

    def draw(self) -> None:
        """Show the present task. Any thread may call it."""
        # One message: a page that got the new structure first would fill it with the old facts.
        with self._drawing, self.hold_sync():
            for name, value in self._facts().items():
                setattr(self, name, value)

    def _facts(self) -> dict[str, Any]:
        task = self._task
        facts = CardFacts(task.state, time.time(), task.sandbox)
        html = str(card_of(facts, notebook_dir=page_folder(task.session), live=True))
        return {"html": html, "live": {**live_of(facts), "settle": self._settling.facts()}}

    def _receive(self, _: Any, content: dict[str, Any], __: Any) -> None:
        """Pass a browser's message on, since it may come on any thread."""
        soon = self._task.session.call_soon
        match content:
            case {"type": "hello"}:
                soon(self.draw)
            case {"type": "copy", "form": str(name)}:
                soon(self._send_form, name)
            case {"type": "input", "name": "character" | "reference" as name}:
                soon(self._send_input, name)
            case {"type": "cancel"}:
                self.send({"type": "note", "text": "Asking the service to cancel…", "again": False})
                in_background(self._cancel)
            case {"type": "settle", "what": str(what), "token": int(token)}:
                in_background(self._settle, what, token, str(content.get("id", "")))
            case {
                "type": "clip",
                "view": str(view),
                "index": int(index),
                "offset": int(offset),
                "size": int(size),
            }:
                in_background(self._send_piece, view, index, offset, size)

    def _cancel(self) -> None:
        if note := cancel(self._task):
            self.send(note)

    def _settle(self, what: str, token: int, task_id: str) -> None:
        self.send({"type": "settled", "text": self._settling.settle(what, token, task_id)})
        self.draw()

    def _send_form(self, name: str) -> None:
        self.send(form_text(self._task, name))

    def _send_input(self, name: str) -> None:
        if address := input_address(self._task, name):
            self.send(address)

    def _send_piece(self, view: str, index: int, offset: int, size: int) -> None:
        answer, piece = clip_piece(self._task, index, offset, size)
        if answer:
            self.send({**answer, "view": view}, piece)
