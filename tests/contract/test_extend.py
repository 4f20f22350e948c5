"""A sweep grows by rows, as a search asks for them: each is bought once, by its user's run, in any kernel."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from present import present
from services import SandboxProcess, new_session
from sweeps import grid
from waiting import until

from cometact_nb.domain.sweep.grid import Spec, expand, with_more
from cometact_nb.errors import ApprovalNeeded, ConfigError, RequestError
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.views.sweep.show import widget_alone


def seeds(sweep: Sweep) -> list[int | None]:
    return [cell.request.seed for cell in sweep.cells]


def search(session: Session, sandbox: SandboxProcess, **fields: Any) -> Sweep:
    """One cell, and room for more."""
    return grid(session, sandbox, **{"seed": [1], "name": "search", **fields})


def test_cells_are_added_and_bought_only_by_a_run(session: Session, sandbox: SandboxProcess) -> None:
    sweep = search(session, sandbox).run().wait(60)
    first = sweep.cells[0]
    assert sweep.extend([{"seed": 2}, {"seed": 3, "expression_intensity": 5}]) is sweep
    assert (sandbox.posts(), str(sweep.state), seeds(sweep)) == (1, "planned", [1, 2, 3])
    assert (sweep.plan.done, sweep.plan.to_buy) == (1, 2)
    sweep.run().wait(60)
    assert (sandbox.posts(), sweep.counts) == (3, {"SUCCEEDED": 3})
    assert sweep.cells[0] is first
    assert [set(cell.params) for cell in sweep.cells] == [{"expression_intensity", "seed"}] * 3


def test_rows_that_are_there_add_nothing(session: Session, sandbox: SandboxProcess) -> None:
    sweep = search(session, sandbox, seed=[1, 2])
    sweep.extend([{"seed": 2}, {"seed": 3}, {"seed": 3}]).extend([{"seed": 3}, {"seed": 1}])
    assert seeds(sweep) == [1, 2, 3]
    assert sweep.plan.cells == 3


def test_a_row_may_vary_what_all_cells_shared(session: Session, sandbox: SandboxProcess) -> None:
    sweep = search(session, sandbox, body_control=True).extend({"body_control": [False], "seed": [1]})
    assert [cell.params for cell in sweep.cells] == [
        {"body_control": True, "seed": 1},
        {"body_control": False, "seed": 1},
    ]


def test_replicates_hold_for_added_rows(session: Session, sandbox: SandboxProcess) -> None:
    sweep = search(session, sandbox, replicates=2).extend([{"seed": 2}])
    assert [(cell.request.seed, cell.replicate) for cell in sweep.cells] == [(1, 1), (1, 2), (2, 1), (2, 2)]


@pytest.mark.parametrize("row", [{"seed": -1}, {"intensity": 3}, {"expression_intensity": 9}, 7])
def test_a_bad_row_is_one_error_and_adds_nothing(session: Session, sandbox: SandboxProcess, row: Any) -> None:
    sweep = search(session, sandbox)
    with pytest.raises(RequestError):
        sweep.extend([{"seed": 2}, row])
    assert seeds(sweep) == [1]


def test_added_cells_need_an_approval_of_their_own(priced: Session, sandbox: SandboxProcess) -> None:
    priced.configure(ask_above=0.5)
    sweep = search(priced, sandbox).run().wait(60).extend([{"seed": 2}, {"seed": 3}])
    with pytest.raises(ApprovalNeeded, match=r"sweep\.run\(yes=True\)"):
        sweep.run()
    assert sandbox.posts() == 1
    sweep.run(yes=True).wait(60)
    assert sandbox.posts() == 3


def test_a_sweep_that_is_being_bought_takes_no_cells(session: Session, sandbox: SandboxProcess) -> None:
    async def hold() -> None:
        await session.slots.sending.acquire()

    async def let_go() -> None:
        session.slots.sending.release()

    session.run(hold())
    sweep = search(session, sandbox, seed=[1, 2]).run()
    with pytest.raises(ConfigError, match="being bought"):
        sweep.extend([{"seed": 3}])
    session.run(let_go())
    assert seeds(sweep.wait(60)) == [1, 2]


def test_another_kernel_finds_added_cells_and_buys_none_again(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    search(session, sandbox).run().wait(60).extend([{"seed": 2}, {"seed": 3}])
    session.close()
    after = new_session(tmp_path, sandbox)
    try:
        sweep = after.sweep_by_name("search")
        assert (seeds(sweep), str(sweep.state), sandbox.posts()) == ([1, 2, 3], "planned", 1)
        assert present(sweep.cells[0].task).clip is not None
        sweep.extend([{"seed": 2}]).run().wait(60)
        assert sandbox.posts() == 3
    finally:
        after.close()


def test_a_kernel_buys_the_cells_that_it_named_and_the_record_has_those_of_both(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    here = search(session, sandbox).run().wait(60)
    other = new_session(tmp_path, sandbox)
    try:
        there = other.sweep_by_name("search")
        there.extend([{"seed": 2}])
        here.extend([{"seed": 3}])
        assert (seeds(here), here.plan.to_buy) == ([1, 3], 1)
        here.run().wait(60)
        assert (seeds(there), there.plan.to_buy, sandbox.posts()) == ([1, 2], 1, 2)
        there.run().wait(60)
        assert sandbox.posts() == 3
        other.close()
        later = new_session(tmp_path, sandbox)
        assert sorted(seed or 0 for seed in seeds(later.sweep_by_name("search"))) == [1, 2, 3]
        later.close()
    finally:
        other.close()


def test_the_first_cell_of_a_notebook_run_again_gives_the_extended_sweep(
    session: Session, sandbox: SandboxProcess
) -> None:
    sweep = search(session, sandbox).extend([{"seed": 2}])
    assert search(session, sandbox) is sweep


def test_the_live_view_grows_with_the_sweep(session: Session, sandbox: SandboxProcess) -> None:
    sweep = search(session, sandbox)
    view = widget_alone(sweep)
    try:
        sweep.extend([{"seed": 2}])
        until(lambda: len(view.cells) == 2)
        assert view.grid["labels"] == ["Seed 1", "Seed 2"]
    finally:
        view.close()


def test_two_threads_that_extend_at_once_add_each_row_once(session: Session, sandbox: SandboxProcess) -> None:
    sweep = search(session, sandbox)
    threads = [
        threading.Thread(target=sweep.extend, args=([{"seed": seed}, {"seed": 9}],)) for seed in range(2, 8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seed or 0 for seed in seeds(sweep)) == [1, 2, 3, 4, 5, 6, 7, 9]


def test_a_specification_without_more_rows_keeps_its_name() -> None:
    fixed = {"character": "https://a.example/c.png", "reference": "https://a.example/r.mp4"}
    spec = Spec(fixed=fixed, axes={"seed": [1, 2]})
    wider = with_more(spec, [{"seed": 3}])
    assert wider.at_first.default_name == spec.default_name != wider.default_name
    assert [cell.key for cell in expand(wider).cells][:2] == [cell.key for cell in expand(spec).cells]


def test_a_cell_is_found_by_what_it_asked_for(session: Session, sandbox: SandboxProcess) -> None:
    sweep = search(session, sandbox, seed=[1, 2], ratio="1280:720").extend(
        [{"seed": 2, "body_control": True}]
    )
    assert [cell.index for cell in sweep.find(seed=2)] == [1, 2]
    assert [cell.index for cell in sweep.find(seed=2, body_control=True, character=sandbox.character)] == [2]
    assert sweep.find(seed=9) == []
    with pytest.raises(ConfigError, match="'sed' is no field"):
        sweep.find(sed=2)


def test_rows_of_a_kernel_that_died_while_it_bought_are_bought_once(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    async def hold() -> None:
        await session.slots.sending.acquire()

    session.run(hold())
    search(session, sandbox).extend([{"seed": 2}]).run()
    session.close()  # with both cells in line, so that the record says that they are being bought
    after = new_session(tmp_path, sandbox)
    try:
        sweep = search(after, sandbox).extend([{"seed": 2}]).run().wait(60)
        assert (sweep.counts, sandbox.posts()) == ({"SUCCEEDED": 2}, 2)
    finally:
        after.close()


def test_what_goes_on_after_a_kernel_s_death_is_what_it_was_told_to_buy(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    async def hold() -> None:
        await session.slots.sending.acquire()

    here = search(session, sandbox).run().wait(60)
    other = new_session(tmp_path, sandbox)
    other.sweep_by_name("search").extend([{"seed": 9}])  # and never run
    other.close()
    session.run(hold())
    here.extend([{"seed": 2}]).run(max_cost=5)
    session.close()  # with its cell in line, so that the record says that it is being bought
    after = new_session(tmp_path, sandbox)
    try:
        sweep = after.sweep_by_name("search")
        until(lambda: sandbox.posts() == 2 and str(sweep.state) != "running")
        assert {cell.request.seed: cell.status for cell in sweep.cells} == {
            1: "SUCCEEDED", 2: "SUCCEEDED", 9: "PLANNED",
        }  # fmt: skip
        assert sandbox.posts() == 2
    finally:
        after.close()
