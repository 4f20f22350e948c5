"""Reads the service's own count of an account, and says from two counts whether a lost answer was billed.

The form is the documented one (apidoc.cometapi.com/tools/balance-api); nobody here has seen it live.

Only "not billed" could cost anything if it were wrong: it would give a limit its share back. So it takes two
counts that agree with the history to the request, and ten minutes in which a late entry could have come.
"""

from __future__ import annotations

import json

import msgspec

from cometact_nb.domain.money import NEVER_LIVE, requests, usd
from cometact_nb.domain.price import is_amount

__all__ = ["LAG_S", "AccountCount", "Sent", "Verdict", "judge", "read_count"]

#: An entry may reach the account so late, in seconds; a guess on the safe side.
LAG_S = 600.0
#: Sums of prices that differ by less are equal, US dollars.
_CENT = 0.01
_DEPTH = 3


class AccountCount(msgspec.Struct, frozen=True):
    """What the service has counted for an account so far.

    Args:
        requests: of the whole account, all models and keys.
        used_usd: US dollars that it has used.
        at: when it was asked, Unix seconds.
        base_url: of the service.
    """

    requests: int
    used_usd: float
    at: float
    base_url: str

    def __str__(self) -> str:
        return f"The account's count: {requests(self.requests)}, {usd(self.used_usd)} used. {NEVER_LIVE}"


class Sent(msgspec.Struct, frozen=True):
    """What the history has sent between two counts.

    Args:
        accepted: the number of accepted requests.
        accepted_usd: their expected price.
        doubtful: the keys of those in doubt.
        doubtful_usd: their expected price.
        shortly_before: a request was sent so shortly before the first count that it may be in either.
        last_at: when the last one was sent, accepted or in doubt, Unix seconds.
    """

    accepted: int = 0
    accepted_usd: float = 0.0
    doubtful: tuple[str, ...] = ()
    doubtful_usd: float = 0.0
    shortly_before: bool = False
    last_at: float = 0.0


class Verdict(msgspec.Struct, frozen=True):
    """What two counts say about the requests in doubt between them.

    Args:
        billed: whether all of them were billed, or none; None where the counts do not tell.
        reason: in a sentence.
    """

    billed: bool | None
    reason: str


def read_count(content: bytes, base_url: str, at: float) -> AccountCount | None:
    """Read an answer; None for another form than the documented one.

    Args:
        content: of the answer.
        base_url: of the service.
        at: now, Unix seconds.
    """
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        return None
    for _ in range(_DEPTH):
        if not isinstance(whole, dict):
            return None
        count, used = whole.get("request_count"), whole.get("total_used_quota")
        if isinstance(count, int) and is_amount(count) and isinstance(used, (int, float)) and is_amount(used):
            return AccountCount(count, float(used), at, base_url)
        whole = whole.get("data")
    return None


def judge(before: AccountCount, after: AccountCount, sent: Sent) -> Verdict:
    """Decide whether the requests in doubt between two counts were billed.

    Args:
        before: the first count.
        after: the second count.
        sent: by this history between the two.
    """
    doubts = len(sent.doubtful)
    rose, spent = after.requests - before.requests, after.used_usd - before.used_usd
    what = f"Between the counts the account rose by {requests(rose)} and {usd(max(0.0, spent))}; "
    ours = f"this history sent {requests(sent.accepted)} that were accepted and {doubts} in doubt"
    obstacle = _obstacle(before, after, sent)
    if obstacle:
        return Verdict(None, obstacle)
    if rose == sent.accepted and spent < sent.accepted_usd + _CENT:
        return Verdict(False, f"{what}{ours}. So nothing was counted for those in doubt: not billed.")
    if rose == sent.accepted + doubts and spent > sent.accepted_usd + _CENT:
        return Verdict(True, f"{what}{ours}. So those in doubt were counted: billed.")
    why = "Another program may use the account, or the service counts otherwise"
    if sent.accepted < rose < sent.accepted + doubts:
        why = f"{rose - sent.accepted} of those in doubt may have been billed, and nobody can say which"
    return Verdict(None, f"{what}{ours}. {why}: the counts do not tell.")


def _obstacle(before: AccountCount, after: AccountCount, sent: Sent) -> str:
    """Say why two counts cannot tell anything; empty where they can."""
    if before.base_url != after.base_url:
        return f"The first count is of {before.base_url}, and this one of {after.base_url}."
    if not sent.doubtful:
        return "No request between the counts is in doubt."
    if sent.shortly_before:
        return (
            f"A request was sent less than {LAG_S / 60:g} minutes before the first count, and may be in "
            "either of them: the counts do not tell."
        )
    if after.at - sent.last_at < LAG_S:
        return (
            f"The last request was sent less than {LAG_S / 60:g} minutes ago, and the service may "
            "count late. Ask again later."
        )
    if after.requests < before.requests or after.used_usd < before.used_usd - _CENT:
        return "The account's count went down, as after a refund or with a key of another account."
    return ""
