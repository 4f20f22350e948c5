"""What the user decides about a task that may have been paid for: go on with it, give it up, or pay again.

Another kernel may have decided meanwhile, so the history is asked first.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

from cometact_nb.domain import events
from cometact_nb.domain.search import checked_id
from cometact_nb.domain.task import Status
from cometact_nb.errors import ActTwoError, HistoryError
from cometact_nb.store.journal.sweeps import in_doubt

if TYPE_CHECKING:
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.task import TaskState
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.core import Core
    from cometact_nb.store.journal.history import History

__all__ = ["confirm", "forget", "to_send_again", "warn_of_doubt"]

log = logging.getLogger("cometact_nb")


def confirm(core: Core, job: Job, task_id: str) -> None:
    """See :meth:`Task.confirm`. An id that turned out to be wrong can be given anew."""
    name = checked_id(task_id)

    async def work() -> None:
        _learn(core, job)
        _need_doubtful(job.state)
        core.engine.accept(job, name, by_user=True)

    core.run(work())


def forget(core: Core, job: Job) -> None:
    """See :meth:`Task.forget`."""

    async def work() -> None:
        _learn(core, job)
        _need_doubtful(job.state)
        core.engine.apply(job, events.Forgotten(at=core.engine.now()))

    core.run(work())


def to_send_again(core: Core, job: Job) -> ActTwoRequest:
    """The request of a job that has ended; see :meth:`Task.resubmit`.

    Raises:
        ActTwoError: the task has not ended, or its request is not known.
    """

    async def work() -> None:
        _learn(core, job)

    core.run(work())
    state = job.state
    request = state.to_request()
    if request is None:
        raise ActTwoError("What this task asked for is not known here, so it cannot be sent again.")
    if not state.status.is_terminal:
        raise ActTwoError(f"Task {state.id} has not ended; sending it again would pay twice.")
    return request


def _learn(core: Core, job: Job) -> None:
    """Take over what another kernel recorded about a task that nobody here watches. On the engine's loop."""
    row = core.engine.history.find(job.state.key) if job.state.status.is_terminal else None
    if row is not None and row.state.status is not job.state.status:
        core.engine.publish(job, row.state)
        core.engine.take_up(job, row)


def _need_doubtful(state: TaskState) -> None:
    if state.status not in {Status.UNCONFIRMED, Status.NOT_FOUND}:
        raise ActTwoError(
            f"Task {state.id or state.key} is {state.status}, neither UNCONFIRMED nor NOT_FOUND; "
            "nothing to settle."
        )


def warn_of_doubt(history: History, base_url: str, request: ActTwoRequest) -> None:
    """Say in one line that a request with the same content is in doubt; what the user asks for is sent."""
    with suppress(HistoryError):  # the submit itself says what is wrong with the history
        doubts = in_doubt(history, base_url, request.identity)
        if doubts:
            log.warning(
                "The same request is in doubt (%s) and may be paid for; this one is sent all the same. "
                "act.task(%r).confirm(id) or .forget() settles it.",
                ", ".join(doubts),
                doubts[0],
            )
