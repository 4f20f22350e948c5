"""Carries out a user's decision about a task that may have been paid for: confirm, forget, or pay again.

Another kernel may have decided meanwhile, so each function reads the history first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain import events
from cometact_nb.domain.search import checked_id
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError
from cometact_nb.store.journal.sweeps import in_doubt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.task import TaskState
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.core import Core

__all__ = ["about_twin", "confirm", "forget", "to_send_again", "twins_in_doubt"]


def confirm(core: Core, job: Job, task_id: str) -> None:
    """See :meth:`Task.confirm`. Another id may replace one that proved wrong."""
    name = checked_id(task_id)

    async def work() -> None:
        _learn(core, job)
        _need_doubtful(job.state)
        core.engine.accept(job, name, by_user=True)

    core.run(work())


def forget(core: Core, job: Job, *, billed: bool | None = None) -> None:
    """See :meth:`Task.forget`. One that was given up may be settled later."""

    async def work() -> None:
        _learn(core, job)
        if billed is None or job.state.status is not Status.FORGOTTEN:
            _need_doubtful(job.state)
        core.engine.apply(job, events.Forgotten(at=core.engine.now(), billed=billed))
        if billed is False:
            core.engine.purse.take_back(job.state.key)

    core.run(work())


def to_send_again(core: Core, job: Job) -> ActTwoRequest:
    """Return the request of a job that has ended; see :meth:`Task.resubmit`.

    Raises:
        ActTwoError: the task has not ended, or its request is unknown.
    """

    async def work() -> bool:
        return _learn(core, job)

    has_ended = core.run(work())
    state = job.state
    request = state.to_request()
    if request is None:
        raise ActTwoError("What this task asked for is not known here, so it cannot be sent again.")
    if not state.status.is_terminal or not has_ended:
        raise ActTwoError(f"Task {state.id or state.key} has not ended; sending it again would pay twice.")
    return request


def _learn(core: Core, job: Job) -> bool:
    """Take over another kernel's record of a task that nobody here watches. On the engine's loop.

    Returns:
        False if the task goes on in another kernel, although it has ended here: events of this kernel may
        wait for room on the disk.
    """
    history = core.engine.history
    row = history.find(job.state.key) if job.state.status.is_terminal else None
    if row is not None and row.state.status is not job.state.status:
        core.engine.publish(job, row.state)
        core.engine.take_up(job, row)
    return row is None or row.state.status.is_terminal or row.owner == history.owner


def _need_doubtful(state: TaskState) -> None:
    if state.status not in {Status.UNCONFIRMED, Status.NOT_FOUND}:
        raise ActTwoError(
            f"Task {state.id or state.key} is {state.status}, neither UNCONFIRMED nor NOT_FOUND; "
            "nothing to settle."
        )


def twins_in_doubt(core: Core, request: ActTwoRequest, base_url: str) -> Iterator[Job]:
    """Find the tasks for the same video that may be paid for, the earliest first. On the engine's loop.

    Args:
        core: with the history.
        request: to be sent.
        base_url: of its service.

    Raises:
        HistoryError: the history could not be read.
    """
    history = core.engine.history
    for key in in_doubt(history, base_url, request.identity):
        row = history.find(key)
        if row is None or core.engine.may_be_answered(row):
            continue
        job = core.adopt(row)
        if job.state.is_in_doubt:
            yield job


def about_twin(state: TaskState) -> str:
    """Say why a request was not sent beside a task in doubt, and what its user may do."""
    name = state.id or state.key
    why = "the service does not know its id" if state.id else "its answer was lost"
    place = "the sandbox's ledger" if state.in_sandbox else "your CometAPI log"
    return (
        f"Nothing was sent: the same request was sent before and may be paid for ({why}). "
        f"Look for it in {place}. With t = act.task({name!r}), t.confirm('its id') goes on with it, "
        "t.forget() gives it up, and t.resubmit() sends it again and may pay twice."
    )
