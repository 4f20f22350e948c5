"""Adds up the prices of the tasks in a history."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cometact_nb.store.journal.history import History

__all__ = ["Spending", "spending"]

#: Refused requests and those given up cost nothing, nor does anything in the sandbox; the cost of what is in
#: doubt is counted apart.
_SUMS = """
SELECT status IN ('UNCONFIRMED', 'NOT_FOUND'), count(*), TOTAL(json_extract(state, '$.price_usd')),
    TOTAL(json_extract(state, '$.price_usd') IS NULL)
FROM tasks WHERE begun_at >= ? AND status NOT IN ('REFUSED', 'FORGOTTEN', 'SUBMITTING')
AND NOT coalesce(
    json_extract(state, '$.sandbox'), base_url LIKE 'http:%' AND json_extract(state, '$.price_usd') = 0
) GROUP BY 1
"""


class Spending(NamedTuple):
    """The sums of some tasks, by the price that each was expected to have at its purchase.

    Args:
        tasks: their number, without those in doubt.
        usd: US dollars, without those in doubt.
        in_doubt: the number of requests that may have been bought.
        in_doubt_usd: US dollars that these may have cost.
        unpriced: the number of tasks in both whose price is not known.
    """

    tasks: int = 0
    usd: float = 0.0
    in_doubt: int = 0
    in_doubt_usd: float = 0.0
    unpriced: int = 0

    def plus(self, other: Spending) -> Spending:
        """Add the sums of other tasks."""
        return Spending(
            self.tasks + other.tasks,
            self.usd + other.usd,
            self.in_doubt + other.in_doubt,
            self.in_doubt_usd + other.in_doubt_usd,
            self.unpriced + other.unpriced,
        )


def spending(history: History, since: float) -> Spending:
    """Add up the paid tasks that were begun since a moment.

    Args:
        history: with the tasks.
        since: Unix seconds.

    Raises:
        HistoryError: the file could not be read.
    """
    total = Spending()
    for in_doubt, count, usd, unpriced in history.query(_SUMS, (since,)):
        one = Spending(in_doubt=count, in_doubt_usd=usd) if in_doubt else Spending(count, usd)
        total = total.plus(one._replace(unpriced=int(unpriced)))
    return total
