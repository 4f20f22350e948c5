"""What a sweep records for the next kernel, and what it takes over from the others. On a virtual clock."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from earlier_kernel import approved, terms
from present import present
from sweeps import set_read_only
from virtual_kernel import ACT, HERO, URL, Kernels, Vendor, VirtualKernel
from waiting import until

from cometact_nb.errors import ApprovalNeeded, ConfigError, HistoryError, RefusedError
from cometact_nb.handles.resume import take_up_all
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.store.journal import sweeps as store

OTHER = "https://gateway.example.com"
LOST = httpx.ReadError("reset")
FAILED = [{"status": "FAILED", "failureCode": "INTERNAL"}]


# --- the record ------------------------------------------------------------------------------------


def test_the_approval_is_recorded_before_the_first_request_and_the_end_after_the_last(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path
) -> None:
    sweep, seen = kernel.grid(range(2)), []
    vendor.at_create = lambda seed: seen.append(terms(tmp_path))
    assert terms(tmp_path) is None
    sweep.run(1.5, canary=False).wait(60)
    given: dict[str, Any] = {
        "approved_usd": 1.5,
        "agreed_usd": 1.5,
        "canary": False,
        "sandbox": False,
        "approved_cells": 2,
    }
    assert seen == [store.Terms(state="running", **given)] * 2
    assert terms(tmp_path) == store.Terms(state="bought", **given)


def test_what_needed_no_approval_is_not_recorded_as_one(kernel: VirtualKernel, tmp_path: Path) -> None:
    kernel.grid(range(2)).run().wait(60)
    recorded = present(terms(tmp_path))
    assert recorded.approved_usd == pytest.approx(0.8)
    assert (recorded.agreed_usd, recorded.canary) == (0.0, None)


def test_a_stop_by_a_fault_is_recorded_with_its_reason_and_one_by_its_user_without(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path
) -> None:
    vendor.at_create = lambda seed: httpx.Response(401, json={"error": {"message": "no such key"}})
    sweep = kernel.grid(range(2)).run()
    until(lambda: present(terms(tmp_path)).state == "paused")
    assert "no such key" in present(present(terms(tmp_path)).problem)
    sweep.pause()
    assert (sweep.problem, present(terms(tmp_path)).problem) == ("", None)


def test_a_sweep_that_never_ran_has_cost_nothing_and_a_pause_of_it_is_not_recorded(
    kernel: VirtualKernel, tmp_path: Path
) -> None:
    sweep = kernel.grid(range(2))
    assert (sweep.spent_usd, sweep.approved_usd) == (0.0, 0.0)
    assert sweep.pause().state == "planned"
    assert terms(tmp_path) is None


def test_a_pause_in_another_kernel_changes_nothing_once_all_cells_are_sent(
    kernel: VirtualKernel, kernels: Kernels, tmp_path: Path
) -> None:
    kernel.grid(range(2)).run().wait(60)
    kernels().sweep_by_name("s").pause()
    assert present(terms(tmp_path)).state == "bought"


@pytest.mark.parametrize(("word", "state"), [("pause", "paused"), ("cancel", "cancelled")])
def test_a_word_in_another_kernel_is_recorded_beside_the_approval_and_stops_this_one(
    kernel: VirtualKernel, kernels: Kernels, vendor: Vendor, tmp_path: Path, word: str, state: str
) -> None:
    other, sweep = kernels(), kernel.grid(range(3))

    def say() -> None:
        getattr(other.sweep_by_name("s", resume=False), word)()

    vendor.at_create = lambda seed: asyncio.to_thread(say)
    sweep.run(1.5)
    until(lambda: sweep.state == state and not sweep.counts["SUBMITTING"])
    assert vendor.seeds == [0]
    recorded = present(terms(tmp_path))
    assert (recorded.state, recorded.problem, recorded.approved_usd) == (state, None, 1.5)


def test_an_approval_that_could_not_be_recorded_does_not_hold(kernel: VirtualKernel, vendor: Vendor) -> None:
    kernel.configure(ask_above=0.0)
    sweep = kernel.grid(range(2)).look()
    kernel.run(set_read_only(kernel, "ON"))
    with pytest.raises(HistoryError, match="could not be written"):
        sweep.run(max_cost=100)
    kernel.run(set_read_only(kernel, "OFF"))
    assert (sweep.approved_usd, sweep.plan.agreed_usd, sweep.state) == (0.0, 0.0, "planned")
    with pytest.raises(ApprovalNeeded):
        sweep.run()
    assert vendor.seeds == []


# --- its service -----------------------------------------------------------------------------------


@pytest.mark.parametrize("sandbox", [False, True])
def test_a_sweep_from_the_history_belongs_to_its_own_service(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path, sandbox: bool
) -> None:
    approved(tmp_path, range(2), OTHER, sandbox=sandbox)
    sweep = kernel.sweep_by_name("s", resume=False)
    assert (sweep.base_url, sweep.sandbox, sweep.plan.sandbox) == (OTHER, sandbox, sandbox)
    cure = r"That was a sandbox: act.use_sandbox\(\)" if sandbox else "Configure that service again"
    with pytest.raises(ConfigError, match=f"belongs to {OTHER}, but new requests go to {URL}. {cure}"):
        sweep.run(yes=True)
    assert vendor.seeds == []


def test_a_sweep_in_the_sandbox_says_so_before_and_after_its_run_and_elsewhere(
    kernels: Kernels, kernel: VirtualKernel, tmp_path: Path
) -> None:
    practising = kernels(sandbox=True)
    sweep = practising.grid(range(2))
    assert (sweep.sandbox, sweep.plan.sandbox) == (True, True)
    sweep.run().wait(60)
    assert present(terms(tmp_path)).sandbox
    assert practising.grid(range(2)).sandbox
    kernel.configure(base_url=OTHER)
    assert kernel.sweep_by_name("s").sandbox


# --- what others bought ----------------------------------------------------------------------------


def test_a_sweep_in_another_kernel_has_its_tasks_its_cost_and_its_ratings(
    kernel: VirtualKernel, kernels: Kernels, vendor: Vendor
) -> None:
    first = kernel.grid(range(3)).run().wait(60)
    first.rate(first.cells[1], stars=4)
    assert first.cells[1].rating.stars == 4
    other = kernels().sweep_by_name("s")
    assert other.counts == {"SUCCEEDED": 3}
    assert [present(cell.task).id for cell in other.cells] == ["task-1", "task-2", "task-3"]
    assert other.spent_usd == pytest.approx(1.2)
    assert [cell.rating.stars for cell in other.cells] == [None, 4, None]
    assert [cell.reused for cell in other.cells] == [False] * 3
    assert (other.plan.to_buy, other.plan.done) == (0, 3)


def test_a_cell_is_served_by_a_request_submitted_alone_wherever_it_stands(
    kernel: VirtualKernel, kernels: Kernels, vendor: Vendor
) -> None:
    kernels().submit(character=HERO, reference=ACT, seed=2).wait(60)
    sweep = kernel.grid(range(3)).run().wait(60)
    assert vendor.seeds == [2, 0, 1]
    assert [cell.reused for cell in sweep.cells] == [False, False, True]
    assert sweep.spent_usd == pytest.approx(0.8)


def test_a_file_under_a_link_that_was_signed_anew_is_not_bought_again_and_the_plan_says_so(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    old, new = (f"{HERO}?X-Amz-Signature={word}&X-Amz-Date=20260101T000000Z" for word in ("aaaa", "bbbb"))
    kernel.grid([1, 2], character=old).run().wait(60)
    plan = kernel.grid([1, 2, 3], "again", character=new).plan
    assert (plan.signed_anew, plan.done, plan.to_buy) == (2, 2, 1)
    assert kernel.grid([1, 2], "same", character=old).plan.signed_anew == 0


def test_a_limit_holds_under_another_name(kernel: VirtualKernel, vendor: Vendor) -> None:
    vendor.ends.update(dict.fromkeys(range(5), FAILED))
    kernel.grid(range(5)).run(canary=False).wait(60)
    renamed = kernel.grid(range(5), "another").look()
    assert renamed.plan.elsewhere_usd == pytest.approx(2.0)
    with pytest.raises(ApprovalNeeded, match=r"\$2.00 of it went without one so far"):
        renamed.retry()
    assert len(vendor.seeds) == 5


# --- what others settled ---------------------------------------------------------------------------


@pytest.fixture
def lost(kernel: VirtualKernel, vendor: Vendor) -> Sweep:
    """A sweep of one cell whose answer was lost."""
    vendor.at_create = lambda seed: LOST
    sweep = kernel.grid([1]).run().wait(60)
    vendor.at_create = lambda seed: None
    assert sweep.counts == {"UNCONFIRMED": 1}
    return sweep


def test_a_cell_that_another_kernel_gave_up_is_given_up_here_too(lost: Sweep, kernels: Kernels) -> None:
    present(kernels().sweep_by_name("s").cells[0].task).forget()
    assert lost.look().counts == {"FORGOTTEN": 1}


def test_a_cell_that_another_kernel_confirmed_has_its_id_and_its_clip_here_too(
    lost: Sweep, kernels: Kernels, vendor: Vendor
) -> None:
    present(kernels().sweep_by_name("s").cells[0].task).confirm("task-1").wait(60)
    lost.look().wait(60)
    assert lost.counts == {"SUCCEEDED": 1}
    assert (present(lost.cells[0].task).id, present(lost.cells[0].clip).path.is_file()) == ("task-1", True)
    assert vendor.seeds == [1]


def test_a_cell_that_another_kernel_asks_about_again_is_followed_here_too(
    kernel: VirtualKernel, kernels: Kernels, vendor: Vendor
) -> None:
    def go_away_for_two_days(seed: int) -> None:
        kernel.clock.jump = 2 * 86_400

    vendor.at_create, vendor.refusals_of_polls = go_away_for_two_days, {1: 401}
    sweep = kernel.grid([1]).run()
    until(lambda: sweep.state == "unfinished")
    vendor.ends[1], vendor.refusals_of_polls = [{"status": "PENDING"}], {}
    other = kernels()
    other.clock.jump = kernel.clock.now() - other.clock.now()
    take_up_all(other)
    assert sweep.look().state == "running"
    vendor.ends[1] = FAILED
    assert sweep.wait(60).counts == {"FAILED": 1}


def test_what_could_not_be_recorded_here_is_not_undone_by_a_look(kernel: VirtualKernel, lost: Sweep) -> None:
    kernel.run(set_read_only(kernel, "ON"))
    present(lost.cells[0].task).forget()
    assert lost.look().counts == {"FORGOTTEN": 1}
    kernel.run(set_read_only(kernel, "OFF"))


def test_a_sweep_that_another_kernel_left_is_not_taken_up_by_itself_after_a_refusal_for_want_of_the_model(
    kernel: VirtualKernel, vendor: Vendor, kernels: Kernels, tmp_path: Path
) -> None:
    missing = {"message": "no available channel", "code": "model_not_found"}
    vendor.at_create = lambda seed: httpx.Response(503, json={"error": missing})
    with pytest.raises(RefusedError):
        kernel.submit(character=HERO, reference=ACT, seed=9)
    vendor.at_create = lambda seed: None
    approved(tmp_path, range(2))
    sweep = kernels().sweep_by_name("s")
    assert "it had no channel for this model" in sweep.problem
    assert vendor.seeds == [9]
    sweep.run(yes=True).wait(60)
    assert sorted(vendor.seeds) == [0, 1, 9]
