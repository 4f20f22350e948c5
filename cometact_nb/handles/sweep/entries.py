"""The cells of a sweep with their tasks, and the choice of cells that a run or a retry buys."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from cometact_nb.domain.sweep.rules import IN_DOUBT, blamed, shares
from cometact_nb.domain.sweep.run import Mark, is_unwatched
from cometact_nb.domain.task import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from cometact_nb.domain.sweep.grid import PlannedCell
    from cometact_nb.domain.task import TaskState
    from cometact_nb.engine.job import Job

__all__ = ["Entries", "Entry", "EntryState", "may_be_served", "state_of"]

#: The task of a cell, if any, and its status at that moment.
EntryState = tuple["Job | None", "Status | None"]


@dataclass(eq=False)
class Entry:
    """A cell of a sweep, with its task.

    Args:
        cell: the plan for it.
        job: its task inside the engine, or None before there is one. Set by :class:`Entries` alone.
        mark: its state without a task.
        reason: why it was stopped, or what it waits for.
        reused: its task is older than the sweep's purchase.
        instead_of: key of the task that a new one replaces.
    """

    cell: PlannedCell
    job: Job | None = None
    mark: Mark = Mark.PLANNED
    reason: str = ""
    reused: bool = False
    instead_of: str | None = None
    inside: bool = False  #: it holds one of the slots
    signed_anew: bool = False  #: its task was sent with another link to the same files

    @property
    def pair(self) -> tuple[object, object]:
        """The inputs."""
        return self.cell.request.character, self.cell.request.reference


class Entries:
    """The cells of one sweep, in order. It never offers a cell in doubt for purchase.

    Any thread may read; methods that change a cell run on the engine's loop.

    Args:
        cells: of the plan.
    """

    def __init__(self, cells: Iterable[PlannedCell]) -> None:
        self._all = [Entry(cell) for cell in cells]
        #: By content: replicates are alike.
        self._alike: dict[str, list[Entry]] = {}
        self._note_alike(self._all)
        self._stop_listening: dict[Entry, Callable[[], None]] = {}
        self._at_work: set[Entry] = set()
        #: Whether a run sends the waiting cells. Set by the runner.
        self.is_running = False
        #: Called with a cell when it gets a task, and after each change of its task. Set by the runner.
        self.on_change: Callable[[Entry], object] = lambda _: None

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def widen(self, cells: Sequence[PlannedCell]) -> None:
        """Take up the cells of a wider plan, which begins with those that are here.

        Args:
            cells: all of them; those that are here may have more parameters.
        """
        for entry, cell in zip(self._all, cells, strict=False):
            entry.cell = cell
        more = [Entry(cell) for cell in cells[len(self._all) :]]
        self._note_alike(more)
        self._all += more

    def _note_alike(self, entries: Iterable[Entry]) -> None:
        for entry in entries:
            self._alike.setdefault(entry.cell.identity, []).append(entry)

    def alike(self, entry: Entry) -> list[Entry]:
        """Return the cells with the same content, this one included."""
        return self._alike[entry.cell.identity]

    # --- the task of a cell: set here alone ---------------------------------------------------------

    def attach(self, entry: Entry, job: Job) -> None:
        """Make ``job`` the task of a cell, and note its present state at once."""
        self._put(entry, job)

    def detach(self, entry: Entry) -> None:
        """Remove the task of a cell, whose later changes do not concern the sweep."""
        self._put(entry, None)

    def _put(self, entry: Entry, job: Job | None) -> None:
        stop_listening = self._stop_listening.pop(entry, None)
        if stop_listening is not None:
            stop_listening()
        self._at_work.discard(entry)
        entry.job = job
        if job is not None:
            self._stop_listening[entry] = job.listeners.add(partial(self._changed, entry))

    def _changed(self, entry: Entry, job: Job) -> None:
        if job.state.is_settled:
            self._at_work.discard(entry)
        else:
            self._at_work.add(entry)
        self.on_change(entry)

    def queue(self, targets: Iterable[Entry]) -> None:
        """Put cells in line, to replace their present tasks."""
        for entry in targets:
            if entry.job is not None:
                entry.instead_of = entry.job.state.key
            self.detach(entry)
            entry.mark, entry.reason, entry.reused = Mark.QUEUED, "", False

    def stop(self, entry: Entry, reason: str) -> None:
        """Take a cell out of the line, for a reason."""
        entry.mark, entry.reason = Mark.STOPPED, reason

    # --- how they stand -----------------------------------------------------------------------------

    @property
    def states(self) -> Iterator[TaskState | None]:
        """The state of each cell's task, in order; None for a cell without a task."""
        return (None if entry.job is None else entry.job.state for entry in self._all)

    @property
    def jobs(self) -> list[Job]:
        """The tasks of all cells with one."""
        return [entry.job for entry in self._all if entry.job is not None]

    @property
    def is_settled(self) -> bool:
        """Whether no task is under way."""
        return all(state is None or state.is_settled for state in self.states)

    @property
    def at_work(self) -> bool:
        """Whether a task is under way, without a look at each. On the engine's loop only."""
        return bool(self._at_work)

    @property
    def unwatched(self) -> list[TaskState]:
        """Tasks that nobody polls any more, and whose end is unknown."""
        return [state for state in self.states if state is not None and is_unwatched(state)]

    @property
    def queued(self) -> list[Entry]:
        """Cells that wait to be bought."""
        return [entry for entry in self._all if entry.mark is Mark.QUEUED and entry.job is None]

    def is_coming(self, entry: Entry) -> bool:
        """Whether the present run will buy a cell; the remaining cells of a paused run are planned anew."""
        return entry.mark is Mark.QUEUED and entry.job is None and self.is_running

    def is_unchanged(self, entry: Entry, earlier: EntryState) -> bool:
        """Whether a cell is unchanged since its choice; another thread may have bought or settled it."""
        return earlier == state_of(entry) and not (entry.job is None and self.is_coming(entry))

    # --- what is to be bought -----------------------------------------------------------------------

    def to_buy(self) -> list[Entry]:
        """Return the cells that a run would buy: without a task, or with one that bought nothing."""
        blames = [blamed(entry.cell.request, entry.job.state) for entry in self._all if entry.job is not None]
        blames = [blame for blame in blames if blame]
        return [
            entry
            for entry in self._all
            if (not self.is_coming(entry) if entry.job is None else entry.job.state.status is Status.REFUSED)
            and not any(shares(entry.cell.request, blame) for blame in blames if entry.job is None)
        ]

    def again(
        self,
        *,
        failed: bool = True,
        cancelled: bool = False,
        forgotten: bool = False,
        doubtful: bool = False,
    ) -> list[Entry]:
        """Return the cells that a retry would buy.

        Args:
            failed: cells that failed, were refused, or were stopped with them.
            cancelled: cells that were cancelled.
            forgotten: cells that the user gave up.
            doubtful: cells that may have been bought.
        """
        statuses = {
            Status.FAILED: failed,
            Status.REFUSED: failed,
            Status.CANCELLED: cancelled,
            Status.FORGOTTEN: forgotten,
            **dict.fromkeys(IN_DOUBT, doubtful),
        }
        ends = {status for status, is_named in statuses.items() if is_named}
        again = [entry for entry in self._all if entry.job and entry.job.state.status in ends]
        return again + (self.without_task() if failed else [])

    def without_task(self) -> list[Entry]:
        """Return the cells that have no task, and get none by themselves."""
        return [entry for entry in self._all if entry.job is None and not self.is_coming(entry)]


def may_be_served(entry: Entry) -> bool:
    """Whether a cell may get another task: it has none, or one that brought no video."""
    if entry.job is None:
        return True
    status = entry.job.state.status
    return status.is_terminal and status is not Status.SUCCEEDED


def state_of(entry: Entry) -> EntryState:
    """Return the present task and status of a cell."""
    return entry.job, None if entry.job is None else entry.job.state.status
