"""The sandbox as a paid service with a public price list: what its user is told in each case, and what counts then."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docs_table import PAGE, price_table

from cometact_nb.domain.service import Secret
from cometact_nb.errors import ApprovalNeeded, RefusedError
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.sandbox.prices import FORMS
from cometact_nb.views.money.prices import prices_html

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
    "per-second": 1.50,
    "not-offered": 0.40,
    "several": 0.45,
    "other-currency": 0.40,
    "free": 0.40,
    "no-price": 0.40,
    "other-shape": 0.40,
    "html": 0.40,
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


def test_after_a_refusal_for_want_of_a_channel_a_sweep_asks_first(
    customer: Session, sandbox: SandboxProcess
) -> None:
    with pytest.raises(RefusedError):
        customer.submit(character=sandbox.playing("no-channel"), reference=sandbox.reference)
    sweep = customer.sweep(character=sandbox.character, reference=sandbox.reference, seed=[1, 2])
    assert "model_not_found" in str(sweep.plan)
    with pytest.raises(ApprovalNeeded, match="may have none now"):
        sweep.run()
    posts = sandbox.posts()
    sweep.run(yes=True).wait(60)
    assert sandbox.posts() == posts + 2
    assert "model_not_found" not in str(
        customer.sweep(character=sandbox.character, reference=sandbox.reference, seed=[3]).plan
    )
