"""What a sweep may spend: priced first, agreed to above a limit, and never beyond a budget."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from services import SandboxProcess, new_session
from sweeps import grid

from cometact_nb.errors import (
    ApprovalNeeded,
    BudgetError,
    SweepPaused,
)
from cometact_nb.handles.session import Session


@pytest.fixture
def other_sandbox() -> Iterator[SandboxProcess]:
    process = SandboxProcess()
    yield process
    process.stop()


# --- money ------------------------------------------------------------------------------------------


def test_a_plan_says_cells_price_and_source_and_sends_nothing(
    priced: Session, sandbox: SandboxProcess
) -> None:
    plan = grid(priced, sandbox, expression_intensity=[1, 3, 5], seed=[1, 2]).plan
    assert (plan.cells, plan.to_buy, plan.cost_usd) == pytest.approx((6, 6, 2.4))
    assert "6 × $0.40, configure(price=…)" in str(plan)
    assert "SANDBOX" in str(plan)
    assert sandbox.posts() == 0


def test_above_the_limit_a_run_needs_a_yes_and_nothing_is_sent_before(
    priced: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(priced, sandbox, seed=range(6))
    with pytest.raises(ApprovalNeeded, match=r"6 cells cost \$2.40.*more than \$2.00.*yes=True"):
        sweep.run()
    assert sandbox.posts() == 0
    assert sweep.run(yes=True).wait(60).counts == {"SUCCEEDED": 6}


def test_a_maximum_below_the_price_sends_nothing_unless_as_many_as_possible_are_wanted(
    priced: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(priced, sandbox, seed=range(5))
    with pytest.raises(ApprovalNeeded, match="max_cost"):
        sweep.run(max_cost=1.0)
    assert sandbox.posts() == 0
    with pytest.raises(SweepPaused, match=r"budget of \$1.00 is used up.*3 cells were not bought"):
        sweep.run(max_cost=1.0, yes=True, canary=False).wait(60)
    assert sandbox.posts() == 2
    assert sweep.spent_usd == pytest.approx(0.8)


def test_a_sweep_whose_budget_is_used_up_says_what_is_left_and_goes_on_with_a_larger_one(
    priced: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(priced, sandbox, seed=range(6))
    with pytest.raises(SweepPaused):
        sweep.run(max_cost=0.4, yes=True).wait(60)
    assert (sweep.plan.to_buy, sweep.to_buy()) == (5, 5)
    with pytest.raises(ApprovalNeeded, match=r"5 cells cost \$2.00.*max_cost=\$2.00"):
        sweep.run(max_cost=2.0)
    assert sandbox.posts() == 1
    assert sweep.run(max_cost=2.4).wait(60).counts == {"SUCCEEDED": 6}
    assert sandbox.posts() == 6


def test_two_kernels_that_run_one_sweep_stay_within_its_budget_together(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    kernels = [new_session(tmp_path, sandbox) for _ in range(2)]
    sweeps = []
    for kernel in kernels:
        kernel.configure(price=0.40, max_in_flight=1)
        sweep = grid(kernel, sandbox, seed=range(6), name="shared")
        sweeps.append(sweep.run(max_cost=0.8, yes=True, canary=False))
    for sweep in sweeps:
        with pytest.raises(SweepPaused, match=r"budget of \$0.80 is used up"):
            sweep.wait(60)
    assert sandbox.posts() == 2
    for kernel in kernels:
        kernel.close()


def test_a_sweep_keeps_its_price_and_its_limit_when_another_service_is_configured_meanwhile(
    priced: Session, sandbox: SandboxProcess, other_sandbox: SandboxProcess
) -> None:
    priced.configure(max_in_flight=1)
    sweep = grid(priced, sandbox, seed=range(4)).run(max_cost=0.80, yes=True)
    priced.use_sandbox(other_sandbox.speed, url=other_sandbox.base_url)  # where nothing costs anything
    with pytest.raises(SweepPaused, match=r"budget of \$0.80"):
        sweep.wait(60)
    assert sandbox.posts() == 2
    assert sweep.spent_usd == pytest.approx(0.80)
    assert [cell.task.state.price_usd for cell in sweep.cells if cell.task] == [0.40, 0.40]


def test_the_canary_still_goes_first_when_a_paused_sweep_goes_on(
    priced: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(priced, sandbox, character=sandbox.playing("safety-input"), seed=range(6))
    with pytest.raises(SweepPaused, match="used up"):
        sweep.run(max_cost=0, yes=True).wait(60)
    assert sweep.run(yes=True).wait(60).counts == {"FAILED": 1, "STOPPED": 5}
    assert sandbox.posts() == 1


def test_what_a_kernel_may_spend_stops_sweeps_and_single_requests_alike(
    priced: Session, sandbox: SandboxProcess
) -> None:
    priced.configure(max_spend=0.8)
    sweep = grid(priced, sandbox, seed=range(3))
    with pytest.raises(BudgetError, match="max_spend"):
        sweep.run()
    with pytest.raises(SweepPaused, match="max_spend"):
        sweep.run(yes=True).wait(60)
    with pytest.raises(BudgetError, match="max_spend"):
        priced.submit(character=sandbox.character, reference=sandbox.reference, seed=99)
    assert sandbox.posts() == 2


def test_what_a_kernel_may_spend_is_counted_on_when_it_writes_another_history(
    priced: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    priced.configure(max_spend=0.50)
    priced.submit(character=sandbox.character, reference=sandbox.reference).wait(60)
    priced.configure(history=str(tmp_path / "another.sqlite"))
    with pytest.raises(BudgetError, match=r"\$0.40 are spent"):
        priced.submit(character=sandbox.character, reference=sandbox.reference)
    assert sandbox.posts() == 1


def test_a_request_that_no_budget_allows_leaves_no_task_behind(
    priced: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    priced.configure(max_spend=0.1)
    with pytest.raises(BudgetError, match="max_spend"):
        priced.submit(character=sandbox.character, reference=sandbox.reference)
    assert priced.tasks() == []
    priced.configure(history=str(tmp_path / "another.sqlite"))  # refused while tasks are watched


def test_a_refused_request_counts_for_no_budget(priced: Session, sandbox: SandboxProcess) -> None:
    priced.configure(max_spend=0.5)
    with pytest.raises(Exception, match="HTTP 400"):
        priced.submit(character=sandbox.playing("http-400"), reference=sandbox.reference)
    assert priced.submit(character=sandbox.character, reference=sandbox.reference).wait(60).clip


def test_the_sandbox_is_free_and_asks_nothing(session: Session, sandbox: SandboxProcess) -> None:
    assert grid(session, sandbox, seed=range(8)).run().wait(60).spent_usd == 0
