"""A front end that asks a value for what it shows, as marimo does, is handed a live view of its own."""

from __future__ import annotations

from operator import methodcaller
from typing import Any

import anywidget
from messages import receive
from services import SandboxProcess, submit
from waiting import until

from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session

shown_by = methodcaller("_display_")


def test_a_task_a_sweep_and_a_history_hand_out_a_widget_each_time_one_of_its_own(
    session: Session, sandbox: SandboxProcess
) -> None:
    task = submit(session, sandbox).wait(60)
    sweep = session.sweep(character=sandbox.character, reference=sandbox.reference, seed=[1, 2])
    for value in (task, sweep, find_history(session)):
        first, second = shown_by(value), shown_by(value)
        assert isinstance(first, anywidget.AnyWidget)
        assert first is not second
    assert shown_by(task).live["label"] == "SUCCEEDED"


def test_a_card_goes_on_and_a_history_without_a_place_below_names_the_line_for_another_cell(
    session: Session, sandbox: SandboxProcess
) -> None:
    task = submit(session, sandbox)
    card, table = shown_by(task), shown_by(find_history(session))
    said: list[dict[str, Any]] = []
    table.send = lambda content, *_: said.append(content)
    task.wait(60)
    until(lambda: card.live["label"] == "SUCCEEDED")
    for kind in ("show", "load"):
        receive(table, {"type": kind, "key": task.key})
    until(lambda: sum(message["type"] == "said" for message in said) == 2)
    lines = {message["text"] for message in said if message["type"] == "said"}
    assert {f"act.task({task.id!r})" in line for line in lines} == {True}
    assert all("in another cell" in line for line in lines)
