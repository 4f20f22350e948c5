"""Adds up what the tasks of a history were expected to cost when they were bought."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from cometact_nb.domain.money import to_usd
from cometact_nb.store.journal.limits import COUNTS, sum_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.domain.money import Account
    from cometact_nb.store.journal.history import History

__all__ = [
    "GROUPS",
    "Group",
    "SentRow",
    "Spending",
    "counted",
    "in_all",
    "sent_between",
    "spending",
    "total",
]

Group = Literal["day", "sweep", "project", "status"]
#: What tasks are grouped by, in SQL; a day is this machine's.
GROUPS: dict[Group, str] = {
    "day": "date(begun_at, 'unixepoch', 'localtime')",
    "sweep": "sweep",
    "project": "project",
    "status": "status",
}
#: Nobody knows whether these were bought: no answer, an id the service does not know, a doubt given up.
_DOUBT = "status IN ('SUBMITTING', 'UNCONFIRMED', 'NOT_FOUND', 'FORGOTTEN')"
#: Refused requests cost nothing, nor do ids that the service never knew.
_COST = f"{COUNTS} AND NOT (status = 'NOT_FOUND' AND submitted_at IS NULL)"
_CREDITS = "json_extract(state, '$.credits')"
_SUMS = f"""
SELECT {{group}}, {_DOUBT}, price_micro, coalesce(price_source, ''), count(*), TOTAL({_CREDITS}),
    count({_CREDITS}), coalesce(SUM({_CREDITS} = 0), 0)
FROM tasks WHERE sandbox = ? AND begun_at >= ? AND {_COST}
GROUP BY 1, 2, 3, 4 ORDER BY max(begun_at) DESC
"""  # noqa: S608  (our own words)
#: The same without grouping; one index answers it, so that it is cheap for a long history.
_IN_ALL = f"""
SELECT {_DOUBT}, price_micro, count(*) FROM tasks
WHERE sandbox = ? AND begun_at >= ? AND {_COST} GROUP BY 1, 2
"""  # noqa: S608


@dataclass(frozen=True, kw_only=True)
class Spending:
    """The sums of some tasks, by the price that each was expected to have at its purchase.

    Args:
        group: the day, sweep, project or status that they have in common; empty where they have none.
        tasks: their number, without those in doubt.
        micro: the price of these, in millionths of a US dollar.
        in_doubt: the number of requests that may have been bought.
        in_doubt_micro: the price of these.
        unpriced: the number of tasks in both whose price is not known.
        credits: what the service reported as the cost of tasks at their end; None where it reported nothing.
        credits_of: the number of tasks that it reported a cost for.
        refunded: the number of tasks among these that cost 0.
        prices: the number of tasks by their price, in US dollars, None for unknown, and its source.
    """

    group: str = ""
    tasks: int = 0
    micro: int = 0
    in_doubt: int = 0
    in_doubt_micro: int = 0
    unpriced: int = 0
    credits: float | None = None
    credits_of: int = 0
    refunded: int = 0
    prices: dict[tuple[float | None, str], int] = field(default_factory=dict)

    @property
    def usd(self) -> float:
        """The price of the tasks that are not in doubt, in US dollars."""
        return to_usd(self.micro)

    @property
    def in_doubt_usd(self) -> float:
        """The most that the tasks in doubt may have cost, in US dollars."""
        return to_usd(self.in_doubt_micro)

    def plus(self, other: Spending) -> Spending:
        """Add the sums of other tasks.

        Args:
            other: their sums.
        """
        both = [one.credits for one in (self, other) if one.credits is not None]
        prices = dict(self.prices)
        for key, count in other.prices.items():
            prices[key] = prices.get(key, 0) + count
        return Spending(
            group=self.group,
            tasks=self.tasks + other.tasks,
            micro=self.micro + other.micro,
            in_doubt=self.in_doubt + other.in_doubt,
            in_doubt_micro=self.in_doubt_micro + other.in_doubt_micro,
            unpriced=self.unpriced + other.unpriced,
            credits=sum(both) if both else None,
            credits_of=self.credits_of + other.credits_of,
            refunded=self.refunded + other.refunded,
            prices=prices,
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values, in US dollars."""
        return {
            "group": self.group or None,
            "requests": self.tasks,
            "expected_usd": self.usd,
            "in_doubt": self.in_doubt,
            "in_doubt_usd": self.in_doubt_usd,
            "unpriced": self.unpriced,
            "credits": self.credits,
            "credits_of": self.credits_of,
            "refunded": self.refunded,
            "prices": [
                {"usd": price, "source": source or None, "requests": count}
                for (price, source), count in self.prices.items()
            ],
        }


