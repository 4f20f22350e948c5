"""What may be sent again, and when to give up: decisions without I/O, clock or randomness of their own.

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

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cometact_nb.domain.task import Snapshot

__all__ = [
    "Answer",
    "Lost",
    "NotSent",
    "PollLimits",
    "Streak",
    "backoff_s",
    "judge_create",
    "judge_poll",
]

_REFUSALS = {429}
#: Outcome of a POST unknown: a gateway gave up on something that may have gone through (499 is nginx's word).
_UNKNOWN_4XX = {408, 499}
_SERVER_ERRORS_FROM = 500


@dataclass(frozen=True)
class Answer:
    """An HTTP answer: status code, lower-case header names, whole body."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def is_html(self) -> bool:
        """Whether a web page came where JSON was asked for."""
        kind = self.headers.get("content-type", "").lower()
        return "html" in kind or self.content[:64].lstrip().lower().startswith((b"<!doctype", b"<html"))


@dataclass(frozen=True)
class NotSent:
    """The request never left: connection refused, DNS, TLS, no free connection."""

    reason: str


@dataclass(frozen=True)
class Lost:
    """The request was sent, wholly or in part, and no whole answer came back."""

    reason: str


Outcome = Answer | NotSent | Lost


# --- create ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Created:
    """Accepted under this id."""

    id: str


@dataclass(frozen=True)
class Declined:
    """Certainly not accepted. ``again`` says whether the same request may be sent again later.

    Args:
        message: what was refused, why, and the cure.
        again: True for 429 and for what was never sent.
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


@dataclass(frozen=True)
class Doubtful:
    """It may have been accepted and billed: never sent again by itself."""

    reason: str


def judge_create(outcome: Outcome, now: float) -> Created | Declined | Doubtful:
    """What became of the paid POST. ``now`` is Unix seconds, for a ``Retry-After`` date."""
    if isinstance(outcome, NotSent):
        return Declined(f"The service was not reached: {outcome.reason}", again=True, sent=False)
    if isinstance(outcome, Lost):
        return Doubtful(outcome.reason)
    if outcome.status < 300:  # noqa: PLR2004
        return _judge_accepted(outcome)
    problem = wire.read_problem(outcome.content)
    server_error = outcome.status >= _SERVER_ERRORS_FROM and not wire.is_invalid_request(outcome.content)
    if server_error or outcome.status in _UNKNOWN_4XX:
        said = f": {problem.message}" if problem.message else ""
        return Doubtful(f"the service answered HTTP {outcome.status}{said}")
    return Declined(
        explain(outcome, problem),
        again=outcome.status in _REFUSALS,
        retry_after_s=retry_after_s(outcome.headers.get("retry-after"), now),
        status=outcome.status,
        problem=problem,
    )


def _judge_accepted(outcome: Answer) -> Created | Declined | Doubtful:
    task_id = wire.read_created(outcome.content)
    if task_id is not None:
        return Created(task_id)
    if outcome.is_html:
        return Declined(explain(outcome, wire.Problem()), again=False, status=outcome.status)
    return Doubtful(f"the service answered HTTP {outcome.status} without a task id")


def explain(answer: Answer, problem: wire.Problem) -> str:
    """A refusal in words: what the service said, and the cure where one is known."""
    said = problem.message.strip().rstrip(".")
    if answer.is_html or 300 <= answer.status < 400:  # noqa: PLR2004
        what = f"a redirect (HTTP {answer.status})" if answer.status >= 300 else "a web page"  # noqa: PLR2004
        return f"The service answered with {what} instead of JSON: the base URL or its path is wrong."
    cures = {
        400: "Mend the request; it was not accepted.",
        401: "Check the key (COMETAPI_KEY or act.configure(api_key=…)).",
        402: "The account has no credit left.",
        403: "The key may not use this model, or the request was blocked.",
        404: "The base URL or its path is wrong.",
        405: "The base URL or its path is wrong.",
        413: "The request is too large: give https URLs instead of data URIs.",
        429: "Too many requests, or the account's daily number is used up.",
    }
    cure = cures.get(answer.status, "")
    return " ".join(part for part in (f"HTTP {answer.status}{': ' + said if said else ''}.", cure) if part)


@dataclass(frozen=True)
class CreateLimits:
    """How long a submit goes on being refused before it says so.

    Args:
        attempts: POSTs in all, each certainly refused but the last.
        patience_s: seconds of waiting in all.
    """

    attempts: int = 4
    patience_s: float = 60.0


def repost_delay_s(
    declined: Declined, attempt: int, waited_s: float, limits: CreateLimits, random: Callable[[], float]
) -> float | None:
    """Seconds until a refused POST may be sent again, or None to give up and say so.

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
    """Bounds of a watch; seconds are the service's own (the sandbox's run faster).

    Args:
        fresh_id_s: how long ``task_not_exist`` is tolerated after the id was given ("a few seconds", vendor).
        watch_s: how long an unfinished task is watched.
        empty_output_s: how long a success without any output is asked again.
        failures: polls that must fail in a row before the watch ends, …
        failing_s: … and over how many seconds; longer than the vendor's maintenance (1–5 AM, announced).
        refusals: polls among them that must be refused (401, 403, 404, a redirect) before the watch ends, …
        refused_s: … and over how many seconds. A firewall or a restart refuses some polls, too.
    """

    fresh_id_s: float = 60.0
    watch_s: float = 86_400.0
    empty_output_s: float = 60.0
    failures: int = 60
    failing_s: float = 5 * 3600.0
    refusals: int = 10
    refused_s: float = 900.0


