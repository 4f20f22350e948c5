"""Sweeps on the sandbox: priced first, bought once, and not what is known to fail; POSTs counted by the sandbox."""

from __future__ import annotations

import socket
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from present import present
from services import SandboxProcess, new_session
from sweeps import grid
from waiting import until

from cometact_nb.domain.task import Status
from cometact_nb.errors import (
    ConfigError,
    HistoryError,
)
from cometact_nb.handles.session import Session

# --- bought once ------------------------------------------------------------------------------------


def test_widening_a_grid_buys_only_what_is_new(session: Session, sandbox: SandboxProcess) -> None:
    grid(session, sandbox, seed=[1, 2], name="narrow").run().wait(60)
    wide = grid(session, sandbox, seed=[1, 2, 3], name="wide")
    assert (wide.plan.done, wide.plan.to_buy) == (2, 1)
    wide.run().wait(60)
    assert [cell.reused for cell in wide.cells] == [True, True, False]
    assert sandbox.posts() == 3


def test_a_cell_that_was_submitted_alone_is_reused(session: Session, sandbox: SandboxProcess) -> None:
    alone = session.submit(character=sandbox.character, reference=sandbox.reference, seed=1).wait(60)
    sweep = grid(session, sandbox, seed=[1, 2]).run().wait(60)
    assert present(sweep.cells[0].task).id == alone.id
    assert sandbox.posts() == 2


def test_running_the_same_cell_of_a_notebook_again_gives_the_same_sweep(
    session: Session, sandbox: SandboxProcess
) -> None:
    first = grid(session, sandbox, seed=[1, 2])
    again = grid(session, sandbox, seed=[1, 2])
    assert first is again
    first.run()
    again.run().wait(60)
    assert sandbox.posts() == 2


def test_replicates_are_bought_each(session: Session, sandbox: SandboxProcess) -> None:
    sweep = grid(session, sandbox, seed=[1], replicates=3).run().wait(60)
    assert len({present(cell.task).id for cell in sweep.cells}) == 3
    assert sandbox.posts() == 3


