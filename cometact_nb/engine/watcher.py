"""Watches tasks to their end: one process polls, and the others follow its records."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from cometact_nb.api import flow, pace
from cometact_nb.domain import events
from cometact_nb.domain.task import Snapshot, Status
from cometact_nb.engine.fetch import Fetcher
from cometact_nb.engine.thread_switching import faster_switching
from cometact_nb.errors import ClipError, ConfigError, HistoryError
from cometact_nb.store.journal.processes import is_dead
from cometact_nb.store.journal.watchers import has_lost

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.api.client import Client
    from cometact_nb.domain.events import TaskEvent
    from cometact_nb.domain.task import TaskState
    from cometact_nb.engine.job import Clock, Job
    from cometact_nb.store.journal.history import History, Row

__all__ = ["Watcher"]

log = logging.getLogger("cometact_nb")

#: A process may be silent this long before another takes over its tasks. A dead one is noticed at once.
LEASE_S = 60.0
_RENEW_S = 15.0
#: Seconds between looks in the history at a task that another process polls.
_FOLLOW_S = 2.0
#: Polls at the same time, so that one that hangs delays no other. Their rate has its own limit.
_POLLS_AT_ONCE = 6
#: The most seconds of a poll before a cancel: the cancel cannot wait.
_GLANCE_S = 2.0
#: Seconds, the service's, between polls of a doubtful task, or twice as many.
_RARELY_S = 300.0
#: A request that another, living process is sending stays untouched for this many seconds.
_SENDING_S = 600.0


class WatcherHost(Protocol):
    """The part of the engine that a watcher uses."""

    @property
    def client(self) -> Client:
        """The shared HTTP client."""

    @property
    def history(self) -> History:
        """The shared history."""

    def apply(self, job: Job, event: TaskEvent) -> None:
        """Record an event and the state after it, and tell listeners."""

    def publish(self, job: Job, state: TaskState) -> None:
        """Take over a state that another process recorded, and tell listeners."""


class Watcher:
    """Polls the tasks of one process, each in its own coroutine; all polls share one queue.

    Args:
        host: the engine.
        clock: the time.
        random: uniform in [0, 1).
        limits: of a watch.
        yields: leave a task that another process watches, and do not follow it.
    """

    def __init__(
        self, host: WatcherHost, clock: Clock, random: Callable[[], float], limits: flow.PollLimits,
        *, yields: bool,
    ) -> None:  # fmt: skip
        self._host = host
        self._clock = clock
        self._random = random
        self._limits = limits
        self._yields = yields
        self._lane = asyncio.Semaphore(_POLLS_AT_ONCE)
        self._next_poll_at = 0.0
        self._leases: set[str] = set()
        self._renewing: asyncio.Task[None] | None = None
        self._experience: dict[str, pace.Experience] = {}

    async def watch(self, job: Job) -> None:
        """Watch ``job`` to its end."""
        try:
            await asyncio.sleep(0)  # let a submit return first: a claim waits for the disk
            while self.is_wanted(job):
                if job.state.status is Status.SUBMITTING:
                    await self._follow_sending(job)
                elif not self.claim(job):
                    if self._yields:
                        return
                    await self._follow(job)
                elif job.state.is_settled:
                    await self._ask_rarely(job)
                else:
                    await self._poll_to_the_end(job)
                    if self._yields:
                        return
        except asyncio.CancelledError:
            raise
        except ConfigError as error:
            self._end_watch(job, str(error))
        except Exception as error:
            log.exception("the watch of task %s broke", job.state.id)
            self._end_watch(job, f"an error in cometact_nb ({type(error).__name__}); please report it")
        finally:
            self._release(job)

    def is_wanted(self, job: Job) -> bool:
        """Whether to poll a task: it has not ended, or the service no longer knows it.

        A task of the latter kind is polled for a day after its start: it may be made and billed all the same.
        """
        if not job.state.is_settled:
            return True
        silent = not job.state.watching and not job.state.status.is_terminal
        if job.state.id is None or not (silent or job.state.status is Status.NOT_FOUND):
            return False
        now, scale = self._clock.monotonic(), job.endpoint.time_scale
        if job.rarely_until is None:
            start = job.state.begun_at
            left_s = self._limits.watch_s * scale
            left_s -= max(0.0, self._clock.now() - start) if start is not None else 0.0
            job.rarely_until = now + left_s
        return now < job.rarely_until

    async def _ask_rarely(self, job: Job) -> None:
        """Poll a doubtful task once, after 5–10 minutes or when woken."""
        await self.pause(job, _RARELY_S * (1 + self._random()) * job.endpoint.time_scale)
        if self.holds(job):
            await self.look(job)

    # --- one process polls, the others follow ------------------------------------------------------

    def claim(self, job: Job) -> bool:
        """Try to become the poller of ``job``: write a lease, and return True if this process has it."""
        key = job.state.key
        try:
            has_lease = self._host.history.claim(key, self._clock.now(), LEASE_S)
        except HistoryError as error:
            log.warning("task %s is watched without a claim: %s", job.state.id, error)
            has_lease = True  # nobody else can claim a task either in a history that cannot be written
        if has_lease:
            self._leases.add(key)
            if self._renewing is None or self._renewing.done():
                self._renewing = asyncio.create_task(self._renew())
        return has_lease

    def holds(self, job: Job) -> bool:
        """Whether this process polls ``job``."""
        return job.state.key in self._leases

    def _release(self, job: Job) -> None:
        if job.state.key in self._leases:
            self._leases.discard(job.state.key)
            try:
                self._host.history.release(job.state.key)
            except HistoryError as error:
                log.warning("the claim on task %s was left to run out: %s", job.state.id, error)

    def release_all(self) -> None:
        """Give up all leases, so that other processes poll these tasks."""
        if not self._leases:
            return
        self._leases.clear()
        try:
            self._host.history.release_all()
        except HistoryError as error:
            log.warning("all claims were left to run out: %s", error)

    async def _renew(self) -> None:
        while self._leases:
            await self._clock.sleep(_RENEW_S)
            try:
                self._leases &= self._host.history.renew(self._leases, self._clock.now(), LEASE_S)
            except HistoryError as error:
                log.warning("claims could not be renewed: %s", error)

    async def _follow(self, job: Job) -> None:
        """Take over the records of the polling process, until the task ends or that process is gone."""
        await self._clock.sleep(_FOLLOW_S * job.endpoint.time_scale)
        try:
            row = self._host.history.find(job.state.key)
        except HistoryError as error:
            log.warning("task %s could not be followed: %s", job.state.id, error)
            return
        if row is not None and row.state != job.state:
            self._host.publish(job, row.state)

    def is_being_sent(self, row: Row) -> bool:
        """Whether another, living process that recorded the intent may still be sending the request."""
        fresh = self._clock.now() - row.updated_at <= _SENDING_S
        return row.owner != self._host.history.owner and fresh and not is_dead(row.owner)

    async def _follow_sending(self, job: Job) -> None:
        """Learn the outcome of a request that another process sends."""
        await self._follow(job)
        if job.state.status is not Status.SUBMITTING:
            return
        row = self._host.history.find(job.state.key)
        if row is not None and not self.is_being_sent(row):
            reason = "the kernel that sent it stopped before the service answered"
            self._host.apply(job, events.Unconfirmed(at=self._clock.now(), reason=reason))

    # --- polling -----------------------------------------------------------------------------------

    async def _poll_to_the_end(self, job: Job) -> None:
        scale = job.endpoint.time_scale
        began = self._clock.monotonic()
        course = pace.Course()
        experience = self._experienced(job)
        streak = flow.Streak()
        asked_wait = 0.0
        while not job.state.is_settled and self.holds(job):
            if job.state.status is not Status.SUCCEEDED:
                elapsed = job.state.elapsed_s(self._clock.now()) / scale
                course = course.after(elapsed, job.state.status, job.state.progress)
                wait = pace.next_poll_s(course, experience.outlook, elapsed, streak.failures, self._random)
                await self.pause(job, max(wait, asked_wait) * scale - self._old_news_s(job))
                if self._yields and has_lost(self._host.history, job.state.key):
                    self._leases.discard(job.state.key)
                    return
                verdict = await self.look(job)
                streak = streak.after(verdict, self._clock.monotonic() / scale)
                asked_wait = (verdict.retry_after_s or 0.0) if isinstance(verdict, flow.TryLater) else 0.0
                self._learn(job, course)
            if job.state.status is Status.SUCCEEDED:
                if not self.claim(job):  # this machine slept, and another process took over
                    self._leases.discard(job.state.key)
                    return
                await self._fetch(job)
            elif reason := streak.end(self._limits, self._clock.monotonic() / scale):
                self._end_watch(job, f"{reason}; the last one: {job.state.problem}")
                return
            elif (self._clock.monotonic() - began) / scale > self._limits.watch_s:
                self._end_watch(job, f"it has not ended within {self._limits.watch_s / 3600:.0f} h")
                return

    def _old_news_s(self, job: Job) -> float:
        """Return the age of the last poll of a task taken over from another kernel; 0 for our own."""
        state, never = job.state, float("-inf")
        if job.last_poll != never or (job.known_since != never and state.submitted_at is not None):
            return 0.0
        return max(0.0, self._clock.now() - max(state.observed_at or 0.0, state.submitted_at or 0.0))

    def _experienced(self, job: Job) -> pace.Experience:
        """Return the durations of earlier tasks at the same service; read the history once."""
        base_url, scale = job.endpoint.base_url, job.endpoint.time_scale
        if base_url not in self._experience:
            try:
                took = self._host.history.durations_s(base_url, pace.LEARNT_FROM)
            except HistoryError as error:
                log.warning("nothing is learnt from the history: %s", error)
                took = []
            self._experience[base_url] = pace.Experience(duration / scale for duration in reversed(took))
        return self._experience[base_url]

    def _learn(self, job: Job, course: pace.Course) -> None:
        """Add the duration of a task that succeeded without a queue to the experience."""
        if job.state.status is Status.SUCCEEDED and not course.begun_s:
            took_s = job.state.elapsed_s(self._clock.now()) / job.endpoint.time_scale
            self._experienced(job).add(took_s)

    async def look(self, job: Job) -> flow.Polled:
        """Poll once and record the result."""
        return self._judge(job, await self._ask(job))

    async def glance(self, job: Job) -> None:
        """Poll ``job`` at once, outside the queue of polls; give up after 2 s."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GLANCE_S):
                outcome = await self._host.client.retrieve(
                    job.endpoint, job.state.id or "", before_cancel=True
                )
            job.last_poll = self._clock.monotonic()
            if isinstance(outcome, flow.Answer):
                self._judge(job, outcome)

    def _judge(self, job: Job, outcome: flow.Outcome) -> flow.Polled:
        """Record the result of a poll."""
        now = self._clock.now()
        verdict = flow.judge_poll(outcome, now, job.state.id or "")
        match verdict:
            case flow.News(snapshot=snapshot):
                job.known_since = self._clock.monotonic()
                if not job.state.watching:
                    self._host.apply(job, events.WatchBegan(at=now))
                self._host.apply(job, events.Observed(at=now, snapshot=snapshot))
            case flow.NotYet() if job.cancel_accepted:
                deleted = Snapshot(status=Status.CANCELLED, raw_status="deleted")
                self._host.apply(job, events.Observed(at=now, snapshot=deleted))
            case flow.NotYet() if job.state.status is Status.NOT_FOUND:
                pass
            case flow.NotYet() if self._unknown_for_s(job) > self._patience_s(job):
                unknown = Snapshot(status=Status.NOT_FOUND, raw_status="task_not_exist")
                self._host.apply(job, events.Observed(at=now, snapshot=unknown))
            case flow.NotYet():
                self._host.apply(
                    job, events.PollFailed(at=now, reason="The service does not know the id yet")
                )
            case flow.TryLater(reason=reason):
                self._host.apply(job, events.PollFailed(at=now, reason=reason))
        return verdict

    def _patience_s(self, job: Job) -> float:
        """Return how long, in the service's seconds, it may not know an id before the task is in doubt."""
        return self._limits.fresh_id_s if job.is_named_by_user else self._limits.unknown_s

    def _unknown_for_s(self, job: Job) -> float:
        """Return the service's seconds since it gave the id of ``job`` or last knew it."""
        if job.known_since != float("-inf"):
            return (self._clock.monotonic() - job.known_since) / job.endpoint.time_scale
        state = job.state  # the task of an earlier kernel
        known_at = max(state.submitted_at or 0.0, state.created_at or 0.0, state.observed_at or 0.0)
        return (self._clock.now() - known_at) / job.endpoint.time_scale

    async def _ask(self, job: Job) -> flow.Outcome:
        """Send one GET in its turn, never within 5 s of the task's last one."""
        async with job.asking:
            return await self._ask_in_turn(job)

    async def _ask_in_turn(self, job: Job) -> flow.Outcome:
        client = self._host.client  # before the turn, since making the first client takes a while
        scale = job.endpoint.time_scale
        early = job.last_poll + pace.POLL_FLOOR_S * scale - self._clock.monotonic()
        if early > 0:
            await self._clock.sleep(early)
        async with self._lane:
            now = self._clock.monotonic()
            turn = max(now, self._next_poll_at)
            self._next_poll_at = turn + pace.poll_spacing_s(len(self._leases)) * scale
            if turn > now:
                await self._clock.sleep(turn - now)
            job.last_poll = self._clock.monotonic()
            return await client.retrieve(job.endpoint, job.state.id or "")

    async def pause(self, job: Job, seconds: float) -> None:
        """Wait, but stop early when something (a cancel) makes a change likely."""
        job.wake.clear()
        await self._clock.wait(job.wake, seconds)

    async def _fetch(self, job: Job) -> None:
        """Download every output of a succeeded task."""
        scale = job.endpoint.time_scale

        def tell(reason: str) -> None:
            self._host.apply(job, events.PollFailed(at=self._clock.now(), reason=reason))

        fetcher = Fetcher(self._host.client, self._clock, self._random, scale, tell=tell)

        async def fresh() -> tuple[str, ...]:
            await self.look(job)
            return job.state.output_urls

        try:
            if not job.state.output_urls:
                await self._await_output(job)
            with faster_switching():
                for index in range(len(job.state.clips), len(job.state.output_urls)):
                    info = await fetcher.clip(job.state, index, job.output_dir, fresh)
                    self._host.apply(job, events.ClipSaved(at=self._clock.now(), clip=info))
        except ClipError as error:
            self._host.apply(job, events.ClipFailed(at=self._clock.now(), reason=str(error)))
        except Exception as error:  # whatever the error, everyone who waits must learn that no clip comes
            log.exception("the clip of task %s could not be fetched", job.state.id)
            reason = f"{type(error).__name__}: {error}"
            self._host.apply(job, events.ClipFailed(at=self._clock.now(), reason=reason))

    async def _await_output(self, job: Job) -> None:
        """Poll until a success has its URLs, which may come a little later."""
        scale = job.endpoint.time_scale
        until = self._clock.monotonic() + self._limits.empty_output_s * scale
        while job.state.status is Status.SUCCEEDED and not job.state.output_urls:
            if self._clock.monotonic() > until:
                raise ClipError(f"the service announced success without a video{_instead(job.state)}")
            await self.look(job)

    def _end_watch(self, job: Job, reason: str) -> None:
        if not self._yields:  # else a kernel may do better, with another key
            self._host.apply(job, events.WatchEnded(at=self._clock.now(), reason=reason))


def _instead(state: TaskState) -> str:
    """Return what came in the place of a clip's link, in brackets, if anything did."""
    return f" ({state.problem})" if state.problem else ""
