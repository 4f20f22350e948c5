"""An approval belongs to its user, on their machine, in one file. Wherever else it turns up, nothing is bought by it."""

from __future__ import annotations

import shutil
import sqlite3
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from services import SandboxProcess, new_session
from waiting import until

from cometact_nb.errors import ApprovalNeeded, SweepPaused
from cometact_nb.handles.resume import take_up_all
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.store.user import User


def begun(folder: Path, sandbox: SandboxProcess) -> None:
    """A kernel that bought one of four cells, and died; $1.60 were approved."""
    session = new_session(folder, sandbox)
    session.configure(max_in_flight=1, price=0.4)
    endless = sandbox.playing("never-ends")
    sweep = session.sweep(name="x", character=endless, reference=sandbox.reference, seed=[1, 2, 3, 4])
    sweep.run(canary=False)
    until(lambda: sweep.cells[0].task and sweep.cells[0].task.id)
    session.close()


def opened(folder: Path, sandbox: SandboxProcess) -> Session:
    session = new_session(folder, sandbox)
    session.configure(price=0.4, max_in_flight=10)
    return session


def another_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state of another"))


def edited(folder: Path, change: Callable[[sqlite3.Connection], object]) -> None:
    with sqlite3.connect(folder / "history.sqlite") as db:
        change(db)
    db.close()


# Each: what becomes of the history in ``here``, the folder to open it in, and what is then said.


def copied(tmp_path: Path, here: Path, _: object) -> Path:
    shutil.copytree(here, tmp_path / "copy")
    return tmp_path / "copy"


def moved(tmp_path: Path, here: Path, _: object) -> Path:
    here.rename(tmp_path / "moved")
    return tmp_path / "moved"


