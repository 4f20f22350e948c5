"""What its user may do about a task that may be paid for: go on with it, give it up, pay again."""

from __future__ import annotations

import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent import futures
from contextlib import suppress
from pathlib import Path

import pytest
from present import present
from services import SandboxProcess, new_session, submit

from cometact_nb.domain import events
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.errors import ActTwoError, HistoryError, TaskFailed, UnconfirmedError
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.store.journal.history import History


@pytest.fixture
def lost(session: Session, sandbox: SandboxProcess) -> Task:
    """A task that was accepted, whose answer was lost."""
    with pytest.raises(UnconfirmedError) as caught:
        submit(session, sandbox, character=sandbox.playing("lost-answer"), seed=1)
    task: Task = caught.value.task
    return task


@pytest.fixture
def deaf_history(tmp_path: Path) -> None:
    """The session's history takes intents alone."""
    path = tmp_path / "history.sqlite"
    History(str(path)).close()
    change(
        path,
        "CREATE TRIGGER deaf BEFORE INSERT ON events WHEN NEW.event NOT LIKE '%intended%'"
        " BEGIN SELECT RAISE(ABORT, 'not this one'); END",
    )


def change(path: Path, command: str) -> None:
    other = sqlite3.connect(path)
    other.execute(command)
    other.commit()
    other.close()


def accepted(sandbox: SandboxProcess) -> str:
    (post,) = sandbox.ledger()["posts"]
    return str(post["id"])


def test_a_confirmed_id_is_the_user_s_word(lost: Task, sandbox: SandboxProcess) -> None:
    lost.confirm(f" {accepted(sandbox)} ")
    assert lost.id == accepted(sandbox)
    assert lost.job.is_named_by_user


def test_a_confirmed_id_leads_to_the_clip(lost: Task, sandbox: SandboxProcess) -> None:
    lost.confirm(accepted(sandbox))
    assert lost.wait(60).clip
    assert sandbox.posts() == 1


def test_a_task_that_is_not_in_doubt_is_neither_confirmed_nor_forgotten(
    session: Session, sandbox: SandboxProcess
) -> None:
    task = submit(session, sandbox)
    words = rf"Task {task.id} is \w+, neither UNCONFIRMED nor NOT_FOUND; nothing to settle"
    ways: list[Callable[[], object]] = [task.forget, lambda: task.confirm("another-1")]
    for settle in ways:
        with pytest.raises(ActTwoError, match=words):
            settle()
    assert task.wait(60).id != "another-1"


def test_a_task_that_was_given_up_is_over_now_and_is_named_by_its_key(lost: Task) -> None:
    before = time.time()
    lost.forget()
    assert lost.status is Status.FORGOTTEN
    assert before <= (lost.job.state.ended_at or 0) <= time.time()
    with pytest.raises(ActTwoError, match=f"Task {lost.key} is FORGOTTEN"):
        lost.forget()


def test_what_another_kernel_confirmed_is_watched_here_from_the_first_try_to_settle_it(
    tmp_path: Path, session: Session, sandbox: SandboxProcess, lost: Task
) -> None:
    other = new_session(tmp_path, sandbox)
    other.task(lost.key).confirm(accepted(sandbox))
    heard: list[Status] = []
    lost.add_listener(lambda task: heard.append(task.status))
    with pytest.raises(ActTwoError, match="nothing to settle"):
        lost.forget()
    other.close()
    assert lost.wait(60).clip
    assert Status.SUCCEEDED in heard


@pytest.mark.parametrize("settle", ["confirm", "resubmit"])
def test_what_another_kernel_gave_up_is_learnt_before_anything_is_done(
    tmp_path: Path, session: Session, sandbox: SandboxProcess, lost: Task, settle: str
) -> None:
    other = new_session(tmp_path, sandbox)
    other.task(lost.key).forget()
    other.close()
    before = lost.status
    assert before is Status.UNCONFIRMED
    if settle == "confirm":
        with pytest.raises(ActTwoError, match="is FORGOTTEN"):
            lost.confirm(accepted(sandbox))
    else:
        with pytest.raises(UnconfirmedError):  # the same scenario is played again
            lost.resubmit()
    assert lost.status is Status.FORGOTTEN


