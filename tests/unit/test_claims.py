"""What one transaction of the history decides: who has a cell, what a budget allows, who watches a task."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from typing import Any

import pytest
from claims import ENDS, SERVICE, buy, cell, end, taken

from cometact_nb.domain import events
from cometact_nb.domain.sweep.grid import specify
from cometact_nb.domain.task import Status
from cometact_nb.store.journal import sweeps
from cometact_nb.store.journal.claims import BudgetUsed, SweepHalted
from cometact_nb.store.journal.history import History
from cometact_nb.store.journal.processes import is_dead

OVER = {Status.REFUSED, Status.FORGOTTEN, Status.FAILED, Status.CANCELLED}


IN_DOUBT = {Status.UNCONFIRMED, Status.NOT_FOUND}


# --- cells ------------------------------------------------------------------------------------------


def test_a_cell_is_bought_once_and_its_replicates_other_contents_and_other_services_are_cells_of_their_own(
    history: History,
) -> None:
    assert taken(history, "one", cell()) is None
    assert taken(history, "again", cell()) == "one"
    assert taken(history, "again", cell(sweep="another")) == "one"
    assert taken(history, "second", cell(2)) is None
    assert taken(history, "other", cell(), seed=2) is None
    assert taken(history, "elsewhere", cell(), at="https://c.d") is None


@pytest.mark.parametrize("status", sorted({*ENDS, Status.SUBMITTING}))
def test_a_task_is_replaced_only_while_it_may_not_bring_a_video(history: History, status: Status) -> None:
    buy(history, "one", cell())
    if status in ENDS:
        end(history, "one", status)
    replaced = status in OVER | IN_DOUBT
    assert taken(history, "two", cell(instead_of="one")) == (None if replaced else "one")
    assert taken(history, "three", cell(instead_of="one")) == ("two" if replaced else "one")


@pytest.mark.parametrize("status", sorted({*ENDS, Status.SUBMITTING}))
def test_a_task_submitted_alone_since_the_look_holds_the_cell_unless_it_brought_nothing(
    history: History, status: Status
) -> None:
    buy(history, "alone")
    if status in ENDS:
        end(history, "alone", status)
    assert taken(history, "one", cell()) == (None if status in OVER else "alone")


def test_a_task_submitted_alone_that_is_known_to_serve_another_cell_or_is_replaced_holds_none(
    history: History,
) -> None:
    buy(history, "alone")
    assert taken(history, "one", cell(beside=("x", "alone"))) is None
    end(history, "alone", Status.UNCONFIRMED)
    assert taken(history, "two", cell(2)) == "alone"
    assert taken(history, "two", cell(2, instead_of="alone")) is None


def test_a_claim_belongs_to_the_first_event_of_a_task(history: History) -> None:
    buy(history, "one", cell())
    row = history.find("one")
    assert row is not None
    history.append("one", events.Accepted(at=2, id="t"), row.state, cell=cell())
    assert taken(history, "two", cell()) == "one"


# --- budgets ----------------------------------------------------------------------------------------


def test_the_last_cell_may_use_a_budget_up_and_the_next_is_refused_and_leaves_nothing(
    history: History,
) -> None:
    for number in range(3):
        buy(history, f"task-{number}", cell(budget_usd=1.2), seed=number)
    with pytest.raises(BudgetUsed):
        buy(history, "task-3", cell(budget_usd=1.2), seed=3)
    assert history.find("task-3") is None
    with pytest.raises(BudgetUsed):
        buy(history, "task-3", cell(budget_usd=1.59), seed=3)
    buy(history, "task-3", cell(budget_usd=1.6), seed=3)


def test_a_budget_counts_the_tasks_of_its_sweep_at_its_service_that_may_cost_something(
    history: History,
) -> None:
    buy(history, "another", cell(sweep="another"), seed=1)
    buy(history, "elsewhere", cell(), seed=2, at="https://c.d")
    buy(history, "alone", seed=3)
    for number, status in enumerate((Status.REFUSED, Status.FORGOTTEN), 4):
        buy(history, f"task-{number}", cell(), seed=number)
        end(history, f"task-{number}", status)
    buy(history, "task-6", cell(budget_usd=0.4), seed=6)
    end(history, "task-6", Status.FAILED)
    with pytest.raises(BudgetUsed):
        buy(history, "task-7", cell(budget_usd=0.4), seed=7)
    buy(history, "task-7", cell(budget_usd=None), seed=7)


# --- the user's word in another kernel --------------------------------------------------------------


@pytest.mark.parametrize(
    ("terms", "halted"),
    [
        ({"state": "running"}, None),
        ({"state": "paused"}, "paused"),
        ({"state": "cancelled"}, "cancelled"),
        ({"state": "paused", "problem": "three answers were lost"}, None),
    ],
)
def test_a_sweep_that_its_user_stopped_buys_nothing_more(
    history: History, terms: dict[str, Any], halted: str | None
) -> None:
    spec = specify({"character": "https://a.b/c.png", "reference": "https://a.b/r.mp4"})
    sweeps.save(history, "s", SERVICE, spec, sweeps.Terms(**terms))
    buy(history, "another", cell(sweep="another"))
    buy(history, "elsewhere", cell(), at="https://c.d")
    if halted is None:
        buy(history, "one", cell(), seed=2)
        return
    with pytest.raises(SweepHalted, match=halted) as raised:
        buy(history, "one", cell(), seed=2)
    assert raised.value.state == halted
    assert history.find("one") is None


# --- who watches ------------------------------------------------------------------------------------


def test_a_task_is_watched_by_one_process_until_its_lease_runs_out_or_it_lets_go(two: list[History]) -> None:
    first, second = two
    buy(first, "one")
    assert first.claim("one", 100.0, 30.0)
    assert not second.claim("one", 100.0, 30.0)
    assert not second.claim("one", 130.0, 30.0)
    assert first.claim("one", 110.0, 30.0)
    assert not second.claim("one", 139.0, 30.0)
    assert second.claim("one", 140.5, 30.0)
    assert not first.claim("one", 150.0, 30.0)
    first.release("one")
    assert not first.claim("one", 150.0, 30.0)
    second.release("one")
    assert first.claim("one", 150.0, 30.0)


def test_a_claim_is_renewed_for_the_tasks_that_are_still_ones_own(two: list[History]) -> None:
    first, second = two
    for number in range(3):
        buy(first, f"task-{number}", seed=number)
        assert first.claim(f"task-{number}", 100.0, 30.0)
    assert second.claim("task-2", 131.0, 30.0)
    assert first.renew({"task-0", "task-2", "task-9"}, 120.0, 60.0) == {"task-0"}
    assert not second.claim("task-0", 179.0, 30.0)
    assert not first.claim("task-2", 160.0, 30.0)
    first.release_all()
    assert second.claim("task-0", 121.0, 30.0)
    assert second.claim("task-1", 121.0, 30.0)
    assert not first.claim("task-2", 121.0, 30.0)


def test_the_claim_of_a_process_that_ended_holds_no_longer(two: list[History]) -> None:
    first, second = two
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    buy(first, "one")
    first.owner = f"{socket.gethostname()}/{gone.pid}/abcdef"
    assert first.claim("one", 100.0, 30.0)
    assert second.claim("one", 101.0, 30.0)


def test_a_task_that_the_file_does_not_have_is_nobody_elses(history: History) -> None:
    assert history.claim("unknown", 100.0, 30.0)


def test_a_process_is_dead_only_if_it_ran_here_and_its_number_is_free() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    here = socket.gethostname()
    assert is_dead(f"{here}/{gone.pid}/x")
    assert is_dead(f"{here}/{gone.pid}")
    assert not is_dead(f"another-{here}/{gone.pid}/x")
    assert not is_dead(f"{here}/{os.getpid()}/x")
    assert not is_dead(f"{here}/x{gone.pid}/x")
    assert not is_dead(here)