def spending(
    history: History, since: float | None = None, by: Group = "day", *, sandbox: bool = False
) -> list[Spending]:
    """Add up tasks by what they have in common, the newest first.

    Args:
        history: with the tasks.
        since: Unix seconds; None for all.
        by: what they have in common.
        sandbox: count what ran in a sandbox, and nothing else.

    Raises:
        HistoryError: the file could not be read.
    """
    groups: dict[str, Spending] = {}
    values = (sandbox, float("-inf") if since is None else since)
    for name, doubtful, micro, source, count, cost, cost_of, refunded in history.query(
        _SUMS.format(group=GROUPS[by]), values
    ):
        group = name or ""
        row = replace(
            _sums(doubtful, micro, count),
            credits=cost if cost_of else None,
            credits_of=cost_of,
            refunded=refunded,
            prices={(None if micro is None else to_usd(micro), source): count},
        )
        groups[group] = groups.get(group, Spending(group=group)).plus(row)
    return list(groups.values())


def in_all(history: History, since: float | None = None) -> Spending:
    """Add up all paid tasks, without their credits and prices.

    Args:
        history: with the tasks.
        since: Unix seconds; None for all.

    Raises:
        HistoryError: the file could not be read.
    """
    values = (False, float("-inf") if since is None else since)
    return total(_sums(*row) for row in history.query(_IN_ALL, values))


class SentRow(NamedTuple):
    """A request that may have been bought.

    Args:
        key: of its task.
        is_doubtful: nobody knows whether it was.
        micro: its expected price, in millionths of a US dollar.
        begun_at: when it was sent, Unix seconds.
    """

    key: str
    is_doubtful: bool
    micro: int
    begun_at: float


def sent_between(history: History, base_url: str, start: float, end: float) -> list[SentRow]:
    """List the requests of all kernels to a service that may have been bought, by their moments.

    Args:
        history: with the tasks.
        base_url: of the service.
        start: Unix seconds.
        end: Unix seconds.

    Raises:
        HistoryError: the file could not be read.
    """
    sql = (
        f"SELECT key, {_DOUBT}, max(0, coalesce(price_micro, 0)), begun_at FROM tasks"  # noqa: S608
        f" WHERE base_url = ? AND begun_at BETWEEN ? AND ? AND {_COST} ORDER BY begun_at"
    )
    rows = history.query(sql, (base_url, start, end))
    return [SentRow(key, bool(doubtful), int(micro), float(at)) for key, doubtful, micro, at in rows]


def total(rows: Iterable[Spending]) -> Spending:
    """Add up rows."""
    result = Spending()
    for row in rows:
        result = result.plus(row)
    return result


def counted(history: History, account: Account, *, sandbox: bool, now: float) -> int:
    """Add up what counts against a limit of a day or a project, in millionths of a US dollar.

    Args:
        history: with the purchases of all kernels.
        account: with the limit.
        sandbox: count what went to a sandbox, and nothing else.
        now: Unix seconds.

    Raises:
        HistoryError: the file could not be read.
    """
    return int(history.query(*sum_for(account, sandbox=sandbox, now=now))[0][0])


def _sums(doubtful: int, micro: int | None, count: int) -> Spending:
    """Add up tasks of one price."""
    unpriced, price = (count if micro is None else 0), count * max(0, micro or 0)
    if doubtful:
        return Spending(in_doubt=count, in_doubt_micro=price, unpriced=unpriced)
    return Spending(tasks=count, micro=price, unpriced=unpriced)
