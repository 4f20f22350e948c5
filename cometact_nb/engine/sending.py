"""Sends the paid POST of a task once, and again only after a certain refusal, unless its user stops it."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from cometact_nb.api import flow
from cometact_nb.domain import events
from cometact_nb.errors import ActTwoError, HistoryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cometact_nb.api.client import Client
    from cometact_nb.domain.events import TaskEvent
    from cometact_nb.engine.job import Clock, Job
    from cometact_nb.engine.watcher import Watcher
    from cometact_nb.store.journal.history import History

__all__ = ["STOPPED", "Obstacle", "Sender", "Verdict", "cancel_refusal", "refusal"]

log = logging.getLogger("cometact_nb")
#: The outcome of a paid request.
Verdict = flow.Created | flow.Declined | flow.Doubtful
#: Called right before each POST; returns the reason why it must not be sent, or None.
Obstacle = Callable[[], str | None]
#: Seconds between looks whether the user has stopped a waiting request in another kernel.
_LISTEN_S = 1.0
#: Paid requests on their way at the same time; others wait for their turn, and can be stopped meanwhile.
_AT_ONCE = 32
STOPPED = "the kernel stopped before the service answered"
_NEVER_SENT = "It was stopped before it was sent. Nothing was bought."


class SenderHost(Protocol):
    """The part of the engine that a sender uses."""

    is_closing: bool

    @property
    def history(self) -> History:
        """The shared history."""

    def apply(self, job: Job, event: TaskEvent) -> None:
        """Record an event and the state after it, and tell listeners."""


class Sender:
    """Sends paid requests. To be used on the engine's loop only.

    Args:
        host: the engine.
        clock: the time.
        random: uniform in [0, 1).
        watcher: pauses a task, and is woken with it.
    """

    def __init__(self, host: SenderHost, clock: Clock, random: Callable[[], float], watcher: Watcher) -> None:
        self._host = host
        self._clock = clock
        self._random = random
        self._watcher = watcher
        self._line: deque[Job] = deque()
        #: One future for each request on its way.
        self.unanswered: set[asyncio.Future[None]] = set()
        #: Tasks whose requests this process sends, or will send again.
        self.jobs: set[Job] = set()

    async def send(
        self, job: Job, client: Client, body: dict[str, Any], limits: flow.CreateLimits, obstacle: Obstacle
    ) -> Verdict:
        """Send a request whose intent is on disk, and repeat it after certain refusals; return the verdict.

        Args:
            job: its task.
            client: sends it.
            body: of the request.
            limits: how long a refused POST is repeated.
            obstacle: asked right before each POST.
        """
        self.jobs.add(job)
        try:
            return await self._send(job, client, body, limits, obstacle)
        finally:
            self.jobs.discard(job)
            job.is_postponed = False

    async def _send(
        self, job: Job, client: Client, body: dict[str, Any], limits: flow.CreateLimits, obstacle: Obstacle
    ) -> Verdict:
        waited, attempt = 0.0, 0
        verdict = flow.Declined(_NEVER_SENT, again=True, sent=False)
        while True:
            attempt += 1
            try:
                await self._take_turn(job)
                if self._is_stopped(job) or self._host.is_closing:
                    return verdict
                if reason := _reason(obstacle):
                    return replace(verdict, message=reason)
                job.is_postponed = False
            except asyncio.CancelledError:
                self._host.apply(job, refusal(verdict, self._clock.now()))
                raise
            outcome = await self._post(job, client, body)
            judged = flow.judge_create(outcome, self._clock.now(), job.endpoint.base_url)
            if not isinstance(judged, flow.Declined):
                return judged
            verdict = judged
            delay = flow.repost_delay_s(verdict, attempt, waited, limits, self._random)
            if delay is None or self._is_stopped(job):
                return verdict
            waited += delay
            now = self._clock.now()
            reason = f"Refused for now ({verdict.message}); sending again in {delay:.0f} s"
            self._host.apply(job, events.Postponed(at=now, reason=reason, until=now + delay))
            try:
                await self._rest(job, delay * job.endpoint.time_scale)
            except asyncio.CancelledError:
                self._host.apply(job, refusal(verdict, self._clock.now()))
                raise

    async def _post(self, job: Job, client: Client, body: dict[str, Any]) -> flow.Outcome:
        try:
            with self._awaiting_answer():
                return await client.create(job.endpoint, body)
        except asyncio.CancelledError:  # the engine was closed in the middle of a paid request
            self._host.apply(job, events.Unconfirmed(at=self._clock.now(), reason=STOPPED))
            raise
        finally:
            self._wake_next()

    @contextmanager
    def _awaiting_answer(self) -> Iterator[None]:
        answered: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.unanswered.add(answered)
        try:
            yield
        finally:
            self.unanswered.discard(answered)
            answered.cancel()

    # --- what waits can be stopped -----------------------------------------------------------------

    async def _take_turn(self, job: Job) -> None:
        """Wait until fewer requests are on their way than may be, or the user stops this one."""
        self._line.append(job)
        try:
            while self._line[0] is not job or len(self.unanswered) >= _AT_ONCE:
                job.is_postponed = True
                if self._host.is_closing or self._is_stopped(job):
                    return
                await self._watcher.pause(job, _LISTEN_S)
        finally:
            self._line.remove(job)
            self._wake_next()

    def _wake_next(self) -> None:
        if self._line:
            self._line[0].wake.set()

    async def _rest(self, job: Job, seconds: float) -> None:
        """Wait for the next try, or until the user stops the request or this process ends."""
        job.is_postponed = True
        until = self._clock.monotonic() + seconds
        while not (self._host.is_closing or self._is_stopped(job)):
            left = until - self._clock.monotonic()
            if left <= 0:
                return
            await self._watcher.pause(job, min(left, _LISTEN_S))

    def _is_stopped(self, job: Job) -> bool:
        """Whether the user has stopped the request, here or in another kernel."""
        if not job.given_up.is_set():
            try:
                if self._host.history.is_cancel_asked(job.state.key):
                    job.given_up.set()
            except HistoryError as error:
                log.warning("task %s does not hear other kernels: %s", job.state.key, error)
        return job.given_up.is_set()


def _reason(obstacle: Obstacle) -> str | None:
    """Return why a request must not be sent now. Where that cannot be known, it must not."""
    try:
        return obstacle()
    except ActTwoError as error:
        return str(error)
    except Exception as error:  # whatever it is, nothing was sent, and so the task is not in doubt
        log.exception("whether a request may be sent could not be read")
        return f"an error in cometact_nb ({type(error).__name__}); please report it. Nothing was sent now."


def refusal(verdict: flow.Declined, now: float) -> events.Refused:
    """Return the event of a request that was certainly not accepted.

    Args:
        verdict: why.
        now: Unix seconds.
    """
    return events.Refused(
        at=now,
        message=verdict.message,
        status=verdict.status,
        code=verdict.problem.code,
        request_id=verdict.problem.request_id,
        param=verdict.problem.param,
        sent=verdict.sent,
    )


def cancel_refusal(outcome: flow.Outcome) -> str:
    """Say why a cancel was not accepted."""
    if not isinstance(outcome, flow.Answer):
        return f"The cancel did not go through: {outcome.reason}. The task goes on."
    if outcome.status in {404, 405, 501}:
        return (
            f"The service does not cancel tasks (HTTP {outcome.status}; CometAPI does not document it). "
            "The task goes on and will be billed."
        )
    return f"The cancel was refused (HTTP {outcome.status}). The task goes on."
