"""Cells that are sent ahead: one for each pair of inputs, before the others that would fail alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.handles.sweep.entries import Entry

__all__ = ["CANARY_ABOVE", "Trials"]

#: More cells to buy than this send one of each pair of inputs ahead.
CANARY_ABOVE = 4


class Trials:
    """Which cells are on trial, and which pairs of inputs the service has taken."""

    def __init__(self) -> None:
        self._goes_ahead = False
        self._on_trial: dict[tuple[object, object], Entry] = {}
        #: A cell with these inputs ended, and not on their account.
        self._proven: set[tuple[object, object]] = set()

    def forget_unsent(self) -> None:
        """Forget cells that were chosen but never sent; those behind them would wait for ever."""
        self._on_trial = {pair: entry for pair, entry in self._on_trial.items() if entry.job is not None}

    def choose(self, waiting: int, canary: bool | None) -> None:
        """Decide whether one cell of each pair goes first.

        Args:
            waiting: how many cells wait to be sent.
            canary: the user's word; None: if more than four wait, or one was sent ahead that has not ended.
        """
        goes_ahead = waiting > CANARY_ABOVE or (self._goes_ahead and bool(self._on_trial))
        self._goes_ahead = goes_ahead if canary is None else canary

    def pick(self, queued: Iterable[Entry]) -> Entry | None:
        """The next cell to send; None while all that are left wait for a trial."""
        for entry in queued:
            if not self._goes_ahead or entry.pair in self._proven:
                return entry
            if entry.pair not in self._on_trial:
                self._on_trial[entry.pair] = entry
                return entry
        return None

    def end(self, entry: Entry, *, is_proof: bool) -> None:
        """A task of a cell has ended.

        Args:
            entry: the cell.
            is_proof: whether it shows that the service takes the inputs.
        """
        if is_proof:
            self._proven.add(entry.pair)
        if self._on_trial.get(entry.pair) is entry:
            del self._on_trial[entry.pair]

    def drop(self, entry: Entry) -> None:
        """The cell's pair has no trial any more: it was not accepted."""
        self._on_trial.pop(entry.pair, None)
