"""The outputs of a live view in its cell: the widget, and below it a record that needs no kernel.

A page that knows a widget's type shows nothing else of its output, and a widget lives only as long as its
kernel. So the record is an output of its own. The live view's style sheet hides it; where there is no live
view there is no style sheet, and it is seen. Once nothing more can happen the widget goes.
"""

from __future__ import annotations

import contextvars
import sys
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cometact_nb.views.base.html import h
from cometact_nb.views.base.output import in_notebook, put_out, widget_data, write

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LiveOutput", "clear_saved_state"]

#: While something goes on, a record is sent again after so many seconds at the earliest, and so rarely that
#: it takes no more than so many bytes a second: each time, a page has its notebook to save.
_EVERY_S, _BYTES_PER_S = 5.0, 4000
_NOTHING = {"text/html": "", "text/plain": ""}


def _never() -> bool:
    return False


@dataclass
class _Place:
    """The two outputs in one cell, and what they show."""

    live: Any
    record: Any
    html: dict[str, str]
    is_final: bool


def clear_saved_state(widget: Any) -> None:
    """Leave next to nothing of a widget in a notebook that is run without a page.

    nbclient, and with it papermill and nbconvert, saves all that was ever sent of a widget, its script and
    style sheet included, also when it was closed. So it is sent that there is nothing. The widget itself
    keeps what it has: a page that is opened later, while the kernel lives, asks for that.

    Args:
        widget: one that nothing shows any more. If a page has shown it, as its ``is_seen`` tells, nothing is
            sent: the page would draw it.
    """
    if widget.comm is None or widget.is_seen:
        return
    names = {"_esm", "_css", *(name for name in widget.keys if not name.startswith("_"))}
    values = {name: getattr(widget, name) for name in names}
    empty = {name: type(value)() for name, value in values.items() if isinstance(value, str | list | dict)}
    widget.comm.send(data={"method": "update", "state": empty, "buffer_paths": []}, buffers=[])


class LiveOutput:
    """Every place where one live view is shown.

    Args:
        name: what it is, as in "Act-Two panel".
        widget: returns the widget; called when a notebook first needs it.
        record: returns the view as it is now, as text and as HTML that need no kernel, by MIME type.
        is_final: whether the record is to stand alone, since nothing more can happen or be clicked. It may
            become false again. The default keeps the widget for ever.
    """

    def __init__(
        self,
        name: str,
        widget: Callable[[], Any],
        record: Callable[[], dict[str, str]],
        is_final: Callable[[], bool] = _never,
    ) -> None:
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
            live, record = put_out(self._live(final)), self._record()
            self._places.append(_Place(live, put_out(record), record, final))

    def update(self) -> None:
        """Bring both outputs up to date. Any thread may call it, for any reason: only what is new is sent."""
        if not self._places:
            return
        with self._updating:
            final = self._is_final()  # first: no older record may outlive the widget
            record = self._record()
            for place in self._places:
                if place.html != record:
                    place.html = record
                    place.record.update(record, raw=True)
                if place.is_final != final:  # after the record, so that it is there when it is seen
                    place.is_final = final
                    place.live.update(self._live(final), raw=True)

    def refresh(self) -> None:
        """Bring the record up to date, some seconds after the last time at the earliest. From any thread."""
        with self._updating:
            if not self._places or self._timer is not None:
                return
            wait_s = self._next_at - time.monotonic()
            if wait_s <= 0:
                self._update_paced()
                return
            self._timer = threading.Timer(wait_s, self._update_paced)
            self._timer.daemon = True
            # An empty context: one that came from a cell would send its messages to that cell.
            contextvars.Context().run(self._timer.start)

    def _update_paced(self) -> None:
        with self._updating:
            self._timer = None
            self.update()
            size = sum(len(place.html["text/html"]) for place in self._places)
            self._next_at = time.monotonic() + max(_EVERY_S, size / _BYTES_PER_S)

    def _live(self, final: bool) -> dict[str, Any]:
        """The widget's output; an empty one when the record stands alone."""
        if final:
            return _NOTHING
        text = f"{self._name} (live only while its kernel runs)"
        return {**widget_data(self._widget()), "text/html": h("p", None, f"{text}:"), "text/plain": text}
