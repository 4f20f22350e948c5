"""Sends one request: checks it, looks at its inputs, records it, sends it once; an interrupt stops it."""

from __future__ import annotations

from concurrent import futures
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.engine import new_key
from cometact_nb.engine.job import Job
from cometact_nb.engine.waits import until_done
from cometact_nb.errors import ActTwoError, WaitInterrupted
from cometact_nb.handles import precheck
from cometact_nb.handles.settle import about_twin, twins_in_doubt

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.engine.sending import Verdict
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.core import Core

__all__ = ["TwinInDoubt", "send"]

T = TypeVar("T")
#: The most seconds that an interrupted submit takes to stop.
_STOPPING_S = 1.0


class TwinInDoubt(Exception):
    """A task for the same video may be paid for. Nothing was sent.

    Args:
        job: of that task.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        super().__init__(f"task {job.state.key} is in doubt and asked for the same")


def send(core: Core, request: ActTwoRequest, config: Config, *, twice: bool = False) -> tuple[Job, Verdict]:
    """Send a request to the service of ``config``, whatever is configured meanwhile; return job and verdict.

    Args:
        core: sends it.
        request: to send.
        config: with the service and the price.
        twice: send it also beside a task in doubt for the same video, because its user said so.

    Raises:
        TwinInDoubt: a task for the same video is in doubt.
        ActTwoError: see :meth:`cometact_nb.Session.submit`; nothing was sent.
        WaitInterrupted: the user interrupted; the message says whether the request was sent.
    """
    precheck.check(request, config)
    twins = _Twins(core, request, config.base_url)
    account = core.account(config)
    folder = core.output_folder()
    core.own_files.put_in_place([request], folder)
    request = core.own_files.links(request)
    job = Job(TaskState(key=new_key()), config.endpoint, folder)
    if config.look != "never":
        job.warnings = core.look(request, config)

    async def begin() -> Verdict:
        if twice:
            twins.accept()
        twins.check()
        core.register(job)  # made here, so that an interrupt before it leaves no task that is never sent
        price = config.price.usd_per_request
        return await core.engine.submit(job, request, price, account=account, obstacle=twins.obstacle)

    try:
        verdict = _until_sent(core, job, begin())
    except ActTwoError:
        if job.state.request is None:  # its intent was never recorded
            core.drop_job(job)
        raise
    if twins.twin is not None:
        raise TwinInDoubt(twins.twin)
    return job, verdict


class _Twins:
    """The tasks in doubt that a request must not be sent beside. On the engine's loop.

    Args:
        core: with the history.
        request: to be sent.
        base_url: of its service.
    """

    def __init__(self, core: Core, request: ActTwoRequest, base_url: str) -> None:
        self._about = core, request, base_url
        self._accepted: set[str] = set()
        #: The task that kept the request from being sent.
        self.twin: Job | None = None

    def accept(self) -> None:
        """Take note that the user wants the request beside all that are in doubt now."""
        self._accepted = {job.state.key for job in twins_in_doubt(*self._about)}

    def check(self) -> None:
        """Raise :class:`TwinInDoubt` if there is one."""
        if self.obstacle() and self.twin is not None:
            raise TwinInDoubt(self.twin)

    def obstacle(self) -> str | None:
        """Return why the request must not be sent now: a task is in doubt, maybe since this one waits."""
        twins = twins_in_doubt(*self._about)
        self.twin = next((job for job in twins if job.state.key not in self._accepted), None)
        return None if self.twin is None else about_twin(self.twin.state)


def _until_sent(core: Core, job: Job, work: Coroutine[Any, Any, T]) -> T:
    """Wait for the answer to a request. An interrupt stops the request unless it is on its way."""
    sending = core.engine.call(work)
    try:
        until_done(sending)
    except KeyboardInterrupt:
        core.engine.give_up(job)
        with suppress(KeyboardInterrupt, TimeoutError, futures.CancelledError, ActTwoError):
            sending.result(_STOPPING_S)
        if job.state.request is None:
            core.drop_job(job)
        raise WaitInterrupted(_interrupted(job)) from None
    return sending.result()


def _interrupted(job: Job) -> str:
    """Say what an interrupt did to a submit."""
    state = job.state
    if state.request is None:
        return "Interrupted before it was sent. Nothing was bought."
    if state.status is Status.REFUSED:
        return (
            f"Interrupted while it waited to be sent again: it is not. Nothing was bought. ({state.failure})"
        )
    name = state.id or state.key
    return f"{name} is being sent, once; that goes on. act.session().tasks() shows it."
