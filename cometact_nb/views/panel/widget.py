"""The panel's widget: one model for the whole form, and messages for contents that must not be state.

The form is one widget with its own front end, for four things that standard widgets cannot do. A key and a
file would be widget state, which notebooks save; here they come as messages. Front ends hold changes back
while a kernel is busy, so a click could submit less than the page shows; here it carries the values with it.
Toggle buttons and sliders tell a screen reader neither name nor state; here they are the browser's own. And
a click on a busy kernel is answered by the page itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import traitlets

from cometact_nb.domain.knobs import KNOBS
from cometact_nb.views.base.page_widget import PageWidget, plain_layout
from cometact_nb.views.base.scripts import joined, styles
from cometact_nb.views.panel.form import normal

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cometact_nb.domain.knobs import Knob

__all__ = ["PanelWidget"]


class PanelWidget(PageWidget):
    """The form. Python owns its meaning, the ES module its look.

    Args:
        values: see :data:`~cometact_nb.views.panel.form.EMPTY`.
        act: called with each message's type, content and buffers, on any thread.
        hide: removes secrets from the values, since notebooks save this state.
        closed: called when it is closed, maybe more than once.
    """

    _esm: ClassVar[Any] = joined("panel/panel.js")
    _css: ClassVar[Any] = styles("base/gone.css", "panel/panel.css", "panel/own_file.css")

    #: The form's values; both sides write them.
    values = traitlets.Dict().tag(sync=True)
    #: The description of the form; Python writes it.
    shown = traitlets.Dict().tag(sync=True)
    #: The control of each knob, in the order of the table.
    choices = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        values: Mapping[str, Any],
        act: Callable[[str, dict[str, Any], list[Any]], None],
        hide: Callable[[Mapping[str, Any]], dict[str, Any]] = dict,
        closed: Callable[[], None] = lambda: None,
    ) -> None:
        self._act, self._hide, self._closed = act, hide, closed
        super().__init__(
            values=normal(values),
            shown={},
            choices={"knobs": [_control(knob) for knob in KNOBS]},
            layout=plain_layout(),
        )
        self.on_msg(self._receive)

    def close(self) -> None:
        """Show no more changes, and release the browser's copy."""
        self._closed()
        super().close()

    @traitlets.validate("values")
    def _hidden(self, proposal: dict[str, Any]) -> dict[str, Any]:
        return self._hide(proposal["value"])

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take a page's values, and send them back without secrets."""
        values = sync_data.get("values")
        if not isinstance(values, dict) or (hidden := self._hide(values)) == values:
            super().set_state(sync_data)
            return
        super().set_state({**sync_data, "values": hidden})
        self.send_state("values")

    def _receive(self, _: Any, content: Any, buffers: list[Any]) -> None:
        """Acknowledge a browser's message at once, which shows the page that the kernel is not busy."""
        if isinstance(content, dict) and isinstance(content.get("type"), str):
            self.send({"type": "heard", "number": content.get("number")})
            self._act(content["type"], content, buffers or [])


def _control(knob: Knob) -> dict[str, Any]:
    """Describe the control of a knob: values to choose from, or else a place to type."""
    options = [{"value": value, "text": _option(knob, value)} for value in knob.choices]
    return {"name": knob.name, "title": knob.title, "whole": knob.is_whole, "options": options}


def _option(knob: Knob, value: bool | int | str) -> str:
    if isinstance(value, bool):
        return "On" if value else "Off"
    return f"{value} {knob.words[value]}" if knob.is_whole and value in knob.words else knob.in_words(value)
