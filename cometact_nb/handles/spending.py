"""What the requests of a history were expected to cost, as rows, a table and plain values."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, get_args

from cometact_nb.domain import money
from cometact_nb.domain.doors import doors
from cometact_nb.domain.search import query
from cometact_nb.errors import ConfigError
from cometact_nb.handles.account import spent_micro
from cometact_nb.handles.table import Rows
from cometact_nb.store.journal.spending import Group, Spending, spending, total

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.handles.core import Core

__all__ = ["SpendingTable", "find_spending"]

#: The name of the tasks that a group leaves over.
_NONE = {"day": "no day", "sweep": "no sweep", "project": "no project", "status": "no status"}


def find_spending(core: Core, since: Any = None, by: Any = "day", *, sandbox: bool = False) -> SpendingTable:
    """See :func:`cometact_nb.spending`."""
    if by not in get_args(Group):
        raise ConfigError(f"by={by!r} is none of {', '.join(map(repr, get_args(Group)))}.")
    start = query(since=since, now=time.time()).since
    account = core.account(core.config)

    async def read() -> tuple[list[Spending], int]:
        rows = spending(core.engine.history, start, by, sandbox=sandbox)
        return rows, spent_micro(core.engine, account, sandbox=core.config.sandbox)

    rows, spent = core.run(read())
    return SpendingTable(rows, by, start, limit=money.remaining(account, spent), sandbox=sandbox)


@doors
class SpendingTable(Rows[Spending]):
    """What requests were expected to cost, by group, the newest first; shown as a table with bars.

    Each row has ``group``, ``tasks``, ``usd``, ``in_doubt``, ``in_doubt_usd``, ``credits``, ``prices``.

    Args:
        rows: the groups.
        by: what the tasks of a group have in common.
        since: Unix seconds; None for the whole history.
        limit: what the limit of this kernel still allows, in words; empty without a limit.
        sandbox: whether these are tasks of a sandbox, where nothing is billed.
    """

    def __init__(
        self,
        rows: Sequence[Spending],
        by: Group,
        since: float | None = None,
        *,
        limit: str = "",
        sandbox: bool = False,
    ) -> None:
        self._rows = tuple(rows)
        self.by = by
        self.since = since
        self.limit = limit
        self.sandbox = sandbox

    @property
    def total(self) -> Spending:
        """The sum of all rows."""
        return total(self._rows)

    def name(self, row: Spending) -> str:
        """Return the name of a group, also of the tasks that belong to none.

        Args:
            row: of this table.
        """
        return row.group or _NONE[self.by]

    @property
    def headline(self) -> str:
        """The sum in a sentence."""
        return money.expected(self.total, sandbox=self.sandbox)

    @property
    def notes(self) -> list[str]:
        """Where the figures are from, how sure they are, and what the limit still allows."""
        sums = self.total
        notes = [self.limit and f"{self.limit}."]
        if sums.prices:
            notes.append(f"Prices at purchase: {money.prices(sums.prices)}.")
        notes.append(f"{money.reported(sums)}." if sums.credits_of else "")
        notes.append(money.NOT_BILLED if self.sandbox else money.NOT_A_BILL)
        return [note for note in notes if note]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        return {
            "by": self.by,
            "since": self.since,
            "sandbox": self.sandbox,
            "limit": self.limit or None,
            "total": {**self.total.to_dict(), "group": None},
            "rows": self.to_rows(),
            "notes": self.notes,
        }

    def __str__(self) -> str:
        width = max((len(self.name(row)) for row in self._rows), default=0)
        lines = [f"  {self.name(row):<{width}}  {money.expected(row, short=True)}" for row in self._rows]
        return "\n".join([self.headline, *lines, *self.notes])

    __repr__ = __str__
