"""The sandbox as a service that counts its account's requests: asked only with a yes, and believed only where it fits."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from docs_table import PAGE, count_table

from cometact_nb.domain.service import Secret
from cometact_nb.errors import ActTwoError, ConfigError, ServiceError, UnconfirmedError
from cometact_nb.handles.config import Config
from cometact_nb.handles.reconcile import Reconciliation
from cometact_nb.handles.session import Session
from cometact_nb.handles.spending import find_spending
from cometact_nb.sandbox.quota import COUNTS
from cometact_nb.views.money.reconciliation import reconciliation_html

if TYPE_CHECKING:
    from services import SandboxProcess

KEY, QUERY_KEY = "sk-of-the-customer-1234", "sk-that-cannot-buy-5678"


@pytest.fixture
def customer(tmp_path: Path, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    """A session for which the sandbox is the service that bills, and counts at once."""
    for module in ("domain.account_count", "handles.reconcile"):
        monkeypatch.setattr(f"cometact_nb.{module}.LAG_S", 0.0)
    history = str(tmp_path / "history.sqlite")
    config = Config(history=history, output_dir=tmp_path / "clips", look="never")
    made = Session(config.changed(base_url=sandbox.base_url, api_key=Secret(KEY)))
    yield made
    made.close()


def lose(customer: Session, sandbox: SandboxProcess, scenario: str, seed: int = 1) -> None:
    with pytest.raises(UnconfirmedError):
        customer.submit(character=sandbox.playing(scenario), reference=sandbox.reference, seed=seed)


def test_nothing_is_asked_without_a_yes_which_says_that_the_key_stands_in_the_address(
    customer: Session, sandbox: SandboxProcess
) -> None:
    with pytest.raises(ConfigError, match="with a key inside the address") as refusal:
        customer.account_count()
    assert "quota of 0" in str(refusal.value)
    assert "counts" not in sandbox.ledger()


def test_a_key_goes_to_its_own_service_only(customer: Session) -> None:
    customer.configure(base_url="https://gateway.example.com")
    with pytest.raises(ConfigError, match="your key is sent nowhere else"):
        customer.account_count(yes=True)


def test_a_lost_answer_that_was_not_counted_is_settled_by_the_users_word(
    customer: Session, sandbox: SandboxProcess
) -> None:
    before = customer.account_count(Secret(QUERY_KEY), yes=True)
    customer.submit(character=sandbox.character, reference=sandbox.reference, seed=7)
    lose(customer, sandbox, "reset-after-body")
    result = customer.reconcile(before, Secret(QUERY_KEY), yes=True)
    assert result.billed is False
    assert find_spending(customer).total.in_doubt == 1  # nothing is settled by itself
    (task,) = result.settle()
    assert (task.state.status, task.state.billed) == ("FORGOTTEN", False)
    assert find_spending(customer).total.in_doubt == 0
    assert sandbox.posts() == 2


def test_a_lost_answer_that_was_counted_stays_in_doubt(customer: Session, sandbox: SandboxProcess) -> None:
    before = customer.account_count(yes=True)
    lose(customer, sandbox, "lost-answer")
    result = customer.reconcile(before, yes=True)
    assert result.billed is True
    with pytest.raises(ActTwoError, match="do not show that nothing was billed"):
        result.settle()
    assert find_spending(customer).total.in_doubt == 1


def test_neither_key_is_shown_or_logged_anywhere(
    customer: Session, sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    shown = [str(customer.account_count(Secret(QUERY_KEY), yes=True))]
    sandbox.count_as("down")
    with pytest.raises(ServiceError, match="HTTP 503") as failed:
        customer.account_count(Secret(QUERY_KEY), yes=True)
    customer.configure(base_url="http://127.0.0.1:9")
    with pytest.raises(ServiceError, match="was not read") as gone:
        customer.account_count(Secret(QUERY_KEY), yes=True)
    shown += [str(failed.value), str(gone.value), caplog.text]
    assert not any(key in text for key in (KEY, QUERY_KEY, "5678") for text in shown)


def test_each_form_of_the_count_is_told_as_the_guide_says(customer: Session, sandbox: SandboxProcess) -> None:
    rows: dict[tuple[str, str], str] = {}
    for number, (form, scenario) in enumerate(
        [("as-documented", "reset-after-body"), *((form, "lost-answer") for form in COUNTS)]
    ):
        sandbox.count_as("as-documented")
        before = customer.account_count(yes=True)
        lose(customer, sandbox, scenario, seed=number)
        sandbox.count_as(form)
        try:
            rows[form, scenario] = _told(customer.reconcile(before, yes=True))
        except ServiceError as error:
            rows[form, scenario] = str(error)
    assert count_table(rows) in PAGE.read_text("utf-8")


def _told(result: Reconciliation) -> str:
    assert "never against the live service" in result.notes[-1]
    assert "never against the live service" in reconciliation_html(result)
    return result.notes[0]
