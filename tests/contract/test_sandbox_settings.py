"""What belongs to the sandbox ends with it; every other setting is the user's. Only the sandbox is called so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import msgspec
import pytest
from files import serving
from present import present

from cometact_nb.domain.advice import advise
from cometact_nb.domain.price import Price
from cometact_nb.domain.service import Secret
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.errors import ConfigError
from cometact_nb.handles import sandbox as embedded
from cometact_nb.handles.config import Config
from cometact_nb.handles.history import find_history
from cometact_nb.handles.resume import take_up_all
from cometact_nb.handles.sandbox_process import environment
from cometact_nb.handles.saved_clip import load_clip
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.saved import find_sweeps
from cometact_nb.store.journal.peek import peek
from cometact_nb.views.report import export as report
from cometact_nb.views.task.card import card_html
from cometact_nb.views.task.text import card_text

if TYPE_CHECKING:
    from services import SandboxProcess

KEY = Secret("sk-of-the-service")

#: Every setting that is the user's, with another value than the default.
THEIRS = {
    "max_spend": 1.0,
    "max_spend_per": "day",
    "ask_above": 0.5,
    "max_in_flight": 2,
    "output_dir": "elsewhere",
    "history": ":memory:",
    "wait": True,
    "freeze": False,
    "embed": 3,
    "runway_version": "2025-01-01",
    "look": "never",
    "publish_to": "s3://bucket/inputs",
    "publish_base": "https://cdn.example.com/inputs",
    "keep_inputs": True,
}


@pytest.fixture
def session(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Session]:
    made = Session(
        Config(api_key=KEY, history=str(tmp_path / "history.sqlite"), output_dir=tmp_path / "clips")
    )
    made.use_sandbox(sandbox.speed, url=sandbox.base_url)
    yield made
    made.close()


@pytest.mark.parametrize("name", THEIRS)
def test_a_setting_made_in_the_sandbox_is_kept_when_it_is_left(session: Session, name: str) -> None:
    here = session.configure(**{name: THEIRS[name]})
    after = session.leave_sandbox()
    assert (
        getattr(after, name) == getattr(here, name) == getattr(Config().changed(**{name: THEIRS[name]}), name)
    )
    assert (after.base_url, after.api_key, after.price) == (Config().base_url, KEY, Config().price)
    assert (after.sandbox, after.time_scale) == (False, 1.0)


def test_all_settings_are_the_users_or_the_sandbox_s() -> None:
    of_service = {"api_key", "base_url", "price", "time_scale", "sandbox"}
    names = set(Config.__dataclass_fields__)
    assert names == of_service | set(THEIRS), "a new setting: whose is it while the sandbox is on?"


def test_another_address_leaves_the_sandbox_and_keeps_the_limits(session: Session) -> None:
    session.configure(max_spend=1.0)
    after = session.configure(base_url="https://gateway.example.com", ask_above=0.1)
    assert (after.max_spend, after.ask_above, after.sandbox, after.api_key) == (1.0, 0.1, False, KEY)
    assert session.sandbox is None


def test_a_warning_says_that_a_key_set_in_the_sandbox_is_for_afterwards(
    session: Session, caplog: pytest.LogCaptureFixture
) -> None:
    new = "sk-given-in-the-sandbox"
    here = session.configure(api_key=new)
    assert here.api_key != Secret(new)  # it is not sent to the sandbox
    assert "api_key is used after act.leave_sandbox()" in caplog.text
    assert new not in caplog.text
    assert session.leave_sandbox().api_key == Secret(new)


def test_a_price_given_in_the_sandbox_counts_there_and_afterwards(
    session: Session, sandbox: SandboxProcess
) -> None:
    assert session.configure(price=0.8).price == Price(0.8)
    session.use_sandbox(sandbox.speed, url=sandbox.base_url)
    assert session.config.price == Price(0.8)
    assert session.configure(price=0).price.usd_per_request == 0
    assert session.leave_sandbox().price == Price(0.8)  # never 0: limits would count nothing


def test_a_wrong_setting_in_the_sandbox_changes_nothing(session: Session) -> None:
    before = session.config
    with pytest.raises(Exception, match="max_in_flight"):
        session.configure(max_spend=1.0, max_in_flight=0)
    assert session.config == before
    assert session.leave_sandbox().max_spend is None


@pytest.fixture
def gateway(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Session]:
    """A session on a service at an address of this machine that is not the sandbox: a paid gateway."""
    made = Session(
        Config(
            api_key=KEY,
            base_url=sandbox.base_url,
            history=str(tmp_path / "history.sqlite"),
            output_dir=tmp_path / "clips",
            wait=False,
        )
    )
    yield made
    made.close()


def test_a_paid_gateway_on_this_machine_is_never_called_sandbox(
    gateway: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    task = gateway.submit(character=sandbox.character, reference=sandbox.reference)
    sweep = gateway.sweep(character=sandbox.character, reference=sandbox.reference, seed=[1, 2], name="s")
    now = present(task.state.submitted_at)
    shown = {
        "session": repr(gateway),
        "task": repr(task),
        "plan": str(sweep.plan),
        "sweep": repr(sweep),
        "card": card_html(task.state, now=now, sandbox=task.sandbox, notebook_dir=tmp_path),
        "text": card_text(task.state, now=now, sandbox=task.sandbox),
        "history": str(find_history(gateway)),
        "saved clip": repr(load_clip(gateway, present(task.wait().clip).path)),
    }
    assert {
        name for name, text in shown.items() if "sandbox" in text.lower().replace("/samples", "")
    } == set()
    assert task.state.sandbox is False
    assert not sweep.sandbox
    page = report.export(sweep.run(yes=True).wait(), tmp_path / "report").read_text("utf-8")
    assert 'class="badge">SANDBOX' not in page
    assert "nothing: sandbox" not in page
    assert [row.sandbox for row in find_sweeps(gateway)] == [False]


def test_the_sandbox_is_called_so_from_what_was_recorded(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    task = session.submit(character=sandbox.character, reference=sandbox.reference)
    assert task.state.sandbox is True
    assert "SANDBOX" in repr(session)
    assert task.sandbox
    session.close()
    later = Session(
        Config(api_key=KEY, history=str(tmp_path / "history.sqlite"), output_dir=tmp_path / "clips")
    )
    assert later.task(present(task.id)).sandbox  # another kernel, at the paid service
    later.close()


@pytest.mark.parametrize(
    ("base_url", "price", "recorded", "expected"),
    [
        ("http://127.0.0.1:9", 0.0, None, True),
        ("http://127.0.0.1:9", 0.4, None, False),
        ("http://127.0.0.1:9", None, None, False),
        ("https://api.cometapi.com", 0.0, None, False),
        ("http://127.0.0.1:9", 0.0, False, False),
        ("http://127.0.0.1:9", 0.4, True, True),
    ],
)
def test_rows_of_earlier_versions_are_judged_by_address_and_price(
    base_url: str, price: float | None, recorded: bool | None, expected: bool
) -> None:
    state = TaskState(key="k", base_url=base_url, price_usd=price, sandbox=recorded)
    assert state.in_sandbox is expected
    text = msgspec.json.encode(state)
    assert msgspec.json.decode(text, type=TaskState).in_sandbox is expected


def test_a_lost_answer_in_the_sandbox_says_that_nothing_is_billed() -> None:
    lost = TaskState(key="k", base_url="http://127.0.0.1:9", status=Status.UNCONFIRMED, sandbox=True)
    said = str(advise(lost))
    assert "The sandbox bills nothing." in said
    for state in (lost, *(msgspec.structs.replace(lost, status=status) for status in Status)):
        assert "billed is not known" not in str(advise(state))
        assert "It was billed" not in str(advise(state))
    assert "Whether it was billed is not known." in str(advise(msgspec.structs.replace(lost, sandbox=False)))


def test_a_gateway_on_this_machine_that_is_down_is_not_gone(
    gateway: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    task = gateway.submit(character=f"{sandbox.character}?scenario=never-ends", reference=sandbox.reference)
    gateway.close()
    path = tmp_path / "history.sqlite"
    dead = "http://127.0.0.1:9"  # nothing listens at the port of "discard"
    _move(path, task.key, dead)
    later = Session(Config(api_key=KEY, history=str(path), output_dir=tmp_path / "clips"))
    resumed = take_up_all(later)
    assert resumed.gone == ()
    assert resumed.elsewhere == (dead,)
    later.close()


def test_a_lost_answer_of_a_gateway_on_this_machine_waits_for_its_user(
    gateway: Session, session: Session, sandbox: SandboxProcess
) -> None:
    lost = f"{sandbox.character}?scenario=lost-answer"
    for seed, one in enumerate((gateway, session)):  # another request each: one in doubt is not sent again
        with pytest.raises(Exception, match="outcome is unknown"):
            one.submit(character=lost, reference=sandbox.reference, seed=seed)
    assert peek(gateway.config.history).unconfirmed == 1  # the paid one, not the sandbox's


def test_the_sandbox_s_process_is_given_no_key_and_no_other_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("COMETAPI_KEY", "AWS_SECRET_ACCESS_KEY", "JUPYTER_TOKEN", "DATABASE_URL"):
        monkeypatch.setenv(name, "sk-canary")
    monkeypatch.setenv("COMETACT_NB_SANDBOX_CLIP_S", "0.25")
    assert "sk-canary" not in str(environment())
    box = embedded.start(100)
    try:
        assert box.process is not None
        environ = Path(f"/proc/{box.process.pid}/environ")
        if environ.exists():
            assert b"sk-canary" not in environ.read_bytes()
            assert b"COMETACT_NB_SANDBOX_CLIP_S=0.25" in environ.read_bytes()
    finally:
        box.stop()


def _move(path: Path, key: str, base_url: str) -> None:
    """Let a task belong to another address, as after a gateway's port has changed."""
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "UPDATE tasks SET base_url = ?, state = json_set(state, '$.base_url', ?) WHERE key = ?",
            (base_url, base_url, key),
        )


def test_a_stand_in_that_keeps_no_settings_for_each_kernel_is_taken_as_it_is(
    session: Session, sandbox: SandboxProcess
) -> None:
    """As an earlier version's sandbox, or the one of somebody's own tests."""
    with serving() as plain:
        info = {
            "base_url": plain.base_url,
            "samples": httpx.get(f"{sandbox.base_url}/sandbox/info").json()["samples"],
        }
        plain.add("sandbox/info", json.dumps(info).encode(), "application/json")
        attached = session.use_sandbox(7.0, url=plain.base_url)
        assert (present(attached).base_url, present(attached).speed, present(attached).character) == (
            plain.base_url,
            7.0,
            sandbox.character,
        )
        with pytest.raises(ConfigError, match="keeps no scenario for this kernel"):
            session.use_sandbox(7.0, url=plain.base_url, scenario="lost-answer")
