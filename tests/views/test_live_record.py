"""The record beside a live view: sent again only when there is something new in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from cometact_nb.views.base import live_output as live_record
from cometact_nb.views.base.live_output import LiveRecord


class Output:
    """An output of a cell that notes what it is updated with."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.htmls = [data["text/html"]]

    def update(self, data: dict[str, Any], *, raw: bool) -> None:
        assert raw
        self.htmls.append(data["text/html"])


def test_a_record_is_sent_again_only_where_another_one_is_shown(monkeypatch) -> None:
    outputs: list[Output] = []

    def put_out(data: dict[str, Any]) -> Output:
        outputs.append(Output(data))
        return outputs[-1]

    monkeypatch.setattr(live_record, "put_out", put_out)
    monkeypatch.setattr(live_record, "in_notebook", lambda: True)
    record = {"text/html": "1", "text/plain": "1"}
    view = LiveRecord("View", lambda: SimpleNamespace(model_id="m"), lambda: dict(record))
    view.show()
    view.update()
    record["text/html"] = "2"
    view.show()
    view.update()
    view.update()
    _, first, _, second = outputs  # each record comes after its widget
    assert (first.htmls, second.htmls) == (["1", "2"], ["2"])
