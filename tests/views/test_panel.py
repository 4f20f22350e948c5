"""The panel as an object, against a real sandbox: what it submits, how often, and what it says."""

from __future__ import annotations

import base64
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from messages import receive
from present import present
from services import SandboxProcess, new_session
from waiting import until

from cometact_nb.domain.inspection.facts import Role
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, ConfigError, RefusedError, RequestError, UnconfirmedError
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.views.panel import inspections as panel_looks
from cometact_nb.views.panel import record as panel_record
from cometact_nb.views.panel.links import Links
from cometact_nb.views.panel.panel import Panel

KEY = "sk-canary-93af"


@pytest.fixture
def panel(session: Session, sandbox: SandboxProcess) -> Panel:
    fields = {"character": sandbox.character, "reference": sandbox.reference, "seed": 7}
    return Panel(session, fields)


@pytest.fixture
def keyless(tmp_path: Path) -> Iterator[Session]:
    made = Session(Config(history=str(tmp_path / "history.sqlite")))
    yield made
    made.close()


def message(panel: Panel, **content: object) -> None:
    """What a browser sends, as the widget's own machinery would hand it over."""
    receive(panel.controller.form, {"number": 1, **content})


def click(panel: Panel, token: object = None, target: str = "", **values: object) -> None:
    shown = panel.controller.form.shown
    message(
        panel,
        type="submit",
        token=shown["token"] if token is None else token,
        target=target or shown["target"],
        cost=shown["cost"] if shown["sweep"] is None else shown["sweep"]["cost"],
        values={**panel.values, **values},
    )


def idle(panel: Panel) -> None:
    until(lambda: panel.controller.is_idle)
    for _ in range(2):  # what a message has done asks for a drawing, which stands behind it
        assert panel.session.flush(10)


def said(panel: Panel) -> dict[str, str]:
    idle(panel)
    shown: dict[str, str] = panel.controller.form.shown["said"]
    return shown


def test_submit_sends_once_and_keeps_the_task(panel: Panel, sandbox: SandboxProcess) -> None:
    task = panel.submit()
    assert isinstance(task, Task)
    assert task.request == panel.request
    assert panel.task is task
    assert sandbox.posts() == 1
    again = panel.submit()
    assert isinstance(again, Task)
    assert panel.tasks == (again, task)
    assert task.wait().clip is not None
    assert again.wait().clip is not None


def test_an_invalid_form_says_everything_and_sends_nothing(panel: Panel, sandbox: SandboxProcess) -> None:
    panel.load({"expressionIntensity": 9, "reference": sandbox.reference})
    assert {finding.field for finding in panel.findings} == {"character", "expression_intensity"}
    with pytest.raises(RequestError):
        _ = panel.request
    with pytest.raises(RequestError):
        panel.submit()
    click(panel)
    assert "Nothing was sent" in said(panel)["text"]
    assert sandbox.posts() == 0


def test_a_request_goes_where_the_page_showed_or_nowhere(
    panel: Panel, session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    """Another thread may configure another service at any moment, also between the look and the sending."""
    shown, elsewhere = sandbox.base_url, SandboxProcess()
    before_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)  # threads take turns as often as they can
    flipping = threading.Event()

    def flip() -> None:
        while not flipping.is_set():
            session.configure(base_url=elsewhere.base_url)
            session.configure(base_url=shown)

    flipper = threading.Thread(target=flip)
    flipper.start()
    try:
        for sweep in ([], [1, 5]):
            panel.load({**panel.request.to_json(), "expressionIntensity": sweep} if sweep else panel.request)
            for _ in range(15):
                click(panel, target=shown)
                idle(panel)
        flipping.set()
        flipper.join()
        assert elsewhere.posts() == 0
        assert sandbox.posts() > 0
    finally:
        flipping.set()
        sys.setswitchinterval(before_s)
        elsewhere.stop()


