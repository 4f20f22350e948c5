"""``cometact-nb`` outside a notebook: what it lists, takes up and writes, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from present import present
from services import SandboxProcess, new_session

from cometact_nb.domain import events
from cometact_nb.entry import cli
from cometact_nb.errors import UnconfirmedError
from cometact_nb.handles.task import Task
from cometact_nb.store.journal import sweeps


@pytest.fixture
def here(tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shell in a folder with a history, whose service is the sandbox."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COMETACT_NB_HISTORY", str(tmp_path / "history.sqlite"))
    monkeypatch.setenv("COMETAPI_BASE_URL", sandbox.base_url)
    monkeypatch.setenv("COMETAPI_KEY", "sandbox-key")
    return tmp_path


def leave(folder: Path, sandbox: SandboxProcess, character: str, **fields: Any) -> Task:
    """Submit, and end the kernel before the task does."""
    session = new_session(folder, sandbox)
    task = session.submit(character=character, reference=sandbox.reference, **fields)
    session.close()
    return task


def test_the_history_is_listed_as_text_and_as_json(
    here: Path, sandbox: SandboxProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    task = leave(here, sandbox, sandbox.playing("never-ends"), seed=7)
    assert cli.main(["history"]) == 0
    assert "seed 7" in capsys.readouterr().out
    assert cli.main(["history", "--json", "--status", "unfinished", "--since", "1h"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["id"], row["seed"], row["clip"]) == (task.id, 7, None)
    assert cli.main(["history", "--text", "nowhere", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_resume_fetches_what_is_done_and_its_exit_code_says_that_something_runs(
    here: Path, sandbox: SandboxProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    done = leave(here, sandbox, sandbox.character)
    assert cli.main(["resume", "--wait", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)["tasks"]
    assert (told["id"], told["status"]) == (done.id, "SUCCEEDED")
    assert told["clip"].startswith(str(here / "act_two_outputs"))
    assert cli.main(["resume"]) == 0
    assert "Nothing to resume" in capsys.readouterr().out
    running = leave(here, sandbox, sandbox.playing("never-ends"))
    assert cli.main(["resume"]) == 6
    told = capsys.readouterr().out
    assert "1 task watched on" in told
    assert f"task {present(running.id)[:8]}" in told
    assert cli.main(["resume", "--wait", "--timeout", "0.1"]) == 6
    assert sandbox.posts() == 2


def test_a_request_that_waits_for_its_user_is_exit_code_1(
    here: Path, sandbox: SandboxProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    session = new_session(here, sandbox)
    with pytest.raises(UnconfirmedError):
        session.submit(character=sandbox.playing("lost-answer"), reference=sandbox.reference)
    session.close()
    assert cli.main(["resume"]) == 1
    assert "UNCONFIRMED, for you to settle" in capsys.readouterr().out


def test_a_sweep_goes_on_only_where_it_is_waited_for(
    here: Path, sandbox: SandboxProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    session = new_session(here, sandbox)
    sweep = session.sweep(name="mine", character=sandbox.character, reference=sandbox.reference, seed=[1])

    async def begin() -> None:  # approved, and ended before its first request
        terms = sweeps.Terms(state="running", approved_usd=1.0, sandbox=True)
        sweeps.save(session.engine.history, sweep.name, sweep.base_url, sweep.spec, terms)

    session.run(begin())
    session.close()
    assert cli.main(["resume"]) == 6
    assert "sweep 'mine' goes on with --wait" in capsys.readouterr().out
    assert sandbox.posts() == 0


@pytest.mark.parametrize(
    ("line", "code", "told"),
    [
        ("history --status DONE", 2, "status='DONE' is no status"),
        ("history --since soon", 2, "since='soon'"),
        ("history --limit 0", 2, "limit='0'"),
        ("resume --timeout never", 2, "--timeout"),
        ("nonsense", 2, "invalid choice"),
    ],
)
def test_a_mistake_is_one_message_and_exit_code_2(
    here: Path, capsys: pytest.CaptureFixture[str], line: str, code: int, told: str
) -> None:
    ended: str | int | None
    try:
        ended = cli.main(line.split())
    except SystemExit as stop:
        ended = stop.code
    said = capsys.readouterr()
    assert ended == code
    assert told in said.err
    assert said.out == ""


def test_without_a_key_nothing_is_taken_up(
    here: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    session = new_session(here, sandbox)
    job = session.new_job(session.config.endpoint)

    async def note() -> None:
        session.engine.apply(job, events.Intended(at=1, base_url="https://api.example"))
        session.engine.apply(job, events.Accepted(at=1, id="a-task-of-the-service"))

    session.run(note())
    session.close()
    monkeypatch.setenv("COMETAPI_BASE_URL", "https://api.example")
    monkeypatch.delenv("COMETAPI_KEY")
    assert cli.main(["resume"]) == 2
    assert "no API key" in capsys.readouterr().err


def test_a_broken_history_is_exit_code_5(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "history.sqlite").write_bytes(b"no database" * 500)
    assert cli.main(["history"]) == 5
    assert "could not be opened" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["", "history", "resume", "doctor", "sandbox", "demo"])
def test_every_command_has_help_that_names_its_exit_codes(command: str) -> None:
    run = [sys.executable, "-m", "cometact_nb.entry.cli", *command.split(), "--help"]
    told = subprocess.run(run, capture_output=True, text=True, check=True).stdout
    assert "xit codes" in told
