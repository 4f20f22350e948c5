"""Chooses the cells to send first: one for each pair of inputs, before others that would fail alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.handles.sweep.entries import Entry

__all__ = ["CANARY_ABOVE", "Trials"]

#: If more cells are to be bought, one of each pair of inputs goes first.
CANARY_ABOVE = 4


class Trials:
    """Knows the cells on trial, and the pairs of inputs that the service has accepted."""

    def __init__(self) -> None:
        self._goes_ahead = False
        self._on_trial: dict[tuple[object, object], Entry] = {}
        #: Pairs of inputs with a cell that ended without blame on them.
        self._proven: set[tuple[object, object]] = set()

    def forget_unsent(self) -> None:
        """Forget cells that were chosen but never sent; those behind them would wait for ever."""
        self._on_trial = {pair: entry for pair, entry in self._on_trial.items() if entry.job is not None}

    def choose(self, waiting: int, canary: bool | None) -> None:
        """Decide whether one cell of each pair goes first.

        Args:
            waiting: the number of cells that wait to be sent.
            canary: the user's choice; None: if more than four wait, or a cell that went first has not ended.
        """
        goes_ahead = waiting > CANARY_ABOVE or (self._goes_ahead and bool(self._on_trial))
        self._goes_ahead = goes_ahead if canary is None else canary

    def pick(self, queued: Iterable[Entry]) -> Entry | None:
        """Pick the next cell to send; None while all others wait for a trial."""
        for entry in queued:
            if not self._goes_ahead or entry.pair in self._proven:
                return entry
            if entry.pair not in self._on_trial:
                self._on_trial[entry.pair] = entry
                return entry
        return None

    def end(self, entry: Entry, *, is_proof: bool) -> None:
        """Take note that a task of a cell has ended.

        Args:
            entry: the cell.
            is_proof: its end shows that the service accepts the inputs.
        """
        if is_proof:
            self._proven.add(entry.pair)
        if self._on_trial.get(entry.pair) is entry:
            del self._on_trial[entry.pair]

    def drop(self, entry: Entry) -> None:
        """End the trial of the cell's pair, since the cell was not accepted."""
        self._on_trial.pop(entry.pair, None)
