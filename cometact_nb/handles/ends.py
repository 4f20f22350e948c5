"""The error that says how a task ended without a clip."""

from __future__ import annotations

from typing import Any

from cometact_nb.domain.advice import advise
from cometact_nb.domain.task import Status
from cometact_nb.errors import (
    ActTwoError,
    ClipError,
    NotSentError,
    RefusedError,
    TaskCancelled,
    TaskFailed,
    TaskNotFound,
    UnconfirmedError,
    WatchStopped,
)

__all__ = ["error_for"]


def error_for(task: Any) -> ActTwoError:
    """Make the error that says how a :class:`Task` ended without a clip."""
    state = task.state
    message = str(advise(state))
    match state.status:
        case Status.SUCCEEDED:
            return ClipError(message)
        case Status.FAILED:
            return TaskFailed(message, task, code=state.failure_code)
        case Status.CANCELLED:
            return TaskCancelled(message, task)
        case Status.NOT_FOUND:
            return TaskNotFound(message, task)
        case Status.UNCONFIRMED | Status.FORGOTTEN:
            return UnconfirmedError(message, task)
        case Status.REFUSED if not state.sent:
            return NotSentError(message)
        case Status.REFUSED:
            return RefusedError(
                message,
                status=state.http_status,
                code=state.failure_code,
                request_id=state.request_id,
                param=state.param,
            )
    return WatchStopped(message, task)
