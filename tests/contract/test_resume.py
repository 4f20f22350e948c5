"""A new kernel looks at what earlier ones left, takes it up, and pays for nothing twice."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from msgspec.structs import replace
from present import present
from services import SandboxProcess, new_session, submit
from waiting import until

from cometact_nb.domain import events
from cometact_nb.domain.search import Query
from cometact_nb.domain.task import Status
from cometact_nb.errors import HistoryError, UnconfirmedError, WaitTimeout
from cometact_nb.handles.history import find_history
from cometact_nb.handles.resume import take_up_all
from cometact_nb.handles.session import Session
from cometact_nb.views.history.record import record_html, record_text
from cometact_nb.views.history.widget import row_facts
from cometact_nb.views.task.card import card_html


def test_the_history_is_a_list_of_rows_with_what_was_asked_and_what_came(
    session: Session, sandbox: SandboxProcess
) -> None:
    done = submit(session, sandbox, seed=7).wait(60)
    with pytest.raises(UnconfirmedError):
        submit(session, sandbox, character=sandbox.playing("lost-answer"))
    lost, row = found = find_history(session)
    assert len(found) == 2
    assert found[-1].id == done.id
    assert found[:1][0].status is Status.UNCONFIRMED
    assert lost.clip is None
    assert row.request == done.request
    assert present(row.clip).path == present(done.clip).path
    plain = row.to_dict()
    assert plain["seed"] == 7
    assert plain["character"] == sandbox.character
    assert plain["begun_at"].tzinfo is not None
    assert plain["sandbox"] is True
    assert found.to_rows()[1] == plain
    assert row.task() is done
    assert [one.key for one in find_history(session, "UNCONFIRMED")] == [lost.key]


def test_a_frame_has_a_row_a_task(session: Session, sandbox: SandboxProcess) -> None:
    with pytest.raises(UnconfirmedError):
        submit(session, sandbox, character=sandbox.playing("lost-answer"))
    frame = find_history(session).to_frame()
    assert list(frame["status"]) == ["UNCONFIRMED"]


def test_everything_unfinished_is_taken_up_and_nothing_is_sent(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    first = new_session(tmp_path, sandbox)
    slow = sandbox.playing(
        "throttled:seconds=300"
    )  # four seconds here: they have not ended when they are taken up
    ids = {submit(first, sandbox, character=slow).id for _ in range(2)}
    with pytest.raises(UnconfirmedError):
        submit(first, sandbox, character=sandbox.playing("lost-answer"))
    first.close()
    posts = sandbox.posts()
    second = new_session(tmp_path, sandbox)
    resumed = take_up_all(second)
    assert {task.id for task in resumed.tasks} == ids
    assert str(resumed) == "Resumed: 2 tasks watched on; 1 request UNCONFIRMED, for you to settle."
    with pytest.raises(WaitTimeout):
        resumed.wait(0)
    assert all(present(task.clip).path.exists() for task in resumed.wait(60).tasks)
    resumed.unconfirmed[0].forget()
    assert str(take_up_all(second)) == "Nothing to resume: every task has ended."
    assert sandbox.posts() == posts
    second.close()


def test_a_video_that_was_not_fetched_and_a_watch_that_ended_are_taken_up(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    first = new_session(tmp_path, sandbox)
    task = submit(first, sandbox).wait(60)
    other = submit(first, sandbox, seed=1)
    present(task.clip).path.unlink()

    async def forget() -> None:
        first.engine.apply(task.job, events.ClipsLost(at=1))
        first.engine.apply(task.job, events.ClipFailed(at=1, reason="the disk was full"))
        first.engine.apply(other.job, events.WatchEnded(at=1, reason="the key was refused"))

    first.run(forget())
    first.close()
    second = new_session(tmp_path, sandbox)
    resumed = take_up_all(second)
    assert {found.id for found in resumed.tasks} == {task.id, other.id}
    assert second.task(present(other.id)).wait(60).clip
    assert present(second.task(present(task.id)).wait(60).clip).path.exists()
    second.close()


def test_a_running_sweep_goes_on_within_what_was_approved(tmp_path: Path, sandbox: SandboxProcess) -> None:
    script = (
        "import os, sys, time, cometact_nb as act\n"
        "act.configure(history=sys.argv[1], output_dir=sys.argv[2], max_in_flight=1)\n"
        "sandbox = act.use_sandbox(75, url=sys.argv[3])\n"
        "sweep = act.sweep(name='mine', character=sandbox.character, reference=sandbox.reference, seed=[1, 2])\n"
        "sweep.run(canary=False)\n"
        "while not (sweep.cells[0].task and sweep.cells[0].task.id):\n    time.sleep(0.005)\n"
        "os._exit(9)"
    )
    place = [str(tmp_path / "history.sqlite"), str(tmp_path / "clips"), sandbox.base_url]
    assert subprocess.run([sys.executable, "-c", script, *place], check=False, timeout=120).returncode == 9
    session = new_session(tmp_path, sandbox)
    resumed = take_up_all(session)
    assert [sweep.name for sweep in resumed.sweeps] == ["mine"]
    assert "1 sweep going on" in str(resumed)
    resumed.wait(60)
    assert resumed.sweeps[0].counts["SUCCEEDED"] == 2
    assert sandbox.posts() == 2
    session.close()


def test_a_sweep_that_another_kernel_runs_is_left_to_it(tmp_path: Path, sandbox: SandboxProcess) -> None:
    first = new_session(tmp_path, sandbox)
    slow = sandbox.playing("slow-task")
    sweep = first.sweep(name="theirs", character=slow, reference=sandbox.reference, seed=[1, 2])
    first.configure(max_in_flight=1)
    sweep.run()
    until(lambda: sandbox.ledger()["polls"])
    second = new_session(tmp_path, sandbox)
    resumed = take_up_all(second)
    assert (resumed.busy, resumed.sweeps) == (("theirs",), ())
    assert "sweep 'theirs' runs in another kernel" in str(resumed)
    second.close()
    first.close()


def test_what_a_sandbox_that_has_ended_left_is_not_asked_for_again(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    gone = SandboxProcess()
    first = new_session(tmp_path, gone)
    task = submit(first, gone)
    first.close()
    gone.stop()
    second = new_session(tmp_path, sandbox)
    resumed = take_up_all(second)
    assert str(resumed) == "Resumed: 1 task ended with their sandbox."
    assert "its sandbox has ended" in present(second.task(present(task.id)).state.problem)
    assert str(take_up_all(second)).startswith("Nothing")
    second.close()


def test_a_task_made_elsewhere_has_a_row_and_a_beginning_nobody_knows_is_refused(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    elsewhere = new_session(tmp_path / "a", sandbox)
    task_id = present(submit(elsewhere, sandbox, seed=4).id)
    elsewhere.close()
    here = new_session(tmp_path / "b", sandbox)
    with pytest.raises(HistoryError, match="no task whose id starts with"):
        here.task(task_id[:8])
    assert len(find_history(here)) == 0
    here.task(task_id).wait(60)
    (row,) = find_history(here)
    assert row.request is None
    assert row.to_dict()["seed"] is None
    assert row.to_dict()["price_usd"] is None
    assert present(row.clip).path.exists()
    assert here.task(task_id[:8]).id == task_id
    facts = row_facts(row, tmp_path)
    assert (facts["inputs"], facts["can"]) == ([], ["show"])  # there is no request to load
    assert "not known here" in record_html([row], Query(), now=0, folder=tmp_path)
    assert present(row.clip).path.name in record_text([row], Query())
    card = card_html(row.state, now=0, notebook_dir=tmp_path, sandbox=True)
    assert "it was made elsewhere" in card
    assert present(row.clip).path.name in card
    here.close()


def test_the_history_shows_clips_where_their_project_was_moved(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    old = tmp_path / "old"
    old.mkdir()
    first = new_session(old, sandbox)
    submit(first, sandbox).wait(60)
    first.close()
    old.rename(tmp_path / "new")
    second = new_session(tmp_path / "new", sandbox)
    (row,) = find_history(second)
    assert present(row.clip).path.parent == tmp_path / "new" / "clips"
    assert present(row.clip).path.exists()
    second.close()


@pytest.mark.parametrize("age_s", [3000, 3 * 86_400])
def test_a_task_in_doubt_is_asked_about_again_and_its_clip_comes(
    tmp_path: Path, session: Session, sandbox: SandboxProcess, age_s: int
) -> None:
    task = session.submit(character=sandbox.character, reference=sandbox.reference)
    task.wait(60)
    unknown = replace(
        task.state, status=Status.NOT_FOUND, clips=(), submitted_at=time.time() - age_s, output_urls=()
    )

    async def forget() -> None:
        session.engine.history.append(task.key, events.PollFailed(at=0, reason="x"), unknown)

    session.run(forget())
    session.close()
    again = new_session(tmp_path, sandbox)
    resumed = take_up_all(again)
    assert [each.id for each in resumed.tasks] == [task.id]
    assert resumed.tasks[0].wait(60).clip
    assert sandbox.posts() == 1
    again.close()
