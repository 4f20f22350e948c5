"""A view that was closed is gone: what it showed lives on without it, and holds no part of it."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import ipywidgets
import pytest
from waiting import until

from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.handles.task import Task
from cometact_nb.views.history.table import HistoryTable
from cometact_nb.views.panel.panel import Panel
from cometact_nb.views.sweep import show as sweep_show
from cometact_nb.views.task import show as task_show

if TYPE_CHECKING:
    from services import SandboxProcess


def of_panel(session: Session, task: Task, sweep: Sweep) -> object:
    panel = Panel(session).load(task)
    panel.submit()
    panel.load(sweep)
    panel.submit()
    return panel


def of_history(session: Session, _: Task, __: Sweep) -> object:
    table = HistoryTable(find_history(session))
    table.table_alone()
    return table


def of_gallery(_: Session, __: Task, sweep: Sweep) -> object:
    return sweep.gallery()


def of_sweep(_: Session, __: Task, sweep: Sweep) -> object:
    return sweep_show.widget_alone(sweep)


def of_task(_: Session, task: Task, __: Sweep) -> object:
    return task_show.widget_alone(task)


@pytest.mark.parametrize("view", [of_panel, of_history, of_gallery, of_sweep, of_task])
def test_a_closed_view_is_held_by_no_task_and_by_no_sweep(
    session: Session, sandbox: SandboxProcess, view: object
) -> None:
    assert callable(view)
    character, reference = sandbox.character, sandbox.reference
    task = session.submit(character=character, reference=reference, seed=1)
    sweep = session.sweep(character=character, reference=reference, seed=[2, 3])
    ghost = weakref.ref(view(session, task, sweep))
    ipywidgets.Widget.close_all()

    def is_gone() -> bool:
        gc.collect()
        return ghost() is None

    until(is_gone)
