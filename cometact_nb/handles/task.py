"""The user's handle of one task: read its state, wait for it, cancel it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cometact_nb.api import flow
from cometact_nb.domain.arguments import check_flags
from cometact_nb.domain.doors import doors
from cometact_nb.domain.task import Status
from cometact_nb.engine.notify import Listeners
from cometact_nb.engine.waits import Waits, nested_step, plain_step
from cometact_nb.errors import CancelRefused, UnconfirmedError
from cometact_nb.handles import settle
from cometact_nb.handles.clip import Clip
from cometact_nb.handles.ends import error_for
from cometact_nb.handles.no_copies import NoCopies
from cometact_nb.handles.send import TwinInDoubt, send
from cometact_nb.handles.views import views

if TYPE_CHECKING:
    from collections.abc import Callable, Generator
    from pathlib import Path

    from cometact_nb.domain.media import Finding
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.task import TaskState
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.core import Core

__all__ = ["Task", "submitted", "task_of"]


@doors
class Task(NoCopies):
    """One generation. Made by :func:`submit` or :func:`task`, never directly.

    All attributes may be read from any thread and never block.
    """

    _elsewhere = "keep task.id, which act.task(id) finds in any kernel"

    def __init__(self, core: Core, job: Job) -> None:
        self._core = core
        self._job = job
        self._listeners = Listeners[Task](self, core.call_soon)
        self._waits = Waits(core.need_here, lambda: self.state.is_settled, self._goes_on)

    # --- what is known -----------------------------------------------------------------------------

    @property
    def state(self) -> TaskState:
        """The whole state, as one immutable value."""
        return self._job.state

    @property
    def key(self) -> str:
        """The local identity, which exists before the service's id."""
        return self.state.key

    @property
    def id(self) -> str | None:
        """The service's id, or None before it has one."""
        return self.state.id

    @property
    def request(self) -> ActTwoRequest | None:
        """The request, or None for a task made elsewhere."""
        return self.state.to_request()

    @property
    def status(self) -> Status:
        """The status of the task."""
        return self.state.status

    @property
    def progress(self) -> float | None:
        """0–1, or None when the service reports none."""
        return self.state.progress

    @property
    def failure(self) -> str | None:
        """The reason of a failure, in the service's words."""
        return self.state.failure

    @property
    def failure_code(self) -> str | None:
        """The vendor's failure code, such as ``SAFETY.INPUT.IMAGE``."""
        return self.state.failure_code

    @property
    def credits(self) -> float | None:
        """Its cost in Runway's credits, 0 if they were refunded; None if the service does not say."""
        return self.state.credits

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """The doubtful points of its inputs when this kernel sent it, each with its ``basis``."""
        return self._job.warnings

    @property
    def clip(self) -> Clip | None:
        """The video on disk, or None until it is there."""
        return Clip(self.state.clip) if self.state.clip else None

    @property
    def clips(self) -> tuple[Clip, ...]:
        """All videos on disk, when the service made several."""
        return tuple(Clip(info) for info in self.state.clips)

    @property
    def output_urls(self) -> tuple[str, ...]:
        """The service's signed URLs, valid for 24–48 h (Runway); ``refresh()`` gets new ones.

        Their repr leaves the signature out, so that a notebook that shows them gives nothing away.
        """
        return self.state.output_urls

    @property
    def created_at(self) -> datetime | None:
        """The time of its creation, in UTC, by the service's clock if it gave one, else by this machine's."""
        moment = self.state.created_at or self.state.submitted_at
        return datetime.fromtimestamp(moment, UTC) if moment else None

    @property
    def elapsed_s(self) -> float:
        """Seconds from submission to the end, or to now."""
        return self.state.elapsed_s(time.time())

    @property
    def output_dir(self) -> Path | str:
        """The folder of its clips, or the folder's URL."""
        return self._job.output_dir

    @property
    def base_url(self) -> str:
        """The service of the task."""
        return self._job.endpoint.base_url

    @property
    def sandbox(self) -> bool:
        """Whether it runs in the sandbox, where nothing is billed."""
        state = self.state
        return state.in_sandbox if state.base_url else self._job.endpoint.sandbox

    @property
    def session(self) -> Core:
        """The session that watches it."""
        return self._core

    @property
    def job(self) -> Job:
        """The task inside the engine."""
        return self._job

    # --- what can be done --------------------------------------------------------------------------

    def wait(self, timeout_s: float | None = None, *, nested: bool = False) -> Task:
        """Wait until the clip is on disk.

        Interrupting the wait (■, or Ctrl-C) ends the wait only; the task goes on.

        Args:
            timeout_s: the most seconds to wait; None waits for as long as it takes.
            nested: let the notebook's own asyncio tasks run meanwhile. Needs nest-asyncio2, which it
                applies to the running loop from then on.

        Returns:
            this task.

        Raises:
            TaskFailed, TaskCancelled, TaskNotFound, UnconfirmedError, RefusedError, WatchStopped: it ended
                without a clip.
            ClipError: it succeeded, but the clip could not be downloaded or written.
            WaitTimeout: ``timeout_s`` ran out; the task goes on.
            WaitInterrupted: the user interrupted; the task goes on.
        """
        check_flags(nested=nested)
        step = nested_step() if nested else plain_step
        with views().waiting(self) as tick:
            self._waits.wait(timeout_s, step, tick)
        self._core.flush()
        self._raise_unless_succeeded()
        return self

    def __await__(self) -> Generator[Any, None, Task]:
        """Wait like :meth:`wait`, but leave the kernel free. An interrupt ends the wait only."""
        return self._wait_async().__await__()

    async def _wait_async(self) -> Task:
        await self._waits.wait_async()
        await asyncio.to_thread(self._core.flush)
        self._raise_unless_succeeded()
        return self

    def cancel(self) -> Task:
        """Ask the service to cancel. Runway gives no refund once a task runs; CometAPI documents no cancel.

        Returns:
            this task. Its status becomes ``CANCELLED`` when the service confirms it.

        Raises:
            CancelRefused: the service does not cancel, or not this task; it goes on.
            NotSentError: the service was not reached.
        """
        self._core.run(self._core.engine.cancel(self._job))
        if self.id is None and not self.status.is_terminal:
            raise CancelRefused(
                "The service has not given the task an id yet; ask again when it has. If it refuses the "
                "request, it is not sent again."
            )
        if self.state.cancel_message and not self.state.status.is_terminal:
            raise CancelRefused(self.state.cancel_message)
        return self

    def refresh(self) -> Task:
        """Ask the service now (at most every 5 s), and go on watching.

        Use it for new URLs, for a clip that is gone from the disk, and after a watch stopped.

        Returns:
            this task.
        """
        job, config = self._job, self._core.config
        if job.endpoint.api_key is None and job.endpoint.base_url == config.base_url:
            job.endpoint = config.endpoint
        self._core.run(self._core.engine.resume(job))
        return self

    def confirm(self, id: str) -> Task:  # noqa: A002  (the vendor's own word)
        """Settle an ``UNCONFIRMED`` task with its id from the vendor's log, and watch it from then on.

        Args:
            id: from the log.

        Raises:
            ActTwoError: the task is not unconfirmed, or the id is empty.
        """
        settle.confirm(self._core, self._job, id)
        return self

    def forget(self, *, billed: bool | None = None) -> Task:
        """Give up an ``UNCONFIRMED`` task that is not in the vendor's log. Nothing is sent.

        Args:
            billed: False if the vendor's log shows that it was not billed: limits count it no more. It may be
                given later. By default it counts as billed, since nobody knows.

        Raises:
            ActTwoError: the task is not in doubt.
        """
        check_flags(billed=billed)
        settle.forget(self._core, self._job, billed=billed)
        return self

    def resubmit(self) -> Task:
        """Send the request of an ended task once more, as a new task.

        **It is paid for again.** An ``UNCONFIRMED`` task may then be paid for twice.

        Returns:
            the new task.

        Raises:
            ActTwoError: the task has not ended, or its request is unknown.
        """
        return self.resubmitted(self._core.config)

    def add_listener(self, callback: Callable[[Task], object]) -> Callable[[], None]:
        """Call ``callback(task)`` at once and after every change, on a background thread.

        The callback may be slow. Several fast changes may lead to one call.

        Args:
            callback: called with this task.

        Returns:
            a function that removes the listener.
        """
        return self._listeners.add(callback)

    # --- inside ------------------------------------------------------------------------------------

    def resubmitted(self, config: Config) -> Task:
        """Do what :meth:`resubmit` does, at the service of ``config``, whatever is configured meanwhile.

        Args:
            config: with the service and the price.
        """
        request = settle.to_send_again(self._core, self._job)
        return submitted(self._core, request, config, twice=self._job.state.is_in_doubt)

    def changed(self) -> None:
        """Take note that the state has changed; the engine calls this on its thread."""
        self._listeners.tell()  # before waits end, since they let views draw everything up to now
        if self.state.is_settled:
            self._waits.end()

    def leave(self) -> None:
        """End all waits: the session is closed."""
        self._waits.leave()

    def _goes_on(self, what: str) -> str:
        name = self.id or self.key
        if self.state.problem and not self.state.is_settled:
            what = f"{what} ({self.state.problem.rstrip('.')})"
        return f"Task {name} {what}; the task itself goes on. act.task({name!r}) finds it again."

    def _raise_unless_succeeded(self) -> None:
        state = self.state
        if state.status is Status.SUCCEEDED and state.clips:
            return
        raise error_for(self)

    def _display_(self) -> Any:
        """Return what marimo shows, by its protocol for objects."""
        return views().widget(self)

    def __repr__(self) -> str:
        state = self.state
        parts = [f"Task {(state.id or state.key)[:13]}", state.status.value]
        if state.progress is not None and not state.status.is_terminal:
            parts[-1] += f" {state.progress:.0%}"
        parts.append(f"{self.elapsed_s:.0f} s")
        if self.clip:
            parts.append(self.clip.name)
        if self.sandbox:
            parts.append("sandbox")
        return f"<{' · '.join(parts)}>"


def task_of(core: Core, job: Job) -> Task:
    """Return the task of a job; each job of this process has one."""
    key = job.state.key
    task: Task | None = core.handles.get(key)
    handle: Task = task or core.handles.setdefault(key, Task(core, job))
    return handle


def submitted(core: Core, request: ActTwoRequest, config: Config, *, twice: bool = False) -> Task:
    """Send a request to the service of ``config``; see :meth:`cometact_nb.Session.submit`.

    Args:
        core: sends it.
        request: to send.
        config: with the service and the price.
        twice: send it also beside a task in doubt for the same video.
    """
    try:
        job, verdict = send(core, request, config, twice=twice)
    except TwinInDoubt as twin:
        doubtful = task_of(core, twin.job)
        raise UnconfirmedError(settle.about_twin(doubtful.state), doubtful, sent=False) from None
    task = task_of(core, job)
    if not isinstance(verdict, flow.Created):
        raise error_for(task)
    if config.wait:
        task.wait()
    return task
