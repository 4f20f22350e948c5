"""The public handle of a task, over a real socket to the sandbox."""

from __future__ import annotations

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from services import new_session
from waiting import until

from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.task import Status
from cometact_nb.errors import (
    ActTwoError,
    CancelRefused,
    ConfigError,
    RefusedError,
    RequestError,
    SweepPaused,
    TaskCancelled,
    TaskFailed,
    TaskNotFound,
    UnconfirmedError,
    WaitTimeout,
)
from cometact_nb.handles.config import Config
from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session


def submit(session, sandbox, **fields):
    return session.submit(**{"character": sandbox.character, "reference": sandbox.reference, **fields})


def test_a_nested_wait_where_no_loop_runs_is_a_plain_one(session, sandbox) -> None:
    """As in a script, also after an ``asyncio.run`` that left no loop behind, and in another thread."""
    task = session.submit(character=sandbox.character, reference=sandbox.reference)
    asyncio.run(asyncio.sleep(0))
    assert task.wait(60, nested=True).status is Status.SUCCEEDED
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(task.wait, 60, nested=True).result().clip


def test_a_submit_returns_before_the_task_ends_and_a_wait_brings_the_clip(session, sandbox) -> None:
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


def test_both_documented_shapes_lead_to_the_same_end(tmp_path, shaped_sandbox) -> None:
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


def test_a_task_can_be_awaited_while_other_coroutines_run(session, sandbox) -> None:
    async def main() -> object:
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

    assert asyncio.run(main()).clip.path.exists()


def test_a_wait_may_run_out_and_the_task_goes_on(session, sandbox) -> None:
    task = submit(session, sandbox, character=sandbox.playing("never-ends"))
    with pytest.raises(WaitTimeout, match="goes on"):
        task.wait(0.01)
    polls = len(sandbox.ledger()["polls"].get(task.id, []))
    until(lambda: len(sandbox.ledger()["polls"].get(task.id, [])) > polls)
    assert sandbox.ledger()["deletes"] == []


def test_a_failed_task_says_what_failed_what_to_do_and_that_it_was_billed(session, sandbox) -> None:
    task = submit(session, sandbox, character=sandbox.playing("safety-input"))
    with pytest.raises(TaskFailed) as caught:
        task.wait(60)
    assert caught.value.code.startswith("SAFETY.INPUT")
    assert caught.value.task is task
    assert "billed" in str(caught.value)
    assert task.failure


def test_a_cancel_ends_the_task(session, sandbox) -> None:
    task = submit(session, sandbox, character=sandbox.playing("slow-task"))
    task.cancel()
    with pytest.raises(TaskCancelled):
        task.wait(60)
    assert task.status is Status.CANCELLED


def test_a_cancel_the_service_does_not_know_is_said(session, sandbox) -> None:
    task = submit(session, sandbox, character=sandbox.playing("delete-405&scenario=throttled:seconds=225"))
    with pytest.raises(CancelRefused, match="does not document it"):
        task.cancel()
    assert task.wait(60).clip


def test_a_refusal_is_raised_with_what_the_service_said(session, sandbox) -> None:
    with pytest.raises(RefusedError) as caught:
        submit(session, sandbox, ratio="7:7", allow_unlisted=True)
    assert caught.value.status == 400
    assert caught.value.request_id
    assert "ratio" in str(caught.value)


def test_an_answer_lost_after_acceptance_is_kept_and_settled_by_the_user(session, sandbox) -> None:
    with pytest.raises(UnconfirmedError) as caught:
        submit(session, sandbox, character=sandbox.playing("lost-answer"))
    task = caught.value.task
    assert task.status is Status.UNCONFIRMED
    (post,) = sandbox.ledger()["posts"]
    task.confirm(post["id"])
    assert task.wait(60).clip
    assert sandbox.posts() == 1


def test_an_unconfirmed_task_can_be_forgotten_and_only_then_nothing_is_left_to_settle(
    session, sandbox
) -> None:
    with pytest.raises(UnconfirmedError) as caught:
        submit(session, sandbox, character=sandbox.playing("lost-answer"))
    task = caught.value.task
    task.forget()
    assert task.status is Status.FORGOTTEN
    with pytest.raises(ActTwoError, match="nothing to settle"):
        task.confirm("x")
    assert sandbox.posts() == 1


