"""What a submit refuses, records and tells before and after its request is sent, over a real socket to the sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from present import present
from services import SandboxProcess, new_session, submit

from cometact_nb.errors import (
    ActTwoError,
    ConfigError,
    RequestError,
    SweepPaused,
    UnconfirmedError,
)
from cometact_nb.handles.config import Config
from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session


def test_nothing_is_sent_without_a_key_or_to_an_address_the_service_cannot_reach(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
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
    session: Session,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    said: str,
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


def test_a_history_that_cannot_be_written_keeps_the_request_from_being_sent(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    (tmp_path / "history.sqlite").mkdir()
    session = new_session(tmp_path, sandbox)
    with pytest.raises(ActTwoError, match="Nothing is sent"):
        submit(session, sandbox)
    assert sandbox.posts() == 0
    assert session.tasks() == []
    session.close()


def test_a_key_and_a_signature_are_in_no_repr_and_no_file(
    tmp_path: Path, session: Session, sandbox: SandboxProcess
) -> None:
    task = submit(session, sandbox).wait(60)
    (url,) = task.output_urls
    signature = url.partition("?")[2]
    assert signature
    texts = [repr(task), repr(task.state), repr(task.output_urls), repr(session.config), repr(task.clip)]
    files = [path.read_bytes() for path in Path(tmp_path).rglob("*") if path.is_file()]
    for secret in (signature, "sandbox-key"):
        assert not any(secret in text for text in texts)
        assert not any(secret.encode() in content for content in files)


def test_an_input_that_was_seen_to_be_bad_is_refused_before_it_is_paid_for(
    session: Session, sandbox: SandboxProcess
) -> None:
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


def test_a_file_named_like_a_library_does_not_break_the_sandbox(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "html.py").write_text("raise RuntimeError('a file of the user')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    session = Session(Config(history=":memory:", output_dir=tmp_path / "clips"))
    started = present(session.use_sandbox(75, scenario="lost-answer"))
    with pytest.raises(UnconfirmedError):
        session.submit(character=started.character, reference=started.reference)
    session.close()
    started.stop()
    assert not started.alive


@pytest.mark.parametrize(
    ("given", "named", "shown"),
    [(0, "40", "0"), ("fast", "40", "'fast'"), (None, "5000", "5000.0"), (None, "fast", "'fast'")],
)
def test_a_speed_that_cannot_be_is_named_wherever_it_was_said(
    session: Session, monkeypatch: pytest.MonkeyPatch, given: Any, named: str, shown: str
) -> None:
    monkeypatch.setenv("COMETACT_NB_SANDBOX_SPEED", named)
    with pytest.raises(ConfigError, match=f"speed={shown} is outside 0.1–1000"):
        session.use_sandbox(given)


def test_an_interrupt_before_a_request_is_handed_over_leaves_no_task(
    session: Session, sandbox: SandboxProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(work: Any, loop: Any) -> None:
        work.close()
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("asyncio.run_coroutine_threadsafe", interrupted)
        with pytest.raises(KeyboardInterrupt):
            session.submit(character=sandbox.character, reference=sandbox.reference)
    assert session.tasks() == []
    session.configure(history=str(tmp_path / "another.sqlite"))  # nothing is watched
    assert sandbox.posts() == 0


def test_a_session_says_where_requests_go_and_never_its_key(
    session: Session, sandbox: SandboxProcess
) -> None:
    session.submit(character=sandbox.character, reference=sandbox.reference)
    assert repr(session) == f"<Session: SANDBOX at {sandbox.base_url}, 1 task in this kernel>"
