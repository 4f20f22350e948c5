"""Requests in doubt, given up or settled elsewhere: a sweep buys none of them again unasked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from present import present
from services import SandboxProcess, new_session
from sweeps import grid, set_read_only
from waiting import until

from cometact_nb.domain import events
from cometact_nb.errors import ActTwoError, SweepPaused, UnconfirmedError
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.views.sweep.facts import state_word


@pytest.fixture
def lost(session: Session, sandbox: SandboxProcess) -> tuple[Task, dict[str, Any]]:
    """A single request whose answer was lost, and the fields of a sweep over the same content."""
    fields: dict[str, Any] = {"character": sandbox.playing("lost-answer"), "reference": sandbox.reference}
    with pytest.raises(UnconfirmedError) as raised:
        session.submit(**fields, seed=1)
    return raised.value.task, fields


def test_a_sweep_buys_nothing_beside_a_single_request_in_doubt_and_names_it(
    session: Session, sandbox: SandboxProcess, lost: tuple[Task, dict[str, Any]]
) -> None:
    task, fields = lost
    sweep = session.sweep(**fields, seed=[1])
    plan = sweep.plan
    assert (plan.to_buy, plan.unconfirmed) == (0, 1)
    assert f"1 cell waits for your word: cell 1 ({task.key}, submitted alone) was sent" in str(plan)
    for buy in (sweep.run, sweep.retry, sweep.resume):
        buy()
    assert sandbox.posts() == 1


def test_a_request_in_doubt_holds_one_replicate_of_several(
    session: Session, sandbox: SandboxProcess, lost: tuple[Task, dict[str, Any]]
) -> None:
    _, fields = lost
    plan = session.sweep(**fields, seed=[1], replicates=3).plan
    assert (plan.unconfirmed, plan.to_buy) == (1, 2)


def test_a_request_in_doubt_that_is_settled_serves_its_cell(
    session: Session, sandbox: SandboxProcess, lost: tuple[Task, dict[str, Any]]
) -> None:
    task, fields = lost
    (post,) = sandbox.ledger()["posts"]
    sweep = session.sweep(**fields, seed=[1]).look()
    task.confirm(post["id"])
    sweep.run().wait(60)
    assert sweep.cells[0].task is task
    assert sandbox.posts() == 1


def test_another_kernel_buys_nothing_beside_what_is_in_doubt_here(
    session: Session, sandbox: SandboxProcess, lost: tuple[Task, dict[str, Any]], tmp_path: Path
) -> None:
    _, fields = lost
    other = new_session(tmp_path, sandbox)
    sweep = other.sweep(**fields, seed=[1], name="another").run()
    assert sweep.counts == {"UNCONFIRMED": 1}
    other.close()
    assert sandbox.posts() == 1


def test_a_request_that_another_kernel_submits_after_the_look_is_not_bought_again(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sweep = grid(session, sandbox, seed=[1]).look()
    other, begun = new_session(tmp_path, sandbox), []
    check = session.check

    def submit_first(request: Any) -> None:  # between the look of run() and its first request
        check(request)
        begun.append(other.submit(character=sandbox.character, reference=sandbox.reference, seed=1))

    session.check = submit_first  # type: ignore[method-assign]
    sweep.run().wait(60)
    other.close()
    assert present(sweep.cells[0].task).id == begun[0].id
    assert sandbox.posts() == 1


@pytest.mark.parametrize("word", ["run", "retry", "resume"])
def test_a_lost_cell_is_bought_again_only_when_it_is_named_as_doubtful(
    session: Session, sandbox: SandboxProcess, word: str
) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("lost-answer"), seed=[1]).run().wait(60)
    getattr(sweep, word)()
    assert sandbox.posts() == 1
    sweep.retry(doubtful=True).wait(60)
    assert sandbox.posts() == 2


def test_a_cell_that_was_given_up_is_bought_again_only_when_it_is_named_so(
    session: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("lost-answer"), seed=[1]).run().wait(60)
    present(sweep.cells[0].task).forget()
    assert (sweep.plan.forgotten, sweep.plan.to_buy) == (1, 0)
    sweep.run()
    sweep.retry()
    sweep.retry(doubtful=True)
    assert sandbox.posts() == 1
    sweep.retry(forgotten=True).wait(60)
    assert sandbox.posts() == 2


def test_a_cell_that_another_kernel_settles_meanwhile_is_not_bought_again(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    sweep = (
        grid(session, sandbox, character=sandbox.playing("lost-answer"), seed=[1], name="s").run().wait(60)
    )
    (post,) = sandbox.ledger()["posts"]
    other = new_session(tmp_path, sandbox)
    present(other.sweep_by_name("s").cells[0].task).confirm(post["id"])
    other.sweep_by_name("s").wait(60)
    sweep.retry(doubtful=True).wait(60)  # this kernel has not heard of it
    other.close()
    assert sandbox.posts() == 1
    assert sweep.counts == {"SUCCEEDED": 1}


def test_a_cell_that_was_given_up_while_the_disk_was_full_stays_so_whatever_another_kernel_recorded(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    grid(session, sandbox, character=sandbox.playing("lost-answer"), seed=[1], name="s").run().wait(60)
    other = new_session(tmp_path, sandbox)
    sweep = other.sweep_by_name("s")
    other.run(set_read_only(other, "ON"))
    present(sweep.cells[0].task).forget()
    assert sweep.look().counts == {"FORGOTTEN": 1}
    other.run(set_read_only(other, "OFF"))
    sweep.retry(doubtful=True).wait(60)
    other.close()
    assert sandbox.posts() == 1


def test_a_task_that_another_kernel_has_confirmed_is_not_sent_again_by_one_whose_disk_was_full(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    character = sandbox.playing("lost-answer&scenario=never-ends")
    with pytest.raises(UnconfirmedError) as caught:
        session.submit(character=character, reference=sandbox.reference)
    lost = present(caught.value.task)
    other = new_session(tmp_path, sandbox)
    known = other.task(lost.key)
    other.run(set_read_only(other, "ON"))
    known.forget()
    lost.confirm(sandbox.ledger()["posts"][0]["id"])
    other.run(set_read_only(other, "OFF"))
    with pytest.raises(ActTwoError, match="has not ended; sending it again would pay twice"):
        known.resubmit()
    other.close()
    assert sandbox.posts() == 1


def test_a_sweep_with_a_task_that_nobody_watches_is_unfinished_and_says_so(
    session: Session, sandbox: SandboxProcess
) -> None:
    sweep = grid(session, sandbox, character=sandbox.playing("never-ends"), seed=[1]).run()
    until(lambda: sweep.cells[0].task is not None and sweep.cells[0].task.status == "RUNNING")
    job = present(sweep.cells[0].job)

    async def end_watch() -> None:
        session.engine.apply(job, events.WatchEnded(at=session.engine.now(), reason="10 polls were refused"))

    session.run(end_watch())
    assert sweep.state == "unfinished"
    assert state_word(sweep)[0] == "UNFINISHED"
    with pytest.raises(SweepPaused, match=r"1 task is watched no more \(10 polls were refused\)"):
        sweep.wait(60)
    assert sweep.plan.to_buy == 0
