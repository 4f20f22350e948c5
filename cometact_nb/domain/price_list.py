"""Reads the public price list of the service, whose exact form nobody here has seen; believes little of it.

A price counts only if it is a number above 0 in US dollars, for a request or a second, beside a name by which
this model is known. Of several the highest counts. Anything else leaves the dated default in its place.

So does a price of less than half of the default: by a mistake in a list a limit would let more through.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain.money import usd
from cometact_nb.domain.price import DEFAULT_PRICE, Price, is_amount

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["NAMES", "ListedPrice", "PriceList", "read"]

#: Names of this model in the list; second-hand.
NAMES = ("runwayml_character_performance", "act_two", "runwayml-character-performance")
_KNOWN = {name.replace("-", "_") for name in NAMES}
#: The longest reference, in seconds (Runway): what a price for a second may come to.
_LONGEST_S = 30
#: Lists within lists are followed so deep.
_DEPTH = 4
_NAME_MAX_CHARS = 80
_CURRENCY = "USD"
#: A higher price of one request is an error of the list.
_MOST_USD = 1000
#: A list's price below this share of the dated default lets no limit through more: the default counts.
_LOW_SHARE = 0.5


class ListedPrice(msgspec.Struct, frozen=True):
    """One record of this model.

    Args:
        name: by which the list has it.
        currency: of its prices; empty where the record names none.
        per_request: price of a request; None without one.
        per_second: price of a second of video; None without one.
    """

    name: str
    currency: str = ""
    per_request: float | None = None
    per_second: float | None = None

    @property
    def usd_per_request(self) -> float | None:
        """The most that a request may cost by this record, in US dollars; None where that is not known."""
        if self.currency.upper() != _CURRENCY:
            return None
        amounts = [self.per_request or 0.0, (self.per_second or 0.0) * _LONGEST_S]
        highest = max(amounts)
        return highest if 0 < highest <= _MOST_USD * _LONGEST_S else None

    def to_dict(self) -> dict[str, Any]:
        """Return the record as plain values."""
        return {**msgspec.structs.asdict(self), "usd_per_request": self.usd_per_request}


class PriceList(msgspec.Struct, frozen=True):
    """What a look at the list brought.

    Args:
        base_url: of the service.
        at: when it was looked at, Unix seconds.
        day: the same as ``YYYY-MM-DD``.
        offers: the records of this model.
        models: the number of models in the list.
        problem: why there is no list; empty when there is one.
    """

    base_url: str
    at: float
    day: str
    offers: tuple[ListedPrice, ...] = ()
    models: int = 0
    problem: str = ""

    @property
    def price(self) -> Price:
        """The price for estimates and limits: the list's, unless it has none, or one that is too low."""
        listed = self._listed
        return DEFAULT_PRICE if listed is None or _is_low(listed) else listed

    @property
    def _listed(self) -> Price | None:
        """The highest price of the list."""
        priced = [offer for offer in self.offers if offer.usd_per_request is not None]
        if not priced:
            return None
        dearest = max(priced, key=lambda offer: offer.usd_per_request or 0.0)
        how = ""
        if (dearest.per_second or 0.0) * _LONGEST_S >= (dearest.per_request or 0.0):
            how = (
                f": {usd(dearest.per_second or 0.0)} per second, for the longest reference of {_LONGEST_S} s"
            )
        source = f"CometAPI price list, {dearest.name}{how}"
        return Price(dearest.usd_per_request or 0.0, source=source, as_of=self.day, kind="list")

    @property
    def note(self) -> str:
        """What the list says about this model, and which price counts therefore, in a sentence or two."""
        default = f"Estimates use {usd(DEFAULT_PRICE.usd_per_request)} ({DEFAULT_PRICE.origin})."
        if self.problem:
            return f"The price list was not read ({self.problem}). {default}"
        if not self.offers:
            names = ", ".join(NAMES)
            return (
                f"The price list of {self.day} names {self.models} models, and none as {names}. It may "
                "not be offered today, or under another name; requests are sent all the same. "
                f"{default}"
            )
        if self.price.kind == "list":
            return f"Estimates use {usd(self.price.usd_per_request)} per request ({self.price.origin})."
        if self._listed is not None:
            low, dated = self._listed.usd_per_request, DEFAULT_PRICE
            return (
                f"The price list of {self.day} says {usd(low)} per request, less than half of the dated "
                "default, which may be a mistake. Estimates use, and limits count, "
                f"{usd(dated.usd_per_request)} ({dated.origin}); act.configure(price={usd(low)[1:]}) "
                "uses the lower one."
            )
        currencies = {offer.currency for offer in self.offers} - {"", _CURRENCY}
        if currencies:
            names = ", ".join(sorted(currencies))
            return f"The price list of {self.day} has a price in {names}, which is not converted. {default}"
        return (
            f"The price list of {self.day} names this model without a price per request or second. {default}"
        )


def _is_low(listed: Price) -> bool:
    return listed.usd_per_request < DEFAULT_PRICE.usd_per_request * _LOW_SHARE


def read(content: bytes, base_url: str, at: float, day: str) -> PriceList:
    """Read a list, in whatever form it comes. It raises nothing.

    Args:
        content: of the answer.
        base_url: of the service.
        at: now, Unix seconds.
        day: today.
    """
    try:
        whole = json.loads(content)
    except (ValueError, RecursionError):
        return PriceList(base_url, at, day, problem="it is no JSON, or too long")
    records = list(_records(whole, _DEPTH))
    if not records:
        return PriceList(base_url, at, day, problem="it has another form than the documented one")
    offers = tuple(_offer(record) for record in records if _name(record).replace("-", "_") in _KNOWN)
    return PriceList(base_url, at, day, offers[:20], len(records))


def _records(value: Any, depth: int) -> Iterator[dict[str, Any]]:
    """Find the records of models: objects with an id, in a list, in whatever stands around that."""
    if isinstance(value, list):
        for one in value:
            if isinstance(one, dict) and isinstance(one.get("id"), str):
                yield one
            elif depth:
                yield from _records(one, depth - 1)
    elif isinstance(value, dict) and depth:
        for one in value.values():
            yield from _records(one, depth - 1)


def _name(record: dict[str, Any]) -> str:
    """Return the name of a record, without what stands before a slash."""
    return str(record["id"]).strip().lower().rpartition("/")[2]


def _offer(record: dict[str, Any]) -> ListedPrice:
    pricing = record.get("pricing")
    pricing = pricing if isinstance(pricing, dict) else {}
    currency = pricing.get("currency")
    return ListedPrice(
        name=_name(record)[:_NAME_MAX_CHARS],
        currency=currency.strip()[:8].upper() if isinstance(currency, str) else "",
        per_request=_amount(pricing.get("per_request")),
        per_second=_amount(pricing.get("per_second")),
    )


def _amount(value: Any) -> float | None:
    """Return a price; None for what is no number, and for 0, by which no limit would hold anything."""
    if isinstance(value, str):
        try:
            value = float(value.strip().removeprefix("$"))
        except ValueError:
            return None
    return float(value) if is_amount(value) and 0 < value <= _MOST_USD else None
