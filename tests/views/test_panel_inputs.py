"""What comes into the panel: files, pasted code, a key, the sandbox's samples; and the record of it that a notebook keeps."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from messages import receive
from panels import message, said
from present import present
from waiting import until

from cometact_nb.domain.inspection.facts import Role
from cometact_nb.errors import ConfigError, RequestError
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.views.panel import inspections as panel_looks
from cometact_nb.views.panel import record as panel_record
from cometact_nb.views.panel.links import Links
from cometact_nb.views.panel.panel import Panel

if TYPE_CHECKING:
    from services import SandboxProcess

KEY = "sk-canary-93af"


def test_two_files_of_one_name_are_two_inputs(panel: Panel, sandbox: SandboxProcess) -> None:
    contents = [
        httpx.get(url, timeout=60, verify=False).content
        for url in (sandbox.character_video, sandbox.reference)
    ]
    for role, content in zip(("character", "reference"), contents, strict=True):
        upload = {"type": "upload", "role": role, "name": "clip.mp4", "size": len(content), "offset": 0}
        receive(panel.controller.form, {**upload, "number": 1}, [memoryview(content)])
        assert panel.session.flush(10)
    assert (panel.values["character"], panel.values["reference"]) == (
        "upload:clip.mp4",
        "upload:clip (2).mp4",
    )
    panel.controller.form.values = {**panel.values, "allow_unlisted": True}
    request = panel.request
    sent = [base64.b64decode(ref.uri.partition(",")[2]) for ref in (request.character, request.reference)]
    assert sent == contents


def test_the_form_shows_beside_an_input_what_an_inspection_sees(
    panel: Panel, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panel_looks, "AFTER_S", 0.0)
    panel.load({"character": f"{sandbox.base_url}/nowhere.png", "reference": sandbox.reference})
    until(lambda: any(finding.field == "character" for finding in panel.findings))
    until(lambda: "4.0 s" in panel.controller.form.shown["previews"]["reference"][0]["facts"])
    assert not panel.controller.form.shown["valid"]
    with pytest.raises(RequestError):
        panel.submit()


def test_an_answer_that_comes_while_the_form_is_read_does_no_harm(panel: Panel) -> None:
    class Fleeting(dict):  # type: ignore[type-arg]
        """Answers that go as soon as anyone has seen that they are there, as another thread may have them do."""

        def __contains__(self, asked: object) -> bool:
            return self.pop(asked, self) is not self

    looks = panel_looks.Looks(panel.session, Links(), lambda _: None)
    roles: tuple[Role, ...] = ("character", "reference")
    looks.known = Fleeting.fromkeys(asked for role in roles for asked in looks.questions(role, panel.values))
    assert [len(looks.of(panel.values)[role]) for role in roles] == [1, 1]


def test_pasting_and_loading_fill_the_form(panel: Panel, sandbox: SandboxProcess) -> None:
    request = panel.request.replace(expression_intensity=5)
    message(panel, type="paste", text=request.to_magic())
    assert said(panel)["kind"] == "done"
    assert panel.request == request
    message(panel, type="paste", text="neither this nor that")
    assert said(panel)["place"] == "paste"
    assert panel.request == request
    message(panel, type="paste", text="curl --nonsense", place="seed")
    assert said(panel)["place"] == "seed"
    assert said(panel)["text"].startswith("Nothing was filled in: ")
    message(panel, type="paste", text=request.to_curl(), place=["nowhere"])
    assert said(panel)["place"] == "paste"
    assert panel.request == request
    task = panel.submit()
    assert panel.load({}).load(task).request == request


def test_an_upload_needs_a_yes_of_its_own_and_works_on_the_sandbox(
    panel: Panel, sandbox: SandboxProcess
) -> None:
    content = httpx.get(sandbox.character, timeout=60, verify=False).content
    upload = {"type": "upload", "role": "character", "name": "hero.png", "size": len(content), "offset": 0}
    panel.controller.form.values = {**panel.values, "allow_unlisted": True}
    receive(panel.controller.form, {**upload, "number": 1}, [memoryview(content)])
    assert panel.session.flush(10)
    assert panel.values["character"] == "upload:hero.png"
    assert not panel.values["allow_unlisted"]
    with pytest.raises(RequestError, match="https URLs only"):
        panel.submit()
    assert "base64,…" in panel.controller.form.shown["code"]["JSON"]
    panel.controller.form.values = {**panel.values, "allow_unlisted": True}
    task = panel.submit().wait()
    assert isinstance(task, Task)
    assert present(task.clip).path.exists()
    panel.controller.form.values = {**panel.values, "character": str(Path(__file__).parent / "gone.png")}
    assert any("cannot be read" in str(finding) for finding in panel.findings)


def test_without_a_key_the_panel_asks_for_one_and_keeps_it_out_of_its_state(keyless: Session) -> None:
    panel = Panel(keyless, {"character": "https://a.example/h.png", "reference": "https://a.example/r.mp4"})
    assert not panel.controller.form.shown["key"]
    with pytest.raises(ConfigError):
        panel.submit()
    assert panel.findings == ()  # the request is right; only the key is missing
    message(panel, type="key", key=KEY)
    until(lambda: panel.controller.form.shown["key"])
    assert present(keyless.config.api_key).reveal() == KEY
    assert KEY not in repr(panel.controller.form.get_state()) + repr(vars(panel))
    message(panel, type="key", key="two words " + KEY)
    until(lambda: panel.controller.form.shown["said"]["place"] == "key")
    assert KEY not in repr(panel.controller.form.get_state())


def test_the_switch_leads_to_the_sandbox_and_back(keyless: Session) -> None:
    panel = Panel(keyless, {"seed": 7})
    assert "$0.40" in panel.controller.form.shown["price"]
    message(panel, type="sandbox", on=True)
    until(lambda: panel.controller.form.shown["sandbox"])
    assert "nothing is billed" in panel.controller.form.shown["price"]
    message(panel, type="samples")
    until(lambda: panel.controller.form.shown["valid"])
    assert panel.request.seed == 7
    message(panel, type="sandbox", on=False)
    until(lambda: not panel.controller.form.shown["sandbox"])
    assert any("cannot reach" in str(finding) or "not https" in str(finding) for finding in panel.findings)


def test_a_field_that_no_request_has_is_refused(session: Session) -> None:
    with pytest.raises(RequestError, match="no text prompt"):
        Panel(session, {"prompt": "a hero"})


def test_the_record_has_what_was_typed_also_when_it_is_not_valid_and_no_key(panel: Panel) -> None:
    rows = panel_record.typed_rows(
        {
            **panel.values,
            "seed": "-4",
            "character": "https://a.example/h.png?X-Amz-Signature=SECRET-SIGNATURE",
        }
    )
    assert ("Seed", "-4") in rows
    assert "https://a.example/h.png" in rows[0][1]
    assert "SECRET-SIGNATURE" not in str(rows)
    assert "sk-canary" not in str(
        panel_record.typed_rows({**panel.values, "reference": "Bearer sk-canary-7d1f99"})
    )
    html = panel_record.record(panel.session, panel.last, panel.submitted, rows)["text/html"]
    assert "What was typed into the form; it was not submitted" in html


def test_the_record_reads_well_without_a_kernel(panel: Panel) -> None:
    task = panel.submit().wait()
    assert isinstance(task, Task)
    bundle = panel_record.record(panel.session, panel.last, panel.submitted)
    assert "The last request" in bundle["text/html"]
    assert '<th scope="row"' in bundle["text/html"]
    assert "--seed 7" in bundle["text/html"]
    assert f'{present(task.clip).path.name}" controls' in bundle["text/html"]
    assert "%act_two" in bundle["text/plain"]
    assert "SUCCEEDED" in bundle["text/plain"]
