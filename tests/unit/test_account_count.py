"""Two counts of an account settle a doubt only where they agree with the history to the request."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.domain.account_count import LAG_S, AccountCount, Sent, judge, read_count

URL = "https://api.example.com"
NOW = 1_800_000_000.0


def count(requests: int, used_usd: float, at: float = NOW) -> AccountCount:
    return AccountCount(requests, used_usd, at, URL)


def sent(accepted: int, doubts: int, **more: Any) -> Sent:
    values = {"accepted_usd": accepted * 0.4, "doubtful_usd": doubts * 0.4, "last_at": NOW + 10, **more}
    return Sent(accepted, doubtful=tuple(f"local-{number}" for number in range(doubts)), **values)


LATER = NOW + 10 + LAG_S


@pytest.mark.parametrize(
    ("rose", "spent", "accepted", "doubts", "billed", "words"),
    [
        (0, 0.0, 0, 1, False, "nothing was counted for those in doubt: not billed"),
        (1, 0.4, 0, 1, True, "those in doubt were counted: billed"),
        (
            3,
            1.2,
            3,
            1,
            False,
            "rose by 3 requests and $1.20; this history sent 3 requests that were accepted",
        ),
        (4, 1.6, 3, 1, True, "billed"),
        (3, 0.9, 3, 1, False, "not billed"),  # cheaper than expected
        (3, 1.6, 3, 1, None, "the counts do not tell"),  # counted as three, paid as four
        (4, 1.2, 3, 1, None, "the counts do not tell"),  # counted, and not paid
        (5, 2.0, 3, 1, None, "Another program may use the account"),
        (4, 1.6, 3, 2, None, "1 of those in doubt may have been billed, and nobody can say which"),
        (0, 0.0, 3, 1, None, "the counts do not tell"),
        (-1, 0.0, 0, 1, None, "went down"),
        (1, -0.4, 0, 1, None, "went down"),
        (1, 0.4, 1, 0, None, "No request between the counts is in doubt"),
    ],
)
def test_a_verdict_needs_counts_that_agree(
    rose: int, spent: float, accepted: int, doubts: int, billed: bool | None, words: str
) -> None:
    verdict = judge(count(100, 50.0), count(100 + rose, 50.0 + spent, LATER), sent(accepted, doubts))
    assert verdict.billed is billed
    assert words in verdict.reason


def test_a_count_may_be_late_so_that_ten_minutes_must_pass() -> None:
    early = judge(count(1, 0.4), count(1, 0.4, LATER - 1), sent(0, 1))
    assert early.billed is None
    assert "Ask again later" in early.reason


def test_a_request_from_shortly_before_the_first_count_may_be_in_either() -> None:
    verdict = judge(count(1, 0.4), count(1, 0.4, LATER), sent(0, 1, shortly_before=True))
    assert verdict.billed is None


def test_counts_of_two_services_are_not_compared() -> None:
    other = AccountCount(1, 0.4, LATER, "https://b.example.com")
    assert judge(count(1, 0.4), other, sent(0, 1)).billed is None


@given(
    billed=st.integers(0, 3),
    accepted=st.integers(0, 4),
    doubts=st.integers(1, 3),
    others=st.integers(0, 3),
    polls=st.integers(0, 5),
)
def test_no_billed_doubt_is_ever_called_not_billed(
    billed: int, accepted: int, doubts: int, others: int, polls: int
) -> None:
    """Whatever else the account does, and also if polls count as requests."""
    counted = min(billed, doubts)
    rose = accepted + counted + others + polls
    spent = 0.4 * (accepted + counted + others)
    verdict = judge(count(7, 3.0), count(7 + rose, 3.0 + spent, LATER), sent(accepted, doubts))
    assert not (verdict.billed is False and counted)


@pytest.mark.parametrize(
    "wrap", [lambda one: one, lambda one: {"data": one}, lambda one: {"data": {"data": one}}]
)
def test_the_documented_form_is_read_also_in_an_envelope(wrap: Any) -> None:
    whole = {"username": "u", "total_quota": 2105.2, "total_used_quota": 21.065912, "request_count": 1221}
    found = read_count(json.dumps(wrap(whole)).encode(), URL, NOW)
    assert found == count(1221, 21.065912)
    assert "1221 requests, $21.065912 used. This was tried against the sandbox only" in str(found)


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[]", b"{}", b'{"request_count": true, "total_used_quota": 1}', b"[" * 100_000]
    + [
        json.dumps({"request_count": value, "total_used_quota": 1}).encode() for value in (-1, "7", 1.5, None)
    ],
)
def test_another_form_is_no_count(content: bytes) -> None:
    assert read_count(content, URL, NOW) is None