def test_what_is_sent_again_is_the_same_request_under_a_new_key(
    session: Session, sandbox: SandboxProcess, lost: Task
) -> None:
    with pytest.raises(UnconfirmedError) as caught:
        lost.resubmit()
    assert caught.value.task.request == lost.request
    assert caught.value.task.key != lost.key
    assert lost.status is Status.UNCONFIRMED
    assert sandbox.posts() == 2


def test_a_task_that_runs_is_not_sent_again_and_one_made_elsewhere_cannot_be(
    tmp_path: Path, session: Session, sandbox: SandboxProcess
) -> None:
    task = submit(session, sandbox)
    with pytest.raises(ActTwoError, match=f"Task {task.id} has not ended; sending it again would pay twice"):
        task.resubmit()
    assert sandbox.posts() == 1
    other = new_session(tmp_path / "other", sandbox)
    stranger = other.task(present(task.id))
    stranger.wait(60)
    with pytest.raises(ActTwoError, match="What this task asked for is not known here"):
        stranger.resubmit()
    other.close()
    assert sandbox.posts() == 1


def again(session: Session, sandbox: SandboxProcess) -> UnconfirmedError:
    """What asking for the same once more is refused with."""
    with pytest.raises(UnconfirmedError, match="Nothing was sent") as caught:
        submit(session, sandbox, character=sandbox.playing("lost-answer"), seed=1)
    return caught.value


def test_a_request_whose_like_is_in_doubt_is_not_sent_and_says_how_to_settle_it(
    session: Session, sandbox: SandboxProcess, lost: Task
) -> None:
    submit(session, sandbox, seed=2)
    refused = again(session, sandbox)
    assert (refused.sent, refused.task) == (False, lost)
    for words in (
        f"act.task({lost.key!r})",
        "t.confirm(",
        "t.forget()",
        "t.resubmit() sends it again and may pay",
    ):
        assert words in str(refused)
    assert [task.key for task in session.tasks()].count(lost.key) == 1
    assert len(session.tasks()) == 2  # what was not sent is no task
    assert sandbox.posts() == 2


@pytest.mark.parametrize("settle", ["confirm", "forget"])
def test_once_a_doubt_is_settled_the_same_request_is_sent(
    session: Session, sandbox: SandboxProcess, lost: Task, settle: str
) -> None:
    if settle == "confirm":
        lost.confirm(accepted(sandbox))
    else:
        lost.forget()
    with pytest.raises(UnconfirmedError) as caught:  # the scenario loses this answer, too
        submit(session, sandbox, character=sandbox.playing("lost-answer"), seed=1)
    assert caught.value.sent
    assert sandbox.posts() == 2


def test_a_doubt_of_another_kernel_counts_and_so_does_one_whose_link_was_signed_anew(
    tmp_path: Path, session: Session, sandbox: SandboxProcess
) -> None:
    signed = "&X-Amz-Signature={}&X-Amz-Date=20261201T0000{}Z"
    for number, sent in (("01", True), ("02", False)):
        kernel = new_session(tmp_path, sandbox)
        character = sandbox.playing("lost-answer") + signed.format(number, number)
        with pytest.raises(UnconfirmedError) as caught:
            submit(kernel, sandbox, character=character)
        assert caught.value.sent is sent
        kernel.close()
    assert sandbox.posts() == 1


def test_a_request_that_a_dead_kernel_was_sending_is_in_doubt_for_a_rerun_cell(
    tmp_path: Path, session: Session, sandbox: SandboxProcess
) -> None:
    request = sent_by(_ended_process(), tmp_path, sandbox)
    with pytest.raises(UnconfirmedError, match="Nothing was sent") as caught:
        session.submit(request)
    assert caught.value.task.key == "lost-with-it"
    assert sandbox.posts() == 0


