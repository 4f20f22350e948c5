"""The sweeps of the history as rows, with their progress and cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import doors
from cometact_nb.domain.money import usd
from cometact_nb.handles.table import Rows
from cometact_nb.store.journal import sweeps as store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.domain.sweep.grid import Spec
    from cometact_nb.handles.core import Core
    from cometact_nb.store.journal.history import History

__all__ = ["SavedSweep", "SweepHistory", "find_sweeps", "saved_sweeps"]


@dataclass(frozen=True)
class SavedSweep:
    """One sweep in the history, read without buying anything.

    :func:`cometact_nb.sweep_by_name` takes it up.

    Args:
        name: of the sweep.
        state: ``"running"``, ``"paused"``, ``"cancelled"``, or ``"bought"`` when nothing was left to buy.
        spec: the specification.
        sent: the numbers of its requests by status, such as ``{"SUCCEEDED": 4}``, without the videos that
            were there already, for which nothing was sent.
        spent_usd: their cost, certain or possible, in US dollars, by the prices at purchase.
        created_at: UTC.
        updated_at: time of the last run, pause or cancel; UTC.
        base_url: the service that it belongs to.
        sandbox: whether it ran in the sandbox, where nothing is billed.
    """

    name: str
    state: str
    spec: Spec
    sent: dict[str, int]
    spent_usd: float
    created_at: datetime
    updated_at: datetime
    base_url: str
    sandbox: bool = False

    @property
    def cells(self) -> int:
        """The number of its cells."""
        return self.spec.size

    @property
    def axis_lengths(self) -> dict[str, int]:
        """The fields with several values, and the number of these; a table counts as one field."""
        axes = {name: len(values) for name, values in self.spec.axes.items() if len(values) > 1}
        table = {} if self.spec.rows is None else {"rows": len(self.spec.rows)}
        several = {} if self.spec.replicates == 1 else {"replicates": self.spec.replicates}
        more = {"more": len(self.spec.more)} if self.spec.more else {}
        return {**table, **axes, **several, **more}

    @property
    def grid(self) -> str:
        """The same in words, such as ``3 expression_intensity × 2 seed``."""
        return " × ".join(f"{count} {name}" for name, count in self.axis_lengths.items()) or "1 cell"

    @property
    def outcome(self) -> str:
        """The outcome of its requests, such as ``3 SUCCEEDED, 1 FAILED``."""
        return ", ".join(f"{count} {status}" for status, count in self.sent.items()) or "nothing sent"

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values: times in UTC, US dollars."""
        return {
            "name": self.name,
            "state": self.state,
            "cells": self.cells,
            "grid": self.grid,
            **{name.lower(): self.sent.get(name, 0) for name in ("SUCCEEDED", "FAILED", "UNCONFIRMED")},
            "sent": sum(self.sent.values()),
            "spent_usd": self.spent_usd,
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "base_url": self.base_url,
            "sandbox": self.sandbox,
        }


@doors
class SweepHistory(Rows[SavedSweep]):
    """Sweeps of the history, the last run first: a list of :class:`SavedSweep`, shown as a table.

    Args:
        rows: the sweeps.
    """

    def __init__(self, rows: Iterable[SavedSweep]) -> None:
        self._rows = tuple(rows)

    def __str__(self) -> str:
        if not self._rows:
            return "The history has no sweep yet: act.sweep(…)."
        width = max(len(row.name) for row in self._rows)
        lines = [
            f"  {row.name:<{width}}  {row.cells} cells ({row.grid}) · {row.outcome} · {usd(row.spent_usd)}"
            f" · {row.state}, {row.updated_at:%Y-%m-%d %H:%M} UTC{' · SANDBOX' if row.sandbox else ''}"
            for row in self._rows
        ]
        head = f"{len(self)} sweep{'' if len(self) == 1 else 's'}, the last run first"
        return "\n".join([head, *lines, "act.sweep_by_name(name) opens one."])

    __repr__ = __str__


def find_sweeps(session: Core, limit: int = 50) -> SweepHistory:
    """See :func:`cometact_nb.sweeps`."""

    async def read() -> list[SavedSweep]:
        return saved_sweeps(session.engine.history, limit)

    return SweepHistory(session.run(read()))


def saved_sweeps(history: History, limit: int) -> list[SavedSweep]:
    """List the sweeps that ran last, the newest first. On the thread of the history.

    Args:
        history: with the sweeps.
        limit: the most sweeps to list.

    Raises:
        HistoryError: the history could not be read.
    """
    return [
        SavedSweep(
            name=row.name,
            state=row.terms.state,
            spec=row.spec,
            sent=store.status_counts(history, row.name, row.base_url),
            spent_usd=store.cost_usd(history, row.name, row.base_url),
            created_at=datetime.fromtimestamp(row.created_at, UTC),
            updated_at=datetime.fromtimestamp(row.updated_at, UTC),
            base_url=row.base_url,
            sandbox=row.sandbox,
        )
        for row in store.latest(history, limit)
    ]
