"""The panel as an object, against a real sandbox: what it submits, how often, and what it says."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from messages import receive
from panels import click, idle, message, said
from present import present
from services import SandboxProcess, new_session
from waiting import until

from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, RefusedError, RequestError, UnconfirmedError
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.views.panel.panel import Panel

KEY = "sk-canary-93af"


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


def test_a_refused_ratio_has_a_note_beside_the_ratios(panel: Panel, sandbox: SandboxProcess) -> None:
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


def test_the_page_says_what_the_limit_still_allows_and_after_a_purchase_what_is_left(
    panel: Panel, session: Session
) -> None:
    session.configure(price=0.4, max_spend=1.0)
    panel.controller.fill({**panel.values, "seed": "8"})  # an edit draws the page
    form = panel.controller.form
    until(lambda: "$1.00 left of max_spend=$1.00" in form.shown["limit"])
    panel.submit().wait()
    until(lambda: "$0.60 left of max_spend=$1.00: $0.40 are spent since this kernel" in form.shown["limit"])
