"""What the user decides about a task that may have been paid for: go on with it, give it up, or pay again.

Another kernel may have decided meanwhile, so the history is asked first.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from cometact_nb.domain import task as events
from cometact_nb.domain.sweep.rules import IN_DOUBT
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, HistoryError
from cometact_nb.handles.find import checked_id
from cometact_nb.store.journal.sweeps import owned

if TYPE_CHECKING:
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.task import Task
    from cometact_nb.store.journal.history import History

__all__ = ["confirm", "forget", "resubmit", "warn_of_doubt"]

log = logging.getLogger("cometact_nb")


def confirm(session: Session, task: Task, task_id: str) -> None:
    """See :meth:`Task.confirm`. An id that turned out to be wrong can be given anew."""
    name = checked_id(task_id)

    async def work() -> None:
        _learn(session, task)
        _need_doubtful(task)
        session.engine.accept(task._job, name, by_user=True)  # noqa: SLF001  (a handle's job is the session's)

    session.run(work())


def forget(session: Session, task: Task) -> None:
    """See :meth:`Task.forget`."""

    async def work() -> None:
        _learn(session, task)
        _need_doubtful(task)
        session.engine.apply(task._job, events.Forgotten(at=session.engine.now()))  # noqa: SLF001

    session.run(work())


def resubmit(session: Session, task: Task) -> Task:
    """See :meth:`Task.resubmit`."""

    async def work() -> None:
        _learn(session, task)

    session.run(work())
    request = task.request
    if request is None:
        raise ActTwoError("What this task asked for is not known here, so it cannot be sent again.")
    if not task.status.is_terminal:
        raise ActTwoError(f"Task {task.id} has not ended; sending it again would pay twice.")
    return session.submit(request)


def _learn(session: Session, task: Task) -> None:
    """Take over what another kernel recorded about a task that nobody here watches. On the engine's loop."""
    row = session.engine.history.find(task.key) if task.status.is_terminal else None
    if row is not None and row.state.status is not task.status:
        session.engine.publish(task._job, row.state)  # noqa: SLF001
        session.engine.take_up(task._job, row)  # noqa: SLF001


def _need_doubtful(task: Task) -> None:
    if task.status not in {Status.UNCONFIRMED, Status.NOT_FOUND}:
        raise ActTwoError(
            f"Task {task.id or task.key} is {task.status}, neither UNCONFIRMED nor NOT_FOUND; "
            "nothing to settle."
        )


def warn_of_doubt(history: History, base_url: str, request: ActTwoRequest) -> None:
    """Say in one line that a request with the same content is in doubt; what the user asks for is sent."""
    with suppress(HistoryError):  # the submit itself says what is wrong with the history
        found = [row.owned.state for row in owned(history, base_url, [request.identity])]
        doubts = [state.id or state.key for state in found if state.status in IN_DOUBT]
        if doubts:
            log.warning(
                "The same request is in doubt (%s) and may be paid for; this one is sent all the same. "
                "act.task(%r).confirm(id) or .forget() settles it.",
                ", ".join(doubts),
                doubts[0],
            )
