"""A submit and a sweep look at their inputs before they pay: what is refused, what is a warning, what it costs."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from files import Host, image_bytes, serving, video_bytes
from waiting import until

import cometact_nb as act
from cometact_nb.domain.inspection.facts import Inspection
from cometact_nb.engine.inspector import Inspector
from cometact_nb.errors import ConfigError, RequestError
from cometact_nb.handles import config, precheck
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from services import SandboxProcess


def bought(sandbox: SandboxProcess) -> int:
    return sandbox.posts()


def good(host: Host, clip: bytes) -> dict[str, Any]:
    return {
        "character": host.add("hero.png", image_bytes(), "image/png"),
        "reference": host.add("take.mp4", clip),
    }


def test_a_good_pair_is_looked_at_once_and_remembered_for_ten_minutes(
    session: Session, sandbox: SandboxProcess, host: Host, clip: bytes
) -> None:
    now = [0.0]
    session.inspector = Inspector(monotonic=lambda: now[0])
    inputs: dict[str, Any] = good(host, clip)
    assert session.submit(**inputs).warnings == ()
    asked = len(host.requests)
    assert asked >= 4
    session.submit(**inputs, seed=2)
    assert len(host.requests) == asked
    now[0] = 601.0
    session.submit(**inputs, seed=3)
    assert len(host.requests) == 2 * asked
    assert bought(sandbox) == 3


@pytest.mark.parametrize(
    ("name", "content", "served", "word"),
    [
        ("a.mp4", b"version https://git-lfs.github.com/spec/v1\n", "video/mp4", "Git LFS pointer"),
        ("b.mp4", b"<html>Sign in</html>", "text/html", "web page"),
        ("c.mp4", video_bytes(1), "video/mp4", "lasts 1 s"),
        ("d.mp4", video_bytes(4, codec="mpeg4"), "video/mp4", "coded as mpeg4"),
        ("e.mp4", video_bytes(4)[:-1500], "video/mp4", "breaks off"),
        ("f.mp4", b"", "video/mp4", "is empty"),
        ("g.mp4", video_bytes(4), "application/octet-stream", "Serve it as video/mp4"),
    ],
)
def test_what_is_seen_to_be_against_a_rule_is_refused_before_the_post(
    session: Session,
    sandbox: SandboxProcess,
    host: Host,
    clip: bytes,
    name: str,
    content: bytes,
    served: str,
    word: str,
) -> None:
    inputs: dict[str, Any] = {**good(host, clip), "reference": host.add(name, content, served)}
    with pytest.raises(RequestError, match=word) as caught:
        session.submit(**inputs)
    assert 'configure(look="never")' in str(caught.value)
    assert bought(sandbox) == 0
    host.add(name, clip)  # mended: it is looked at again, whatever is remembered
    session.submit(**inputs)
    assert bought(sandbox) == 1


def test_never_looks_at_nothing_and_sends(session: Session, sandbox: SandboxProcess, host: Host) -> None:
    session.configure(look="never")
    inputs: dict[str, Any] = {
        "character": host.add("a.png", b"text", "image/png"),
        "reference": host.add("b.mp4", b"text"),
    }
    session.inspect(inputs["reference"], "reference")
    asked = len(host.requests)
    session.submit(**inputs)
    assert len(host.requests) == asked
    assert bought(sandbox) == 1


def test_allow_unlisted_turns_refusals_into_warnings(
    session: Session, sandbox: SandboxProcess, host: Host, clip: bytes
) -> None:
    inputs: dict[str, Any] = {**good(host, clip), "reference": host.add("short.mp4", video_bytes(1))}
    task = session.submit(**inputs, allow_unlisted=True)
    assert "lasts 1 s" in str(task.warnings[0])
    assert bought(sandbox) == 1


def test_what_the_vendor_alone_can_judge_is_a_warning(
    session: Session, sandbox: SandboxProcess, host: Host, clip: bytes
) -> None:
    wide = host.add("wide.png", image_bytes("PNG", (900, 300)), "image/png")
    task = session.submit(**{**good(host, clip), "character": wide})
    (doubt,) = task.warnings
    assert (doubt.field, doubt.basis, doubt.severity) == ("character", "vendor", "warning")
    assert bought(sandbox) == 1


def test_a_network_in_trouble_is_one_line_and_the_request_goes(
    session: Session, sandbox: SandboxProcess
) -> None:
    with serving() as gone:
        base = gone.base_url
    inputs: dict[str, Any] = {"character": f"{base}/a.png", "reference": f"{base}/b.mp4"}
    (doubt,) = session.submit(**inputs).warnings
    assert doubt.basis == "not looked"
    assert doubt.field == "character and reference"
    assert "could not be looked at" in str(doubt)
    assert bought(sandbox) == 1


def test_a_host_that_hangs_holds_a_submit_up_for_three_seconds_once(
    session: Session, sandbox: SandboxProcess, host: Host, clip: bytes
) -> None:
    gate = threading.Event()
    inputs: dict[str, Any] = {
        "character": host.add("a.png", b"", "image/png", head_gate=gate),
        "reference": host.add("b.mp4", clip, gate=gate),
    }
    began = time.monotonic()
    task = session.submit(**inputs)
    assert precheck.LOOK_S == 3
    assert time.monotonic() - began < 60  # the host hangs for ten minutes
    assert {doubt.basis for doubt in task.warnings} == {"not looked"}
    asked = len(host.requests)
    session.submit(**inputs, seed=2)
    assert len(host.requests) == asked  # the silent host is not waited for again
    gate.set()
    assert bought(sandbox) == 2


def test_a_look_holds_nothing_else_up(
    session: Session, sandbox: SandboxProcess, host: Host, clip: bytes
) -> None:
    gate = threading.Event()
    slow: dict[str, Any] = {
        "character": host.add("a.png", image_bytes(), "image/png", head_gate=gate),
        "reference": host.add("b.mp4", clip),
    }
    hanging = threading.Thread(target=lambda: session.submit(**slow))
    hanging.start()
    until(lambda: host.requests)
    session.configure(look="never")
    task = session.submit(**good(host, clip), seed=7)
    task.refresh()
    assert task.id is not None
    gate.set()
    hanging.join(60)


def test_a_fault_of_the_look_itself_stops_no_request(
    session: Session, sandbox: SandboxProcess, host: Host, clip: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> Inspection:
        raise ZeroDivisionError

    monkeypatch.setattr(session.inspector, "before_sending", broken)
    (doubt,) = session.submit(**good(host, clip)).warnings
    assert "ZeroDivisionError" in str(doubt)


def test_an_interrupted_look_sends_nothing(
    session: Session, sandbox: SandboxProcess, host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    inputs: dict[str, Any] = good(host, b"")
    monkeypatch.setattr("cometact_nb.handles.core.until_done", interrupted)
    with pytest.raises(KeyboardInterrupt):
        session.submit(**inputs)
    monkeypatch.undo()
    assert bought(sandbox) == 0
    assert session.tasks() == []


def test_the_key_goes_to_no_inputs_host(session: Session, host: Host, clip: bytes) -> None:
    session.submit(**good(host, clip))
    assert not any("authorization" in headers for headers in host.headers)


def test_a_sweep_looks_refuses_and_takes_what_was_mended(
    session: Session, sandbox: SandboxProcess, host: Host, clip: bytes
) -> None:
    inputs = good(host, clip)
    bad = host.add("bad.mp4", b"#EXTM3U\n")
    sweep = session.sweep(character=inputs["character"], reference=[inputs["reference"], bad], seed=[1, 2])
    (error,) = sweep.plan.errors
    assert "playlist" in str(error)
    with pytest.raises(RequestError, match="playlist"):
        sweep.run()
    assert bought(sandbox) == 0
    host.add("bad.mp4", clip)
    sweep.run(yes=True).wait()
    assert bought(sandbox) == 4


def test_a_sweep_over_many_silent_inputs_plans_within_three_seconds_and_says_so(
    session: Session, sandbox: SandboxProcess, host: Host
) -> None:
    gate = threading.Event()
    urls = [host.add(f"{index}.mp4", b"", head_gate=gate) for index in range(30)]
    character = host.add("hero.png", image_bytes(), "image/png")
    began = time.monotonic()
    plan = session.sweep(character=character, reference=urls).plan
    assert time.monotonic() - began < 60  # the host hangs for ten minutes, 30 times
    assert plan.errors == ()
    assert any("not looked at" in str(doubt) or "could not be" in str(doubt) for doubt in plan.warnings)
    gate.set()


def test_a_sweep_with_look_never_asks_nobody(session: Session, sandbox: SandboxProcess, host: Host) -> None:
    session.configure(look="never")
    url = host.add("a.mp4", b"text")
    assert session.sweep(character=sandbox.character, reference=url, seed=[1, 2]).plan.errors == ()
    assert host.requests == []


def test_the_setting_comes_from_the_environment_and_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = config.Config.from_environment
    assert read({}, tmp_path, tmp_path).look == "auto"
    (tmp_path / "cometact_nb.toml").write_text('look = "never"\n')
    assert read({}, tmp_path, tmp_path).look == "never"
    assert read({"COMETACT_NB_LOOK": "AUTO"}, tmp_path, tmp_path).look == "auto"
    with pytest.raises(ConfigError, match="look='sometimes'"):
        config.Config().changed(look="sometimes")


def test_the_function_prints_a_doubt_as_one_line(
    session: Session,
    sandbox: SandboxProcess,
    host: Host,
    clip: bytes,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("cometact_nb.entry.functions.session", lambda: session)
    wide = host.add("wide.png", image_bytes("PNG", (900, 300)), "image/png")
    act.submit(**{**good(host, clip), "character": wide})
    said = capsys.readouterr()
    assert said.err.startswith("Warning: character is 900×300")
    assert said.out == ""  # which belongs to the script


@pytest.mark.parametrize("late", [True, False])
def test_a_sample_of_the_sandbox_is_never_said_to_be_unseen(
    session: Session, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """A slow machine may take its time to serve its own pictures."""

    async def no_answer(*_: object, **__: object) -> Inspection | None:
        if late:
            await asyncio.sleep(60)
        return Inspection(sandbox.character, "character", unreachable="no answer in time")

    monkeypatch.setattr("cometact_nb.engine.inspector.Inspector.before_sending", no_answer)
    monkeypatch.setattr(precheck, "LOOK_S", 0.05)
    monkeypatch.setattr("cometact_nb.handles.sweep.inputs.LOOK_S", 0.05)
    inputs: dict[str, Any] = {"character": sandbox.character, "reference": sandbox.reference}
    assert session.submit(**inputs, seed=1).warnings == ()
    assert session.sweep(**inputs, seed=[1, 2]).plan.warnings == ()
    elsewhere: dict[str, Any] = {**inputs, "character": "https://h.example/a.png"}
    (doubt,) = session.submit(**elsewhere).warnings
    assert doubt.basis == "not looked"
