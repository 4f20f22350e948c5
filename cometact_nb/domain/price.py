"""The expected price of a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from cometact_nb.domain.money import usd
from cometact_nb.errors import ConfigError

__all__ = ["DEFAULT_PRICE", "FREE", "Price", "is_amount", "is_over"]

#: Sums of prices that differ by less are equal, since floats do not add up exactly.
_CENT_FRACTION = 1e-6
#: A higher price of one request is a typing error, and its sums could not be recorded.
_MOST_USD = 1e6
Kind = Literal["set", "list", "default"]


def is_amount(value: Any) -> bool:
    """Whether ``value`` is a finite number of at least 0, such as an amount of US dollars."""
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return number and 0 <= value < float("inf")


@dataclass(frozen=True)
class Price:
    """The expected price of one request.

    Args:
        usd_per_request: US dollars for one request, whatever the clip's length.
        source: of the number, in words.
        as_of: the day it was read there, ``YYYY-MM-DD``.
        kind: ``"set"`` by the user, ``"list"`` of the service, or the ``"default"`` of this version.
    """

    usd_per_request: float
    source: str = "configure(price=…)"
    as_of: str = ""
    kind: Kind = field(default="set", repr=False)

    def __post_init__(self) -> None:
        if not is_amount(self.usd_per_request) or self.usd_per_request > _MOST_USD:
            raise ConfigError(
                f"price={self.usd_per_request!r} is not an amount of US dollars per request. "
                "Give a number ≥ 0."
            )

    def estimate(self, requests: int = 1) -> str:
        """Write the estimate, always with its price: ``$0.40 (1 × $0.40, …)``.

        Args:
            requests: how many.
        """
        each = self.usd_per_request
        return f"{usd(each * requests)} ({requests} × {usd(each)}, {self.origin})"

    @property
    def origin(self) -> str:
        """The source, with its day."""
        return f"{self.source}, {self.as_of}" if self.as_of else self.source


#: CometAPI's model page shows a price per request; Runway's own price is per second. Both change.
DEFAULT_PRICE = Price(
    0.40, source="CometAPI model page for act_two, second-hand", as_of="2026-05-01", kind="default"
)
FREE = Price(0.0, source="sandbox, nothing is billed")


def is_over(usd: float, limit: float) -> bool:
    """Whether a sum of prices is above a limit, in US dollars; 3 × $0.40 is not above $1.20."""
    return usd > limit + _CENT_FRACTION
