"""Runs all tasks of this process: one background thread, one event loop, one HTTP client, one history.

Other threads hand over coroutines with :meth:`Engine.call` and read states, which are immutable.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import random
import threading
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from cometact_nb.api import flow
from cometact_nb.api.client import Client
from cometact_nb.domain import events
from cometact_nb.domain.inputs import names_in
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.job import Job, SystemClock
from cometact_nb.engine.journal import Journal
from cometact_nb.engine.purse import Purse
from cometact_nb.engine.sending import STOPPED, Obstacle, Sender, Verdict, cancel_refusal, refusal
from cometact_nb.engine.watcher import Watcher
from cometact_nb.engine.workers import Workers, end_all_others
from cometact_nb.errors import HistoryError, NotSentError
from cometact_nb.store.clips import places
from cometact_nb.store.journal.limits import NO_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from concurrent.futures import Future

    from cometact_nb.domain.events import TaskEvent
    from cometact_nb.domain.money import Account
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.engine.job import Clock
    from cometact_nb.store.journal.claims import CellClaim
    from cometact_nb.store.journal.history import History, Row

__all__ = ["Engine"]

log = logging.getLogger("cometact_nb")
T = TypeVar("T")
#: Closing waits this many seconds for answers to requests. Front ends kill a kernel that takes 5 s.
_LAST_ANSWERS_S = 3.0
_CANCELS_AT_ONCE = 16  #: they do not queue with polls
#: A cancel waits this many seconds for a submit that it stopped.
_STOPPING_S = 5.0
#: Seconds between looks whether another kernel has stopped.
_LOOK_S = 0.25


class Engine:
    """Submits, polls, fetches and records tasks; calls ``on_change`` after every change.

    Args:
        history_path: see :class:`~cometact_nb.store.journal.history.History`. Opened when first needed.
        on_change: called on the engine's thread after each change; it must only pass the job on.
        clock: the time.
        rand: uniform in [0, 1).
        client: made on the engine's thread when first needed.
        limits: of a watch.
        spent_usd: US dollars that this process has spent before, or may have.
        keeps: watch only what kernels left behind, submit nothing, and leave a task to any kernel.
    """

    def __init__(
        self,
        history_path: str,
        on_change: Callable[[Job], None],
        *,
        clock: Clock | None = None,
        rand: Callable[[], float] = random.random,
        client: Callable[[], Client] = Client,
        limits: flow.PollLimits | None = None,
        spent_usd: float = 0.0,
        keeps: bool = False,
    ) -> None:
        self._journal, self._keeps = Journal(history_path, on_change, keeps=keeps), keeps
        self._clock: Clock = clock or SystemClock()
        self._make_client = client
        self._client: Client | None = None
        self.purse = Purse(spent_usd)
        self.is_closing = False
        self._saving: asyncio.Task[None] | None = None
        self._watcher = Watcher(self, self._clock, rand, limits or flow.PollLimits(), yields=keeps)
        self._sender = Sender(self, self._clock, rand, self._watcher)
        self._cancelling = asyncio.Semaphore(_CANCELS_AT_ONCE)
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(Workers())
        self._thread = threading.Thread(target=self._run, name="cometact_nb", daemon=True)
        # An empty context: a cell's context would send this thread's messages to that cell.
        contextvars.Context().run(self._thread.start)

    # --- from any thread ---------------------------------------------------------------------------

    def call(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run ``work`` on the engine's loop.

        Raises:
            RuntimeError: the engine has ended.
        """
        try:
            return contextvars.Context().run(asyncio.run_coroutine_threadsafe, work, self._loop)
        except RuntimeError:
            work.close()  # or Python warns, some time later, that nobody awaited it
            raise

    def close(self) -> None:
        """Stop watching, close connections and the history. Tasks at the service go on."""
        if self._loop.is_closed():
            return
        with suppress(TimeoutError):
            self.call(self._aclose()).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    @property
    def spent_usd(self) -> float:
        """US dollars that this process has spent, or may have spent, by the expected prices."""
        return self.purse.spent_usd

    @property
    def clock(self) -> Clock:
        """The clock of this engine."""
        return self._clock

    def now(self) -> float:
        """Return Unix seconds by the engine's clock."""
        return self._clock.now()

    # --- on the engine's loop ----------------------------------------------------------------------

    @property
    def client(self) -> Client:
        """The shared HTTP client, made at first use.

        Raises:
            ConfigError: the environment names proxies or certificates that cannot be used.
        """
        if self._client is None:
            self._client = self._make_client()
        return self._client

    @property
    def history(self) -> History:
        """The history, opened at first use.

        Raises:
            HistoryError: it cannot be opened.
        """
        return self._journal.history

    async def submit(
        self,
        job: Job,
        request: ActTwoRequest,
        price_usd: float,
        *,
        account: Account = NO_LIMIT,
        cell: CellClaim | None = None,
        limits: flow.CreateLimits | None = None,
        obstacle: Obstacle = lambda: None,
        before_record: Callable[[Verdict], object] = lambda _: None,
    ) -> Verdict:
        """Record the intent, send the POST, record its outcome, begin to watch; return the verdict.

        The POST is repeated only after a certain refusal (429, never sent), within ``limits``.

        Args:
            job: a new task.
            request: to send.
            price_usd: its expected price.
            account: what it is recorded with, and the limit it must stay within.
            cell: the cell of a sweep that it is bought for.
            limits: how long a refused POST is repeated, default a minute.
            obstacle: asked right before each POST for the reason why it must not be sent, if there is one.
            before_record: called with the verdict before anybody sees its effect on the task.

        Raises:
            BudgetError: it would go over the limit; nothing was sent.
            NotSentError: it was given up before anything was sent.
            ConfigError: no connection can be made; nothing was sent.
            HistoryError: the intent could not be recorded; nothing was sent.
            CellTaken: another process bought the cell; nothing was sent.
            BudgetUsed: the cell's sweep would go over its budget; nothing was sent.
            SweepHalted: the user has stopped the sweep meanwhile; nothing was sent.
        """
        self._check_sendable(job)
        self.purse.check(price_usd, account)
        client, body = self.client, request.to_json()  # everything that may fail comes before the intent
        intent = events.Intended(
            at=self._clock.now(),
            request=body,
            base_url=job.endpoint.base_url,
            price_usd=price_usd,
            allow_unlisted=request.allow_unlisted,
            input_names=names_in(body) or None,
            sandbox=job.endpoint.sandbox,
            output_dir=str(job.output_dir),
            price_source=account.source,
            project=account.project,
        )
        self._journal.begin(job, intent, content_hash=request.content_hash, cell=cell, account=account)
        self.purse.pay(job.state.key, price_usd)
        try:
            verdict = await self._sender.send(job, client, body, limits or flow.CreateLimits(), obstacle)
            verdict = self._doubt_known_id(job, verdict)
            try:
                before_record(verdict)
            finally:  # whatever the caller does wrong, the id of a paid task is kept
                self._conclude(job, verdict)
        finally:
            job.has_outcome.set()
        return verdict

    def _doubt_known_id(self, job: Job, verdict: Verdict) -> Verdict:
        """Doubt an answer with the id of an earlier task: two requests would show one video as theirs."""
        if not isinstance(verdict, flow.Created):
            return verdict
        try:
            earlier = self.history.key_of(verdict.id, job.endpoint.base_url)
        except HistoryError as error:
            log.warning("whether %s is a new id is not known: %s", verdict.id, error)
            return verdict
        if earlier in {None, job.state.key}:
            return verdict
        reason = f"the service answered with {verdict.id}, the id of the earlier task {earlier}"
        return flow.Doubtful(reason, verdict.id)

    def _check_sendable(self, job: Job) -> None:
        """Raise if a request must not be sent.

        Raises:
            NotSentError: it was given up.
        """
        if self._keeps:
            raise NotSentError("The keeper of a Jupyter server buys nothing.")
        if self.is_closing:
            raise asyncio.CancelledError
        if job.given_up.is_set():
            raise NotSentError("It was stopped before it was sent. Nothing was bought.")

    def _conclude(self, job: Job, verdict: Verdict) -> None:
        """Record the outcome of the POST."""
        now = self._clock.now()
        match verdict:
            case flow.Created(id=task_id):
                self.accept(job, task_id)
            case flow.Doubtful(reason=reason, answer=answer):
                self.apply(job, events.Unconfirmed(at=now, reason=reason, answer=answer))
            case flow.Declined():
                self.purse.take_back(job.state.key)
                self.apply(job, refusal(verdict, now))

    def accept(self, job: Job, task_id: str, *, by_user: bool = False) -> None:
        """Record the id of ``job`` from the service (or the user, for an unconfirmed task), and watch it."""
        self.apply(job, events.Accepted(at=self._clock.now(), id=task_id))
        job.is_named_by_user = by_user
        job.known_since = self._clock.monotonic()
        self.watch(job)

    @property
    def unanswered(self) -> set[asyncio.Future[None]]:
        """One future for each paid request on its way."""
        return self._sender.unanswered

    def watch(self, job: Job) -> None:
        """Poll ``job`` until it ends, if nothing does so yet; poll a doubtful one rarely."""
        if job.watcher is None or job.watcher.done():
            job.watcher = asyncio.create_task(self._watcher.watch(job))

    def may_be_answered(self, row: Row) -> bool:
        """Whether another, living process is sending a request."""
        return row.state.status is Status.SUBMITTING and self._watcher.is_being_sent(row)

    def take_up(self, job: Job, row: Row) -> None:
        """Watch a task from the history, of which ``row`` is the record, unless it has ended."""
        if job.state.status is Status.SUBMITTING and not self._watcher.is_being_sent(row):
            self.apply(job, events.Unconfirmed(at=self._clock.now(), reason=STOPPED))
        elif self._watcher.is_wanted(job):
            self.watch(job)

    async def resume(self, job: Job) -> None:
        """Poll ``job`` once, now (not within 5 s of the last poll), and go on watching it."""
        if job.state.id is None:
            return
        if job.watcher is not None and not job.watcher.done():
            if self._watcher.holds(job) or (job.state.is_settled and self._watcher.claim(job)):
                await self._watcher.look(job)
                job.wake.set()  # a doubtful task may have become an ordinary one
            return
        if not self._watcher.claim(job):
            self.watch(job)  # another process polls it, and this one follows
            return
        if await asyncio.to_thread(places.is_missing, job.state.clips):
            self.apply(job, events.ClipsLost(at=self._clock.now()))
        self.apply(job, events.WatchBegan(at=self._clock.now()))
        await self._watcher.look(job)
        if self._watcher.is_wanted(job):
            self.watch(job)

    def give_up(self, job: Job) -> None:
        """Stop repeating a request that was refused for now; one on its way goes on. From any thread."""

        def stop() -> None:
            job.given_up.set()
            job.wake.set()

        with suppress(RuntimeError):  # the loop is closed and sends nothing more
            self._loop.call_soon_threadsafe(stop)

    async def cancel(self, job: Job) -> flow.Answer | flow.NotSent | flow.Lost | None:
        """Ask the service to cancel ``job``; None when it had ended already, or has no id yet.

        It waits for no poll. A task that has just succeeded must not be deleted with its clip, so it polls
        first, for two seconds at the most. A request that waits for its turn or its next try, in this kernel
        or another, is not sent any more.
        """
        if job.state.id is None:
            await self._stop_sending(job)
            return None
        async with self._cancelling:
            if not job.state.status.is_terminal:
                await self._watcher.glance(job)
            if job.state.status.is_terminal:
                return None
            outcome = await self.client.cancel(job.endpoint, job.state.id)
        now = self._clock.now()
        accepted = isinstance(outcome, flow.Answer) and outcome.status < 300  # noqa: PLR2004
        job.cancel_accepted = job.cancel_accepted or accepted
        message = "" if accepted else cancel_refusal(outcome)
        self.apply(job, events.CancelAnswered(at=now, accepted=accepted, message=message))
        self.watch(job)
        job.wake.set()
        return outcome

    async def _stop_sending(self, job: Job) -> None:
        """Stop repeating a request that was refused for now, in any kernel, and wait for one on its way."""
        if job not in self._sender.jobs and job.state.request and job.state.status is Status.SUBMITTING:
            await self._stop_elsewhere(job)
            return
        was_postponed = job.is_postponed
        job.given_up.set()
        job.wake.set()
        if was_postponed:
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOPPING_S):
                    await job.has_outcome.wait()

    async def _stop_elsewhere(self, job: Job) -> None:
        """Record the user's word for the kernel that sends the request, and wait for what becomes of it."""
        self.history.note(job.state.key, events.CancelAsked(at=self._clock.now()))
        until = self._clock.monotonic() + _STOPPING_S
        while job.state.status is Status.SUBMITTING and self._clock.monotonic() < until:
            await self._clock.sleep(_LOOK_S)
            row = self.history.find(job.state.key)
            if row is not None and row.state != job.state:
                self.publish(job, row.state)

    # --- state -------------------------------------------------------------------------------------

    def apply(self, job: Job, event: TaskEvent) -> None:
        """Change a job's state, on disk first. An event that the disk refuses now is written later."""
        self._journal.apply(job, event)
        if self._journal.waits and (self._saving is None or self._saving.done()):
            self._saving = asyncio.create_task(self._journal.save_again(self._clock.sleep))

    def publish(self, job: Job, state: TaskState) -> None:
        """Take over another process's record and tell listeners, unless events from here still wait."""
        if not self._journal.waits_for(job.state.key):
            self._journal.publish(job, state)

    # --- the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()
        self._loop.run_until_complete(end_all_others())  # coroutines that arrived during the close
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    async def _aclose(self) -> None:
        self.is_closing = True
        if self.unanswered:
            # They may be paid for: a late answer is better than a doubt that the user must settle.
            await asyncio.wait(self.unanswered, timeout=_LAST_ANSWERS_S)
        self._watcher.release_all()
        await end_all_others()
        if self._client is not None:
            await self._client.aclose()
        self._journal.close()


def new_key() -> str:
    """Make a local identity for a task, unique on every machine."""
    return f"local-{uuid.uuid4().hex[:16]}"
