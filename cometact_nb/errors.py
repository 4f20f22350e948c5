"""Every error this package raises on purpose.

::

    ActTwoError
    ├── ConfigError          no key, a bad base URL, an unknown setting: nothing was sent
    ├── RequestError         a request the service would refuse: nothing was sent (``.findings``)
    ├── BudgetError          a budget does not allow it: nothing was sent
    │   └── ApprovalNeeded   a sweep costs more than its limit without approval (``.plan``): nothing was sent
    ├── ServiceError         the service did not do what it was asked to
    │   ├── RefusedError     it answered no (``.status``, ``.code``, ``.request_id``): nothing was bought
    │   │   └── CancelRefused    it does not cancel, or not this task
    │   └── NotSentError     it was never reached (connection, DNS, TLS): nothing was sent
    ├── TaskError            a task ended without a clip (``.task``)
    │   ├── UnconfirmedError the paid request may or may not have been accepted
    │   ├── TaskFailed       the generation failed (``.code`` is the vendor's failure code)
    │   ├── TaskCancelled    the task was cancelled
    │   ├── TaskNotFound     the service does not know the task's id
    │   └── WatchStopped     polling was refused or went on for too long; the task may still run
    ├── InputError           a file of yours cannot become an input (``.findings``): the file is as it was
    ├── ClipError            the generation succeeded, its clip could not be kept on disk
    ├── PublishError         a file of yours could not be published: nothing was sent (``.path``)
    │   └── ConsentNeeded    you have not said yet that files may become public there: nothing was published
    ├── HistoryError         the record of tasks could not be read or written
    ├── SweepPaused          the sweep you wait for does not go on by itself (``.sweep``)
    └── WaitTimeout          ``wait(timeout_s=…)`` ran out; the task goes on (also a ``TimeoutError``)

    WaitInterrupted          a ``KeyboardInterrupt`` that says the task goes on (an interrupted ``await``
                             raises its twin, an ``asyncio.CancelledError``)
"""

from __future__ import annotations

import linecache
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "ActTwoError",
    "ApprovalNeeded",
    "BudgetError",
    "CancelRefused",
    "ClipError",
    "ConfigError",
    "ConsentNeeded",
    "HistoryError",
    "InputError",
    "NotSentError",
    "PublishError",
    "RefusedError",
    "RequestError",
    "ServiceError",
    "SweepPaused",
    "TaskCancelled",
    "TaskError",
    "TaskFailed",
    "TaskNotFound",
    "UnconfirmedError",
    "WaitInterrupted",
    "WaitTimeout",
    "WatchStopped",
]


class ShortTraceback:
    """Show an exception in a notebook as its message and the user's own line, nothing else.

    IPython calls ``_render_traceback_`` in every traceback mode, the verbose ones (which print local
    variables) included, so no internal value can reach a saved notebook by way of a traceback.
    """

    #: The topic of :func:`cometact_nb.guide` that says more, or an empty string.
    guide: str = ""

    def _render_traceback_(self) -> list[str]:
        more = f' More: act.guide("{self.guide}")' if self.guide else ""
        lines = [f"{type(self).__name__}: {self}{more}"]
        where = _users_line(self)
        if where:
            lines.append(where)
        return lines


def _users_line(error: Any) -> str:
    """Return the innermost line of the user's own code that led to ``error``, or an empty string."""
    package = str(Path(__file__).parent)
    line = ""
    step = error.__traceback__
    while step is not None:
        code = step.tb_frame.f_code
        if code.co_filename.startswith(package):
            break
        source = linecache.getline(code.co_filename, step.tb_lineno, step.tb_frame.f_globals).strip()
        if "api_key" in source or "Bearer" in source:
            source = ""  # the line may hold the key itself
        in_ipython = f"{os.sep}IPython{os.sep}" in code.co_filename
        if source and not in_ipython and "get_ipython()" not in source:
            line = f"  line {step.tb_lineno}: {source[:160]}"
        step = step.tb_next
    return line


class ActTwoError(ShortTraceback, Exception):
    """Base of every error of this package."""


class ConfigError(ActTwoError):
    """A setting is missing or cannot be used. Nothing was sent.

    Args:
        message: what is wrong, and its cure.
        guide: the topic of the guide that says more, an empty string for none.
    """

    guide = "settings"

    def __init__(self, message: str, *, guide: str = guide) -> None:
        super().__init__(message)
        self.guide = guide


class RequestError(ActTwoError, ValueError):
    """A request the service would refuse. Nothing was sent.

    Args:
        findings: everything that is wrong, each naming the field, the value and the cure.
    """

    guide = "requests"

    def __init__(self, findings: Iterable[Any]) -> None:
        self.findings = tuple(findings)
        super().__init__("\n".join(str(finding) for finding in self.findings))


