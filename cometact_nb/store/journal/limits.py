"""Holds a purchase to its user's limit, in the transaction that records the intent to buy it.

So kernels that buy at the same time cannot both be the last within the limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.money import Account, midnight, to_micro

if TYPE_CHECKING:
    import sqlite3

    from cometact_nb.domain.task import TaskState

__all__ = ["COUNTS", "NO_LIMIT", "LimitReached", "buy", "sum_for"]

NO_LIMIT = Account()
_PUT = "UPDATE tasks SET identity = ?, price_micro = ?, price_source = ?, project = ? WHERE key = ?"

#: Whether a request may have been bought: it was not refused, and its user, who gave up a doubt, has not
#: found out that it was never billed.
COUNTS = "(status <> 'REFUSED' AND NOT (status = 'FORGOTTEN' AND json_extract(state, '$.billed') IS 0))"
#: A negative price can only come with somebody else's history. One without a price was not bought from here.
_SUM = f"SELECT coalesce(SUM(max(0, coalesce(price_micro, 0))), 0) FROM tasks WHERE sandbox = ? AND {COUNTS}"  # noqa: S608


class LimitReached(Exception):
    """The purchase would take its user over a limit. Nothing was written.

    Args:
        spent_micro: what is spent already, or may be, in millionths of a US dollar.
    """

    def __init__(self, spent_micro: int) -> None:
        self.spent_micro = spent_micro
        super().__init__(str(spent_micro))


def buy(db: sqlite3.Connection, state: TaskState, identity: str, account: Account, now: float) -> None:
    """Record the price of a purchase that the transaction has written, unless that is over its limit.

    Args:
        db: in the transaction.
        state: of the task.
        identity: of its request.
        account: what it is recorded with, and its limit.
        now: Unix seconds.

    Raises:
        LimitReached: it is.
    """
    price = to_micro(state.price_usd or 0, up=True)
    db.execute(_PUT, (identity, price, account.source, account.project, state.key))
    if account.limit_micro is None or account.per == "kernel":
        return
    sql, values = sum_for(account, sandbox=state.in_sandbox, now=now)
    ((total,),) = db.execute(sql, values)
    if total > account.limit_micro:
        raise LimitReached(total - price)


def sum_for(account: Account, *, sandbox: bool, now: float) -> tuple[str, tuple[object, ...]]:
    """Return the query that adds up what counts against the limit of a day or a project, in millionths.

    Args:
        account: with the limit.
        sandbox: count what went to a sandbox, and nothing else.
        now: Unix seconds.
    """
    if account.per == "project":
        return f"{_SUM} AND project = ?", (sandbox, account.project)
    return f"{_SUM} AND begun_at >= ?", (sandbox, midnight(now))
