"""Which cells of a sweep are on their way, which a run would buy, and which a retry would buy again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.sweep.rules import IN_DOUBT, blamed, shares
from cometact_nb.domain.task import Status

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cometact_nb.engine.job import Job
    from cometact_nb.handles.sweep.runner import Entry

__all__ = ["Choice", "Seen", "may_be_served", "see", "what_buys_again"]

#: The task of a cell, if it has one, and how it stood.
Seen = tuple["Job | None", "Status | None"]


class Choice:
    """The cells of one sweep, by what may be done about them. What is in doubt is never among them.

    Args:
        entries: the cells, in order.
        is_running: whether a run is under way.
    """

    def __init__(self, entries: Sequence[Entry], is_running: Callable[[], bool]) -> None:
        self._entries = entries
        self._is_running = is_running

    def is_coming(self, entry: Entry) -> bool:
        """Whether the run that is under way will buy a cell. What a paused one left is planned anew."""
        return entry.mark == "QUEUED" and entry.job is None and self._is_running()

    def as_seen(self, entry: Entry, seen: Seen) -> bool:
        """Whether a cell is as it was when it was chosen; another thread may have bought or settled it."""
        return seen == see(entry) and not (entry.job is None and self.is_coming(entry))

    def wanted(self) -> list[Entry]:
        """The cells that a run would buy: without a task, or with one that bought nothing."""
        blames = [
            blamed(entry.cell.request, entry.job.state) for entry in self._entries if entry.job is not None
        ]
        blames = [blame for blame in blames if blame]
        return [
            entry
            for entry in self._entries
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
        """The cells that a retry would buy.

        Args:
            failed: those that failed, were refused, or were stopped with them.
            cancelled: those that were cancelled.
            forgotten: those that the user has given up.
            doubtful: those that may have been bought.
        """
        named = {
            Status.FAILED: failed,
            Status.REFUSED: failed,
            Status.CANCELLED: cancelled,
            Status.FORGOTTEN: forgotten,
            **dict.fromkeys(IN_DOUBT, doubtful),
        }
        ends = {status for status, is_named in named.items() if is_named}
        again = [entry for entry in self._entries if entry.job and entry.job.state.status in ends]
        return again + (self.without_task() if failed else [])

    def without_task(self) -> list[Entry]:
        """The cells that have no task, and get none by themselves."""
        return [entry for entry in self._entries if entry.job is None and not self.is_coming(entry)]


def may_be_served(entry: Entry, key: str) -> bool:
    """Whether a cell may be given the task ``key``: it has none, or one that brought no video."""
    if entry.job is None:
        return True
    state = entry.job.state
    return state.key != key and state.status.is_terminal and state.status is not Status.SUCCEEDED


def see(entry: Entry) -> Seen:
    """How a cell stands now."""
    return entry.job, None if entry.job is None else entry.job.state.status


#: What each outcome of a cell means, for the guide's table; no other outcome has a task.
_MEANINGS = {
    None: "never sent",
    Status.REFUSED: "refused with certainty, or never left this machine; nothing was bought",
    Status.SUBMITTING: "being sent",
    Status.PENDING: "accepted, not begun",
    Status.THROTTLED: "accepted, waits for the account's limit",
    Status.RUNNING: "the video is being made",
    Status.UNKNOWN: "the service uses a word that nobody knows; asked about on",
    Status.SUCCEEDED: "the video was made",
    Status.FAILED: "the service says that it failed; that may have been billed",
    Status.CANCELLED: "cancelled, here or elsewhere",
    Status.FORGOTTEN: "in doubt, and given up by you",
    Status.UNCONFIRMED: "in doubt: sent, and no answer says whether it was accepted",
    Status.NOT_FOUND: "in doubt: accepted, and the service does not know its id",
}
#: What a retry is told, and how it reads.
_WORDS = ({"failed": True}, {"cancelled": True}, {"forgotten": True}, {"doubtful": True})


def what_buys_again(entry_of: Callable[[Status | None], Entry]) -> str:
    """The table of the page "money" of the guide, Markdown: what is sent for each outcome of a cell.

    Args:
        entry_of: makes a cell whose task has a status; None makes one without a task.
    """
    lines = [
        "| outcome | meaning | `run()`, `resume()`, the notebook again | words that buy it |",
        "|---|---|---|---|",
    ]
    for status, meaning in _MEANINGS.items():
        choice = Choice([entry_of(status)], lambda: False)
        words = [
            f"`retry({name}=True)`" if name != "failed" else "`retry()`"
            for named in _WORDS
            for name in named
            if choice.again(**{"failed": False, **named})
        ]
        bought = "sent" if choice.wanted() else "not sent"
        name = f"`{status}`" if status is not None else "no task"
        lines.append(f"| {name} | {meaning} | {bought} | {', '.join(words) or 'nothing'} |")
    return "\n".join(lines)
