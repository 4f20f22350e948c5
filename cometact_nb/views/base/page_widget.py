"""Widgets that a notebook keeps nothing of when it runs without a page.

nbclient, and with it papermill and nbconvert, saves everything that was ever sent of a widget, with its
script and style sheet, also after it was closed: some 30 to 130 KB for each view. There each view is its
record alone (:mod:`cometact_nb.views.base.live_output`), so these widgets are silent, unless somebody puts
one into a layout.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import anywidget
import ipywidgets

from cometact_nb.views.base.output import is_attended

if TYPE_CHECKING:

    class _Widget:
        """The methods of ipywidgets, which is not annotated, that are used here."""

        model_id: str

        def open(self) -> None: ...

else:
    _Widget = object

__all__ = ["PageWidget", "column", "plain_layout"]

_layout: Any = None


class _Silent(_Widget):
    """Sends nothing without a page, until its model's id is asked for."""

    #: Whether it waits for someone to ask for its id.
    is_silent = False

    def open(self) -> None:
        """Tell the page of this widget, if there is one."""
        self.is_silent = not is_attended()
        if not self.is_silent:
            super().open()

    @property
    def model_id(self) -> str:  # type: ignore[override]
        """The id by which a page knows it; the page is told of it first."""
        if self.is_silent:
            self.is_silent = False
            super().open()
        return str(super().model_id)


class PageWidget(_Silent, anywidget.AnyWidget):
    """A view with its own script and style sheet."""


class _Layout(_Silent, ipywidgets.Layout):  # type: ignore[misc]
    pass


class _Column(_Silent, ipywidgets.VBox):  # type: ignore[misc]
    pass


def column(*children: Any, **style: str) -> ipywidgets.VBox:
    """Stack widgets.

    Args:
        children: from above.
        style: fields of :class:`ipywidgets.Layout`.
    """
    return _Column(list(children), layout=_Layout(**style) if style else plain_layout())


def plain_layout() -> ipywidgets.Layout:
    """Return one layout for all widgets that need none; one for each would take 1 KB of a saved notebook."""
    global _layout  # noqa: PLW0603  (one for all of them)
    is_closed = _layout is not None and _layout.comm is None and not _layout.is_silent
    if _layout is None or is_closed:  # a user may have closed all widgets
        _layout = _Layout()
    return _layout
