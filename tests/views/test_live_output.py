"""A live view and the record below it: each is sent again only when there is something new in it."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sweeps import grid

from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.views.base import live_output
from cometact_nb.views.base.live_output import LiveOutput
from cometact_nb.views.sweep import show as sweep_show

if TYPE_CHECKING:
    from services import SandboxProcess

WIDGET = "application/vnd.jupyter.widget-view+json"


class Output:
    """An output of a cell that notes, one after the other, what it has shown."""

    def __init__(self, data: dict[str, Any], happened: list[Output]) -> None:
        self.shown = [data]
        self._happened = happened

    @property
    def htmls(self) -> list[str]:
        return [data["text/html"] for data in self.shown]

    def update(self, data: dict[str, Any], *, raw: bool) -> None:
        assert raw
        self.shown.append(data)
        self._happened.append(self)


@pytest.fixture
def outputs(monkeypatch: pytest.MonkeyPatch) -> list[Output]:
    """The outputs in the order in which they were shown; updates come behind them."""
    made: list[Output] = []

    def put_out(data: dict[str, Any]) -> Output:
        made.append(Output(data, made))
        return made[-1]

    monkeypatch.setattr(live_output, "put_out", put_out)
    monkeypatch.setattr(live_output, "in_notebook", lambda: True)
    return made


def widget() -> SimpleNamespace:
    return SimpleNamespace(model_id="m")


def test_a_record_is_sent_again_only_where_another_one_is_shown(outputs: list[Output]) -> None:
    record = {"text/html": "1", "text/plain": "1"}
    view = LiveOutput("View", widget, lambda: dict(record))
    view.show()
    view.update()
    record["text/html"] = "2"
    view.show()
    view.update()
    view.update()
    _, first, _, second = outputs[:4]  # each record comes after its widget
    assert (first.htmls, second.htmls) == (["1", "2"], ["2"])


def test_once_it_is_final_the_record_is_brought_up_to_date_and_then_the_widget_goes(
    outputs: list[Output],
) -> None:
    record, over = {"text/html": "1", "text/plain": "1"}, False
    view = LiveOutput("View", widget, lambda: dict(record), lambda: over)
    view.show()
    record["text/html"], over = "2", True
    view.update()
    view.update()
    live, kept, *happened = outputs
    assert happened == [kept, live]
    assert kept.htmls == ["1", "2"]
    assert (WIDGET in live.shown[0], live.shown[1]) == (True, {"text/html": "", "text/plain": ""})


def test_what_is_final_when_it_is_shown_needs_no_widget_and_gets_one_when_it_goes_on(
    outputs: list[Output],
) -> None:
    made, over = [], True

    def counted() -> SimpleNamespace:
        made.append(1)
        return widget()

    view = LiveOutput("View", counted, lambda: {"text/html": "1", "text/plain": "1"}, lambda: over)
    view.show()
    assert not made
    over = False
    view.update()
    live, kept, *_ = outputs
    assert WIDGET in live.shown[1]
    assert "View (live only while its kernel runs)" in live.shown[1]["text/plain"]
    assert kept.htmls == ["1"]


def test_a_record_of_what_goes_on_is_sent_at_once_and_then_not_at_each_change(outputs: list[Output]) -> None:
    record = {"text/html": "1", "text/plain": "1"}
    view = LiveOutput("View", widget, lambda: dict(record))
    view.show()
    for number in "234":
        record["text/html"] = number
        view.refresh()
    _, kept = outputs[:2]
    assert kept.htmls == ["1", "2"]
    view.update()  # what is over is not put off
    assert kept.htmls == ["1", "2", "4"]


def test_a_view_that_is_nowhere_shown_writes_no_record() -> None:
    def never() -> dict[str, str]:
        raise AssertionError("nobody asked for it")

    LiveOutput("View", widget, never).refresh()


def test_a_sweep_that_is_shown_again_is_listened_to_no_more_often(
    outputs: list[Output], session: Session, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_show, "in_notebook", lambda: True)
    sweep, listeners = grid(session, sandbox, seed=[1]).look(), []

    def add_listener(callback: Callable[[Sweep], object]) -> Callable[[], None]:
        listeners.append(callback)
        return lambda: None

    monkeypatch.setattr(sweep, "add_listener", add_listener)
    sweep_show.show(sweep)
    once = list(listeners)
    sweep_show.show(sweep)
    assert listeners == once
    assert len(outputs) == 4  # each time its widget and its record
