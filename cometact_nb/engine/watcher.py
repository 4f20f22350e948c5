"""Watching a task to its end: polled by one process at a time, followed by the others."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from cometact_nb.api import flow, pace
from cometact_nb.domain import events
from cometact_nb.domain.task import Snapshot, Status
from cometact_nb.engine.fetch import Fetcher
from cometact_nb.engine.thread_switching import fine_sharing
from cometact_nb.errors import ClipError, ConfigError, HistoryError
from cometact_nb.store.journal.history import is_dead

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.api.client import Client
    from cometact_nb.domain.events import TaskEvent
    from cometact_nb.domain.task import TaskState
    from cometact_nb.engine.job import Clock, Job
    from cometact_nb.store.journal.history import History, Row

__all__ = ["Watcher"]

log = logging.getLogger("cometact_nb")

#: How long a process may be silent before another takes over its tasks. One that has died is noticed at once.
LEASE_S = 60.0
_RENEW_S = 15.0
#: How often a task that another process polls is looked up in the history.
_FOLLOW_S = 2.0
#: Polls under way at the same time. Their rate is bounded apart from that; one that hangs holds up no other.
_POLLS_AT_ONCE = 6
#: How long a look before a cancel may take, seconds: the cancel cannot wait.
_GLANCE_S = 2.0
#: A doubtful task is asked about this seldom, or half as often, in the service's seconds.
_RARELY_S = 300.0
#: A request that another, living process is sending is left alone for this long.
_SENDING_S = 600.0


class Host(Protocol):
    """What a watcher needs of the engine."""

    @property
    def client(self) -> Client:
        """The shared HTTP client."""

    @property
    def history(self) -> History:
        """The shared history."""

    def apply(self, job: Job, event: TaskEvent) -> None:
        """Record an event and its new state, and tell."""

    def publish(self, job: Job, state: TaskState) -> None:
        """Take over a state that another process recorded, and tell."""


class Watcher:
    """Polls the tasks of one process, each in its own coroutine, all in one line.

    Args:
        host: the engine.
        clock: time.
        random: uniform in [0, 1).
        limits: bounds of a watch.
    """

    def __init__(
        self, host: Host, clock: Clock, random: Callable[[], float], limits: flow.PollLimits
    ) -> None:
        self._host = host
        self._clock = clock
        self._random = random
        self._limits = limits
        self._lane = asyncio.Semaphore(_POLLS_AT_ONCE)
        self._next_poll_at = 0.0
        self._held: set[str] = set()
        self._renewing: asyncio.Task[None] | None = None
        self._experience: dict[str, pace.Experience] = {}

    async def watch(self, job: Job) -> None:
        """Watch ``job`` until it is settled."""
        try:
            await asyncio.sleep(0)  # the answer to a submit goes first: a claim waits for the disk
            while self.is_wanted(job):
                if job.state.status is Status.SUBMITTING:
                    await self._follow_sending(job)
                elif not self.claim(job):
                    await self._follow(job)
                elif job.state.is_settled:
                    await self._ask_rarely(job)
                else:
                    await self._poll_to_the_end(job)
        except asyncio.CancelledError:
            raise
        except ConfigError as error:
            self._host.apply(job, events.WatchEnded(at=self._clock.now(), reason=str(error)))
        except Exception as error:
            log.exception("the watch of task %s broke", job.state.id)
            reason = f"an error in cometact_nb ({type(error).__name__}); please report it"
            self._host.apply(job, events.WatchEnded(at=self._clock.now(), reason=reason))
        finally:
            self._release(job)

    def is_wanted(self, job: Job) -> bool:
        """Whether a task is to be asked about: it has not ended, or the service has gone silent about it.

        The latter is asked about for a day since it was begun: it may be made all the same, and paid for.
        """
        if not job.state.is_settled:
            return True
        silent = not job.state.watching and not job.state.status.is_terminal
        if job.state.id is None or not (silent or job.state.status is Status.NOT_FOUND):
            return False
        now, scale = self._clock.monotonic(), job.endpoint.time_scale
        if job.rarely_until is None:
            begun = job.state.begun_at
            left_s = self._limits.watch_s * scale
            left_s -= max(0.0, self._clock.now() - begun) if begun is not None else 0.0
            job.rarely_until = now + left_s
        return now < job.rarely_until

    async def _ask_rarely(self, job: Job) -> None:
        """Ask about a doubtful task once, in 5–10 minutes or when it is woken."""
        await self.pause(job, _RARELY_S * (1 + self._random()) * job.endpoint.time_scale)
        if self.holds(job):
            await self.look(job)

    # --- one process polls, the others follow ------------------------------------------------------

    def claim(self, job: Job) -> bool:
        """Whether this process is the one that polls ``job``, from now on if nobody else is."""
        key = job.state.key
        try:
            held = self._host.history.claim(key, self._clock.now(), LEASE_S)
        except HistoryError as error:
            log.warning("task %s is watched without a claim: %s", job.state.id, error)
            held = True  # with a history that cannot be written nobody else can claim it either
        if held:
            self._held.add(key)
            if self._renewing is None or self._renewing.done():
                self._renewing = asyncio.create_task(self._renew())
        return held

    def holds(self, job: Job) -> bool:
        """Whether this process polls ``job``."""
        return job.state.key in self._held

    def _release(self, job: Job) -> None:
        if job.state.key in self._held:
            self._held.discard(job.state.key)
            try:
                self._host.history.release(job.state.key)
            except HistoryError as error:
                log.warning("the claim on task %s was left to run out: %s", job.state.id, error)

    def release_all(self) -> None:
        """Let other processes poll what this one does: it ends."""
        if not self._held:
            return
        self._held.clear()
        try:
            self._host.history.release_all()
        except HistoryError as error:
            log.warning("all claims were left to run out: %s", error)

    async def _renew(self) -> None:
        while self._held:
            await self._clock.sleep(_RENEW_S)
            try:
                self._held &= self._host.history.renew(self._held, self._clock.now(), LEASE_S)
            except HistoryError as error:
                log.warning("claims could not be renewed: %s", error)

    async def _follow(self, job: Job) -> None:
        """Take over what the polling process records, until the task ends or that process is gone."""
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
        """Learn how a request ended that another process sends."""
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
                verdict = await self.look(job)
                streak = streak.after(verdict, self._clock.monotonic() / scale)
                asked_wait = (verdict.retry_after_s or 0.0) if isinstance(verdict, flow.TryLater) else 0.0
                self._learn(job, course)
            if job.state.status is Status.SUCCEEDED:
                if not self.claim(job):  # this machine slept, and another process has taken over
                    self._held.discard(job.state.key)
                    return
                await self._fetch(job)
            elif reason := streak.end(self._limits, self._clock.monotonic() / scale):
                self._end_watch(job, f"{reason}; the last one: {job.state.problem}")
            elif (self._clock.monotonic() - began) / scale > self._limits.watch_s:
                self._end_watch(job, f"it has not ended within {self._limits.watch_s / 3600:.0f} h")

    def _old_news_s(self, job: Job) -> float:
        """Seconds for which nobody has asked about a task that this process neither sent nor asked about."""
        state, never = job.state, float("-inf")
        if job.last_poll != never or (job.known_since != never and state.submitted_at is not None):
            return 0.0
        return max(0.0, self._clock.now() - max(state.observed_at or 0.0, state.submitted_at or 0.0))

    def _experienced(self, job: Job) -> pace.Experience:
        """How long earlier tasks of the same service took; the history is asked once."""
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
        """Remember how long a task took that has succeeded and did not queue."""
        if job.state.status is Status.SUCCEEDED and not course.begun_s:
            took_s = job.state.elapsed_s(self._clock.now()) / job.endpoint.time_scale
            self._experienced(job).add(took_s)

    async def look(self, job: Job) -> flow.Polled:
        """Poll once and record what it brought."""
        return self._judge(job, await self._ask(job))

    async def glance(self, job: Job) -> None:
        """Look at ``job`` at once, in no line with polls. Nothing is learnt when that takes over 2 s."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_GLANCE_S):
                outcome = await self._host.client.retrieve(
                    job.endpoint, job.state.id or "", before_cancel=True
                )
            job.last_poll = self._clock.monotonic()
            if isinstance(outcome, flow.Answer):
                self._judge(job, outcome)

    def _judge(self, job: Job, outcome: flow.Outcome) -> flow.Polled:
        """Record what a poll brought."""
        now = self._clock.now()
        verdict = flow.judge_poll(outcome, now, job.state.id or "")
        match verdict:
            case flow.News(snapshot=snapshot):
                job.known_since = self._clock.monotonic()
                if not job.state.watching:
                    self._host.apply(job, events.WatchBegan(at=now))
                self._host.apply(job, events.Observed(at=now, snapshot=snapshot))
            case flow.NotYet() if job.cancel_accepted:
                gone = Snapshot(status=Status.CANCELLED, raw_status="deleted")
                self._host.apply(job, events.Observed(at=now, snapshot=gone))
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
        """How long the service may not know an id before that is doubtful, in its seconds."""
        return self._limits.fresh_id_s if job.is_named_by_user else self._limits.unknown_s

    def _unknown_for_s(self, job: Job) -> float:
        """Seconds, the service's, since it gave the id of ``job`` or last knew it."""
        if job.known_since != float("-inf"):
            return (self._clock.monotonic() - job.known_since) / job.endpoint.time_scale
        state = job.state  # of an earlier kernel
        known = max(state.submitted_at or 0.0, state.created_at or 0.0, state.observed_at or 0.0)
        return (self._clock.now() - known) / job.endpoint.time_scale

    async def _ask(self, job: Job) -> flow.Outcome:
        """One GET, never within 5 s of the last one for this task, and in line with all others."""
        async with job.asking:
            return await self._ask_in_turn(job)

    async def _ask_in_turn(self, job: Job) -> flow.Outcome:
        client = self._host.client  # before the turn: making the first one takes a while
        scale = job.endpoint.time_scale
        early = job.last_poll + pace.POLL_FLOOR_S * scale - self._clock.monotonic()
        if early > 0:
            await self._clock.sleep(early)
        async with self._lane:
            now = self._clock.monotonic()
            turn = max(now, self._next_poll_at)
            self._next_poll_at = turn + pace.poll_spacing_s(len(self._held)) * scale
            if turn > now:
                await self._clock.sleep(turn - now)
            job.last_poll = self._clock.monotonic()
            return await client.retrieve(job.endpoint, job.state.id or "")

    async def pause(self, job: Job, seconds: float) -> None:
        """Wait, or less when something (a cancel) makes news likely."""
        job.wake.clear()
        sleeping = asyncio.ensure_future(self._clock.sleep(seconds))
        waking = asyncio.ensure_future(job.wake.wait())
        try:
            await asyncio.wait({sleeping, waking}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeping.cancel()
            waking.cancel()

    async def _fetch(self, job: Job) -> None:
        """Bring every output of a succeeded task to disk."""
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
            with fine_sharing():
                for index in range(len(job.state.clips), len(job.state.output_urls)):
                    info = await fetcher.clip(job.state, index, job.output_dir, fresh)
                    self._host.apply(job, events.ClipSaved(at=self._clock.now(), clip=info))
        except ClipError as error:
            self._host.apply(job, events.ClipFailed(at=self._clock.now(), reason=str(error)))
        except Exception as error:  # whatever it is, whoever waits must learn that no clip comes
            log.exception("the clip of task %s could not be fetched", job.state.id)
            reason = f"{type(error).__name__}: {error}"
            self._host.apply(job, events.ClipFailed(at=self._clock.now(), reason=reason))

    async def _await_output(self, job: Job) -> None:
        """A success may be announced a little before its URLs."""
        scale = job.endpoint.time_scale
        until = self._clock.monotonic() + self._limits.empty_output_s * scale
        while job.state.status is Status.SUCCEEDED and not job.state.output_urls:
            if self._clock.monotonic() > until:
                raise ClipError("the service announced success without a video")
            await self.look(job)

    def _end_watch(self, job: Job, reason: str) -> None:
        self._host.apply(job, events.WatchEnded(at=self._clock.now(), reason=reason))
