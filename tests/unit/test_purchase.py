"""What a plan counts, what an approval covers, and what goes on by itself in the next kernel. On a virtual clock."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from earlier_kernel import approved, terms
from present import present
from sweeps import set_read_only
from virtual_kernel import ACT, HERO, URL, Kernels, Vendor, VirtualKernel
from waiting import until

from cometact_nb.domain import events
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.domain.task import Snapshot, Status
from cometact_nb.engine.job import Job
from cometact_nb.errors import (
    ApprovalNeeded,
    BudgetError,
    ConfigError,
    HistoryError,
    RequestError,
    SweepPaused,
    UnconfirmedError,
)
from cometact_nb.handles.sweep.plan import Plan

FAILED = [{"status": "FAILED", "failureCode": "INTERNAL"}]
CANCELLED = [{"status": "CANCELLED"}]
UNSAFE = [{"status": "FAILED", "failureCode": "SAFETY.INPUT.IMAGE"}]
LOST = httpx.ReadError("reset")


# --- the plan --------------------------------------------------------------------------------------


@pytest.fixture
def mixed(kernel: VirtualKernel, vendor: Vendor) -> Plan:
    """The plan of a sweep of eleven cells of which one or two have each outcome; $3.60 were approved."""
    vendor.ends.update({1: FAILED, 2: CANCELLED, 7: [{"status": "RUNNING"}]})
    vendor.refusals_of_polls = {5: 404, 6: 404}
    vendor.at_create = lambda seed: LOST if seed in {3, 4, 8} else None
    sweep = kernel.grid(range(11)).run(3.6, yes=True, canary=False)
    outcomes = {"SUCCEEDED": 1, "FAILED": 1, "CANCELLED": 1, "UNCONFIRMED": 3, "RUNNING": 1}
    until(lambda: sweep.state == "paused" and outcomes.items() <= sweep.counts.items())
    present(sweep.cells[3].task).forget()
    kernel.run(_not_found(kernel, [present(cell.job) for cell in sweep.cells[5:7]]))
    return sweep.plan


async def _not_found(kernel: VirtualKernel, jobs: list[Job]) -> None:
    """The time is over in which the service may not know these ids yet."""
    unknown = Snapshot(status=Status.NOT_FOUND, raw_status="task_not_exist")
    for job in jobs:
        kernel.engine.apply(job, events.Observed(at=kernel.engine.now(), snapshot=unknown))


def test_a_plan_counts_every_cell_by_its_outcome(mixed: Plan) -> None:
    assert mixed.counts() == [
        "2 to buy",
        "1 done already, reused",
        "1 at the service",
        "2 failed (sweep.retry() buys them again)",
        "1 given up (sweep.retry(forgotten=True) buys them again)",
        "2 unconfirmed (yours to settle)",
        "2 not known to the service (they may be paid for)",
    ]
    assert (mixed.name, mixed.axes, mixed.cells) == ("s", {"seed": list(range(11))}, 11)
    assert (mixed.stopped, mixed.queued, mixed.signed_anew, mixed.errors) == (0, 0, 0, ())


def test_a_plan_adds_up_what_was_spent_and_what_was_approved(mixed: Plan) -> None:
    assert mixed.spent_usd == pytest.approx(3.2)  # what its user gave up is theirs to say not bought
    assert mixed.agreed_usd == 3.6
    assert mixed.total_usd == pytest.approx(4.0)
    assert mixed.without_yes_usd == pytest.approx(0.4)
    assert (mixed.elsewhere_usd, mixed.ask_above, mixed.sandbox) == (0.0, 2.0, False)


def test_a_plan_names_each_cell_in_doubt_with_its_id_and_why(mixed: Plan) -> None:
    lost, unknown = "was sent, and its answer was lost", "was accepted, and the service does not know its id"
    assert [text.partition(" (")[0] for text in mixed.waiting] == ["cell 5", "cell 6", "cell 7", "cell 9"]
    assert [text.partition(") ")[2] for text in mixed.waiting] == [lost, unknown, unknown, lost]
    assert mixed.waiting[1].startswith("cell 6 (task-6) ")


def test_a_plan_does_not_ask_about_a_doubt_that_the_retry_pays_for(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    vendor.at_create = lambda seed: LOST if seed < 2 else None
    sweep = kernel.grid(range(3)).run().wait(60)
    kernel.configure(ask_above=0)
    with pytest.raises(ApprovalNeeded) as raised:
        sweep.retry(doubtful=True)
    assert (raised.value.plan.to_buy, raised.value.plan.waiting) == (2, ())
    assert len(sweep.plan.waiting) == 2


def test_a_plan_during_a_run_counts_what_is_still_to_be_sent(kernel: VirtualKernel, vendor: Vendor) -> None:
    sweep, plans = kernel.grid(range(3)), []

    def look(seed: int) -> Any:
        return None if seed else asyncio.to_thread(lambda: plans.append(sweep.plan))

    vendor.at_create = look
    sweep.run().wait(60)
    (plan,) = plans
    assert (plan.queued, plan.to_buy, plan.running, plan.stopped) == (2, 0, 1, 0)
    assert plan.total_usd == pytest.approx(1.2)


def test_a_plan_counts_cells_that_were_stopped_until_a_retry_buys_them(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    vendor.ends[0] = UNSAFE
    sweep = kernel.grid(range(6)).run(yes=True, canary=True).wait(60)
    assert (sweep.plan.stopped, sweep.plan.failed, sweep.plan.to_buy) == (5, 1, 0)
    kernel.configure(ask_above=0)
    with pytest.raises(ApprovalNeeded) as raised:
        sweep.retry(max_cost=0.4)
    assert (raised.value.plan.stopped, raised.value.plan.to_buy) == (0, 6)


def test_a_plan_warns_of_cells_that_are_named_twice(kernel: VirtualKernel) -> None:
    plan = kernel.grid([1, 1, 2]).plan
    assert [warning.problem for warning in plan.warnings] == ["names 1 cell more than once"]
    assert (plan.cells, plan.to_buy, plan.errors) == (2, 2, ())


def test_a_cell_that_waits_for_a_request_submitted_alone_says_so(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    vendor.at_create = lambda seed: LOST
    with pytest.raises(UnconfirmedError):
        kernel.submit(character=HERO, reference=ACT, seed=1)
    (waiting,) = kernel.grid([1]).plan.waiting
    assert ", submitted alone) was sent" in waiting


def test_an_input_that_is_a_web_page_is_an_error_of_the_plan_and_nothing_is_sent(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    kernel.configure(look="auto")
    sweep = kernel.grid([1, 1])
    until(lambda: len(sweep.plan.errors) == 2)
    plan = sweep.plan
    assert {finding.severity for finding in plan.errors} == {"error"}
    assert "names 1 cell more than once" in [finding.problem for finding in plan.warnings]
    assert "error" not in {finding.severity for finding in plan.warnings}
    with pytest.raises(RequestError, match="leads to a web page"):
        sweep.run(yes=True)
    assert (vendor.seeds, sweep.state) == ([], "planned")


# --- the approval ----------------------------------------------------------------------------------


def test_a_run_that_would_go_over_what_the_kernel_may_spend_sends_nothing_without_a_yes(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    kernel.configure(max_spend=1.0)
    kernel.submit(character=HERO, reference=ACT, seed=99)
    sweep = kernel.grid(range(2))
    with pytest.raises(BudgetError, match=r"2 cells cost .*, and \$0.40 of max_spend=\$1.00 are spent"):
        sweep.run(max_cost=100)
    assert (vendor.seeds, sweep.state, sweep.approved_usd) == ([99], "planned", 0.0)


def test_what_was_approved_once_is_not_asked_for_again(kernel: VirtualKernel, vendor: Vendor) -> None:
    kernel.configure(ask_above=0.0)
    vendor.at_create = lambda seed: httpx.Response(401) if seed == 1 else None
    with pytest.raises(ApprovalNeeded):
        kernel.grid(range(3)).run()
    sweep = kernel.grid(range(3)).run(yes=True)
    until(lambda: sweep.state == "paused")
    vendor.at_create = lambda seed: None
    assert sweep.approved_usd == sweep.plan.agreed_usd == pytest.approx(1.2)
    assert sweep.run().wait(60).counts == {"SUCCEEDED": 3}


def test_a_sweep_without_a_key_sends_nothing_and_has_no_approval(
    kernels: Kernels, vendor: Vendor, tmp_path: Path
) -> None:
    sweep = kernels(api_key=None).grid(range(2))
    with pytest.raises(ConfigError, match="key"):
        sweep.run(yes=True)
    assert (vendor.seeds, sweep.state, sweep.approved_usd) == ([], "planned", 0.0)
    assert terms(tmp_path) is None


def test_a_run_uses_the_key_that_is_configured_now(kernel: VirtualKernel, vendor: Vendor) -> None:
    vendor.at_create = lambda seed: httpx.Response(401, json={"error": {"message": "no such key"}})
    sweep = kernel.grid(range(2)).run()
    until(lambda: sweep.state == "paused")
    vendor.at_create = lambda seed: None
    kernel.configure(api_key="sk-new")
    assert sweep.run().wait(60).counts == {"SUCCEEDED": 2}
    assert vendor.keys == ["sk-x", "sk-new", "sk-new"]


def test_a_sweep_of_one_service_is_not_bought_at_another(kernel: VirtualKernel, vendor: Vendor) -> None:
    sweep = kernel.grid(range(2))
    kernel.configure(base_url="https://gateway.example.com")
    words = (
        "belongs to https://api.example.com, but new requests go to https://gateway.example.com. Configure"
    )
    with pytest.raises(ConfigError, match=words):
        sweep.run(yes=True)
    assert vendor.seeds == []
    kernel.configure(base_url=URL)
    assert sweep.run().wait(60).counts == {"SUCCEEDED": 2}


# --- in the next kernel ----------------------------------------------------------------------------


def test_a_sweep_whose_kernel_ended_goes_on_as_it_was_approved(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path
) -> None:
    kernel.configure(ask_above=0.0)
    approved(tmp_path, range(6), approved_usd=2.0, agreed_usd=1.0, canary=False)
    seen: list[int] = []
    vendor.at_create = lambda seed: seen.append(
        sum(job.state.status == "SUCCEEDED" for job in kernel.tasks())
    )
    sweep = kernel.sweep_by_name("s")
    with pytest.raises(SweepPaused, match=r"its budget of \$2.00 is used up. 1 cells were not bought"):
        sweep.wait(60)
    assert vendor.seeds == [0, 1, 2, 3, 4]
    assert seen[1] == 0  # no cell went ahead of the others
    assert (sweep.approved_usd, sweep.plan.agreed_usd) == (2.0, 1.0)


def test_a_sweep_whose_kernel_ended_sends_a_cell_ahead_if_its_user_said_so(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path
) -> None:
    approved(tmp_path, range(3), canary=True)
    seen: list[int] = []
    vendor.at_create = lambda seed: seen.append(
        sum(job.state.status == "SUCCEEDED" for job in kernel.tasks())
    )
    kernel.sweep_by_name("s").wait(60)
    assert seen[:2] == [0, 1]


def test_a_resumed_sweep_is_waited_for_where_everything_is(
    kernels: Kernels, vendor: Vendor, tmp_path: Path
) -> None:
    approved(tmp_path, range(2))
    assert kernels(wait=True).sweep_by_name("s").counts == {"SUCCEEDED": 2}


@pytest.mark.parametrize("state", [SweepState.PAUSED, SweepState.CANCELLED, SweepState.BOUGHT])
def test_a_sweep_that_was_not_running_does_not_go_on_by_itself(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path, state: SweepState
) -> None:
    approved(tmp_path, range(2), state=state)
    sweep = kernel.sweep_by_name("s")
    assert (sweep.state, sweep.resume().state, vendor.seeds) == ("planned", "planned", [])


def test_a_sweep_goes_on_only_once_however_often_it_is_resumed(
    kernels: Kernels, vendor: Vendor, tmp_path: Path
) -> None:
    approved(tmp_path, range(3), canary=False)
    sweep = kernels(wait=True).sweep_by_name("s", resume=False)

    def resume() -> None:
        sweep.resume()

    vendor.at_create = lambda seed: None if seed else asyncio.to_thread(resume)
    assert sweep.resume().counts == {"SUCCEEDED": 3}
    assert vendor.seeds == [0, 1, 2]


def test_a_sweep_that_its_user_paused_here_does_not_go_on_by_itself_even_if_no_disk_knows(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    vendor.answers_polls.clear()
    sweep, paused = kernel.grid(range(3)), threading.Event()

    def pause() -> None:
        kernel.run(set_read_only(kernel, "ON"))
        with pytest.raises(HistoryError, match="could not be written"):
            sweep.pause()
        kernel.run(set_read_only(kernel, "OFF"))
        paused.set()

    vendor.at_create = lambda seed: asyncio.to_thread(pause)
    sweep.run()
    until(lambda: paused.is_set() and sweep.cells[0].status != "SUBMITTING")
    kernel.configure(wait=True)
    assert sweep.resume().state == "paused"
    assert (sweep.counts["QUEUED"], sweep.counts["SUCCEEDED"], vendor.seeds) == (2, 0, [0])


@pytest.mark.parametrize("why", ["its user paused it", "another user approved it", "it costs too much"])
def test_a_sweep_that_buys_nothing_by_itself_is_there_at_once_also_where_everything_is_waited_for(
    kernels: Kernels, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    kernel = kernels(wait=True, max_spend=0.0 if "costs" in why else None)
    vendor.answers_polls.clear()
    kernels().submit(character=HERO, reference=ACT, seed=0)
    if "another" in why:
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another user"))
    approved(tmp_path, range(2), state=SweepState.PAUSED if "paused" in why else SweepState.RUNNING)
    monkeypatch.undo()
    sweep = kernel.sweep_by_name("s")
    assert not present(sweep.cells[0].task).state.status.is_terminal
    assert (sweep.cells[1].task, vendor.seeds) == (None, [0])


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"max_spend": 0.5}, "max_spend=$0.50"),
        ({"api_key": None}, "There is no API key"),
        ({"base_url": "https://b.c"}, ""),
    ],
    ids=["more than may be spent", "no key", "another service"],
)
def test_a_sweep_that_cannot_go_on_by_itself_says_why_and_sends_nothing(
    kernels: Kernels, vendor: Vendor, tmp_path: Path, settings: dict[str, Any], problem: str
) -> None:
    approved(tmp_path, range(2))
    sweep = kernels(**settings).sweep_by_name("s")
    assert problem in sweep.problem
    assert (sweep.problem != "", vendor.seeds, sweep.state) == (True, [], "planned")


def test_a_sweep_whose_approval_does_not_hold_here_waits_for_a_yes_and_names_the_price(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another user"))
    approved(tmp_path, range(3))
    monkeypatch.undo()
    sweep = kernel.sweep_by_name("s")
    assert sweep.state == "paused"
    assert "So nothing is bought by itself; the 3 cells that are left cost" in sweep.problem
    assert "$1.20" in sweep.problem
    assert "act.sweep_by_name('s').run(yes=True) buys them" in sweep.problem
    assert sweep.problem.startswith("This history")
    assert (sweep.resume().state, vendor.seeds, sweep.approved_usd) == ("paused", [], 0.0)
    assert sweep.run(yes=True).wait(60).counts == {"SUCCEEDED": 3}
    assert sweep.problem == ""
    assert sweep.approved_usd == pytest.approx(1.2)
