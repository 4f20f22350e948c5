"""What keeps the run of a sweep from sending: its user, other kernels, budgets, and cells with the same fault.

On a virtual clock.
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from earlier_kernel import terms, with_history
from present import present
from sweeps import set_read_only
from virtual_kernel import URL, Kernels, Vendor, VirtualKernel
from waiting import until

from cometact_nb.api.client import Client
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.engine.engine import Engine
from cometact_nb.errors import HistoryError, SweepPaused
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.store.journal import sweeps as store

BAD = httpx.Response(400, json={"error": {"message": "bad request"}})
BUSY = httpx.Response(429, headers={"retry-after": "3000"}, json={"error": {"message": "busy"}})
LOST = httpx.ReadError("reset")
UNSAFE = [{"status": "FAILED", "failureCode": "SAFETY.INPUT.IMAGE"}]


def stopped_elsewhere(folder: Path, state: SweepState) -> None:
    """The user's word in a kernel that has ended since."""
    with_history(folder, lambda history: store.stop(history, "s", URL, state))


# --- its user --------------------------------------------------------------------------------------


def test_a_sweep_whose_cells_are_all_sent_can_be_cancelled_and_one_that_has_ended_cannot(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path
) -> None:
    vendor.ends.update({seed: [{"status": "RUNNING"}] for seed in (0, 1)})
    sweep = kernel.grid(range(2)).run()
    until(lambda: present(terms(tmp_path)).state == "bought")
    assert sweep.cancel().wait(60).counts == {"CANCELLED": 2}
    assert sweep.state == "cancelled"
    assert present(terms(tmp_path)).state == "cancelled"

    ended = kernel.grid([2, 3], "t").run().wait(60)
    assert (ended.cancel().state, sorted(vendor.cancelled)) == ("finished", [0, 1])


