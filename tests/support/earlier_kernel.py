"""What another kernel, which has ended since, left in the history of a virtual one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from virtual_kernel import ACT, HERO, URL

from cometact_nb.domain.sweep.grid import specify
from cometact_nb.store.journal import sweeps as store
from cometact_nb.store.journal.history import History

T = TypeVar("T")


def with_history(folder: Path, work: Callable[[History], T]) -> T:
    """Open the history as another kernel does, and close it afterwards.

    Args:
        folder: of the virtual kernel.
        work: done with the history.
    """
    history = History(str(folder / "history.sqlite"))
    try:
        return work(history)
    finally:
        history.close()


def approved(folder: Path, seeds: Any, base_url: str = URL, **terms: Any) -> None:
    """Record the approval of a sweep ``s`` by a kernel that ended before its first request.

    Args:
        folder: of the virtual kernel.
        seeds: of its cells.
        base_url: its service.
        terms: of :class:`cometact_nb.store.journal.sweeps.Terms`; $100 by default.
    """
    fields = {"character": HERO, "reference": ACT, "seed": list(seeds)}
    given = store.Terms(**{"approved_usd": 100.0, "agreed_usd": 100.0, **terms})
    with_history(folder, lambda history: store.save(history, "s", base_url, specify(fields), given))


def terms(folder: Path, base_url: str = URL) -> store.Terms | None:
    """Return the recorded terms of the sweep ``s`` as any kernel reads them; None without a record."""
    row = with_history(folder, lambda history: store.find(history, "s", base_url))
    return None if row is None else row.terms