def test_what_another_kernel_settled_is_learnt_and_not_settled_again(tmp_path, session, sandbox) -> None:
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


def test_a_wrong_id_can_be_given_anew(session, sandbox) -> None:
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


def test_a_task_is_found_again_by_a_new_kernel(tmp_path, sandbox) -> None:
    first = new_session(tmp_path, sandbox)
    task = submit(first, sandbox, seed=3)
    first.close()
    second = new_session(tmp_path, sandbox)
    found = second.task(task.id[:8])
    assert found.request == task.request
    assert found.wait(60).clip
    second.close()
    third = new_session(tmp_path, sandbox)
    polls = len(sandbox.ledger()["polls"][task.id])
    assert third.task(task.id).clip.path == found.clip.path
    assert len(sandbox.ledger()["polls"][task.id]) == polls  # what is known needs no asking
    third.close()


def test_a_task_made_elsewhere_is_watched_by_its_id_alone(tmp_path, sandbox) -> None:
    elsewhere = new_session(tmp_path / "a", sandbox)
    task_id = submit(elsewhere, sandbox).id
    elsewhere.close()
    here = new_session(tmp_path / "b", sandbox)
    task = here.task(task_id)
    assert task.wait(60).clip
    assert task.request is None
    here.close()


def test_a_clip_that_was_deleted_is_fetched_again(session, sandbox) -> None:
    task = submit(session, sandbox).wait(60)
    task.clip.path.unlink()
    task.refresh()
    assert task.wait(60).clip.path.exists()


def test_a_clip_is_fetched_again_also_when_the_history_was_changed_since(session, sandbox, tmp_path) -> None:
    task = submit(session, sandbox).wait(60)
    task.clip.path.unlink()
    session.configure(history=str(tmp_path / "another.sqlite"))
    assert task.refresh().wait(60).clip.path.exists()
    assert [row.id for row in find_history(session)] == [task.id]
    assert sandbox.posts() == 1


def test_nothing_is_sent_without_a_key_or_to_an_address_the_service_cannot_reach(tmp_path, sandbox) -> None:
    session = new_session(tmp_path, sandbox)
    session.leave_sandbox()
    with pytest.raises(RequestError, match="cannot reach"):
        submit(session, sandbox)
    with pytest.raises(ConfigError, match="COMETAPI_KEY"):
        session.submit(character="https://example.com/a.png", reference="https://example.com/b.mp4")
    assert sandbox.posts() == 0
    session.close()


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [("ALL_PROXY", "socks5://user:pass-word@127.0.0.1:1", "SOCKS"), ("HTTPS_PROXY", "ftp://host", "proxy")],
)
def test_where_no_connection_can_be_made_it_is_said_before_anything_is_recorded(
    session, sandbox, monkeypatch, name, value, said
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigError, match=said) as caught:
        submit(session, sandbox)
    assert "pass-word" not in str(caught.value)
    sweep = session.sweep(character=sandbox.character, reference=sandbox.reference, seed=[1, 2]).run()
    with pytest.raises(SweepPaused, match=said):
        sweep.wait(60)
    assert sweep.counts == {"QUEUED": 2}
    assert session.tasks() == []
    assert list(find_history(session)) == []
    monkeypatch.delenv(name)
    sweep.run().wait(60)
    assert sandbox.posts() == 2


def test_a_history_that_cannot_be_written_keeps_the_request_from_being_sent(tmp_path, sandbox) -> None:
    (tmp_path / "history.sqlite").mkdir()
    session = new_session(tmp_path, sandbox)
    with pytest.raises(ActTwoError, match="Nothing is sent"):
        submit(session, sandbox)
    assert sandbox.posts() == 0
    assert session.tasks() == []
    session.close()


def test_a_listener_is_told_on_another_thread_and_a_failing_one_harms_nobody(session, sandbox) -> None:
    threads = set()
    task = submit(session, sandbox)
    task.add_listener(lambda task: 1 / 0)
    task.add_listener(lambda task: threads.add(threading.current_thread()))
    task.wait(60)
    assert threads
    assert threading.main_thread() not in threads


