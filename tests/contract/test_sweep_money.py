"""The limit above which a sweep asks is a sum over runs, names and kernels; what was not recorded buys nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from services import SandboxProcess, new_session
from sweeps import grid, set_read_only
from waiting import until

from cometact_nb.errors import ApprovalNeeded, HistoryError
from cometact_nb.handles.session import Session


def test_retries_in_a_loop_come_to_the_limit(priced: Session, sandbox: SandboxProcess) -> None:
    sweep = grid(priced, sandbox, character=sandbox.playing("internal"), seed=range(2)).run().wait(60)
    sweep.retry().wait(60)
    with pytest.raises(ApprovalNeeded, match=r"\$1.60 of it went without one so far"):
        sweep.retry()
    assert sandbox.posts() == 4
    sweep.retry(yes=True).wait(60)  # what was agreed to is not asked for again
    sweep.retry().wait(60)
    assert sandbox.posts() == 8


@pytest.mark.parametrize(
    "more",
    [{"seed": range(10)}, {"replicates": 2}, {"name": "another"}],
    ids=["widened", "replicates", "renamed"],
)
def test_a_sweep_that_is_widened_or_renamed_does_not_begin_at_nothing(
    priced: Session, sandbox: SandboxProcess, more: dict[str, Any]
) -> None:
    fields = {"character": sandbox.playing("internal"), "seed": range(5), "name": "s"}
    grid(priced, sandbox, **fields).run(canary=False).wait(60)
    wider = grid(priced, sandbox, **{**fields, **more})
    buy = wider.retry if "name" in more else wider.run
    with pytest.raises(ApprovalNeeded, match=r"\$2.00 of it went without one"):
        buy()
    assert sandbox.posts() == 5


def test_a_widened_sweep_whose_first_part_was_agreed_to_asks_only_for_what_is_new(
    priced: Session, sandbox: SandboxProcess
) -> None:
    grid(priced, sandbox, seed=range(6), name="narrow").run(yes=True, canary=False).wait(60)
    grid(priced, sandbox, seed=range(7), name="wide").run(canary=False).wait(60)
    assert sandbox.posts() == 7


def test_another_kernel_counts_on_from_what_this_one_spent(
    priced: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    fields = {"character": sandbox.playing("internal"), "seed": range(5), "name": "s"}
    grid(priced, sandbox, **fields).run(canary=False).wait(60)
    other = new_session(tmp_path, sandbox)
    other.configure(price=0.40)
    with pytest.raises(ApprovalNeeded, match="went without one"):
        grid(other, sandbox, **fields).retry()
    other.close()


def test_a_resumed_sweep_does_not_turn_what_went_without_a_yes_into_one(
    priced: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    priced.configure(max_in_flight=1)
    sweep = grid(priced, sandbox, character=sandbox.playing("never-ends"), seed=range(5), name="s").run()
    until(lambda: sweep.cells[0].task is not None and sweep.cells[0].task.id is not None)
    priced.close()  # as a kernel that ends in the middle
    other = new_session(tmp_path, sandbox)
    other.configure(price=0.40)
    other.sweep_by_name("s")
    assert other.sweep_by_name("s").plan.agreed_usd == 0.0
    other.close()


def test_a_run_again_in_the_middle_of_a_request_counts_it_once(
    priced: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(priced, sandbox, character=sandbox.playing("slow-answer"), seed=range(2)).run(canary=False)
    until(lambda: sandbox.posts() == 1)
    sweep.run().wait(60)
    assert sweep.spent_usd == pytest.approx(0.80)
    assert sweep.plan.spent_usd == pytest.approx(0.80)


def test_a_run_that_could_not_be_recorded_does_not_go_on_later_by_itself(
    priced: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(priced, sandbox, seed=range(5)).look()
    priced.run(set_read_only(priced, "ON"))
    with pytest.raises(HistoryError, match="could not be written"):
        sweep.run(max_cost=100)
    priced.run(set_read_only(priced, "OFF"))
    sweep.resume()
    assert sweep.state == "planned"
    assert (sandbox.posts(), sweep.approved_usd) == (0, 0.0)


@pytest.mark.parametrize(("word", "state"), [("pause", "paused"), ("cancel", "cancelled")])
def test_a_word_that_could_not_be_recorded_holds_in_its_kernel_until_the_user_says_otherwise(
    session: Session, sandbox: SandboxProcess, word: str, state: str
) -> None:
    session.configure(max_in_flight=1)
    sweep = grid(session, sandbox, character=sandbox.playing("never-ends"), seed=range(3)).run(canary=False)
    until(lambda: sweep.cells[0].status == "RUNNING")
    session.run(set_read_only(session, "ON"))
    with pytest.raises(HistoryError, match="could not be written"):
        getattr(sweep, word)()
    session.run(set_read_only(session, "OFF"))
    assert sweep.state == state
    sweep.resume()
    assert sweep.state == state
    assert sandbox.posts() == 1
