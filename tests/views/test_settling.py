"""The choices beside a request whose answer was lost: each says what it may cost, and counts once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from messages import receive
from services import SandboxProcess, new_session
from states import NOW, STATES
from waiting import until

from cometact_nb.domain.service import Endpoint
from cometact_nb.domain.task import Status
from cometact_nb.errors import UnconfirmedError
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.views.task.card import card_html
from cometact_nb.views.task.settle import Settling
from cometact_nb.views.task.widget import StatusWidget


@pytest.fixture
def session(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Session]:
    made = new_session(tmp_path, sandbox)
    yield made
    made.close()


@pytest.fixture
def lost(session: Session, sandbox: SandboxProcess) -> Task:
    with pytest.raises(UnconfirmedError) as caught:
        session.submit(character=sandbox.playing("lost-answer"), reference=sandbox.reference)
    task: Task = caught.value.task
    return task


def token(settling: Settling) -> int:
    facts = settling.facts()
    assert facts is not None
    return int(facts["token"])


def test_each_choice_says_what_it_may_cost(session: Session, lost: Task) -> None:
    free = Settling(lost).facts()
    assert free is not None
    assert free["cost"] == "Costs nothing at the sandbox."
    session.configure(price=0.4)
    facts = Settling(lost).facts()
    assert facts is not None
    assert "$0.40 once more, and twice in all" in facts["cost"]
    assert facts["really"] == "Really pay $0.40?"
    assert facts["again"]


def test_a_task_in_no_doubt_has_no_choices(session: Session, sandbox: SandboxProcess) -> None:
    task = session.submit(character=sandbox.character, reference=sandbox.reference)
    assert Settling(task).facts() is None
    task.wait(60)


def test_an_id_from_the_log_goes_on_with_the_task(lost: Task, sandbox: SandboxProcess) -> None:
    settling = Settling(lost)
    assert "Nothing was done" in settling.settle("confirm", token(settling), "no id at all")
    (post,) = sandbox.ledger()["posts"]
    assert settling.settle("confirm", token(settling), post["id"]) == "It is watched."
    assert lost.wait(60).clip
    assert sandbox.posts() == 1


def test_a_request_that_is_given_up_is_sent_by_nobody(lost: Task, sandbox: SandboxProcess) -> None:
    settling = Settling(lost)
    assert settling.settle("forget", token(settling)) == "Given up."
    assert lost.status is Status.FORGOTTEN
    assert sandbox.posts() == 1


def test_a_double_click_and_a_late_one_send_again_once(lost: Task, sandbox: SandboxProcess) -> None:
    settling = Settling(lost)
    old = token(settling)
    said: list[str] = []
    threads = [threading.Thread(target=lambda: said.append(settling.settle("again", old))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sandbox.posts() == 2
    assert settling.settle("again", old) == "That was asked already."
    facts = settling.facts()
    assert facts is not None
    assert not facts["again"]
    assert settling.settle("again", facts["token"]) == "Nothing was done."
    assert sandbox.posts() == 2


def test_a_price_or_a_service_that_the_card_did_not_name_is_not_paid(
    session: Session, lost: Task, sandbox: SandboxProcess
) -> None:
    settling = Settling(lost)
    old = token(settling)
    session.configure(price=0.8)
    assert "another one by now" in settling.settle("again", old)
    old = token(settling)
    session.configure(price=1.2)
    assert token(settling) != old  # drawn anew; a click on the page as it was comes after that
    assert settling.settle("again", old) == "That was asked already."
    session.configure(base_url=f"{sandbox.base_url}/v1")
    assert sandbox.posts() == 1


def test_a_click_on_another_word_does_nothing(lost: Task, sandbox: SandboxProcess) -> None:
    settling = Settling(lost)
    assert settling.settle("delete", token(settling)) == "Nothing was done."
    assert sandbox.posts() == 1


@pytest.mark.parametrize("name", ["UNCONFIRMED", "NOT_FOUND, accepted"])
def test_only_a_live_card_has_a_place_for_buttons_and_says_the_advice_once(name: str) -> None:
    state = STATES[name]
    options: dict[str, Any] = {"now": NOW, "notebook_dir": Path("/home/ada"), "sandbox": False}
    frozen, live = card_html(state, **options), card_html(state, **options, live=True)
    assert "settle" not in frozen
    assert "CometAPI log" in frozen
    assert live.count('data-slot="settle"') == 1
    assert "CometAPI log" not in live


def test_the_page_that_knows_is_linked(lost: Task) -> None:
    facts = Settling(lost).facts()
    assert facts is not None
    assert facts["log"] == f"{lost.base_url}/sandbox/ledger"
    lost.job.endpoint = Endpoint("https://api.cometapi.com")
    facts = Settling(lost).facts()
    assert facts is not None
    assert facts["log"] == "https://api.cometapi.com/console/log"
    lost.job.endpoint = Endpoint("https://gateway.example.com")
    facts = Settling(lost).facts()
    assert facts is not None
    assert (facts["log"], facts["place"]) == (None, "The log of https://gateway.example.com")


def test_a_card_s_click_does_not_hold_up_what_draws_all_views(lost: Task, sandbox: SandboxProcess) -> None:
    widget = StatusWidget(lost)
    heard: list[object] = []
    done = threading.Event()

    def send(content: object, buffers: object = None) -> None:
        heard.append(content)
        done.set()

    widget.send = send
    facts = widget.live["settle"]
    receive(widget, {"type": "settle", "what": "forget", "token": facts["token"]})
    assert done.wait(30)
    assert heard == [{"type": "settled", "text": "Given up."}]


def _has_more(outcomes: list[str], before: int) -> bool:
    return len(outcomes) > before


def test_two_cards_of_one_task_send_it_again_once(lost: Task, sandbox: SandboxProcess) -> None:
    cards = [StatusWidget(lost) for _ in range(2)]
    pages = [card.live["settle"]["token"] for card in cards]
    outcomes: list[str] = []

    def send(content: dict[str, str], buffers: object = None) -> None:
        outcomes.append(content["text"])

    for card in cards:
        card.send = send
    for card, number in zip(cards, pages, strict=True):
        before = len(outcomes)
        receive(card, {"type": "settle", "what": "again", "token": number})
        until(partial(_has_more, outcomes, before))
    assert "Sent again" in outcomes[0]
    assert outcomes[1] == "That was asked already."
    cards[1].draw()
    assert not cards[1].live["settle"]["again"]
    assert sandbox.posts() == 2
