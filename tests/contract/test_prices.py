"""The sandbox as a paid service with a public price list: what its user is told in each case, and what counts then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docs_table import PAGE, credit_table, price_table
from messages import receive
from waiting import until

from cometact_nb.domain.service import Secret
from cometact_nb.errors import ApprovalNeeded, RefusedError, TaskFailed
from cometact_nb.handles.config import Config
from cometact_nb.handles.prices import PriceLook
from cometact_nb.handles.session import Session
from cometact_nb.handles.spending import find_spending
from cometact_nb.sandbox.prices import FORMS
from cometact_nb.views.money.prices import prices_html
from cometact_nb.views.panel.panel import Panel
from cometact_nb.views.sweep.widget import SweepWidget

if TYPE_CHECKING:
    from services import SandboxProcess


@pytest.fixture
def customer(tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session for which the sandbox is the service that bills."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    history = str(tmp_path / "history.sqlite")
    config = Config(history=history, output_dir=tmp_path / "clips", look="never")
    made = Session(config.changed(base_url=sandbox.base_url, api_key=Secret("sk-of-the-customer-1234")))
    yield made
    made.close()


EXPECTED = {
    "as-documented": 0.40,
    "changed": 0.55,
    "low": 0.40,
    "per-second": 1.50,
    "not-offered": 0.40,
    "several": 0.45,
    "other-currency": 0.40,
    "free": 0.40,
    "no-price": 0.40,
    "other-shape": 0.40,
    "html": 0.40,
    "endless": 0.40,
    "silent": 0.40,
    "down": 0.40,
}


def test_each_form_of_the_list_is_told_as_the_guide_says_and_none_stops_work(
    customer: Session, sandbox: SandboxProcess
) -> None:
    found = {}
    for form in FORMS:
        sandbox.list_prices(form)
        prices = customer.prices()
        found[form] = (prices.price.usd_per_request, prices.is_offered, prices.notes[0], prices.day)
        assert prices.notes[0] in str(prices)
        assert "Estimates use" in prices_html(prices)
        assert customer.config.price == prices.price  # the next estimate uses it
        _forget(customer)
    assert {form: usd for form, (usd, *_) in found.items()} == pytest.approx(EXPECTED)
    assert found["not-offered"][1] is False
    assert [form for form, (_, offered, *_) in found.items() if offered is None] == [
        "other-shape",
        "html",
        "endless",
        "silent",
        "down",
    ]
    assert not any(look["key"] or look["query"] for look in sandbox.ledger()["lists"])
    table = price_table(
        {form: (offered, note.replace(day, "2026-12-01")) for form, (_, offered, note, day) in found.items()}
    )
    assert table in PAGE.read_text("utf-8")


def _forget(session: Session) -> None:
    """Forget the list, as a day later."""
    import platformdirs

    for kept in (Path(platformdirs.user_cache_dir("cometact_nb", appauthor=False)) / "prices").iterdir():
        kept.unlink()


def test_a_failed_look_leaves_the_list_of_today(customer: Session, sandbox: SandboxProcess) -> None:
    sandbox.list_prices("changed")
    assert customer.prices().price.usd_per_request == 0.55
    sandbox.list_prices("down")
    assert customer.prices().price.usd_per_request == 0.55


def test_an_older_purchase_keeps_its_price_when_the_list_changes(
    customer: Session, sandbox: SandboxProcess
) -> None:
    character, reference = sandbox.character, sandbox.reference
    customer.prices()
    customer.submit(character=character, reference=reference, seed=1)
    sandbox.list_prices("changed")
    customer.prices()
    task = customer.submit(character=character, reference=reference, seed=2)
    assert task.state.price_usd == 0.55
    assert "CometAPI price list, runwayml_character_performance" in (task.state.price_source or "")
    assert [one.state.price_usd for one in customer.tasks()] == [0.55, 0.40]


def test_a_price_of_the_users_own_is_not_replaced(customer: Session, sandbox: SandboxProcess) -> None:
    customer.configure(price=0.2)
    prices = customer.prices()
    assert customer.config.price.usd_per_request == 0.2
    assert "This kernel uses a price of yours instead: $0.20" in str(prices)
    assert customer.configure(price="list").price.kind == "list"


@pytest.fixture
def refused(customer: Session, sandbox: SandboxProcess) -> Session:
    """A customer whom the service has just refused a request for want of a channel."""
    with pytest.raises(RefusedError):
        customer.submit(character=sandbox.playing("no-channel"), reference=sandbox.reference)
    return customer


def test_after_a_refusal_for_want_of_a_channel_a_sweep_asks_first(
    refused: Session, sandbox: SandboxProcess
) -> None:
    sweep = refused.sweep(character=sandbox.character, reference=sandbox.reference, seed=[1, 2])
    assert "model_not_found" in str(sweep.plan)
    posts = sandbox.posts()
    with pytest.raises(ApprovalNeeded, match="may have none now"):
        sweep.run()
    with pytest.raises(ApprovalNeeded, match=r"may have none now.*run\(max_cost=5, yes=True\) sends 2 cells"):
        sweep.run(max_cost=5)
    assert sandbox.posts() == posts
    sweep.run(yes=True).wait(60)
    assert sandbox.posts() == posts + 2
    third = refused.sweep(character=sandbox.character, reference=sandbox.reference, seed=[3])
    assert "model_not_found" not in str(third.plan)


def test_a_click_on_a_sweep_is_asked_about_the_refusal_and_buys_once_it_was_read(
    refused: Session, sandbox: SandboxProcess
) -> None:
    sweep = refused.sweep(character=sandbox.character, reference=sandbox.reference, seed=[1, 2]).look()
    widget = SweepWidget(sweep)
    action = widget.head["actions"]["run"]
    assert "it had no channel for this model" in action["ask"]
    posts = sandbox.posts()
    click = {"type": "act", "what": "run", "number": 1}
    receive(widget, {**click, "token": widget.head["token"], "agreed": action["agreed"]})
    until(lambda: sandbox.posts() == posts + 2)
    sweep.wait(60)


def test_a_panel_offers_a_sweep_with_the_refusal_and_its_yes_buys_it(
    refused: Session, sandbox: SandboxProcess
) -> None:
    panel = Panel(refused, {"character": sandbox.character, "reference": sandbox.reference, "seed": [1, 2]})
    posts = sandbox.posts()
    with pytest.raises(ApprovalNeeded, match="no channel for this model"):
        panel.submit()
    assert sandbox.posts() == posts
    panel.submit(yes=True)
    until(lambda: sandbox.posts() == posts + 2)


def looks_by_itself(customer: Session) -> None:
    """Let a session look at the list on its own, although its service is on this machine."""
    customer.configure(look="auto")
    customer.price_look = PriceLook(at_loopback=True)


def test_the_first_request_of_a_day_asks_for_the_list_without_the_key_and_others_do_not(
    customer: Session, sandbox: SandboxProcess
) -> None:
    sandbox.list_prices("changed")
    looks_by_itself(customer)
    first = customer.submit(character=sandbox.character, reference=sandbox.reference, seed=1)
    assert first.state.price_usd == 0.55
    customer.submit(character=sandbox.character, reference=sandbox.reference, seed=2)
    assert sandbox.ledger()["lists"] == [{"form": "changed", "key": False, "query": ""}]


@pytest.mark.parametrize("form", ["down", "html", "other-shape", "not-offered"])
def test_a_list_that_cannot_be_used_stops_no_request(
    customer: Session, sandbox: SandboxProcess, form: str
) -> None:
    sandbox.list_prices(form)
    looks_by_itself(customer)
    task = customer.submit(character=sandbox.character, reference=sandbox.reference, seed=1)
    assert (task.state.price_usd, len(sandbox.ledger()["lists"])) == (0.40, 1)


def test_a_list_that_never_answers_is_given_up_and_the_request_is_sent(
    customer: Session, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cometact_nb.handles.prices.WITHIN_S", 0.2)
    sandbox.list_prices("silent")
    looks_by_itself(customer)
    assert customer.submit(character=sandbox.character, reference=sandbox.reference).state.price_usd == 0.40
    assert "was not read (" in str(customer.prices())


def test_a_list_without_end_is_read_only_so_far(customer: Session, sandbox: SandboxProcess) -> None:
    sandbox.list_prices("endless")
    prices = customer.prices()
    assert (prices.is_offered, prices.price.usd_per_request) == (None, 0.40)


def test_credits_and_refunds_are_told_as_the_guide_says(customer: Session, sandbox: SandboxProcess) -> None:
    rows = {}
    for number, scenario in enumerate(("credits", "refunded")):
        start = datetime.now(UTC)
        task = customer.submit(character=sandbox.playing(scenario), reference=sandbox.reference, seed=number)
        with suppress(TaskFailed):
            task.wait(60)
        notes = find_spending(customer, since=start).notes
        (rows[scenario],) = [note for note in notes if "reported" in note]
    assert credit_table(rows) in PAGE.read_text("utf-8").replace("\n  |", "\n|")