def of_somebody_else(tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    another_user(monkeypatch, tmp_path)
    return here


def cloned_from_somebody_else(tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    another_user(monkeypatch, tmp_path)
    return copied(tmp_path, here, monkeypatch)


def made_by_an_older_version(_: Path, here: Path, __: object) -> Path:
    edited(here, lambda db: db.execute("UPDATE about SET maker = NULL, id = birth"))
    edited(here, lambda db: db.execute("UPDATE sweeps SET approval = NULL"))
    return here


def raised(_: Path, here: Path, __: object) -> Path:
    change = "UPDATE sweeps SET terms = json_set(terms, '$.approved_usd', 1000.0)"
    edited(here, lambda db: db.execute(change))
    return here


def asking_for_something_else(_: Path, here: Path, __: object) -> Path:
    edited(here, lambda db: db.execute("UPDATE sweeps SET spec = replace(spec, '1,2,3,4', '1,2,3,5')"))
    return here


def with_another_code(_: Path, here: Path, __: object) -> Path:
    edited(here, lambda db: db.execute("UPDATE sweeps SET approval = upper(approval)"))
    return here


def without_a_state_folder(tmp_path: Path, here: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "a file"))
    return here


TRAVELS = {
    copied: "This history was copied from '{here}/history.sqlite', and both would buy the same cells.",
    moved: "This history was moved or copied from '{here}/history.sqlite'.",
    of_somebody_else: "This history was made by somebody else, or by you as another user",
    cloned_from_somebody_else: "This history was made by somebody else, or by you as another user",
    made_by_an_older_version: "This history does not say who made it.",
    raised: "The record of its approval was not written by you in this history.",
    asking_for_something_else: "The record of its approval was not written by you in this history.",
    with_another_code: "The record of its approval was not written by you in this history.",
    without_a_state_folder: "'{tmp}/a file/cometact_nb-user' cannot keep your id (Not a directory)",
}


@pytest.mark.parametrize("travel", TRAVELS, ids=lambda travel: travel.__name__)
def test_a_history_that_came_from_elsewhere_watches_and_shows_and_asks_before_it_buys(
    travel: Callable[..., Any], tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    begun(here, sandbox)
    posts = sandbox.posts()
    place = travel(tmp_path, here, monkeypatch)
    session = opened(place, sandbox)
    resumed = take_up_all(session)
    assert sandbox.posts() == posts
    (sweep,) = resumed.paused
    assert not resumed.sweeps
    assert resumed.tasks[0].state.watching  # what was bought is watched on
    resumed.tasks[0].cancel()  # it would never end
    assert sweep.state == "paused"
    assert sweep.problem.startswith(TRAVELS[travel].format(here=here, tmp=tmp_path))
    assert "act.sweep_by_name('x').run(yes=True)" in sweep.problem
    assert sweep.problem.rstrip(".") in str(resumed)
    with pytest.raises(SweepPaused, match="cells were not bought"):
        sweep.wait(60)
    sweep.run(yes=True, canary=False)
    until_bought(sweep)
    bought = sandbox.posts()
    assert bought > posts
    session.close()
    if travel is not without_a_state_folder:  # the yes was given once and for all
        again = opened(place, sandbox)
        assert not take_up_all(again).paused
        again.close()


def until_bought(sweep: Sweep) -> None:
    until(lambda: not any(cell.status in {"QUEUED", "SUBMITTING"} for cell in sweep.cells))


def test_the_same_user_goes_on_without_being_asked_also_by_a_link(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    begun(tmp_path / "here", sandbox)
    (tmp_path / "link").symlink_to(tmp_path / "here")
    session = opened(tmp_path / "link", sandbox)
    (sweep,) = take_up_all(session).sweeps
    until_bought(sweep)
    assert sandbox.posts() == 4
    session.close()


def test_of_a_history_and_its_copy_each_asks_for_itself_and_the_first_goes_on(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    begun(tmp_path / "here", sandbox)
    shutil.copytree(tmp_path / "here", tmp_path / "copy")
    copy = opened(tmp_path / "copy", sandbox)
    take_up_all(copy).paused[0].run(yes=True, canary=False)
    copy.close()
    first = opened(tmp_path / "here", sandbox)
    assert [sweep.problem for sweep in take_up_all(first).sweeps] == [""]
    first.close()


def test_a_backup_that_was_brought_back_does_not_buy_again_what_was_bought_since(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    here = tmp_path / "here"
    begun(here, sandbox)
    shutil.copy(here / "history.sqlite", tmp_path / "backup")
    session = opened(here, sandbox)
    until_bought(take_up_all(session).sweeps[0])
    session.close()
    assert sandbox.posts() == 4
    shutil.copy(tmp_path / "backup", here / "history.sqlite")
    session = opened(here, sandbox)
    (sweep,) = take_up_all(session).paused
    assert sweep.problem.startswith(
        "This history is an earlier state of itself, which does not know what was"
    )
    assert sandbox.posts() == 4
    session.close()


def test_a_yes_to_one_sweep_of_a_copy_is_none_to_the_others(tmp_path: Path, sandbox: SandboxProcess) -> None:
    begun(tmp_path / "here", sandbox)
    session = opened(tmp_path / "here", sandbox)
    session.configure(max_in_flight=1)
    other = session.sweep(
        name="y", character=sandbox.playing("slow-task"), reference=sandbox.reference, seed=[8, 9]
    )
    other.run(canary=False)
    session.close()
    shutil.copytree(tmp_path / "here", tmp_path / "copy")
    copy = opened(tmp_path / "copy", sandbox)
    take_up_all(copy)
    copy.sweep_by_name("x").run(yes=True, canary=False)
    copy.close()
    copy = opened(tmp_path / "copy", sandbox)
    assert [sweep.name for sweep in take_up_all(copy).paused] == ["y"]
    copy.close()


def test_what_somebody_else_approved_counts_for_nothing_in_run_either(
    tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path / "here", sandbox)
    another_user(monkeypatch, tmp_path)
    session = opened(tmp_path / "here", sandbox)
    session.configure(ask_above=0.5)
    sweep = session.sweep_by_name("x", resume=False)
    assert sweep.approved_usd == 0
    with pytest.raises(ApprovalNeeded):
        sweep.run()
    assert sandbox.posts() == 1
    session.close()


def test_a_pause_in_a_foreign_history_is_no_approval(
    tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(tmp_path / "here", sandbox)
    another_user(monkeypatch, tmp_path)
    session = opened(tmp_path / "here", sandbox)
    session.sweep_by_name("x").pause()
    session.close()
    edited(
        tmp_path / "here",
        lambda db: db.execute("UPDATE sweeps SET terms = replace(terms, 'paused', 'running')"),
    )
    session = opened(tmp_path / "here", sandbox)
    assert take_up_all(session).paused
    assert sandbox.posts() == 1
    session.close()


def test_the_id_is_for_its_user_alone_and_stands_in_no_history(
    tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    begun(tmp_path / "here", sandbox)
    (secret,) = (tmp_path / "state").rglob("id")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert stat.S_IMODE(secret.parent.stat().st_mode) == 0o700
    assert secret.read_bytes() not in (tmp_path / "here" / "history.sqlite").read_bytes()
    assert not secret.is_relative_to(tmp_path / "here")
    secret.chmod(0o644)
    User()
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600


def test_a_damaged_id_is_said_and_binds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    user = User(tmp_path)
    (tmp_path / "id").write_text("half")
    damaged = User(tmp_path)
    assert damaged.problem == f"{str(tmp_path)!r} cannot keep your id (its content is no id; delete it)"
    assert damaged.sign("x") is None
    assert not damaged.verify(user.sign("x"), "x")


def test_two_kernels_that_begin_at_once_get_one_id(tmp_path: Path) -> None:
    assert len({User(tmp_path).sign("x") for _ in range(2)}) == 1
