"""Amounts of money, exact, and their words: the same for the same amount wherever one is shown or refused.

Amounts are counted in millionths of a US dollar, as integers: floats do not add up exactly. A price is
rounded up and a limit down, so that no sum passes a limit.
"""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "KEY_IN_URL",
    "NEVER_LIVE",
    "NOT_A_BILL",
    "NOT_BILLED",
    "NO_MODEL",
    "PER",
    "Account",
    "Per",
    "doubt",
    "expected",
    "midnight",
    "over_limit",
    "prices",
    "remaining",
    "reported",
    "requests",
    "so_far",
    "to_micro",
    "to_usd",
    "today",
    "usd",
]

_MICRO = 1_000_000
_CENT = 10_000
#: What a limit counts over.
Per = Literal["kernel", "day", "project"]
PER: tuple[Per, ...] = ("kernel", "day", "project")
_SPAN = {
    "kernel": "since this kernel started",
    "day": "today, since midnight, by all kernels of this history",
    "project": "for this project, by all kernels of this history",
}
NOT_A_BILL = (
    "By the price that each request was expected to have when it was sent. No bill was seen here: what was "
    "charged stands in your CometAPI account."
)

#: Asked before the account's own count is read.
KEY_IN_URL = (
    "CometAPI's count of an account is asked with a key inside the address "
    "(https://query.cometapi.com/user/quota?key=…), where proxies and logs on the way may keep it. Nothing "
    "was sent. CometAPI recommends a key of its own for this, with a quota of 0, which cannot buy: make one "
    "in its console and give it as query_key=…. With yes=True it is asked."
)
NEVER_LIVE = "This was tried against the sandbox only, never against the live service."
NOT_BILLED = "Tasks of a sandbox: nothing was billed."
#: Said before a sweep is bought, also by ``max_cost`` and by a click.
NO_MODEL = (
    "In the last hour the service refused a request with model_not_found: it had no channel for this model, "
    "and may have none now. act.prices() says whether its list names the model."
)


class Sums(Protocol):
    """Sums of some tasks: their number and price, and those in doubt apart."""

    @property
    def tasks(self) -> int:
        """Their number, without those in doubt."""

    @property
    def usd(self) -> float:
        """The price of these, US dollars."""

    @property
    def in_doubt(self) -> int:
        """The number of those in doubt."""

    @property
    def in_doubt_usd(self) -> float:
        """The most that these may have cost, US dollars."""

    @property
    def unpriced(self) -> int:
        """The number of tasks whose price is not known."""


class Reported(Protocol):
    """What the service said that tasks cost, at their end."""

    @property
    def credits(self) -> float | None:
        """Their sum."""

    @property
    def credits_of(self) -> int:
        """The number of tasks that it gave a cost for."""

    @property
    def refunded(self) -> int:
        """The number of those that cost nothing."""


class Account(NamedTuple):
    """What a purchase is recorded with, and the limit that it must stay within.

    Args:
        source: of its price, in words, with its date.
        project: the folder of the project that buys; None without one.
        limit_micro: millionths of a US dollar that may be spent in all; None for no limit.
        per: what the limit counts over.
    """

    source: str | None = None
    project: str | None = None
    limit_micro: int | None = None
    per: Per = "kernel"


def to_micro(amount: float, *, up: bool | None = None) -> int:
    """Convert US dollars to millionths.

    Args:
        amount: US dollars.
        up: True rounds up, False down, None to the nearest.
    """
    rounding = {True: ROUND_CEILING, False: ROUND_FLOOR, None: ROUND_HALF_EVEN}[up]
    return int((Decimal(repr(float(amount))) * _MICRO).to_integral_value(rounding))


def to_usd(micro: int) -> float:
    """Convert millionths to US dollars."""
    return micro / _MICRO


def usd(amount: float) -> str:
    """Write US dollars with cents, ``$0.40``, and with more places where there is a part of a cent."""
    micro = to_micro(amount)
    if micro % _CENT == 0:
        return f"${micro / _MICRO:.2f}"
    return f"${Decimal(micro) / _MICRO:.6f}".rstrip("0")


def requests(count: int) -> str:
    """Write a number of requests: ``1 request``, ``12 requests``."""
    return f"{count} request{'' if count == 1 else 's'}"


def doubt(count: int, amount: float) -> str:
    """Say what requests in doubt may cost; an empty text for none.

    Args:
        count: of the requests.
        amount: US dollars.
    """
    return f"{count} in doubt, at most {usd(amount)} more" if count else ""


