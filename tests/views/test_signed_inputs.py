"""Inputs whose links are signed: what a view keeps of them, and what only a message carries."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ipywidgets import Widget
from messages import receive
from present import present
from services import SandboxProcess, new_session
from waiting import until

from cometact_nb import ActTwoRequest
from cometact_nb.domain.sweep.grid import specify
from cometact_nb.errors import RequestError
from cometact_nb.handles.config import Config
from cometact_nb.views.panel.links import Links
from cometact_nb.views.panel.panel import Panel
from cometact_nb.views.panel.record import record_html, record_text
from cometact_nb.views.task.preview import Preview
from cometact_nb.views.task.widget import StatusWidget

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cometact_nb.handles.session import Session

S = "S1g9f8e7D6c5B4a39281706f5e4"
SIGN = f"?X-Amz-Signature={S}"


@pytest.fixture
def session(sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Session]:
    made = new_session(tmp_path, sandbox)
    yield made
    made.close()


def test_a_live_card_keeps_no_signed_link_and_gives_it_to_who_copies(
    session: Session, sandbox: SandboxProcess
) -> None:
    task = session.submit(character=f"{sandbox.character}{SIGN}", reference=f"{sandbox.reference}{SIGN}")
    widget = StatusWidget(task)
    sent: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: sent.append(content)
    assert S not in json.dumps(widget.get_state(), default=str)
    assert 'data-form="Python"' in widget.html
    for message in (
        {"type": "copy", "form": "Python"},
        {"type": "copy", "form": "nonsense"},
        {"type": "input", "name": "character"},
        {"type": "input", "name": "session"},
    ):
        receive(widget, message)
    session.flush()
    forms = [content["text"] for content in sent if content["type"] == "form"]
    assert forms[0].count(SIGN) == 2
    assert forms[1] == ""
    (picture,) = [content for content in sent if content["type"] == "input"]
    assert picture["url"].endswith(SIGN)
    task.wait()


def test_a_dry_run_and_the_record_of_a_panel_keep_no_signed_link() -> None:
    inputs: dict[str, Any] = {
        "character": f"https://h.example/a.png{SIGN}",
        "reference": f"https://h.example/a.mp4{SIGN}",
    }
    request = ActTwoRequest(**inputs)
    preview = Preview(request, Config())
    spec = specify({**inputs, "seed": [1, 2]})
    facts: dict[str, Any] = {"now": 0.0, "folder": Path.cwd(), "sandbox": False}
    for last in (request, spec):
        for shown in (record_html(last, (), **facts), record_text(last, (), **facts), repr(last)):
            assert S not in shown
            assert "h.example/a.png" in shown
    assert S not in preview.to_html() + preview.to_text()
    assert "h.example/a.png?…" in preview.to_text()
    assert request.to_curl().count(S) == 2  # whole, for who asks for it


def kept(panel: Panel) -> str:
    """All that a notebook may save of a panel's widgets."""
    return json.dumps(Widget.get_manager_state()["state"], default=str) + repr(panel) + repr(panel.values)


@pytest.mark.parametrize("sweep", [False, True])
def test_a_panel_s_state_keeps_no_signed_link_and_sends_it_whole(
    session: Session, sandbox: SandboxProcess, sweep: bool
) -> None:
    sent: list[dict[str, Any]] = []
    panel = Panel(session)
    form = panel.view.children[0]
    form.send = lambda content, buffers=None: sent.append(content)
    inputs = {"character": f"{sandbox.character}{SIGN}", "reference": f"{sandbox.reference}{SIGN}"}
    panel.load({**inputs, "seed": [1, 2]} if sweep else inputs)
    typed = {**panel.values, **inputs, "axes": {**panel.values["axes"], **inputs} if sweep else {}}
    form.set_state({"values": typed})  # as a page does
    assert session.flush()
    receive(form, {"type": "hello", "number": 1})
    assert session.flush()
    assert S not in kept(panel)
    assert panel.values["axes" if sweep else "character"]
    given = {
        name: url for content in sent if content["type"] == "links" for name, url in content["links"].items()
    }
    # A message, which nothing keeps, has them for the pictures.
    assert set(given.values()) == set(inputs.values())
    shown = form.shown
    assert shown["valid"], shown["findings"]
    click = {"type": "submit", "token": shown["token"], "target": shown["target"], "cost": 0, "values": typed}
    receive(form, {**click, "number": 2})
    until(lambda: panel.submitted)
    request = present(present(panel.sweep).cells[0].request if sweep else present(panel.task).request)
    assert (request.character.uri, request.reference.uri) == tuple(inputs.values())
    panel.submitted[0].wait(60)
    assert session.flush()
    assert S not in kept(panel)
    panel.view.close()


def test_two_signed_links_are_two_inputs_unless_they_lead_to_one_file() -> None:
    renewed: list[str] = []
    links = Links(renewed.append)
    name: Callable[[str], str] = lambda url: links.hide({"character": url})["character"]  # noqa: E731
    first, again = (f"https://h.example/a.png?v=2&X-Amz-Signature={S}{number}" for number in "12")
    other = f"https://h.example/a.png?v=3&X-Amz-Signature={S}"
    assert name(first) == name(again) == "https://h.example/a.png?…"
    assert renewed == ["https://h.example/a.png?…"]
    assert links.whole(name(other)) == other
    assert links.whole("https://h.example/a.png?…") == again
    assert name("https://h.example/a.png?v=2") == "https://h.example/a.png?v=2"  # signs nothing
    assert links.whole(name("https://ada:secret-9@h.example/a.png")) == "https://ada:secret-9@h.example/a.png"
    assert "secret-9" not in name("https://ada:secret-9@h.example/a.png")


def test_a_link_that_this_kernel_was_never_given_is_asked_for(
    session: Session, sandbox: SandboxProcess
) -> None:
    panel = Panel(session, {"character": "https://h.example/a.png?…", "reference": sandbox.reference})
    assert any("Paste the whole link again" in str(finding) for finding in panel.findings)
    with pytest.raises(RequestError):
        panel.submit()
    assert sandbox.posts() == 0
