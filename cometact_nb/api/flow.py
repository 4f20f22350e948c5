"""Decides what may be sent again and when to give up; has no I/O, clock or randomness of its own.

The table of what may be sent again: apidoc.cometapi.com/guides/error-codes-and-retry-strategy. The paid
POST is repeated only when it was certainly refused for now (429) or never sent; where its outcome is
unknown it is not, whatever the vendor's retry advice for cheap requests says.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from cometact_nb.api import wire
from cometact_nb.api.answers import (
    Answer,
    Lost,
    NotSent,
    Outcome,
    describe_doubt,
    describe_unreadable,
    explain,
    hide_secrets,
    problem_of,
    safe_excerpt,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.domain.task import Snapshot

__all__ = [
    "Answer",
    "Lost",
    "NotSent",
    "Outcome",
    "PollLimits",
    "Streak",
    "backoff_s",
    "judge_create",
    "judge_poll",
]

#: Refused for now: the same request may be sent again.
_NOT_NOW = {429}
#: These leave the outcome of a POST open: a gateway gave up on a request that may have gone through (499 is
#: nginx's), a conflict with an existing thing (409), a first attempt that may be replayed (425).
_NO_WORD = {408, 409, 425, 499}
_SERVER_ERRORS_FROM = 500
#: Codes that make a server error a refusal: met in live answers, nothing was bought (docs/guide/money.md).
_REFUSED_WITH = {500: "invalid_request", 503: wire.MODEL_NOT_FOUND}
#: Refusals that any other request would meet alike: the key, the account, the address, the rate.
_NOT_THE_REQUEST = {401, 402, 403, 404, 405, 429}


# --- create ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Created:
    """The service accepted the request under this id."""

    id: str


@dataclass(frozen=True)
class Declined:
    """The service certainly did not accept the request.

    Args:
        message: the reason, and the cure.
        again: the same request may be sent later: for 429, and for what was never sent.
        retry_after_s: seconds the service asked for, or None.
        sent: False when the request never left this machine.
        status: HTTP status, if there was an answer.
        problem: what the error body said.
    """

    message: str
    again: bool
    retry_after_s: float | None = None
    sent: bool = True
    status: int | None = None
    problem: wire.Problem = field(default_factory=wire.Problem)

    @property
    def is_general(self) -> bool:
        """Whether any other request would be refused, too: for key, account, address, model or rate."""
        if self.again or not self.sent or self.status is None or self.status < 400:  # noqa: PLR2004
            return True
        return self.status in _NOT_THE_REQUEST or self.problem.is_about_model


@dataclass(frozen=True)
class Doubtful:
    """The service may have accepted and billed the request; it is never sent again by itself.

    Args:
        reason: a description of what came instead of a clear answer.
        answer: the answer, cut and without secrets; None when there was none.
    """

    reason: str
    answer: str | None = None


def judge_create(outcome: Outcome, now: float, base_url: str = "") -> Created | Declined | Doubtful:
    """Judge the outcome of the paid POST: accepted with an id, certainly refused, or in doubt.

    Args:
        outcome: what came.
        now: Unix seconds, for a ``Retry-After`` date.
        base_url: of the service, to be named when a web page came.
    """
    if isinstance(outcome, NotSent):
        reason = ". ".join(part for part in (outcome.reason, outcome.cure) if part)
        return Declined(f"The service was not reached: {reason}", again=not outcome.cure, sent=False)
    answer = outcome.part if isinstance(outcome, Lost) else outcome
    if answer is None:
        return Doubtful(outcome.reason if isinstance(outcome, Lost) else "")
    if answer.is_success:
        task_id = wire.read_created(answer.content)
        if task_id is not None:
            return Created(task_id)
    elif _is_refused(answer) and not wire.names_task_without_error(answer.content):
        problem = problem_of(answer)
        wait = retry_after_s(answer.headers.get("retry-after"), now)
        again = answer.status in _NOT_NOW
        return Declined(explain(answer, problem), again, wait, status=answer.status, problem=problem)
    broke = f", and {outcome.reason}" if isinstance(outcome, Lost) else ""
    return Doubtful(describe_doubt(answer, base_url) + broke, safe_excerpt(answer))


def _is_refused(answer: Answer) -> bool:
    """Whether an answer other than 2xx certainly refuses the request; any other answer leaves it in doubt."""
    if answer.status >= _SERVER_ERRORS_FROM:
        code = _REFUSED_WITH.get(answer.status)
        return code is not None and wire.has_code(answer.content, code)
    return answer.status >= 300 and answer.status not in _NO_WORD  # noqa: PLR2004


@dataclass(frozen=True)
class CreateLimits:
    """How long a refused submit is repeated before it fails.

    Args:
        attempts: POSTs in all, each certainly refused but the last.
        patience_s: seconds of waiting in all.
    """

    attempts: int = 4
    patience_s: float = 60.0


def repost_delay_s(
    declined: Declined, attempt: int, waited_s: float, limits: CreateLimits, random: Callable[[], float]
) -> float | None:
    """Return the seconds until a refused POST may be sent again, or None to give up.

    Args:
        declined: the refusal.
        attempt: POSTs so far, from 1.
        waited_s: seconds waited so far.
        limits: when to give up.
        random: uniform in [0, 1).
    """
    if not declined.again or attempt >= limits.attempts:
        return None
    delay = declined.retry_after_s
    if delay is None:
        delay = backoff_s(attempt, random)
    return delay if waited_s + delay <= limits.patience_s else None


# --- poll -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class PollLimits:
    """Limits of a watch; seconds are the service's own (the sandbox's run faster).

    Args:
        fresh_id_s: how long ``task_not_exist`` is tolerated for a user's id ("a few seconds", vendor).
        unknown_s: how long it is tolerated for the id of an accepted request, which is paid for; a service
            may need minutes.
        watch_s: how long an unfinished task is watched.
        empty_output_s: how long a success without any output is asked again.
        failures: polls that must fail in a row before the watch ends, …
        failing_s: … and over how many seconds; longer than the vendor's maintenance (1–5 AM, announced).
        refusals: polls among them that must be refused (401, 403, 404, a redirect) before the watch ends, …
        refused_s: … and over how many seconds. A firewall or a restart refuses some polls, too.
    """

    fresh_id_s: float = 60.0
    unknown_s: float = 1200.0
    watch_s: float = 86_400.0
    empty_output_s: float = 60.0
    failures: int = 60
    failing_s: float = 5 * 3600.0
    refusals: int = 10
    refused_s: float = 900.0


@dataclass(frozen=True)
class News:
    """The poll brought a state of the task."""

    snapshot: Snapshot


@dataclass(frozen=True)
class NotYet:
    """The service does not know the id."""


@dataclass(frozen=True)
class TryLater:
    """The poll brought nothing; ask again, not before ``retry_after_s``.

    Args:
        reason: why, in words.
        retry_after_s: seconds the service asked for, or None.
        is_refusal: the next poll will probably be refused, too, so that a watch need not go on for hours.
    """

    reason: str
    retry_after_s: float | None = None
    is_refusal: bool = False


Polled = News | NotYet | TryLater


@dataclass(frozen=True)
class Streak:
    """The polls of one task that failed in a row.

    Args:
        failures: how many.
        refusals: how many of them were refused.
        since_s: when the first of them failed, seconds on any clock that never jumps.
        refused_since_s: when the first of them was refused, on the same clock.
    """

    failures: int = 0
    refusals: int = 0
    since_s: float = 0.0
    refused_since_s: float = 0.0

    def after(self, verdict: Polled, now_s: float) -> Streak:
        """Return the streak after one more poll; an answer about the task ends it.

        Args:
            verdict: the outcome of the poll.
            now_s: when, in seconds.
        """
        if not isinstance(verdict, TryLater):
            return Streak()
        refused = verdict.is_refusal
        return Streak(
            self.failures + 1,
            self.refusals + refused,
            self.since_s if self.failures else now_s,
            now_s if refused and not self.refusals else self.refused_since_s,
        )

    def end(self, limits: PollLimits, now_s: float) -> str:
        """Return the reason why the watch ends now; an empty string while it goes on.

        Args:
            limits: the number of polls and the time that must both be reached.
            now_s: seconds, on the clock of :meth:`after`.
        """
        refused_s, failed_s = now_s - self.refused_since_s, now_s - self.since_s
        if self.refusals >= limits.refusals and refused_s >= limits.refused_s:
            return f"{self.refusals} polls in a row were refused, over {refused_s / 60:.0f} min"
        if self.failures >= limits.failures and failed_s >= limits.failing_s:
            return f"{self.failures} polls in a row failed, over {failed_s / 3600:.1f} h"
        return ""


def judge_poll(outcome: Outcome, now: float, task_id: str = "") -> Polled:
    """Judge the outcome of a poll. A poll is free, so any failure is tried again (see :class:`Streak`).

    Args:
        outcome: what came.
        now: Unix seconds, for a ``Retry-After`` date.
        task_id: of the request; an answer about another task alone is not believed.
    """
    answer = outcome.part if isinstance(outcome, Lost) else outcome
    if not isinstance(answer, Answer):
        return TryLater(outcome.reason if isinstance(outcome, NotSent | Lost) else "")
    read = wire.read_task(answer.content, task_id)
    if isinstance(read, wire.NotExist):
        return NotYet()
    if isinstance(read, wire.Other):
        return TryLater(_another(read.id, task_id), is_refusal=True)
    if answer.is_success and isinstance(read, wire.Malformed):
        return TryLater(outcome.reason if isinstance(outcome, Lost) else describe_unreadable(answer, read))
    if answer.is_success and not isinstance(read, wire.Malformed):
        return News(hide_secrets(read, answer))
    wait = retry_after_s(answer.headers.get("retry-after"), now)
    reason = explain(answer, problem_of(answer))
    return TryLater(reason, wait, is_refusal=answer.status not in _NOT_NOW and _is_refused(answer))


def _another(other_id: str, task_id: str) -> str:
    """Describe an answer about another task, perhaps a cache's mistake, which is not believed."""
    return (
        f"The service answered about task {other_id[:80]} instead of {task_id[:80]}, which is not believed; "
        f"act.task({other_id[:80]!r}) looks at that one"
    )


# --- shared ---------------------------------------------------------------------------------------

_RETRY_AFTER_CAP_S = 300.0
_BACKOFF_CAP_S = 60.0


def retry_after_s(header: str | None, now: float) -> float | None:
    """Read the seconds, 0–300, in a ``Retry-After`` header (number or HTTP date); None for none or junk."""
    if not header:
        return None
    try:
        seconds = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
            # The old forms name no zone; an HTTP date is in UTC (RFC 9110, 5.6.7).
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    if seconds != seconds:  # noqa: PLR0124  (NaN)
        return None
    return min(max(seconds, 0.0), _RETRY_AFTER_CAP_S)


def backoff_s(attempt: int, random: Callable[[], float], *, base_s: float = 1.0) -> float:
    """Return the seconds before try ``attempt + 1``: doubled each time, capped, plus up to 50 % of jitter."""
    return min(_BACKOFF_CAP_S, base_s * 2.0 ** (min(attempt, 30) - 1)) * (1 + 0.5 * random())
