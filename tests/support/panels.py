"""What a browser does with a panel: messages to its widget, a click, and reading what the page then says."""

from __future__ import annotations

from messages import receive
from waiting import until

from cometact_nb.views.panel.panel import Panel


def message(panel: Panel, **content: object) -> None:
    """What a browser sends, as the widget's own machinery would hand it over."""
    receive(panel.controller.form, {"number": 1, **content})


def click(panel: Panel, token: object = None, target: str = "", **values: object) -> None:
    shown = panel.controller.form.shown
    message(
        panel,
        type="submit",
        token=shown["token"] if token is None else token,
        target=target or shown["target"],
        cost=shown["cost"] if shown["sweep"] is None else shown["sweep"]["cost"],
        values={**panel.values, **values},
    )


def idle(panel: Panel) -> None:
    until(lambda: panel.controller.is_idle)
    for _ in range(2):  # what a message has done asks for a drawing, which stands behind it
        assert panel.session.flush(10)


def said(panel: Panel) -> dict[str, str]:
    idle(panel)
    shown: dict[str, str] = panel.controller.form.shown["said"]
    return shown
