"""Shows what the public price list says about this model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain import money
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import h

if TYPE_CHECKING:
    from cometact_nb.handles.prices import Prices
    from cometact_nb.views.base.html import Markup

__all__ = ["prices_html"]

_HEAD = ("Name in the list", "Per request", "Per second", "Currency")
_OFFERED = {True: "named by the list", False: "not named by the list", None: "the list was not read"}


def prices_html(prices: Prices) -> Markup:
    """Write the records and the notes as HTML that needs neither style sheet nor script."""
    rows = [
        (
            words.clean(offer.name, 100),
            _amount(offer.per_request, offer.currency),
            _amount(offer.per_second, offer.currency),
            words.clean(offer.currency, 12) or "not said",
        )
        for offer in prices
    ]
    used = f"{money.usd(prices.price.usd_per_request)} per request"
    return parts.frame(
        parts.header(
            h("strong", None, "Act-Two price"), right=_OFFERED[prices.is_offered], sandbox=prices.sandbox
        ),
        h(
            "div",
            {"style": "padding:10px 14px 12px;overflow-x:auto"},
            h("strong", None, f"Estimates use {used}"),
            parts.table(rows, _HEAD),
            *(parts.fine(words.clean(note, 600)) for note in prices.notes),
        ),
    )


def _amount(amount: float | None, currency: str) -> str:
    if amount is None:
        return "none"
    return money.usd(amount) if currency == "USD" else f"{amount:g}"
