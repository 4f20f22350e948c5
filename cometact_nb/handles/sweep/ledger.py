"""The record of one sweep: its approval, its cost, the tasks of its cells."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from cometact_nb.domain.service import Endpoint
from cometact_nb.domain.sweep.grid import expand
from cometact_nb.domain.sweep.rules import assign
from cometact_nb.domain.sweep.run import SweepState
from cometact_nb.errors import HistoryError
from cometact_nb.handles.sweep.entries import may_be_served
from cometact_nb.handles.sweep.plan import Approval
from cometact_nb.handles.sweep.rating_book import RatingBook
from cometact_nb.store.journal import sweeps as store

if TYPE_CHECKING:
    from collections.abc import Collection

    from cometact_nb.domain.sweep.grid import Spec
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.entries import Entries
    from cometact_nb.store.journal.history import Row

__all__ = ["LATELY_S", "Ledger", "catch_up"]

log = logging.getLogger("cometact_nb")
#: A refusal for want of the model is asked about for so long, in seconds.
LATELY_S = 3600.0


class Ledger(RatingBook):
    """Reads and writes the record of one sweep. To be used on the engine's loop.

    Args:
        core: with the history.
        name: of the sweep.
        spec: the specification.
        row: the present record, for a sweep from the history.
    """

    def __init__(self, core: Core, name: str, spec: Spec, row: store.SweepRow | None) -> None:
        super().__init__(core)
        config = core.config
        self._spec = spec
        self.name = name
        self.base_url = config.base_url if row is None else row.base_url
        here = self.base_url == config.base_url
        in_sandbox = row is not None and row.sandbox
        #: The service of its tasks.
        self.endpoint = config.endpoint if here else Endpoint(self.base_url, sandbox=in_sandbox)
        self.terms = row.terms if row is not None else store.Terms(state=SweepState.PLANNED)
        #: The reason why the approval does not hold here; empty when it does.
        self.doubt = row.doubt if row is not None else ""
        self.approval = Approval(self.terms.approved_usd, self.terms.agreed_usd)
        self.canary = self.terms.canary
        #: The approval is for so many cells, the first ones; None for all.
        self.approved_cells = self.terms.approved_cells
        self.spent_usd = self.elsewhere_usd = 0.0
        self._missing_at = self._answered_at = 0.0

    def keep(self, state: SweepState, problem: str = "") -> None:
        """Record the state of the run.

        Args:
            state: of the run.
            problem: the reason of a pause; empty when its user paused it, and for any other state.

        Raises:
            HistoryError: it could not be recorded.
        """
        terms = store.Terms(
            state=state,
            approved_usd=self.approval.approved_usd,
            agreed_usd=self.approval.agreed_usd,
            problem=problem or None,
            canary=self.canary,
            sandbox=self.endpoint.sandbox,
            approved_cells=self.approved_cells,
        )
        store.save(self._history, self.name, self.base_url, self._spec, terms)
        self.terms = terms  # only now, since an unrecorded run must not go on by itself

    def approve(self, approval: Approval, canary: bool | None, cells: int | None) -> None:
        """Record the approval before the first request, so that any kernel can go on.

        Args:
            approval: the approved cost.
            canary: whether one cell of each pair of inputs goes first; None leaves it to their number.
            cells: the approval is for so many cells, the first ones; None for all.

        Raises:
            HistoryError: it could not be recorded, so that it does not hold.
        """
        before = self.approval, self.canary, self.approved_cells
        self.approval, self.canary, self.approved_cells = approval, canary, cells
        try:
            self.keep(SweepState.RUNNING)
        except BaseException:
            self.approval, self.canary, self.approved_cells = before
            raise
        self.doubt = ""

    def recorded(self) -> tuple[str, str | None] | None:
        """Return state and problem, as any kernel recorded them last; None before there is a record.

        Raises:
            HistoryError: the history could not be read.
        """
        return store.state_of(self._history, self.name, self.base_url)

    def has_recorded(self, keys: Collection[str]) -> bool:
        """Whether the record has all cells with these keys.

        Raises:
            HistoryError: the history could not be read.
        """
        row = store.find(self._history, self.name, self.base_url)
        if row is None or row.base_url != self.base_url:
            return False
        return {cell.key for cell in expand(row.spec).cells}.issuperset(keys)

    def widen(self, spec: Spec, recorded: tuple[str, str | None] | None) -> None:
        """Record cells that were added, if there is a record; without one, the first run makes it.

        Args:
            spec: with all cells.
            recorded: state and problem in the present record.

        Raises:
            HistoryError: they could not be recorded; the sweep stays as it was.
        """
        before = self._spec
        self._spec = spec
        if recorded is None or recorded[0] == SweepState.RUNNING:
            return  # without a record, or with one that has them
        state, problem = SweepState(recorded[0]), recorded[1] or ""
        try:
            self.keep(SweepState.PLANNED if state is SweepState.BOUGHT else state, problem)
        except BaseException:
            self._spec = before
            raise

    def stop_elsewhere(self, state: SweepState) -> None:
        """Record that the user stops the sweep, for another kernel that runs it.

        Args:
            state: ``PAUSED`` or ``CANCELLED``.

        Raises:
            HistoryError: it could not be recorded.
        """
        recorded = self.recorded()
        if recorded is not None and recorded[0] == SweepState.RUNNING:
            store.stop(self._history, self.name, self.base_url, state)

    @property
    def is_model_missing(self) -> bool:
        """Whether the service's last word of this hour was that it has no channel for the model.

        It is not once its user has answered that they buy all the same, until it is said of another request.
        """
        return self._missing_at > self._answered_at

    def buy_all_the_same(self) -> None:
        """Take note that the user knows of that refusal."""
        self._answered_at = self._missing_at

    def recount(self) -> None:
        """Count again the cost of the sweep in all kernels, and see whether the model was missing lately."""
        hour_ago = self._core.engine.now() - LATELY_S
        try:
            self._missing_at = store.model_missing_at(self._history, self.base_url, hour_ago)
            self.spent_usd = store.cost_usd(self._history, self.name, self.base_url)
        except HistoryError as error:
            log.warning("what sweep %r has cost could not be counted anew: %s", self.name, error)

    def look_up(self, entries: Entries) -> None:
        """Find out which cells are bought, here or by another kernel, and watch running tasks.

        Raises:
            HistoryError: the history could not be read.
        """
        identities = {entry.cell.identity for entry in entries}
        owned = store.owned(self._history, self.base_url, identities)
        rows = {row.owned.state.key: row for row in owned}
        served = assign((entry.cell for entry in entries), [row.owned for row in owned])
        for entry in entries:
            owner = served.get(entry.cell.key)
            if owner is None or entries.is_coming(entry):
                continue
            row = rows[owner.state.key]
            if entry.job is not None and entry.job.state.key == owner.state.key:
                catch_up(self._core, entry.job, row.row)
            elif may_be_served(entry):
                entry.reused = row.sweep != self.name
                entry.signed_anew = owner.content_hash not in {None, entry.cell.request.content_hash}
                entries.attach(entry, self._core.adopt(row.row))
        self.recount()
        self.elsewhere_usd = store.unagreed_elsewhere(self._history, self.name, self.base_url, identities)
        self.read_ratings([job.state.key for job in entries.jobs])


def catch_up(core: Core, job: Job, row: Row) -> None:
    """Take over another kernel's last record of a task that nobody here watches."""
    is_news = row.state.status is not job.state.status or row.state.watching != job.state.watching
    if job.state.is_settled and is_news and row.owner != core.engine.history.owner:
        core.engine.publish(job, row.state)
        core.engine.take_up(job, row)
