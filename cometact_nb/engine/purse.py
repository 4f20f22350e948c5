"""Counts what this process has spent, or may have spent, by the expected prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.money import over_limit, to_micro, to_usd
from cometact_nb.errors import BudgetError

if TYPE_CHECKING:
    from cometact_nb.domain.money import Account

__all__ = ["Purse"]


class Purse:
    """What one process has spent. To be changed on the engine's loop only; any thread may read it.

    Args:
        spent_usd: US dollars that it has spent before.
    """

    def __init__(self, spent_usd: float) -> None:
        self._before = to_micro(spent_usd, up=True)
        self._bought: dict[str, int] = {}
        self._sum = 0

    @property
    def spent_micro(self) -> int:
        """Everything that this process has spent, or may have, in millionths of a US dollar."""
        return self._before + self._sum

    @property
    def spent_usd(self) -> float:
        """The same in US dollars."""
        return to_usd(self.spent_micro)

    def check(self, price_usd: float, account: Account) -> None:
        """Raise if a purchase would take this process over its limit.

        Raises:
            BudgetError: it would.
        """
        limit = account.limit_micro
        if limit is None or account.per != "kernel":
            return
        if self.spent_micro + to_micro(price_usd, up=True) > limit:
            raise BudgetError(over_limit(price_usd, account, self.spent_micro))

    def pay(self, key: str, price_usd: float) -> None:
        """Count a purchase whose intent is on disk."""
        self.take_back(key)
        self._bought[key] = to_micro(price_usd, up=True)
        self._sum += self._bought[key]

    def take_back(self, key: str) -> None:
        """Count a purchase no more: it was refused, or its user found out that it was not billed."""
        self._sum -= self._bought.pop(key, 0)