def test_a_sweep_that_has_cells_to_send_keeps_its_history(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    async def hold() -> None:
        await session.slots.sending.acquire()

    async def let_go() -> None:
        session.slots.sending.release()

    session.run(hold())
    sweep = grid(session, sandbox, seed=[1, 2]).run()
    with pytest.raises(ConfigError, match="history cannot be changed"):
        session.configure(history=str(tmp_path / "another.sqlite"))
    session.run(let_go())
    assert sweep.wait(60).counts == {"SUCCEEDED": 2}


def test_a_sweep_whose_inputs_were_being_inspected_when_the_history_was_changed_can_be_run(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        slow = f"http://127.0.0.1:{silent.getsockname()[1]}/clip.mp4"
        sweep = grid(session, sandbox, reference=[slow, sandbox.reference])
        session.configure(history=str(tmp_path / "another.sqlite"))
        assert sweep.plan.to_buy == 2


@pytest.mark.parametrize("how", ["run", "retry"])
def test_two_threads_that_run_one_sweep_at_once_buy_each_cell_once(
    session: Session, sandbox: SandboxProcess, how: str
) -> None:
    """A click on a page's button while a cell runs the same: the later one decides by what it saw before."""
    character = sandbox.playing("internal") if how == "retry" else sandbox.character
    sweep = grid(session, sandbox, character=character, seed=range(3))
    if how == "retry":
        sweep.run(canary=False).wait(60)
    before = sandbox.posts()
    decided, go_on, check = threading.Event(), threading.Event(), session.check

    def slow(request: Any) -> None:
        check(request)
        if threading.current_thread() is late:
            decided.set()
            go_on.wait(120)

    session.check = slow  # type: ignore[method-assign]
    begin = sweep.retry if how == "retry" else partial(sweep.run, canary=False)
    late = threading.Thread(target=begin)
    late.start()
    assert decided.wait(60)
    begin()
    until(lambda: len([cell for cell in sweep.cells if cell.task and cell.task.id]) == 3)
    until(lambda: sandbox.posts() >= before + 3)
    go_on.set()
    late.join(60)
    sweep.wait(60)
    assert sandbox.posts() == before + 3


def test_two_kernels_that_run_the_same_sweep_buy_each_cell_once(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    sessions = [new_session(tmp_path, sandbox) for _ in range(2)]
    sweeps = [grid(session, sandbox, seed=range(8)) for session in sessions]
    plans = [sweep.plan for sweep in sweeps]  # both see all cells free
    assert [plan.to_buy for plan in plans] == [8, 8]
    for sweep in sweeps:
        sweep.run(canary=False)
    for sweep in sweeps:
        assert sweep.wait(90).counts == {"SUCCEEDED": 8}
    assert [present(cell.task).id for cell in sweeps[0].cells] == [
        present(cell.task).id for cell in sweeps[1].cells
    ]
    assert sandbox.posts() == 8
    for session in sessions:
        session.close()


# --- results ----------------------------------------------------------------------------------------


def test_rows_hold_parameters_outcome_clip_and_rating(session: Session, sandbox: SandboxProcess) -> None:
    sweep = grid(session, sandbox, seed=[1, 2]).run().wait(60)
    sweep.rate(sweep.cells[0], stars=4, note="good lips")
    sweep.rate(sweep.cells[0], favourite=True)
    row = sweep.to_rows()[0]
    assert (row["seed"], row["status"], row["stars"], row["favourite"]) == (1, "SUCCEEDED", 4, True)
    assert row["note"] == "good lips"
    assert Path(row["clip"]).exists()
    frame = sweep.to_frame()
    assert list(frame["stars"].dropna()) == [4]
    assert list(frame.groupby("seed")["status"].first()) == ["SUCCEEDED", "SUCCEEDED"]


def test_ratings_are_there_in_the_next_kernel(tmp_path: Path, sandbox: SandboxProcess) -> None:
    session = new_session(tmp_path, sandbox)
    sweep = grid(session, sandbox, seed=[1], name="rated").run().wait(60)
    sweep.rate(sweep.cells[0], stars=5)
    session.close()
    later = new_session(tmp_path, sandbox)
    assert later.sweep_by_name("rated").cells[0].rating.stars == 5
    later.close()


@pytest.mark.parametrize("stars", [6, -1, True, "5"])
def test_a_rating_is_one_to_five_stars(session: Session, sandbox: SandboxProcess, stars: Any) -> None:
    sweep = grid(session, sandbox, seed=[1]).run().wait(60)
    with pytest.raises(ConfigError, match="1–5"):
        sweep.rate(sweep.cells[0], stars=stars)


def test_the_history_lists_sweeps_with_what_became_of_them_and_what_they_cost(
    priced: Session, sandbox: SandboxProcess
) -> None:
    """The last run first; what was there already was not sent for."""
    assert str(priced.sweeps()).startswith("The history has no sweep yet")
    characters = [sandbox.character, sandbox.playing("internal")]
    grid(priced, sandbox, character=characters, seed=[1, 2], name="half").run().wait(60)
    grid(priced, sandbox, seed=[1, 2, 3], name="wider").run().wait(60)
    wider, half = listed = priced.sweeps()
    assert (wider.name, wider.state, wider.cells, wider.sent) == ("wider", "bought", 3, {"SUCCEEDED": 1})
    assert (half.grid, half.sent) == ("2 character × 2 seed", {"FAILED": 2, "SUCCEEDED": 2})
    assert (wider.spent_usd, half.spent_usd) == pytest.approx((0.4, 1.6))
    assert listed.to_rows()[1]["failed"] == 2
    told = str(listed).splitlines()
    assert told[0] == "2 sweeps, the last run first"
    assert told[1].startswith("  wider  3 cells (3 seed) · 1 SUCCEEDED · $0.40 · bought, ")
    assert [row.name for row in priced.sweeps(limit=1)] == ["wider"]


def test_a_name_that_the_history_does_not_have_is_refused(session: Session) -> None:
    with pytest.raises(HistoryError, match="no sweep 'yours'"):
        session.sweep_by_name("yours")


def test_a_finished_task_has_the_status_of_its_cell(session: Session, sandbox: SandboxProcess) -> None:
    sweep = grid(session, sandbox, seed=[1]).run().wait(60)
    assert present(sweep.cells[0].task).status is Status.SUCCEEDED
    assert present(sweep.cells[0].clip).path.exists()