def test_a_request_that_another_kernel_is_sending_is_no_doubt_and_stays_that_kernel_s(
    tmp_path: Path, session: Session, sandbox: SandboxProcess
) -> None:
    task = session.submit(sent_by(os.getpid(), tmp_path, sandbox))
    assert set(session.jobs) == {task.key}
    assert sandbox.posts() == 1


def sent_by(pid: int, folder: Path, sandbox: SandboxProcess) -> ActTwoRequest:
    """A request that a process began to send."""
    request = ActTwoRequest(character=sandbox.character, reference=sandbox.reference, seed=9)
    history = History(str(folder / "history.sqlite"))
    history.owner = f"{socket.gethostname()}/{pid}/0badc0de"
    intent = events.Intended(
        at=time.time(), request=request.to_json(), base_url=sandbox.base_url, price_usd=0.0
    )
    history.append("lost-with-it", intent, reduce(TaskState(key="lost-with-it"), intent),
                   content_hash=request.content_hash)  # fmt: skip
    history.close()
    return request


def _ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(30)
    return process.pid


def test_replicates_sent_at_once_are_no_doubt_of_each_other(
    session: Session, sandbox: SandboxProcess
) -> None:
    with futures.ThreadPoolExecutor(3) as pool:
        sent = list(pool.map(lambda _: submit(session, sandbox, seed=3), range(3)))
    assert len({task.id for task in sent}) == 3


def test_only_a_task_in_doubt_is_sent_again_beside_itself(
    session: Session, sandbox: SandboxProcess, lost: Task
) -> None:
    with pytest.raises(UnconfirmedError) as caught:
        lost.resubmit()
    assert caught.value.sent
    caught.value.task.forget()
    with pytest.raises(UnconfirmedError, match="Nothing was sent"):
        caught.value.task.resubmit()  # this one is settled; the first is not
    assert sandbox.posts() == 2


@pytest.mark.usefixtures("deaf_history")
def test_a_task_of_which_the_history_knows_less_than_this_kernel_keeps_its_id_when_it_is_to_be_settled(
    session: Session, sandbox: SandboxProcess
) -> None:
    task = submit(session, sandbox)
    name = task.id
    for settle in (task.forget, task.resubmit, lambda: task.confirm("another-1")):
        with pytest.raises(ActTwoError):
            settle()
    assert task.id == name
    assert sandbox.posts() == 1


@pytest.mark.usefixtures("deaf_history")
def test_the_end_that_no_history_took_is_not_replaced_by_an_older_record(
    session: Session, sandbox: SandboxProcess
) -> None:
    task = submit(session, sandbox, character=sandbox.playing("unknown-failure"))
    with pytest.raises(TaskFailed):
        task.wait(60)
    name = task.id
    with suppress(ActTwoError):
        task.resubmit()
    assert (task.status, task.id) == (Status.FAILED, name)


@pytest.mark.usefixtures("deaf_history")
def test_a_doubt_that_the_history_never_heard_of_can_be_settled(lost: Task) -> None:
    lost.forget()
    assert lost.status is Status.FORGOTTEN


@pytest.mark.usefixtures("deaf_history", "lost")
def test_a_doubt_that_the_history_never_heard_of_counts_for_the_next_request(
    session: Session, sandbox: SandboxProcess
) -> None:
    again(session, sandbox)
    assert sandbox.posts() == 1


def test_a_history_in_which_no_doubt_can_be_looked_up_is_said_by_the_submit(
    tmp_path: Path, session: Session, sandbox: SandboxProcess
) -> None:
    submit(session, sandbox, seed=1)
    change(tmp_path / "history.sqlite", "ALTER TABLE tasks RENAME TO away")
    with pytest.raises(HistoryError):
        submit(session, sandbox, seed=2)
    assert sandbox.posts() == 1
