"""What the run of a sweep sends, in which order, and when it stops. On a virtual clock."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from present import present
from virtual_kernel import ACT, HERO, ROBOT, Kernels, Vendor, VirtualKernel
from waiting import until

from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.errors import ActTwoError, SweepPaused
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.store.journal import sweeps as store
from cometact_nb.store.journal.history import History

FAILED = [{"status": "FAILED", "failureCode": "INTERNAL"}]
UNSAFE = [{"status": "FAILED", "failureCode": "SAFETY.INPUT.IMAGE"}]


def left(sweep: Sweep, words: str) -> dict[str, int]:
    """The counts of a sweep that stopped for a reason."""
    with pytest.raises(SweepPaused, match=words):
        sweep.wait(60)
    return dict(sweep.counts)


def recorded(folder: Path) -> tuple[str, str | None] | None:
    """State and problem of the sweep, as any other kernel reads them."""
    other = History(str(folder / "history.sqlite"))
    found = store.state_of(other, "s", "https://api.example.com")
    other.close()
    return found


def unfinished(sweep: Sweep) -> int:
    return sum(sweep.counts[status] for status in ("SUBMITTING", "PENDING", "RUNNING"))


BUSY = httpx.Response(429, headers={"retry-after": "3000"}, json={"error": {"message": "busy"}})
NO_KEY = httpx.Response(401, json={"error": {"message": "no such key"}})
BAD_SEED = httpx.Response(400, json={"error": {"message": "bad seed", "param": "seed"}})
BAD = httpx.Response(400, json={"error": {"message": "bad request"}})
BAD_HERO = httpx.Response(400, json={"error": {"message": "bad face", "param": "character"}})


# --- in which order --------------------------------------------------------------------------------


def test_a_few_cells_are_sent_in_order_and_all_are_bought(kernel: VirtualKernel, vendor: Vendor) -> None:
    sweep = kernel.grid(range(4)).run().wait(60)
    assert vendor.seeds == [0, 1, 2, 3]
    assert (sweep.counts, sweep.state, sweep.problem) == ({"SUCCEEDED": 4}, "finished", "")
    assert sweep.spent_usd == pytest.approx(1.6)
    assert kernel.slots.inside == 0


@pytest.mark.parametrize(("canary", "is_ahead"), [(None, True), (True, True), (False, False)])
def test_one_of_many_cells_goes_first_unless_its_user_says_otherwise(
    kernel: VirtualKernel, vendor: Vendor, canary: bool | None, is_ahead: bool
) -> None:
    seen: list[tuple[int, int]] = []
    sweep = kernel.grid(range(5))
    vendor.at_create = lambda seed: seen.append((sweep.counts["SUCCEEDED"], unfinished(sweep)))
    sweep.run(canary=canary).wait(60)
    assert seen[:3] == ([(0, 1), (1, 1), (1, 2)] if is_ahead else [(0, 1), (0, 2), (0, 3)])


def test_no_more_tasks_are_unfinished_than_may_be_and_reused_ones_count(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    kernel.configure(max_in_flight=2)
    vendor.ends[0] = [{"status": "RUNNING"}]
    kernel.submit(character=HERO, reference=ACT, seed=0)
    sweep, at_once = kernel.grid(range(4)), []

    def count(seed: int) -> None:
        at_once.append(unfinished(sweep))
        if seed == 3:
            vendor.ends[0] = FAILED

    vendor.at_create = count
    sweep.run(canary=False).wait(60)
    assert vendor.seeds == [0, 1, 2, 3]
    assert at_once == [2, 2, 2]
    assert (sweep.counts, kernel.slots.inside) == ({"FAILED": 1, "SUCCEEDED": 3}, 0)


def test_sweeps_take_turns(kernel: VirtualKernel, vendor: Vendor) -> None:
    kernel.configure(max_in_flight=1)
    first, second = kernel.grid(range(3), "one"), kernel.grid(range(10, 13), "two")

    def both(seed: int) -> Any:
        return None if seed else asyncio.to_thread(lambda: second.run() and None)

    vendor.at_create = both
    first.run().wait(60)
    second.wait(60)
    assert vendor.seeds == [0, 10, 1, 11, 2, 12]


def test_replicates_are_bought_beside_a_task_that_was_submitted_alone(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    kernel.submit(character=HERO, reference=ACT, seed=1).wait(60)
    sweep = kernel.grid([1], replicates=3).run().wait(60)
    assert [cell.reused for cell in sweep.cells] == [True, False, False]
    assert len({present(cell.task).id for cell in sweep.cells}) == 3
    assert len(vendor.seeds) == 3


# --- what stops it ---------------------------------------------------------------------------------


def test_a_pause_lets_the_request_that_is_on_its_way_go_on_and_a_run_buys_the_others(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    sweep = kernel.grid(range(4))

    def pause() -> None:
        sweep.pause()

    vendor.at_create = lambda seed: asyncio.to_thread(pause) if seed == 1 else None
    assert left(sweep.run(), "is paused. 2 cells were not bought") == {"SUCCEEDED": 2, "QUEUED": 2}
    assert (sweep.state, sweep.problem, vendor.seeds) == ("paused", "", [0, 1])
    assert [row.state for row in kernel.sweeps()] == ["paused"]
    assert sweep.run().wait(60).counts == {"SUCCEEDED": 4}
    assert vendor.seeds == [0, 1, 2, 3]


def test_a_pause_ends_the_wait_of_a_request_that_the_service_puts_off(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    sweep = kernel.grid(range(2))

    async def put_off(seed: int) -> httpx.Response | None:
        await asyncio.to_thread(sweep.pause)
        return BUSY

    vendor.at_create = put_off
    sweep.run()
    until(lambda: sweep.state == "paused" and sweep.counts == {"QUEUED": 2})
    assert kernel.clock.monotonic() < 3000
    vendor.at_create = lambda seed: None
    assert sweep.run().wait(60).counts == {"SUCCEEDED": 2}
    assert vendor.seeds == [0, 0, 1]
    assert sweep.spent_usd == pytest.approx(0.8)


@pytest.mark.parametrize("refused", [False, True])
def test_a_cancel_stops_what_waits_and_cancels_what_was_sent(
    kernel: VirtualKernel, vendor: Vendor, refused: bool
) -> None:
    sweep, said = kernel.grid(range(4)), []
    vendor.ends.update({seed: [{"status": "RUNNING"}] for seed in (0, 1)})
    vendor.refusals_of_cancels = {0: 409} if refused else {}

    def cancel() -> None:
        try:
            sweep.cancel()
        except ActTwoError as error:
            said.append(str(error))

    cancelling = threading.Thread(target=cancel)

    async def cancel_meanwhile(seed: int) -> None:
        if seed == 1:
            cancelling.start()
            await asyncio.to_thread(until, lambda: sweep.state == "cancelled")

    vendor.at_create = cancel_meanwhile
    sweep.run().wait(60)
    cancelling.join(60)
    assert vendor.seeds == [0, 1]
    assert sorted(vendor.cancelled) == [0, 1]
    assert sweep.counts == (
        {"FAILED": 1, "CANCELLED": 1, "STOPPED": 2} if refused else {"CANCELLED": 2, "STOPPED": 2}
    )
    assert [cell.reason for cell in sweep.cells] == ["", "", *["the sweep was cancelled"] * 2]
    words = ["1 tasks were not cancelled: The cancel was refused (HTTP 409). The task goes on."]
    assert said == (words if refused else [])
    assert [row.state for row in kernel.sweeps()] == ["cancelled"]


@pytest.mark.parametrize("places", [1, 5], ids=["while it waits for a place", "at the next request"])
@pytest.mark.parametrize("word", [SweepState.PAUSED, SweepState.CANCELLED])
def test_a_word_from_another_kernel_stops_it(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path, word: SweepState, places: int
) -> None:
    kernel.configure(max_in_flight=places)
    sweep = kernel.grid(range(4))
    vendor.ends[0] = [*[{"status": "RUNNING"}] * 3, *FAILED]

    def say(seed: int) -> None:
        other = History(str(tmp_path / "history.sqlite"))
        store.stop(other, "s", "https://api.example.com", word)
        other.close()

    vendor.at_create = say
    sweep.run()
    if word is SweepState.PAUSED:
        assert left(sweep, "it was paused in another kernel") == {"FAILED": 1, "QUEUED": 3}
    else:
        assert sweep.wait(60).counts == {"CANCELLED": 1, "STOPPED": 3}
        assert sweep.cells[3].reason == "the sweep was cancelled in another kernel"
        assert vendor.cancelled == [0]
    assert (sweep.state, vendor.seeds) == (word, [0])
    assert recorded(tmp_path) == (word, None)  # the user's word, and no problem of this kernel


def test_a_budget_that_is_used_up_pauses_it_and_a_larger_one_lets_it_go_on(
    kernel: VirtualKernel, vendor: Vendor, tmp_path: Path
) -> None:
    sweep = kernel.grid(range(4)).run(max_cost=0.8, yes=True)
    words = r"its budget of \$0.80 is used up. 2 cells were not bought"
    assert left(sweep, words) == {"SUCCEEDED": 2, "QUEUED": 2}
    assert sweep.state == "paused"
    assert recorded(tmp_path) == ("paused", "its budget of $0.80 is used up")
    assert sweep.spent_usd == pytest.approx(0.8)
    assert sweep.run(max_cost=1.6).wait(60).counts == {"SUCCEEDED": 4}
    assert recorded(tmp_path) == ("bought", None)


def test_what_a_kernel_may_spend_pauses_it_and_leaves_no_task_behind(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    kernel.configure(max_spend=0.8)
    sweep = kernel.grid(range(3)).run(yes=True)
    assert left(sweep, "max_spend") == {"SUCCEEDED": 2, "QUEUED": 1}
    assert sweep.cells[2].task is None
    assert (len(kernel.jobs), kernel.slots.inside) == (2, 0)


def test_three_lost_answers_in_a_row_stop_the_others(kernel: VirtualKernel, vendor: Vendor) -> None:
    vendor.at_create = lambda seed: None if seed == 2 else httpx.ReadError("reset")
    sweep = kernel.grid(range(7)).run(yes=True, canary=False)
    words = (
        "3 answers were lost; each request may have been paid for one after the other: the connection broke"
    )
    assert left(sweep, words) == {"UNCONFIRMED": 5, "SUCCEEDED": 1, "QUEUED": 1}
    assert vendor.seeds == [0, 1, 2, 3, 4, 5]
    assert [row.state for row in kernel.sweeps()] == ["paused"]


def test_three_refused_cells_in_a_row_stop_the_others(kernel: VirtualKernel, vendor: Vendor) -> None:
    vendor.at_create = lambda seed: BAD
    sweep = kernel.grid(range(5)).run(canary=False)
    words = "3 cells were refused one after the other: .*bad request"
    assert left(sweep, words) == {"REFUSED": 3, "QUEUED": 2}
    assert (sweep.spent_usd, kernel.slots.inside) == (0, 0)


def test_a_refusal_of_any_request_pauses_it_and_the_cell_waits_on(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    vendor.at_create = lambda seed: NO_KEY
    sweep = kernel.grid(range(3)).run()
    assert left(sweep, "no such key") == {"QUEUED": 3}
    assert (vendor.seeds, sweep.cells[0].task) == ([0], None)
    vendor.at_create = lambda seed: None
    assert sweep.run().wait(60).counts == {"SUCCEEDED": 3}
    assert vendor.seeds == [0, 0, 1, 2]


def test_a_service_that_is_busy_for_an_hour_is_waited_for(kernel: VirtualKernel, vendor: Vendor) -> None:
    answers = [BUSY, *[httpx.Response(429, headers={"retry-after": "1"})] * 100]
    vendor.at_create = lambda seed: answers.pop(0) if answers else None
    assert kernel.grid([1]).run().wait(60).counts == {"SUCCEEDED": 1}
    assert len(vendor.seeds) == 102


# --- what is not sent since it would fail ----------------------------------------------------------


def test_cells_with_an_input_on_which_one_failed_are_not_sent(kernel: VirtualKernel, vendor: Vendor) -> None:
    vendor.ends[0] = UNSAFE
    sweep = kernel.grid([0, 1, 2], character=[HERO, ROBOT]).run(yes=True, canary=True)
    sweep.wait(60)
    assert vendor.characters.count(HERO) == 1
    assert sweep.counts == {"FAILED": 2, "STOPPED": 4}
    why = "The input was refused by the vendor's moderation (SAFETY.INPUT.IMAGE)."
    assert sweep.cells[1].reason == f"cell 1 has the same character, and it failed: {why}"
    assert sweep.to_buy(retry=True) == 6


def test_cells_with_a_field_for_which_one_was_refused_are_not_sent(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    vendor.at_create = lambda seed: BAD_SEED if seed == 1 else None
    sweep = kernel.grid([1, 2], character=[HERO, ROBOT]).run(canary=False).wait(60)
    assert sweep.counts == {"REFUSED": 1, "STOPPED": 1, "SUCCEEDED": 2}
    assert vendor.seeds == [1, 2, 2]
    (stopped,) = [cell for cell in sweep.cells if cell.status == "STOPPED"]
    assert stopped.reason.startswith("cell 1 has the same seed, and it was refused: ")


def test_a_failure_that_is_not_of_the_inputs_lets_the_others_go(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    vendor.ends[0] = FAILED
    at_once: list[int] = []
    sweep = kernel.grid(range(6))
    vendor.at_create = lambda seed: at_once.append(unfinished(sweep))
    assert sweep.run(yes=True, canary=True).wait(60).counts == {"FAILED": 1, "SUCCEEDED": 5}
    assert at_once[:3] == [1, 1, 2]


@pytest.mark.parametrize("refusal", [BAD_SEED, BAD], ids=["for its seed", "for no field"])
def test_a_cell_sent_ahead_that_is_refused_lets_the_next_one_try(
    kernel: VirtualKernel, vendor: Vendor, refusal: httpx.Response
) -> None:
    seen: list[tuple[int, int]] = []
    sweep = kernel.grid(range(6))

    def refuse_the_first(seed: int) -> httpx.Response | None:
        seen.append((sweep.counts["SUCCEEDED"], unfinished(sweep)))
        return None if seed else refusal

    vendor.at_create = refuse_the_first
    assert sweep.run(yes=True, canary=True).wait(60).counts == {"REFUSED": 1, "SUCCEEDED": 5}
    assert seen[:4] == [(0, 1), (0, 1), (1, 1), (1, 2)]


# --- what changes meanwhile ------------------------------------------------------------------------


def test_a_cell_that_another_kernel_buys_meanwhile_is_not_bought_again(
    kernels: Kernels, kernel: VirtualKernel, vendor: Vendor
) -> None:
    sweep, other = kernel.grid(range(3)), kernels()
    bought = []

    def buy() -> None:
        bought.append(other.submit(character=HERO, reference=ACT, seed=1).wait(60).id)

    vendor.at_create = lambda seed: None if seed else asyncio.to_thread(buy)
    sweep.run().wait(60)
    assert sweep.counts == {"SUCCEEDED": 3}
    assert vendor.seeds == [0, 1, 2]
    assert present(sweep.cells[1].task).id == bought[0]
    assert (len(kernel.jobs), kernel.slots.inside) == (3, 0)


def test_a_price_that_changes_meanwhile_is_not_that_of_the_run(kernel: VirtualKernel, vendor: Vendor) -> None:
    sweep = kernel.grid(range(3))

    def change() -> None:
        kernel.configure(price=9.0)
        sweep.run()  # nothing is left to approve

    vendor.at_create = lambda seed: None if seed else asyncio.to_thread(change)
    sweep.run().wait(60)
    assert [present(cell.task).state.price_usd for cell in sweep.cells] == [0.4] * 3
    assert vendor.seeds == [0, 1, 2]
    assert sweep.spent_usd == pytest.approx(1.2)


def test_a_retry_pays_again_for_what_failed_and_for_nothing_else(
    kernel: VirtualKernel, vendor: Vendor
) -> None:
    vendor.ends[1] = FAILED
    sweep = kernel.grid(range(3)).run().wait(60)
    assert sweep.counts == {"SUCCEEDED": 2, "FAILED": 1}
    del vendor.ends[1]
    assert sweep.retry().wait(60).counts == {"SUCCEEDED": 3}
    assert vendor.seeds == [0, 1, 2, 1]
    assert sweep.spent_usd == pytest.approx(1.6)


def test_listeners_hear_the_end(kernel: VirtualKernel, vendor: Vendor) -> None:
    sweep, heard = kernel.grid(range(2)), []
    sweep.add_listener(lambda sweep: heard.append(sweep.state))
    sweep.run().wait(60)
    assert (heard[0], heard[-1]) == ("planned", "finished")