def expected(sums: Sums, *, short: bool = False, sandbox: bool = False) -> str:
    """Say what tasks were expected to cost, with those in doubt apart.

    Args:
        sums: of the tasks.
        short: as a line of a table.
        sandbox: of a sandbox, where prices are only rehearsed.
    """
    amount = usd(sums.usd) if short else f"{'Rehearsed' if sandbox else 'Spent'}: about {usd(sums.usd)}"
    return f"{amount} for {_counted(sums)}"


def today(sums: Sums) -> tuple[str, str]:
    """Say what was spent today: the sum, and of how many requests.

    Args:
        sums: of the day's tasks.
    """
    return f"Spent today: about {usd(sums.usd)}", _counted(sums)


def _counted(sums: Sums) -> str:
    unknown = f"{sums.unpriced} whose price is not known" if sums.unpriced else ""
    parts = (requests(sums.tasks), doubt(sums.in_doubt, sums.in_doubt_usd), unknown)
    return " · ".join(filter(None, parts))


def so_far(spent: float, doubtful: int, doubtful_usd: float) -> str:
    """Say what a sweep has cost so far: ``About $1.20 spent, $0.40 of it in doubt``.

    Args:
        spent: US dollars, with requests in doubt.
        doubtful: the number of these.
        doubtful_usd: US dollars that these may have cost.
    """
    in_doubt = f", {usd(doubtful_usd)} of it in doubt ({requests(doubtful)})" if doubtful else ""
    return f"About {usd(spent)} spent{in_doubt}"


def reported(cost: Reported) -> str:
    """Say which credits the service reported; an empty text where it reported none."""
    if not cost.credits_of or cost.credits is None:
        return ""
    refunds = f", {cost.refunded} of them 0 (refunded)" if cost.refunded else ""
    return f"The service reported {cost.credits:g} credits for {requests(cost.credits_of)}{refunds}"


def prices(sources: Mapping[tuple[float | None, str], int]) -> str:
    """Say at which prices requests were bought, and where each price is from.

    Args:
        sources: the number of requests by price, in US dollars, and source.
    """
    parts = []
    for (price, source), count in sources.items():
        each = "a price that is not known here" if price is None else f"{usd(price)} each"
        parts.append(f"{requests(count)} at {each}" + (f" ({source})" if source else ""))
    return "; ".join(parts)


def over_limit(price: float, account: Account, spent_micro: int) -> str:
    """Say why a request was not sent: with it the limit would be passed.

    Args:
        price: of the request, US dollars.
        account: with the limit.
        spent_micro: what is spent already, or may be.
    """
    limit, spent = to_usd(account.limit_micro or 0), to_usd(spent_micro)
    return (
        f"{usd(price)} more would go over max_spend={usd(limit)}: {usd(spent)} are spent {_SPAN[account.per]}"
        f"{_WITH_DOUBT if account.per != 'kernel' else ''}. Nothing was sent; act.configure(max_spend=…) "
        "changes it."
    )


_WITH_DOUBT = ", with what may have been bought"


def of_limit(account: Account, spent_micro: int) -> str:
    """Say which part of a limit is spent, over its span: ``$4.00 of max_spend=$5.00 are spent today, …``.

    Args:
        account: with the limit.
        spent_micro: what is spent already, or may be.
    """
    limit, spent = to_usd(account.limit_micro or 0), to_usd(spent_micro)
    return f"{usd(spent)} of max_spend={usd(limit)} are spent {_SPAN[account.per]}{_WITH_DOUBT}"


def remaining(account: Account, spent_micro: int) -> str:
    """Say what a limit still allows; an empty text without a limit.

    Args:
        account: with the limit.
        spent_micro: what is spent already, or may be.
    """
    if account.limit_micro is None:
        return ""
    left = max(0, account.limit_micro - spent_micro)
    return (
        f"{usd(to_usd(left))} left of max_spend={usd(to_usd(account.limit_micro))}: "
        f"{usd(to_usd(spent_micro))} are spent {_SPAN[account.per]}, with what may have been bought"
    )


def midnight(now: float) -> float:
    """Return the beginning of the day by this machine's clock, in Unix seconds.

    Args:
        now: Unix seconds.
    """
    start = datetime.fromtimestamp(now).astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
    # Without its zone: on a day when the clocks change, midnight had another offset than now.
    return start.replace(tzinfo=None).timestamp()