def test_a_listener_that_exits_or_is_cancelled_leaves_the_others_and_later_ones_told(
    session, sandbox
) -> None:
    def leave(task) -> None:
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


def test_a_key_and_a_signature_are_in_no_repr_and_no_file(tmp_path, session, sandbox) -> None:
    task = submit(session, sandbox).wait(60)
    (url,) = task.output_urls
    signature = url.partition("?")[2]
    assert signature
    texts = [repr(task), repr(task.state), repr(task.output_urls), repr(session.config), repr(task.clip)]
    files = [path.read_bytes() for path in Path(tmp_path).rglob("*") if path.is_file()]
    for secret in (signature, "sandbox-key"):
        assert not any(secret in text for text in texts)
        assert not any(secret.encode() in content for content in files)


def test_an_input_that_was_seen_to_be_bad_is_refused_before_it_is_paid_for(session, sandbox) -> None:
    url = f"{sandbox.base_url}/samples/nothing-here.png"
    assert session.inspect(url, "character").ok is False
    with pytest.raises(RequestError, match="character answers HTTP 404"):
        submit(session, sandbox, character=url)
    assert sandbox.posts() == 0
    for sample in (sandbox.character, sandbox.reference):
        # Drawn when first asked for, which may take longer than an inspection may.
        httpx.get(sample, timeout=60, verify=False)
    assert session.inspect(sandbox.character, "character").ok
    assert session.inspect(sandbox.reference, "reference").ok
    assert submit(session, sandbox).wait(60).clip
    assert submit(session, sandbox, character=url, allow_unlisted=True).wait(60).clip


def test_a_resubmit_is_a_new_task_that_pays_again(session, sandbox) -> None:
    first = submit(session, sandbox, character=sandbox.playing("internal"))
    with pytest.raises(ActTwoError, match="would pay twice"):
        first.resubmit()
    with pytest.raises(TaskFailed):
        first.wait(60)
    second = first.resubmit()
    assert second.request == first.request
    assert second.key != first.key
    assert sandbox.posts() == 2


def test_a_file_named_like_a_library_does_not_break_the_sandbox_and_a_scenario_is_named(
    tmp_path, monkeypatch
) -> None:
    (tmp_path / "html.py").write_text("raise RuntimeError('a file of the user')")
    monkeypatch.chdir(tmp_path)
    session = Session(Config(history=":memory:", output_dir=tmp_path / "clips"))
    started = session.use_sandbox(75, scenario="lost-answer")
    with pytest.raises(UnconfirmedError):
        session.submit(character=started.character, reference=started.reference)
    with pytest.raises(ConfigError, match=r"start: argument --scenario: .* Did you mean lost-answer\b"):
        session.use_sandbox(scenario="lost-anser")
    with pytest.raises(ConfigError, match="speeed"):
        session.use_sandbox(speeed=3)
    session.close()
    assert not started.alive


@pytest.mark.parametrize(
    ("given", "named", "shown"),
    [(0, "40", "0"), ("fast", "40", "'fast'"), (None, "5000", "5000.0"), (None, "fast", "'fast'")],
)
def test_a_speed_that_cannot_be_is_named_wherever_it_was_said(
    session, monkeypatch, given, named, shown
) -> None:
    monkeypatch.setenv("COMETACT_NB_SANDBOX_SPEED", named)
    with pytest.raises(ConfigError, match=f"speed={shown} is outside 0.1–1000"):
        session.use_sandbox(given)


def test_an_interrupt_before_a_request_is_handed_over_leaves_no_task(
    session, sandbox, tmp_path, monkeypatch
) -> None:
    def interrupted(work, loop) -> None:
        work.close()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("asyncio.run_coroutine_threadsafe", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session.submit(character=sandbox.character, reference=sandbox.reference)
    assert session.tasks() == []
    session.configure(history=str(tmp_path / "another.sqlite"))  # nothing is watched
    assert sandbox.posts() == 0


def test_a_session_says_where_requests_go_and_never_its_key(session, sandbox) -> None:
    session.submit(character=sandbox.character, reference=sandbox.reference)
    assert repr(session) == f"<Session: SANDBOX at {sandbox.base_url}, 1 task in this kernel>"