class BudgetError(ActTwoError):
    """A budget does not allow what was asked for. Nothing was sent."""

    guide = "budgets"


class ApprovalNeeded(BudgetError):
    """A sweep costs more than may be spent without your approval. Nothing was sent.

    Args:
        message: the price, the limit, and how to approve it.
        plan: the plan that needs your approval.
    """

    def __init__(self, message: str, plan: Any = None) -> None:
        self.plan = plan
        super().__init__(message)


class ServiceError(ActTwoError):
    """The service did not do what it was asked to."""


class RefusedError(ServiceError):
    """The service answered no. Nothing was bought.

    Args:
        message: what the service said and what to do about it.
        status: HTTP status of the answer, or None when the refusal came with a 2xx body.
        code: the vendor's error code, if it gave one.
        request_id: the vendor's id of the request, for its support.
        param: the field the vendor named, if it named one.
    """

    guide = "refused"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        param: str | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.request_id = request_id
        self.param = param
        super().__init__(message)


class CancelRefused(RefusedError):
    """The service did not cancel the task; it goes on and is billed."""


class NotSentError(ServiceError):
    """The service was never reached. Nothing was sent, nothing was bought."""

    guide = "refused"


class TaskError(ActTwoError):
    """A task ended, or its watch did, without a clip.

    Args:
        message: what happened and what to do.
        task: the task's handle.
    """

    def __init__(self, message: str, task: Any = None) -> None:
        self.task = task
        super().__init__(message)


class UnconfirmedError(TaskError):
    """The paid request was sent and its outcome is unknown. It is never sent again by itself.

    Args:
        message: what is in doubt and how to settle it.
        task: the handle of the task in doubt.
        sent: False: that task is an earlier one for the same video, and nothing was sent beside it.
    """

    guide = "lost-answer"

    def __init__(self, message: str, task: Any = None, *, sent: bool = True) -> None:
        self.sent = sent
        super().__init__(message, task)


class TaskFailed(TaskError):
    """The generation failed.

    Args:
        message: what failed, the cure, and whether it was probably billed.
        task: the task's handle.
        code: the vendor's failure code, such as ``SAFETY.INPUT.IMAGE``.
    """

    guide = "failed"

    def __init__(self, message: str, task: Any = None, *, code: str | None = None) -> None:
        self.code = code
        super().__init__(message, task)


class TaskCancelled(TaskError):
    """The task was cancelled, here or elsewhere."""


class TaskNotFound(TaskError):
    """The service does not know the task's id."""

    guide = "nothing-happens"


class WatchStopped(TaskError):
    """Nothing polls the task any more; ``task.refresh()`` looks once more and goes on."""

    guide = "nothing-happens"


class ClipError(ActTwoError):
    """The generation succeeded and its clip is not on disk. ``task.refresh()`` fetches it again."""

    guide = "no-clip"


class InputError(ActTwoError):
    """A file of yours cannot become an input. The file is as it was, and nothing is left of the attempt.

    Args:
        message: what is wrong with the file or the place of the result, and the cure.
        findings: everything that is wrong with the result, where there is one.
    """

    guide = "own-files"

    def __init__(self, message: str, findings: Iterable[Any] = ()) -> None:
        self.findings = tuple(findings)
        super().__init__(message)


class PublishError(ActTwoError):
    """A file of this machine could not be published, or not be taken back. No request was sent.

    Args:
        message: what went wrong, and its cure.
        path: of the file.
    """

    guide = "own-files"

    def __init__(self, message: str, path: Any = None) -> None:
        self.path = path
        super().__init__(message)


class ConsentNeeded(PublishError):
    """Nobody has agreed yet that files become public at this place. Nothing was published, nothing was sent.

    Args:
        message: what becomes public, where, until when, and how to agree.
        place: that the files would be published to.
        path: of the file.
    """

    def __init__(self, message: str, place: str = "", path: Any = None) -> None:
        self.place = place
        super().__init__(message, path)


class HistoryError(ActTwoError):
    """The record of tasks could not be read or written."""

    guide = "history"


class SweepPaused(ActTwoError):
    """A sweep does not go on by itself; ``sweep.run()`` goes on.

    Args:
        message: why it stands still.
        sweep: the sweep.
    """

    guide = "sweeps"

    def __init__(self, message: str, sweep: Any = None) -> None:
        self.sweep = sweep
        super().__init__(message)


class WaitTimeout(ActTwoError, TimeoutError):
    """A wait ran out of time. The task goes on."""

    guide = "nothing-happens"


class WaitInterrupted(ShortTraceback, KeyboardInterrupt):
    """A wait was interrupted. The task goes on.

    A ``KeyboardInterrupt``, so that "Run All" stops and ``except Exception`` does not swallow it.
    """
