"""What a dry run shows."""

from __future__ import annotations

import pytest
from states import BODY

from cometact_nb.domain.price import Price
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.service import Secret
from cometact_nb.handles.config import Config
from cometact_nb.views.task.preview import Preview

REQUEST = ActTwoRequest.from_json(BODY)
CONFIG = Config(api_key=Secret("sk-very-secret"), price=Price(0.55, source="my contract", as_of="2026-04-01"))


@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
def test_a_dry_run_says_that_nothing_was_sent_and_what_it_would_cost(kind: str) -> None:
    shown = Preview(REQUEST, CONFIG)._repr_mimebundle_()[kind]
    for fact in (
        "Nothing was sent",
        "$0.55",
        "my contract",
        "2026-04-01",
        "%act_two",
        "curl -X POST",
        "import cometact_nb",
    ):
        assert fact in shown
    assert '"expressionIntensity": 3' in shown
    assert "sk-very-secret" not in shown


def test_in_a_terminal_it_shows_itself_as_text() -> None:
    assert repr(Preview(REQUEST, CONFIG)).startswith("Act-Two · DRY RUN\nNothing was sent.")


def test_the_sandbox_names_no_price() -> None:
    shown = Preview(REQUEST, Config(base_url="http://127.0.0.1:9000", sandbox=True))._repr_mimebundle_()
    for form in shown.values():
        assert "SANDBOX" in form
        assert "nothing would be billed" in form


@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
def test_doubts_about_the_request_are_shown(kind: str) -> None:
    doubtful = REQUEST.replace(character="https://assets.example.com/walk.mp4")
    assert doubtful.warnings
    shown = Preview(doubtful, CONFIG)._repr_mimebundle_()[kind]
    assert "not supported when the character is a video" in shown


@pytest.mark.parametrize("kind", ["text/html", "text/plain"])
def test_a_dry_run_says_what_the_limit_still_allows(kind: str) -> None:
    assert (
        "$1.10 left of max_spend"
        in Preview(REQUEST, CONFIG, (), "$1.10 left of max_spend")._repr_mimebundle_()[kind]
    )
