"""Prints the guide's table of cells that are bought again, from the code's own decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.task import Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.handles.sweep.entries import Entries

__all__ = ["what_buys_again"]

#: The meaning of each outcome of a cell with a task.
_MEANINGS = {
    None: "never sent",
    Status.REFUSED: "refused with certainty, or never left this machine; nothing was bought",
    Status.SUBMITTING: "being sent",
    Status.PENDING: "accepted, not begun",
    Status.THROTTLED: "accepted, waits for the account's limit",
    Status.RUNNING: "the video is being made",
    Status.UNKNOWN: "the service gives a status that it does not document; it is polled further",
    Status.SUCCEEDED: "the video was made",
    Status.FAILED: "the service says that it failed; that may have been billed",
    Status.CANCELLED: "cancelled, here or elsewhere",
    Status.FORGOTTEN: "in doubt, and given up by you",
    Status.UNCONFIRMED: "in doubt: sent, and no answer says whether it was accepted",
    Status.NOT_FOUND: "in doubt: accepted, and the service does not know its id",
}
#: The calls of a retry.
_WORDS = ({"failed": True}, {"cancelled": True}, {"forgotten": True}, {"doubtful": True})


def what_buys_again(cell_with: Callable[[Status | None], Entries]) -> str:
    """Write the table of the guide's page "money", in Markdown: the requests for each outcome of a cell.

    Args:
        cell_with: makes a sweep of one cell whose task has a status; None makes one without a task.
    """
    lines = [
        "| outcome | meaning | `run()`, `resume()`, the notebook again | call that buys it |",
        "|---|---|---|---|",
    ]
    for status, meaning in _MEANINGS.items():
        entries = cell_with(status)
        words = [
            f"`retry({name}=True)`" if name != "failed" else "`retry()`"
            for call in _WORDS
            for name in call
            if entries.again(**{"failed": False, **call})
        ]
        bought = "sent" if entries.to_buy() else "not sent"
        name = f"`{status}`" if status is not None else "no task"
        lines.append(f"| {name} | {meaning} | {bought} | {', '.join(words) or 'nothing'} |")
    return "\n".join(lines)
