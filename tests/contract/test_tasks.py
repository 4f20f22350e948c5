"""The public handle of a task, over a real socket to the sandbox."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from present import present
from services import SandboxProcess, new_session, submit
from waiting import until

from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.task import Status
from cometact_nb.errors import (
    ActTwoError,
    CancelRefused,
    ConfigError,
    RefusedError,
    TaskCancelled,
    TaskFailed,
    TaskNotFound,
    UnconfirmedError,
    WaitTimeout,
)
from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task


def test_a_nested_wait_where_no_loop_runs_is_a_plain_one(session: Session, sandbox: SandboxProcess) -> None:
    """As in a script, also after an ``asyncio.run`` that left no loop behind, and in another thread."""
    task = session.submit(character=sandbox.character, reference=sandbox.reference)
    asyncio.run(asyncio.sleep(0))
    assert task.wait(60, nested=True).status is Status.SUCCEEDED
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(task.wait, 60, nested=True).result().clip


def test_a_submit_returns_before_the_task_ends_and_a_wait_brings_the_clip(
    session: Session, sandbox: SandboxProcess
) -> None:
    endless = submit(session, sandbox, character=sandbox.playing("never-ends"))
    assert endless.id
    assert not endless.status.is_terminal
    task = submit(session, sandbox, expression_intensity=4, seed=7, ratio="960:960", body_control=True)
    assert task.wait(60) is task
    assert task.status is Status.SUCCEEDED
    assert task.clip is not None
    assert (task.clip.width, task.clip.height) == (960, 960)
    assert task.clip.fps
    assert task.clip.duration_s == 0.25  # as the tests' sandbox cuts them
    assert task.clip.bytes == task.clip.path.stat().st_size
    assert task.clip.poster is not None
    assert task.clip.poster.read_bytes()[:2] == b"\xff\xd8"
    sidecar = json.loads(task.clip.path.with_suffix(".json").read_text())
    assert ActTwoRequest.from_json(sidecar["request"]) == task.request
    assert sandbox.posts() == 2


def test_both_documented_shapes_lead_to_the_same_end(tmp_path: Path, shaped_sandbox: SandboxProcess) -> None:
    session = new_session(tmp_path, shaped_sandbox)
    seen: list[Status] = []
    task = submit(session, shaped_sandbox)
    remove = task.add_listener(lambda task: seen.append(task.status))
    task.wait(60)
    remove()
    session.close()
    assert seen[-1] is Status.SUCCEEDED
    assert set(seen) <= {Status.PENDING, Status.THROTTLED, Status.RUNNING, Status.SUCCEEDED}
    assert task.failure is None


def test_a_task_can_be_awaited_while_other_coroutines_run(session: Session, sandbox: SandboxProcess) -> None:
    async def main() -> Task:
        endless = submit(session, sandbox, character=sandbox.playing("never-ends"))

        async def cancel() -> None:
            for _ in range(10):
                await asyncio.sleep(0.01)
            await asyncio.to_thread(endless.cancel)

        cancelling = asyncio.create_task(cancel())
        with pytest.raises(
            TaskCancelled
        ):  # it ends by what another coroutine does meanwhile, and never by itself
            await endless
        await cancelling
        return await submit(session, sandbox)

    assert present(asyncio.run(main()).clip).path.exists()


def test_a_wait_may_run_out_and_the_task_goes_on(session: Session, sandbox: SandboxProcess) -> None:
    task = submit(session, sandbox, character=sandbox.playing("never-ends"))
    with pytest.raises(WaitTimeout, match="goes on"):
        task.wait(0.01)
    polls = len(sandbox.ledger()["polls"].get(task.id, []))
    until(lambda: len(sandbox.ledger()["polls"].get(task.id, [])) > polls)
    assert sandbox.ledger()["deletes"] == []


def test_a_failed_task_says_what_failed_what_to_do_and_that_it_was_billed(
    session: Session, sandbox: SandboxProcess
) -> None:
    task = submit(session, sandbox, character=sandbox.playing("safety-input"))
    with pytest.raises(TaskFailed) as caught:
        task.wait(60)
    assert present(caught.value.code).startswith("SAFETY.INPUT")
    assert caught.value.task is task
    assert "billed" in str(caught.value)
    assert task.failure


def test_a_cancel_ends_the_task(session: Session, sandbox: SandboxProcess) -> None:
    task = submit(session, sandbox, character=sandbox.playing("slow-task"))
    task.cancel()
    with pytest.raises(TaskCancelled):
        task.wait(60)
    assert task.status is Status.CANCELLED


def test_a_cancel_the_service_does_not_know_is_said(session: Session, sandbox: SandboxProcess) -> None:
    task = submit(session, sandbox, character=sandbox.playing("delete-405&scenario=throttled:seconds=225"))
    with pytest.raises(CancelRefused, match="does not document it"):
        task.cancel()
    assert task.wait(60).clip


def test_a_refusal_is_raised_with_what_the_service_said(session: Session, sandbox: SandboxProcess) -> None:
    with pytest.raises(RefusedError) as caught:
        submit(session, sandbox, ratio="7:7", allow_unlisted=True)
    assert caught.value.status == 400
    assert caught.value.request_id
    assert "ratio" in str(caught.value)


def test_an_answer_lost_after_acceptance_is_kept_and_settled_by_the_user(
    session: Session, sandbox: SandboxProcess
) -> None:
    with pytest.raises(UnconfirmedError) as caught:
        submit(session, sandbox, character=sandbox.playing("lost-answer"))
    task = caught.value.task
    assert task.status is Status.UNCONFIRMED
    (post,) = sandbox.ledger()["posts"]
    task.confirm(post["id"])
    assert task.wait(60).clip
    assert sandbox.posts() == 1


def test_an_unconfirmed_task_can_be_forgotten_and_only_then_nothing_is_left_to_settle(
    session: Session, sandbox: SandboxProcess
) -> None:
    with pytest.raises(UnconfirmedError) as caught:
        submit(session, sandbox, character=sandbox.playing("lost-answer"))
    task = caught.value.task
    task.forget()
    assert task.status is Status.FORGOTTEN
    with pytest.raises(ActTwoError, match="nothing to settle"):
        task.confirm("x")
    assert sandbox.posts() == 1


def test_what_another_kernel_settled_is_learnt_and_not_settled_again(
    tmp_path: Path, session: Session, sandbox: SandboxProcess
) -> None:
    with pytest.raises(UnconfirmedError) as caught:
        submit(session, sandbox, character=sandbox.playing("lost-answer"))
    task = caught.value.task
    other = new_session(tmp_path, sandbox)
    twin = other.task(task.key)
    assert twin.status is Status.UNCONFIRMED  # and nothing happens by itself
    (post,) = sandbox.ledger()["posts"]
    twin.confirm(post["id"])
    for settle in (task.forget, lambda: task.confirm("another-id"), task.resubmit):
        with pytest.raises(ActTwoError, match=r"nothing to settle|would pay twice"):
            settle()
    assert task.id == post["id"]
    assert task.wait(60).clip
    assert sandbox.posts() == 1
    other.close()


def test_a_wrong_id_can_be_given_anew(session: Session, sandbox: SandboxProcess) -> None:
    with pytest.raises(UnconfirmedError) as caught:
        submit(session, sandbox, character=sandbox.playing("lost-answer"))
    task = caught.value.task
    for junk in ("", " ", "..", "tasks/5b91", "5b91e444\x1b[31m", "https://api.cometapi.com/x"):
        with pytest.raises(ConfigError, match="is no task id"):
            task.confirm(junk)
    task.confirm("5b91e444-typo")
    with pytest.raises(TaskNotFound):
        task.wait(60)
    (post,) = sandbox.ledger()["posts"]
    task.confirm(post["id"])
    assert task.wait(60).clip
    assert sandbox.posts() == 1


def test_a_task_is_found_again_by_a_new_kernel(tmp_path: Path, sandbox: SandboxProcess) -> None:
    first = new_session(tmp_path, sandbox)
    task = submit(first, sandbox, seed=3)
    first.close()
    second = new_session(tmp_path, sandbox)
    found = second.task(present(task.id)[:8])
    assert found.request == task.request
    assert found.wait(60).clip
    second.close()
    third = new_session(tmp_path, sandbox)
    polls = len(sandbox.ledger()["polls"][task.id])
    assert present(third.task(present(task.id)).clip).path == present(found.clip).path
    assert len(sandbox.ledger()["polls"][task.id]) == polls  # what is known needs no asking
    third.close()


def test_a_task_made_elsewhere_is_watched_by_its_id_alone(tmp_path: Path, sandbox: SandboxProcess) -> None:
    elsewhere = new_session(tmp_path / "a", sandbox)
    task_id = present(submit(elsewhere, sandbox).id)
    elsewhere.close()
    here = new_session(tmp_path / "b", sandbox)
    task = here.task(task_id)
    assert task.wait(60).clip
    assert task.request is None
    here.close()


def test_a_clip_that_was_deleted_is_fetched_again(session: Session, sandbox: SandboxProcess) -> None:
    task = submit(session, sandbox).wait(60)
    present(task.clip).path.unlink()
    task.refresh()
    assert present(task.wait(60).clip).path.exists()


def test_a_clip_is_fetched_again_also_when_the_history_was_changed_since(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    task = submit(session, sandbox).wait(60)
    present(task.clip).path.unlink()
    session.configure(history=str(tmp_path / "another.sqlite"))
    assert present(task.refresh().wait(60).clip).path.exists()
    assert [row.id for row in find_history(session)] == [task.id]
    assert sandbox.posts() == 1


def test_listeners_are_called_on_another_thread_and_a_failing_one_harms_nobody(
    session: Session, sandbox: SandboxProcess
) -> None:
    threads = set()
    task = submit(session, sandbox)
    task.add_listener(lambda task: 1 / 0)
    task.add_listener(lambda task: threads.add(threading.current_thread()))
    task.wait(60)
    assert threads
    assert threading.main_thread() not in threads


def test_a_listener_that_exits_or_is_cancelled_keeps_no_other_from_being_called(
    session: Session, sandbox: SandboxProcess
) -> None:
    def leave(task: Task) -> None:
        raise SystemExit

    async def cancelled() -> None:
        raise asyncio.CancelledError

    told: list[str] = []
    first = submit(session, sandbox)
    for listener in (leave, lambda task: asyncio.run(cancelled()), lambda task: told.append(task.key)):
        first.add_listener(listener)
    first.wait(60)
    later = submit(session, sandbox)
    later.add_listener(lambda task: told.append(task.key))
    later.wait(60)
    assert {first.key, later.key} == set(told)


def test_a_resubmit_is_a_new_task_that_pays_again(session: Session, sandbox: SandboxProcess) -> None:
    first = submit(session, sandbox, character=sandbox.playing("internal"))
    with pytest.raises(ActTwoError, match="would pay twice"):
        first.resubmit()
    with pytest.raises(TaskFailed):
        first.wait(60)
    second = first.resubmit()
    assert second.request == first.request
    assert second.key != first.key
    assert sandbox.posts() == 2