def test_a_cancel_takes_the_cell_out_of_line_whose_request_the_service_puts_off(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    sweep = kernel.grid(range(2))
    begun = threading.Event()

    def cancel() -> None:
        begun.set()
        sweep.cancel()

    cancelling = threading.Thread(target=cancel)

    async def put_off(seed: int) -> httpx.Response | None:
        cancelling.start()
        await asyncio.to_thread(until, lambda: sweep.state == "cancelled")
        return BUSY

    vendor.at_create = put_off
    sweep.run()
    until(begun.is_set)
    cancelling.join(60)
    assert sweep.wait(60).counts == {"STOPPED": 2}
    assert [cell.reason for cell in sweep.cells] == ["the sweep was cancelled"] * 2
    assert (vendor.seeds, sweep.spent_usd) == ([0], 0.0)


@pytest.fixture
def waiting(kernel: VirtualKernel, vendor: Vendor) -> Sweep:
    """A sweep of two cells: one is at the service, the other in line behind another sweep's request.

    That request waits for ``vendor.let_go``.
    """
    sweep, other = kernel.grid(range(2)), kernel.grid([10], "other")

    def let_the_other_in_line() -> None:
        other.run()
        until(lambda: kernel.slots.inside == 2)

    def create(seed: int) -> Any:
        return (
            asyncio.to_thread(let_the_other_in_line) if seed == 0 else _let_go(vendor) if seed == 10 else None
        )

    vendor.answers_polls.clear()
    vendor.at_create = create
    sweep.run(canary=False)
    until(lambda: vendor.seeds == [0, 10] and kernel.slots.inside == 3)
    return sweep


async def _let_go(vendor: Vendor) -> None:
    await asyncio.to_thread(vendor.let_go.wait)


def test_a_pause_holds_for_the_cell_in_line_even_if_no_disk_knows(
    kernel: VirtualKernel, vendor: Vendor, waiting: Sweep
) -> None:
    kernel.run(set_read_only(kernel, "ON"))
    with pytest.raises(HistoryError, match="could not be written"):
        waiting.pause()
    kernel.run(set_read_only(kernel, "OFF"))
    vendor.let_go.set()
    vendor.answers_polls.set()
    with pytest.raises(SweepPaused):
        waiting.wait(60)
    kernel.sweep_by_name("other").wait(60)
    assert (waiting.counts, vendor.seeds) == ({"SUCCEEDED": 1, "QUEUED": 1}, [0, 10])
    assert kernel.slots.inside == 0


def test_a_cell_in_line_whose_input_fails_meanwhile_is_not_sent(
    kernel: VirtualKernel, vendor: Vendor, waiting: Sweep
) -> None:
    vendor.ends[0] = UNSAFE
    vendor.answers_polls.set()
    until(lambda: waiting.counts == {"FAILED": 1, "STOPPED": 1})
    vendor.let_go.set()
    kernel.sweep_by_name("other").wait(60)
    assert waiting.wait(60).counts == {"FAILED": 1, "STOPPED": 1}
    assert (vendor.seeds, kernel.slots.inside) == ([0, 10], 0)


# --- other kernels ---------------------------------------------------------------------------------


def test_a_cancel_in_another_kernel_reaches_the_service_within_two_seconds(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path
) -> None:
    kernel.configure(max_in_flight=1)
    vendor.ends[0] = [{"status": "RUNNING"}]
    at: list[float] = []

    def say(seed: int) -> None:
        at.append(kernel.clock.monotonic())
        stopped_elsewhere(tmp_path, SweepState.CANCELLED)

    vendor.at_create = say
    vendor.at_cancel = lambda seed: at.append(kernel.clock.monotonic())
    assert kernel.grid(range(3)).run().wait(60).counts == {"CANCELLED": 1, "STOPPED": 2}
    assert at[1] - at[0] < 2


def test_a_word_from_another_kernel_is_heard_after_a_time_in_which_the_history_could_not_be_read(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kernel.configure(max_in_flight=1)
    vendor.answers_polls.clear()
    sweep = kernel.grid(range(3)).run()
    until(lambda: sweep.counts["PENDING"])
    _rename_table(tmp_path, "sweeps", "away")
    until(lambda: "does not hear other kernels" in caplog.text)
    _rename_table(tmp_path, "away", "sweeps")
    stopped_elsewhere(tmp_path, SweepState.PAUSED)
    until(lambda: sweep.state == "paused")
    assert vendor.seeds == [0]


def _rename_table(folder: Path, old: str, new: str) -> None:
    with sqlite3.connect(folder / "history.sqlite") as db:
        db.execute(f"ALTER TABLE {old} RENAME TO {new}")
    db.close()


def test_a_pause_in_another_kernel_while_a_cell_is_refused_is_not_overwritten(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path
) -> None:
    def say(seed: int) -> httpx.Response:
        stopped_elsewhere(tmp_path, SweepState.PAUSED)
        return BAD

    vendor.at_create = say
    sweep = kernel.grid(range(3)).run(canary=False)
    until(lambda: sweep.state == "paused")
    assert (vendor.seeds, sweep.counts) == ([0], {"REFUSED": 1, "QUEUED": 2})
    assert present(terms(tmp_path)).state == "paused"


def test_what_another_kernel_bought_under_the_same_name_counts_for_the_budget(
    kernel: VirtualKernel, kernels: Kernels, vendor: Vendor
) -> None:
    kernel.configure(max_in_flight=1)
    vendor.answers_polls.clear()
    sweep = kernel.grid(range(4)).run(0.8, yes=True)
    until(lambda: sweep.spent_usd > 0)  # it has counted its first cell, and waits for a place
    kernels().grid([9]).run()
    until(lambda: vendor.seeds == [0, 9])
    vendor.answers_polls.set()
    words = (
        r"its budget of \$0.80 is used up, with what another kernel bought for it. 3 cells were not bought"
    )
    with pytest.raises(SweepPaused, match=words):
        sweep.wait(60)
    assert (vendor.seeds, sweep.cells[1].task) == ([0, 9], None)
    assert (len(kernel.jobs), kernel.slots.inside) == (1, 0)


def test_a_doubt_that_another_kernel_settles_during_a_retry_is_not_paid_for_again(
    kernel: VirtualKernel, kernels: Kernels, vendor: Vendor
) -> None:
    vendor.at_create = lambda seed: LOST
    sweep = kernel.grid(range(2)).run().wait(60)
    other = kernels().sweep_by_name("s")

    def confirm() -> None:
        present(other.cells[1].task).confirm("task-2")

    vendor.at_create = lambda seed: asyncio.to_thread(confirm)
    assert sweep.retry(doubtful=True).wait(60).counts == {"SUCCEEDED": 2}
    assert vendor.seeds == [0, 1, 0]
    assert present(sweep.cells[1].task).id == "task-2"


# --- cells with the same fault ---------------------------------------------------------------------


def test_cells_with_a_knob_for_which_one_was_refused_say_which_in_words(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    words = {"error": {"message": "out of range", "param": "expressionIntensity"}}
    vendor.at_create = lambda seed: httpx.Response(400, json=words)
    sweep = kernel.grid([1, 2], expression_intensity=[3]).run(canary=False).wait(60)
    assert (sweep.counts, vendor.seeds) == ({"REFUSED": 1, "STOPPED": 1}, [1])
    assert sweep.cells[1].reason.startswith("cell 1 has the same expression intensity, and it was refused: ")


def test_a_sweep_ends_when_its_last_cells_are_stopped_while_they_wait_for_a_place(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path
) -> None:
    kernel.configure(max_in_flight=1)
    vendor.ends[0] = UNSAFE
    sweep = kernel.grid(range(3)).run(canary=False).wait(60)
    assert (sweep.counts, sweep.state, vendor.seeds) == ({"FAILED": 1, "STOPPED": 2}, "finished", [0])
    assert present(terms(tmp_path)).state == "bought"


# --- faults of the service and of our own ----------------------------------------------------------


def test_a_service_that_puts_a_cell_off_for_most_of_an_hour_gets_it_then(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    answers = [BUSY]
    vendor.at_create = lambda seed: answers.pop() if answers else None
    sweep = kernel.grid([1]).run().wait(60)
    assert (sweep.counts, sweep.cells[0].reason, vendor.seeds) == ({"SUCCEEDED": 1}, "", [1, 1])


class Unequipped(VirtualKernel):
    """A kernel that can make no connection, for a reason that nobody foresaw."""

    def make_engine(self) -> Engine:
        def client() -> Client:
            raise RuntimeError("no such thing")

        return Engine(self.config.history, self.tell, clock=self.clock, client=client)


def test_a_fault_that_nobody_foresaw_pauses_the_sweep_and_asks_for_a_report(
    vendor: Vendor, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kernel = Unequipped(vendor, tmp_path)
    sweep = kernel.grid(range(2)).run()
    until(lambda: sweep.state == "paused")
    assert sweep.problem == "an error in cometact_nb (RuntimeError); please report it"
    assert present(terms(tmp_path)).state == "paused"
    assert "no such thing" in caplog.text
    kernel.close()
