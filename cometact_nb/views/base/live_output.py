"""The outputs of a live view in its cell: the widget, and beside it a record that needs no kernel.

A page that knows a widget's type shows nothing else of its output, so the record is an output of its own.
The live view's style sheet hides it; where there is no live view there is no style sheet, and it is seen.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from cometact_nb.views.base.output import in_notebook, put_out, widget_data, write

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["LiveRecord"]


class LiveRecord:
    """Everywhere one live view is shown.

    Args:
        name: what it is, as in "Act-Two panel".
        widget: makes the widget when a notebook first needs it.
        record: the view as it is now, as text and as HTML that need no kernel, by MIME type.
    """

    def __init__(self, name: str, widget: Callable[[], Any], record: Callable[[], dict[str, str]]) -> None:
        self._name = name
        self._widget = widget
        self._record = record
        self._shown: dict[Any, dict[str, str]] = {}

    def show(self) -> None:
        """Show the view in the current cell, or as text where there is no notebook."""
        if not in_notebook():
            write(sys.stdout, self._record()["text/plain"] + "\n")
            return
        said = f"{self._name} (live only while its kernel runs)"
        put_out({**widget_data(self._widget()), "text/html": f"<p>{said}:</p>", "text/plain": said})
        record = self._record()
        self._shown[put_out(record)] = record

    def update(self) -> None:
        """Bring the record up to date. Any thread may call it, for any reason: only what is new is sent."""
        if not self._shown:
            return
        record = self._record()
        for handle, before in list(self._shown.items()):
            if before != record:
                self._shown[handle] = record
                handle.update(record, raw=True)
