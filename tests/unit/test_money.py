"""Amounts are exact, rounded against the buyer, and written the same way everywhere."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.domain import money
from cometact_nb.domain.price import Price
from cometact_nb.errors import ConfigError


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (0.4, "$0.40"),
        (0, "$0.00"),
        (1.2000000000000002, "$1.20"),
        (1234.5, "$1234.50"),
        (0.005, "$0.005"),
        (0.0425, "$0.0425"),
        (0.000001, "$0.000001"),
    ],
)
def test_an_amount_has_cents_and_more_places_only_where_it_needs_them(amount: float, text: str) -> None:
    assert money.usd(amount) == text


def test_a_price_is_rounded_up_and_a_limit_down() -> None:
    assert (money.to_micro(0.1234567, up=True), money.to_micro(0.1234567, up=False)) == (123457, 123456)
    assert money.to_micro(0.4, up=True) == money.to_micro(0.4, up=False) == 400_000


@given(st.integers(0, 10**9))
def test_every_number_of_cents_is_exact_both_ways(cents: int) -> None:
    micro = money.to_micro(cents / 100, up=True)
    assert micro == money.to_micro(cents / 100, up=False) == cents * 10_000
    assert money.to_usd(micro) == cents / 100


def test_a_price_that_no_sum_could_hold_is_refused() -> None:
    with pytest.raises(ConfigError, match="not an amount of US dollars per request"):
        Price(1e300)


@pytest.fixture
def berlin() -> Iterator[None]:
    before = os.environ.get("TZ")
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    yield
    if before is None:
        del os.environ["TZ"]
    else:
        os.environ["TZ"] = before
    time.tzset()


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("moment", "start"),
    [
        ("2026-12-01 00:00:00", "2026-12-01 00:00:00"),
        ("2026-12-01 23:59:59", "2026-12-01 00:00:00"),
        ("2026-03-29 12:00:00", "2026-03-29 00:00:00"),  # the clocks went forward in the night
        ("2026-10-25 12:00:00", "2026-10-25 00:00:00"),  # and back
    ],
)
def test_a_day_begins_at_the_local_midnight_also_when_the_clocks_change(moment: str, start: str) -> None:
    unix = [time.mktime(time.strptime(text, "%Y-%m-%d %H:%M:%S")) for text in (moment, start)]
    assert money.midnight(unix[0]) == unix[1]


def test_what_is_left_of_a_limit_is_never_below_zero() -> None:
    account = money.Account(limit_micro=1_000_000, per="day")
    assert money.remaining(account, 400_000).startswith(
        "$0.60 left of max_spend=$1.00: $0.40 are spent today"
    )
    assert money.remaining(account, 1_500_000).startswith("$0.00 left of max_spend=$1.00: $1.50 are spent")
    assert money.remaining(money.Account(), 5) == ""
