"""What the user decides about a task that may have been paid for: go on with it, give it up, or pay again.

Another kernel may have decided meanwhile, so the history is asked first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain import task as events
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError
from cometact_nb.lookup import checked_id

if TYPE_CHECKING:
    from cometact_nb.sessions import Session
    from cometact_nb.tasks import Task

__all__ = ["confirm", "forget", "resubmit"]


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
