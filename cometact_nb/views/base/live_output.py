"""Shows a live view in its cell: the widget, and below it a record that needs no kernel.

A page that knows a widget's type shows nothing else of its output, and a widget lives only as long as its
kernel. So the record is an output of its own. The live view's style sheet hides it; where there is no live
view there is no style sheet, so it shows. Once nothing more can happen, the widget goes. In a notebook that
runs without a page there is none from the start.
"""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cometact_nb.views.base.html import h
from cometact_nb.views.base.output import in_notebook, is_attended, put_out, widget_data, write
from cometact_nb.views.base.view_mime import view_data

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LiveOutput"]

#: Limits for records while something goes on: the least seconds between two, and the most bytes a second,
#: since a page saves its notebook after each.
_EVERY_S, _BYTES_PER_S = 5.0, 4000
_NOTHING = {"text/html": "", "text/plain": ""}


def _never() -> bool:
    return False


@dataclass
class _Place:
    """The two outputs in one cell, and their present content."""

    live: Any
    record: Any
    html: dict[str, str]
    has_widget: bool
    is_attended: bool


class LiveOutput:
    """All outputs of one live view.

    Args:
        name: of the view, such as "Act-Two panel".
        widget: returns the widget; called when a notebook first needs it.
        record: returns the present view as text and as HTML that need no kernel, by MIME type.
        is_final: says whether only the record remains, since nothing more can happen or be clicked. It may
            become false again. The default keeps the widget for ever.
        kind: of the view, see :func:`~cometact_nb.views.base.view_mime.view_data`; "" for none of those.
        facts: returns the other facts of that description.
    """

    def __init__(
        self,
        name: str,
        widget: Callable[[], Any],
        record: Callable[[], dict[str, str]],
        is_final: Callable[[], bool] = _never,
        kind: str = "",
        facts: Callable[[], dict[str, Any]] = dict,
    ) -> None:
        self._kind, self._facts = kind, facts
        self._name = name
        self._widget = widget
        self._record = record
        self._is_final = is_final
        self._places: list[_Place] = []
        self._updating = threading.RLock()
        self._next_at = 0.0
        self._timer: threading.Timer | None = None

    def show(self) -> None:
        """Show the view in the current cell, or as text where there is no notebook. From the main thread."""
        if not in_notebook():
            write(sys.stdout, self._record()["text/plain"] + "\n")
            return
        with self._updating:
            final = self._is_final()
            attended = is_attended()
            has_widget = attended and not final
            live, record = put_out(self._live() if has_widget else _NOTHING), self._record()
            below = put_out(record | self._described(final=final))
            self._places.append(_Place(live, below, record, has_widget, attended))

    def update(self) -> None:
        """Bring both outputs up to date; send only changes. Any thread may call it."""
        if not self._places:
            return
        with self._updating:
            final = self._is_final()  # first, since no older record may outlive the widget
            record = self._record()
            for place in self._places:
                if place.html != record:
                    place.html = record
                    place.record.update(record | self._described(final=final), raw=True)
                has_widget = place.is_attended and not final
                if place.has_widget != has_widget:  # after the record, which shows from then on
                    place.has_widget = has_widget
                    place.live.update(self._live() if has_widget else _NOTHING, raw=True)

    def refresh(self) -> None:
        """Bring the record up to date, at least some seconds after the last time. From any thread."""
        with self._updating:
            if not self._places or self._timer is not None:
                return
            wait_s = self._next_at - time.monotonic()
            if wait_s <= 0:
                self._update_paced()
                return
            self._timer = threading.Timer(wait_s, self._update_paced)
            self._timer.daemon = True
            # An empty context: a cell's context would send its messages to that cell.
            contextvars.Context().run(self._timer.start)

    def _update_paced(self) -> None:
        with self._updating:
            self._timer = None
            self.update()
            size = sum(len(place.html["text/html"]) for place in self._places)
            self._next_at = time.monotonic() + max(_EVERY_S, size / _BYTES_PER_S)

    def _live(self) -> dict[str, Any]:
        """Return the widget's output."""
        text = f"{self._name} (live only while its kernel runs)"
        widget = self._widget()
        described = self._described(model_id=widget.model_id)
        html = h("p", None, f"{text}:")
        return {**widget_data(widget), **described, "text/html": html, "text/plain": text}

    def _described(self, **more: Any) -> dict[str, Any]:
        """Describe an output to the extension of JupyterLab."""
        return view_data(self._kind, **self._facts(), **more) if self._kind else {}
