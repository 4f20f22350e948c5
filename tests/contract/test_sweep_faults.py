"""A sweep whose service or inputs fail: nothing twice, nothing lost, and not what is known to fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from present import present
from sweeps import bodies, grid
from waiting import until

from cometact_nb.errors import (
    ConfigError,
    RequestError,
    SweepPaused,
)
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from services import SandboxProcess

# --- faults -----------------------------------------------------------------------------------------


def test_twenty_four_cells_with_failures_throttling_and_a_lost_answer(
    session: Session, sandbox: SandboxProcess
) -> None:
    plain = [{"character": sandbox.character, "seed": seed} for seed in range(17)]
    faults = ["internal", "lost-answer", "rate-limited:retry_after=2", "throttled", "safety-output", "http-400",
              "expired-output"]  # fmt: skip
    rows = plain[:8] + [{"character": sandbox.playing(fault), "seed": 0} for fault in faults] + plain[8:]
    sweep = session.sweep(rows, reference=sandbox.reference, name="24")
    assert len(sweep) == 24
    sweep.run(canary=False).wait(120)
    assert sweep.counts == {"SUCCEEDED": 20, "FAILED": 2, "UNCONFIRMED": 1, "REFUSED": 1}
    posts = sandbox.ledger()["posts"]
    accepted = bodies(sandbox)
    assert set(accepted.values()) == {1}
    assert len(accepted) == 23  # all but the refused one, the unconfirmed one included
    assert len(posts) == 25  # and the throttled one was refused once before
    again = sweep.run().wait(60)  # nothing but the refused cell is sent again: nothing was bought with it
    assert bodies(sandbox) == accepted
    assert again.counts["UNCONFIRMED"] == 1


def test_a_canary_whose_input_is_refused_saves_the_cells_that_share_it(
    session: Session, sandbox: SandboxProcess
) -> None:
    bad = sandbox.playing("safety-input")
    sweep = grid(session, sandbox, character=[bad, sandbox.character], seed=range(4)).run().wait(60)
    assert [cell.status for cell in sweep.cells] == ["FAILED", *["STOPPED"] * 3, *["SUCCEEDED"] * 4]
    assert "SAFETY.INPUT.IMAGE" in sweep.cells[1].reason
    assert sandbox.posts() == 5
    plan = sweep.plan
    assert (plan.to_buy, plan.stopped, plan.failed) == (0, 3, 1)


def test_a_canary_that_fails_for_another_reason_stops_nothing(
    session: Session, sandbox: SandboxProcess
) -> None:
    character = sandbox.playing("internal")
    sweep = grid(session, sandbox, character=character, seed=range(5)).run().wait(60)
    assert sweep.counts == {"FAILED": 5}


@pytest.mark.parametrize("paused", [False, True])
def test_a_sweep_that_is_run_again_while_its_canary_is_out_still_waits_for_it(
    session: Session, sandbox: SandboxProcess, paused: bool
) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("safety-input"), seed=range(5)).run()
    until(lambda: sandbox.posts() > 0)
    if paused:
        sweep.pause()
    sweep.run().wait(60)
    assert sandbox.posts() == 1
    assert sweep.counts == {"FAILED": 1, "STOPPED": 4}


def test_the_others_wait_for_the_canary(session: Session, sandbox: SandboxProcess) -> None:
    sweep = grid(session, sandbox, seed=range(3)).run(canary=True).wait(60)
    first, *others = (present(cell.task).state for cell in sweep.cells)
    assert all(present(first.ended_at) <= present(other.submitted_at) for other in others)


def test_three_lost_answers_in_a_row_stop_the_spending(session: Session, sandbox: SandboxProcess) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("lost-answer"), seed=range(6))
    with pytest.raises(SweepPaused, match="answers were lost"):
        sweep.run(canary=False).wait(60)
    assert sandbox.posts() == 3
    sweep.run(canary=False).wait(60)  # the user may go on; the first three are not sent again
    assert sandbox.posts() == 6
    assert bodies(sandbox).most_common(1)[0][1] == 1


def test_a_bad_key_pauses_the_sweep_at_its_first_cell(session: Session, sandbox: SandboxProcess) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("http-401"), seed=range(4))
    with pytest.raises(SweepPaused, match="HTTP 401"):
        sweep.run().wait(60)
    assert sandbox.posts() == 1
    assert sweep.counts == {"QUEUED": 4}


def test_a_service_that_is_away_pauses_the_sweep_and_it_goes_on_later(
    session: Session, sandbox: SandboxProcess
) -> None:
    sandbox.push("rate-limited:retry_after=1x6")
    sweep = grid(session, sandbox, seed=range(3)).run().wait(90)
    assert sweep.counts == {"SUCCEEDED": 3}  # a sweep outwaits more refusals than a single request does
    assert set(bodies(sandbox).values()) == {1}


def test_failed_cells_are_bought_again_only_on_request_and_then_once(
    session: Session, sandbox: SandboxProcess
) -> None:
    rows = [{"character": sandbox.playing("internal")}, {"character": sandbox.character}]
    sweep = session.sweep(rows, reference=sandbox.reference, seed=3).run().wait(60)
    assert sweep.run().wait(60).counts == {"FAILED": 1, "SUCCEEDED": 1}
    assert sandbox.posts() == 2
    first = sweep.cells[0].task
    sweep.retry().wait(60)
    assert sandbox.posts() == 3
    assert sweep.cells[0].task is not first


def test_an_unconfirmed_cell_is_settled_by_its_id_and_then_has_its_clip(
    session: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("lost-answer"), seed=[1]).run().wait(60)
    assert sweep.counts == {"UNCONFIRMED": 1}
    (post,) = sandbox.ledger()["posts"]
    present(sweep.cells[0].task).confirm(post["id"])
    sweep.retry().wait(60)
    assert sweep.cells[0].clip
    assert sandbox.posts() == 1


def test_inputs_that_fail_inspection_are_found_before_the_first_post(
    session: Session, sandbox: SandboxProcess
) -> None:
    missing = sandbox.character.replace("hero", "nobody")
    sweep = grid(session, sandbox, character=[sandbox.character, missing], seed=[1, 2])
    assert "nobody" in str(sweep.plan.errors[0])
    with pytest.raises(RequestError, match="nobody"):
        sweep.run()
    assert sandbox.posts() == 0


def test_a_sweep_belongs_to_the_service_it_was_planned_for(session: Session, sandbox: SandboxProcess) -> None:
    sweep = grid(session, sandbox, seed=[1])
    session.leave_sandbox()
    with pytest.raises(ConfigError, match=r"belongs to .* That was a sandbox: act.use_sandbox\(\) goes back"):
        sweep.run()
    assert sandbox.posts() == 0
