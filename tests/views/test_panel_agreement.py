"""The panel asks for a word of its user's before files of theirs become public at a place for the first time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from files import image_bytes, video_bytes
from panels import click, idle, message, said
from waiting import until
from web_folder import WebFolder, paid_session, web_folder

from cometact_nb.views.panel.panel import Panel

if TYPE_CHECKING:
    from services import SandboxProcess

WHOLE = {"start_s": None, "end_s": None, "crop": None, "turn": None}


@pytest.fixture
def web(tmp_path: Path) -> Iterator[WebFolder]:
    with web_folder(tmp_path / "www") as shown:
        yield shown


@pytest.fixture
def panel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandbox: SandboxProcess, web: WebFolder
) -> Iterator[Panel]:
    """A form at a paid service, with two files of its user that are prepared."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))  # nobody has agreed to anything
    (tmp_path / "me.png").write_bytes(image_bytes("PNG", (320, 320)))
    (tmp_path / "talk.mp4").write_bytes(video_bytes(3.5))
    session = paid_session(tmp_path, sandbox, web)
    made = Panel(session)
    form = made.controller.form
    form.values = {**made.values, "character": "me.png", "reference": "talk.mp4"}
    for role, name in (("character", "me.png"), ("reference", "talk.mp4")):

        def prepare(role: str = role, name: str = name) -> bool:
            message(made, type="prepare", role=role, address=name, **WHOLE)
            return bool(made.values[role] != name)

        until(prepare)
    until(lambda: form.shown["valid"])
    yield made
    session.close()


def asked(panel: Panel) -> dict[str, Any]:
    idle(panel)
    agreement: dict[str, Any] | None = panel.controller.form.shown["agreement"]
    return agreement or {}


def test_the_form_says_what_becomes_public_where_and_how_to_take_it_back(
    panel: Panel, web: WebFolder
) -> None:
    text = asked(panel)["text"]
    for part in (
        "me-",
        "talk-",
        str(web.folder),
        "anyone with the link",
        "act.unpublish()",
        "act.published()",
    ):
        assert part in text
    assert not list(web.folder.iterdir())


def test_a_click_without_that_word_makes_nothing_public_and_sends_nothing(
    panel: Panel, web: WebFolder, sandbox: SandboxProcess
) -> None:
    click(panel)
    assert said(panel)["text"] == "Nothing was sent: agree above first that files of yours become public."
    assert asked(panel)
    assert not list(web.folder.iterdir())
    assert sandbox.posts() == 0


def test_a_word_for_another_place_is_none(panel: Panel, web: WebFolder, sandbox: SandboxProcess) -> None:
    shown = panel.controller.form.shown
    facts = {
        "token": shown["token"],
        "target": shown["target"],
        "cost": shown["cost"],
        "values": panel.values,
    }
    message(panel, type="submit", **facts, place="/another/place")
    assert "agree above first" in said(panel)["text"]
    assert not list(web.folder.iterdir())
    assert sandbox.posts() == 0


def test_a_click_with_that_word_publishes_and_sends_and_is_asked_once_a_place(
    panel: Panel, web: WebFolder, sandbox: SandboxProcess
) -> None:
    place = asked(panel)["place"]
    shown = panel.controller.form.shown
    facts = {
        "token": shown["token"],
        "target": shown["target"],
        "cost": shown["cost"],
        "values": panel.values,
    }
    message(panel, type="submit", **facts, place=place)
    assert said(panel)["kind"] == "done"
    assert len(list(web.folder.iterdir())) == 2
    assert sandbox.posts() == 1
    assert not asked(panel)
    panel.session.unpublish("all")
    click(panel, seed=8)
    assert said(panel)["kind"] == "done"
    assert len(list(web.folder.iterdir())) == 2


def test_a_sweep_asks_alike(panel: Panel, web: WebFolder) -> None:
    values = panel.values
    panel.controller.form.values = {**values, "sweep": True, "axes": {**values["axes"], "seed": "1,2"}}
    until(lambda: panel.controller.form.shown["sweep"] is not None)
    place = asked(panel)["place"]
    shown = panel.controller.form.shown
    facts = {"token": shown["token"], "target": shown["target"], "cost": shown["sweep"]["cost"]}
    message(panel, type="submit", **facts, values=panel.values, place=place, agreed=True)
    idle(panel)
    assert len(list(web.folder.iterdir())) == 2
    assert not asked(panel)
