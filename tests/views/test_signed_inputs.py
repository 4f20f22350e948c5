"""Inputs whose links are signed: what a view keeps of them, and what only a message carries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from services import SandboxProcess, new_session

from cometact_nb import ActTwoRequest
from cometact_nb.domain.sweep.grid import specify
from cometact_nb.handles.config import Config
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


def test_a_live_card_keeps_no_signed_link_and_gives_it_to_who_copies(session, sandbox) -> None:
    task = session.submit(character=f"{sandbox.character}{SIGN}", reference=f"{sandbox.reference}{SIGN}")
    widget = StatusWidget(task)
    sent: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: sent.append(content)  # type: ignore[method-assign]
    assert S not in json.dumps(widget.get_state(), default=str)
    assert 'data-form="Python"' in widget.html
    for message in (
        {"type": "copy", "form": "Python"},
        {"type": "copy", "form": "nonsense"},
        {"type": "input", "name": "character"},
        {"type": "input", "name": "session"},
    ):
        widget._receive(widget, message, [])
    session.flush()
    forms = [content["text"] for content in sent if content["type"] == "form"]
    assert forms[0].count(SIGN) == 2
    assert forms[1] == ""
    (picture,) = [content for content in sent if content["type"] == "input"]
    assert picture["url"].endswith(SIGN)
    task.wait()


def test_a_dry_run_and_the_record_of_a_panel_keep_no_signed_link() -> None:
    inputs = {"character": f"https://h.example/a.png{SIGN}", "reference": f"https://h.example/a.mp4{SIGN}"}
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