@dataclass(frozen=True)
class Seen:
    """The poll brought news."""

    snapshot: Snapshot


@dataclass(frozen=True)
class NotYet:
    """The service does not know the id."""


@dataclass(frozen=True)
class TryLater:
    """Nothing was learnt; ask again, not before ``retry_after_s`` if that is given.

    Args:
        reason: why, in words.
        retry_after_s: seconds the service asked for, or None.
        is_refusal: asking again probably brings the same, so that a watch need not go on for hours.
    """

    reason: str
    retry_after_s: float | None = None
    is_refusal: bool = False


Polled = Seen | NotYet | TryLater


@dataclass(frozen=True)
class Streak:
    """Polls of one task that failed in a row.

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
        """The streak after one more poll; an answer about the task ends it.

        Args:
            verdict: what the poll brought.
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
        """Why the watch ends now, in words; an empty string while it goes on.

        Args:
            limits: the number of polls and the time that must both be used up.
            now_s: seconds, on the clock of :meth:`after`.
        """
        refused_s, failed_s = now_s - self.refused_since_s, now_s - self.since_s
        if self.refusals >= limits.refusals and refused_s >= limits.refused_s:
            return f"{self.refusals} polls in a row were refused, over {refused_s / 60:.0f} min"
        if self.failures >= limits.failures and failed_s >= limits.failing_s:
            return f"{self.failures} polls in a row failed, over {failed_s / 3600:.1f} h"
        return ""


def judge_poll(outcome: Outcome, now: float) -> Polled:
    """What a poll brought. A poll is free, so it is asked again whatever came (see :class:`Streak`)."""
    if not isinstance(outcome, Answer):
        return TryLater(outcome.reason)
    read = wire.read_task(outcome.content)
    if isinstance(read, wire.NotExist):
        return NotYet()
    if outcome.status < 300:  # noqa: PLR2004
        if isinstance(read, wire.Malformed):
            return TryLater(explain(outcome, wire.Problem()) if outcome.is_html else read.reason)
        return Seen(read)
    problem = wire.read_problem(outcome.content)
    wait = retry_after_s(outcome.headers.get("retry-after"), now)
    return TryLater(explain(outcome, problem), wait, is_refusal=_is_refused(outcome))


def _is_refused(answer: Answer) -> bool:
    """Whether an answer that is no 2xx says no, and not "not now"."""
    if answer.status >= _SERVER_ERRORS_FROM:
        return wire.is_invalid_request(answer.content)
    return answer.status not in _REFUSALS | _UNKNOWN_4XX


# --- shared ---------------------------------------------------------------------------------------

_RETRY_AFTER_CAP_S = 300.0
_BACKOFF_CAP_S = 60.0


def retry_after_s(header: str | None, now: float) -> float | None:
    """Seconds a ``Retry-After`` header asks for (a number or an HTTP date), 0–300; None for none or junk."""
    if not header:
        return None
    try:
        wanted = float(header)
    except ValueError:
        try:
            moment = parsedate_to_datetime(header)
            # The old forms name no zone; an HTTP date is in UTC (RFC 9110, 5.6.7).
            wanted = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
        except (ValueError, TypeError, OverflowError):
            return None
    if wanted != wanted:  # noqa: PLR0124  (NaN)
        return None
    return min(max(wanted, 0.0), _RETRY_AFTER_CAP_S)


def backoff_s(attempt: int, random: Callable[[], float], *, base_s: float = 1.0) -> float:
    """Seconds before try number ``attempt + 1``: doubled each time, capped, plus up to 50 % of jitter."""
    return min(_BACKOFF_CAP_S, base_s * 2.0 ** (min(attempt, 30) - 1)) * (1 + 0.5 * random())
