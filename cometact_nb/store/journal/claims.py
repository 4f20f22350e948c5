"""Assigns a task to a cell of a sweep, in the transaction that records the intent to buy it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cometact_nb.domain.price import is_over

if TYPE_CHECKING:
    import sqlite3

__all__ = ["SPENT", "BudgetUsed", "CellClaim", "CellTaken", "SweepHalted", "take"]

#: US dollars that the tasks of a sweep cost or may have cost.
SPENT = """
SELECT TOTAL(json_extract(state, '$.price_usd')) FROM tasks
WHERE sweep = ? AND base_url = ? AND status NOT IN ('REFUSED', 'FORGOTTEN')
"""
#: Finds a sweep that its user stopped. A problem that stopped one kernel stops no other.
_HALTED = """
SELECT json_extract(terms, '$.state') FROM sweeps WHERE name = ? AND base_url = ?
AND json_extract(terms, '$.state') IN ('paused', 'cancelled') AND json_extract(terms, '$.problem') IS NULL
"""
#: Finds the task to be replaced if meanwhile it has brought a video, or may still bring one.
_ALIVE = """
SELECT key FROM tasks WHERE key = ?
AND status NOT IN ('REFUSED', 'FORGOTTEN', 'FAILED', 'CANCELLED', 'UNCONFIRMED', 'NOT_FOUND')
"""
#: Finds tasks with a cell's content that belong to no cell of any sweep and have, or may bring, a video.
_SPARE = """
SELECT key FROM tasks WHERE identity = ? AND base_url = ?
AND NOT EXISTS (SELECT 1 FROM cells WHERE cells.key = tasks.key)
AND status NOT IN ('REFUSED', 'FORGOTTEN', 'FAILED', 'CANCELLED')
AND (sweep IS NULL OR status NOT IN ('UNCONFIRMED', 'NOT_FOUND'))
"""


class CellClaim(msgspec.Struct, frozen=True):
    """The cell of a sweep that a task is bought for.

    Args:
        sweep: the sweep's name.
        replicate: from 1.
        instead_of: the key of the cell's previous task, which this one replaces; None without one.
        budget_usd: US dollars that the sweep may cost in all, in every kernel; None for no limit.
        beside: keys of tasks of the same content that serve other cells of the sweep.
    """

    sweep: str
    replicate: int
    instead_of: str | None = None
    budget_usd: float | None = None
    beside: tuple[str, ...] = ()


class CellTaken(Exception):
    """The cell's content already has a task, ``key``, which is alive or in doubt. Nothing was written."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"the cell's task is {key}")


class BudgetUsed(Exception):
    """This cell would take its sweep over its budget. Nothing was written."""


class SweepHalted(Exception):
    """The user paused or cancelled the sweep, here or in another kernel. Nothing was written.

    Args:
        state: ``"paused"`` or ``"cancelled"``.
    """

    def __init__(self, state: str) -> None:
        self.state = state
        super().__init__(state)


def take(db: sqlite3.Connection, cell: CellClaim, key: str, base_url: str, identity: str) -> None:
    """Make ``key`` the task of a cell, unless the cell has another or the sweep has been stopped."""
    for (state,) in db.execute(_HALTED, (cell.sweep, base_url)):
        raise SweepHalted(state)
    for (before,) in db.execute(_ALIVE, (cell.instead_of,)):
        raise CellTaken(before)
    db.execute("UPDATE tasks SET sweep = ? WHERE key = ?", (cell.sweep, key))
    place = (base_url, identity, cell.replicate)
    is_ours = db.execute(
        "INSERT INTO cells (base_url, identity, replicate, key) VALUES (?, ?, ?, ?)"
        " ON CONFLICT DO UPDATE SET key = excluded.key WHERE cells.key = ?",
        (*place, key, cell.instead_of),
    ).rowcount
    if not is_ours:
        where = "base_url = ? AND identity = ? AND replicate = ?"
        ((owner,),) = db.execute(f"SELECT key FROM cells WHERE {where}", place)  # noqa: S608
        raise CellTaken(owner)
    expected = {cell.instead_of, *cell.beside}
    for (other,) in db.execute(_SPARE, (identity, base_url)):
        if other not in expected:  # submitted alone since this kernel looked
            raise CellTaken(other)
    if cell.budget_usd is not None:  # in the transaction, so that two kernels cannot both be the last
        ((spent_usd,),) = db.execute(SPENT, (cell.sweep, base_url))
        if is_over(spent_usd, cell.budget_usd):
            raise BudgetUsed
