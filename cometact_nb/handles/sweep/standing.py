"""How far a sweep has come: its state, the reason why it stands still, its cells by status and its cost."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from cometact_nb.domain.doors import doors
from cometact_nb.domain.sweep.run import SweepState, shown_state
from cometact_nb.handles.sweep import sentences
from cometact_nb.handles.sweep.results import Results

if TYPE_CHECKING:
    from cometact_nb.handles.sweep.entries import Entries
    from cometact_nb.handles.sweep.ledger import Ledger
    from cometact_nb.handles.sweep.runner import Runner

__all__ = ["Standing"]


@doors
class Standing(Results):
    """A sweep that can be read, and not changed. Part of :class:`~cometact_nb.Sweep`."""

    _entries: Entries
    _ledger: Ledger
    _runner: Runner

    @property
    def base_url(self) -> str:
        """The service it belongs to."""
        return self._ledger.base_url

    @property
    def sandbox(self) -> bool:
        """Whether it runs in the sandbox, where nothing is billed."""
        return self._ledger.endpoint.sandbox

    @property
    def state(self) -> SweepState:
        """``"planned"``, ``"running"``, ``"paused"``, ``"cancelled"``, ``"finished"`` or ``"unfinished"``.

        The last one means that all was sent, and that a task is watched no more before its end is known.
        """
        return shown_state(self._runner.state, self._entries.states)

    @property
    def problem(self) -> str:
        """The reason why it is paused or unfinished, in words; else, and when its user paused it, empty."""
        if not self._runner.problem and self.state is SweepState.UNFINISHED:
            return sentences.why_unfinished(self._entries.unwatched)
        return self._runner.problem

    @property
    def recall(self) -> str:
        """The line of Python that finds it again, in any kernel: its beginning."""
        return f"act.sweep_by_name({self.name!r}, resume=False)"

    @property
    def spent_usd(self) -> float:
        """Its cost so far, in US dollars, by the prices at purchase."""
        return self._ledger.spent_usd

    @property
    def approved_usd(self) -> float:
        """US dollars that it may cost in all, by the user's approval or the limit that needs none."""
        return self._ledger.terms.approved_usd

    def to_buy(self, *, retry: bool = False) -> int:
        """Count the cells that :meth:`run` (or :meth:`retry`) would send now, without asking the service.

        Args:
            retry: count for ``retry()``, which pays again, instead of ``run()``.
        """
        return len(self._entries.again() if retry else self._entries.to_buy())

    @property
    def counts(self) -> Counter[str]:
        """The number of cells with each status."""
        return Counter(cell.status for cell in self.cells)