def test_a_task_whose_card_cannot_be_drawn_is_sent_all_the_same_and_the_panel_says_so(
    panel: Panel, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_comm(**_: object) -> None:
        raise RuntimeError("the front end is gone")

    monkeypatch.setattr("comm.create_comm", no_comm)
    click(panel)
    assert said(panel)["kind"] == "done"
    assert panel.task is not None
    assert panel.task.wait().clip is not None
    assert sandbox.posts() == 1


def test_ten_clicks_from_ten_threads_are_one_post(panel: Panel, sandbox: SandboxProcess) -> None:
    token = panel.controller.form.shown["token"]
    threads = [threading.Thread(target=click, args=(panel, token)) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    idle(panel)
    click(panel, token)  # one that was on its way all the time
    idle(panel)
    assert sandbox.posts() == 1
    assert len(panel.tasks) == 1


def test_python_cannot_send_while_the_button_does(panel: Panel, sandbox: SandboxProcess) -> None:
    panel.load({"character": sandbox.playing("slow-answer"), "reference": sandbox.reference})
    click(panel)
    with pytest.raises(ActTwoError, match="is sending"):
        panel.submit()
    idle(panel)


def test_a_click_submits_what_the_page_showed(panel: Panel, sandbox: SandboxProcess) -> None:
    click(panel, seed=4242)
    idle(panel)
    assert present(present(panel.task).request).seed == 4242


def test_a_click_buys_what_the_page_showed_whatever_state_of_the_form_comes_after_it(
    panel: Panel, sandbox: SandboxProcess
) -> None:
    """A page that waits for a busy kernel holds a state back, and it comes behind the click."""
    panel.load({"character": sandbox.playing("slow-answer"), "reference": sandbox.reference, "seed": 1})
    idle(panel)
    click(panel, seed=4242)
    panel.controller.form.values = {**panel.values, "seed": 1, "expression_intensity": 5}
    idle(panel)
    assert present(present(panel.task).request).params == {"seed": 4242}
    assert panel.values["expression_intensity"] == 5  # what was edited while it was sent is kept
    assert sandbox.ledger()["posts"][0]["body"]["seed"] == 4242


@pytest.mark.parametrize("late", ["paste", "samples", "decline", "upload", "hello"])
def test_no_message_that_comes_behind_a_click_changes_what_it_buys(
    panel: Panel, sandbox: SandboxProcess, late: str
) -> None:
    clicked = panel.request
    contents: dict[str, dict[str, Any]] = {
        "paste": {"text": panel.request.replace(seed=5, ratio="960:960").to_magic()},
        "upload": {"role": "reference", "name": "other.mp4", "size": 4, "offset": 0},
    }
    click(panel)
    receive(
        panel.controller.form, {"number": 2, "type": late, **contents.get(late, {})}, [memoryview(b"mp4?")]
    )
    idle(panel)
    assert present(panel.task).request == clicked


def test_a_click_buys_at_no_price_that_the_page_did_not_show(
    panel: Panel, session: Session, sandbox: SandboxProcess
) -> None:
    idle(panel)
    session.configure(price=0.4)  # in another cell; the page has not heard of it
    click(panel)
    assert said(panel)["text"] == "This costs $0.40, and the page showed $0.00. Nothing was sent: look again."
    assert panel.controller.form.shown["cost"] == 0.4
    click(panel)
    assert said(panel)["kind"] == "done"
    session.configure(price=0.2)  # less than was shown
    click(panel)
    assert said(panel)["kind"] == "done"
    for named in (None, True, "0.4", float("nan")):
        message(panel, type="submit", token=panel.controller.form.shown["token"], target=panel.controller.form.shown["target"],
                cost=named, values=panel.values)  # fmt: skip
        idle(panel)
    assert sandbox.posts() == 2


def test_a_click_while_the_service_is_switched_sends_nothing(
    session: Session, sandbox: SandboxProcess
) -> None:
    """The switch of the page stands on the sandbox already, and its target is still the service."""
    session.leave_sandbox()
    session.configure(base_url=sandbox.base_url, api_key=KEY)  # stands for the paid service
    panel = Panel(session, {"character": sandbox.character, "reference": sandbox.reference})
    shown = panel.controller.form.shown
    message(panel, type="sandbox", on=True)
    click(panel, shown["token"], shown["target"])
    until(lambda: panel.controller.form.shown["sandbox"])
    click(panel, shown["token"], shown["target"])
    idle(panel)
    assert (panel.tasks, sandbox.posts()) == ((), 0)


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


def test_a_request_in_doubt_elsewhere_is_shown_below_and_not_sent_again(
    tmp_path: Path, panel: Panel, sandbox: SandboxProcess
) -> None:
    other = new_session(tmp_path, sandbox)
    asked: dict[str, Any] = {"character": sandbox.playing("lost-answer"), "reference": sandbox.reference}
    with pytest.raises(UnconfirmedError) as lost:
        other.submit(**asked)
    other.close()
    panel.load(asked)
    for _ in range(2):
        click(panel)
        assert "othing was sent" in said(panel)["text"]
    (shown,) = panel.tasks
    assert (shown.key, shown.status) == (lost.value.task.key, Status.UNCONFIRMED)
    assert sandbox.posts() == 1


def test_a_click_on_a_page_that_showed_the_sandbox_never_reaches_the_service(
    panel: Panel, session: Session
) -> None:
    session.configure(base_url="https://api.cometapi.com", api_key=KEY)
    click(panel)
    assert "elsewhere" in said(panel)["text"]
    assert not panel.tasks


def test_a_refusal_stands_beside_the_field_it_names(panel: Panel, sandbox: SandboxProcess) -> None:
    panel.load({"character": sandbox.playing("http-400"), "reference": sandbox.reference})
    with pytest.raises(RefusedError) as refused:
        panel.submit()
    told = said(panel)
    assert told["kind"] == "error"
    assert told["place"] == (refused.value.param or "").split(".")[0]
    assert not panel.tasks
    panel.load({"character": sandbox.character, "reference": sandbox.reference})
    assert said(panel)["text"] == ""  # the form was changed
    panel.submit()


def test_a_refused_ratio_is_told_beside_the_ratios(panel: Panel, sandbox: SandboxProcess) -> None:
    panel.load(panel.request.replace(ratio="1920:1080", allow_unlisted=True))
    idle(panel)
    assert "does not list" in panel.controller.form.shown["consent"]
    with pytest.raises(RefusedError):
        panel.submit()
    assert said(panel)["place"] == "ratio"


def test_a_lost_answer_is_shown_as_a_task_and_never_sent_again(panel: Panel, sandbox: SandboxProcess) -> None:
    panel.load({"character": sandbox.playing("lost-answer"), "reference": sandbox.reference})
    with pytest.raises(UnconfirmedError):
        panel.submit()
    assert present(panel.task).status is Status.UNCONFIRMED
    assert said(panel)["kind"] == "warning"
    with pytest.raises(ActTwoError, match="nothing was sent again"):
        panel.submit()
    click(panel)
    assert "nothing was sent again" in said(panel)["text"]
    assert sandbox.posts() == 1
    present(panel.task).forget()
    with pytest.raises(UnconfirmedError):
        panel.submit()
    assert sandbox.posts() == 2


def test_an_unlocked_seed_changes_with_each_submission_and_a_locked_one_stays(panel: Panel) -> None:
    panel.submit()
    assert panel.values["seed"] == 7
    click(panel, seed_locked=False)
    idle(panel)
    assert present(present(panel.task).request).seed == 7
    assert panel.values["seed"] != 7


def test_what_an_inspection_sees_is_told_beside_the_input(
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
