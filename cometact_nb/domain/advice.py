"""Tells a user how a task stands: what happened, what to do, whether it was billed.

Failure codes: docs.dev.runwayml.com/api-details/task-failures; moderated generations are billed:
docs.dev.runwayml.com/api-details/moderation.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from cometact_nb.domain.task import Status

if TYPE_CHECKING:
    from cometact_nb.domain.task import TaskState

__all__ = ["Advice", "advise", "waiting_line"]

Billed = Literal["yes", "no", "unknown"]


@dataclass(frozen=True)
class Advice:
    """A message about a task.

    Args:
        headline: what happened, one sentence.
        cure: what the user can do, or an empty string.
        billed: whether the service billed the task, as far as anyone here can know. In the sandbox, whether a
            service would have billed it.
        sandbox: it ran in the sandbox, where nothing is billed.
    """

    headline: str
    cure: str = ""
    billed: Billed = "unknown"
    sandbox: bool = False

    def __str__(self) -> str:
        money = {
            "yes": "It was billed.",
            "no": "Nothing was billed.",
            "unknown": "Whether it was billed is not known.",
        }[self.billed]
        if self.sandbox and self.billed != "no":
            money = "The sandbox bills nothing."
            money += " The service would have billed this." if self.billed == "yes" else ""
        return " ".join(part for part in (self.headline, self.cure, money) if part)


#: A message quotes an unclear answer up to this many characters; the state has more of it.
_ANSWER_CHARS = 300
_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)

#: Messages by prefix of the failure code, the longest first.
_FAILURES: tuple[tuple[str, str, str, Billed], ...] = (
    (
        "SAFETY.INPUT",
        "The input was refused by the vendor's moderation",
        "Change the character or the reference first: repeated refusals can suspend the account.",
        "yes",
    ),
    (
        "INPUT_PREPROCESSING.SAFETY",
        "The input was refused by the vendor's moderation",
        "Do not send it again: change the input. Repeated refusals can suspend the account.",
        "yes",
    ),
    (
        "SAFETY.OUTPUT",
        "The generated video was withheld by the vendor's moderation",
        "Another seed may pass; the vendor's pages disagree on whether trying again helps.",
        "yes",
    ),
    (
        "SAFETY",
        "The vendor's moderation stopped the task",
        "Change the input before another attempt.",
        "yes",
    ),
    (
        "ASSET.INVALID",
        "The service could not use the character or the reference",
        "Check both: one face in frame throughout, a reference of 3–30 s, no redirects.",
        "unknown",
    ),
    (
        "INTERNAL.BAD_OUTPUT",
        "The service made a clip it rejected itself",
        "It may work when tried again; another seed helps.",
        "unknown",
    ),
    ("INTERNAL", "The service failed", "It may work when tried again.", "unknown"),
    ("THIRD_PARTY", "A service behind the service failed", "It may work when tried again.", "unknown"),
)


def advise(state: TaskState) -> Advice:
    """Make the message about ``state``, whatever its status."""
    advice = _advice(state)
    return replace(advice, sandbox=True) if state.in_sandbox else advice


def _advice(state: TaskState) -> Advice:
    match state.status:
        case Status.FAILED:
            return _failed(state)
        case Status.REFUSED:
            return _refused(state)
        case Status.SUCCEEDED:
            return _succeeded(state)
        case Status.CANCELLED:
            return Advice(
                "The task was cancelled.",
                "A task that was already running is not refunded (Runway).",
                "unknown",
            )
        case Status.UNCONFIRMED:
            return _unconfirmed(state)
        case Status.FORGOTTEN:
            return Advice("You gave this unconfirmed request up.", "", "unknown")
        case Status.NOT_FOUND:
            if state.submitted_at is not None:
                return _doubtful(state)
            return Advice(
                "The service does not know this task's id.",
                "Check that the key and the base URL are those it was made with; "
                f"{_call(state)}.refresh() asks again.",
                "unknown",
            )
    if not state.watching:
        return Advice(
            f"The task is not watched any more: {state.problem or 'no reason given'}.",
            f"{_call(state)}.refresh() looks again and goes on watching.",
            "unknown",
        )
    return Advice(waiting_line(state), state.problem or "", "unknown")


def _unconfirmed(state: TaskState) -> Advice:
    """Say what to do about a lost or unclear answer, and quote what came of it."""
    reason = (state.problem or "no reason").rstrip(".")
    raw = " ".join((state.raw_answer or "").split())
    answer = (
        f" The service's answer was: {raw[:_ANSWER_CHARS]}{'…' if len(raw) > _ANSWER_CHARS else ''}"
        if raw
        else ""
    )
    match = _ID.search(raw)
    name = match.group() if match else "its id"
    hint = f" The answer names {name}." if match else ""
    return Advice(
        f"The paid request was sent and its outcome is unknown: {reason}.{answer}",
        f"Look in your CometAPI log before anything else, and take t = {_call(state)}.{hint} If the task "
        f"is there, t.confirm({name!r}) goes on with it; if it is not, t.forget(). "
        + ("At the service, " if state.in_sandbox else "")
        + "t.resubmit() sends it again and may pay twice.",
        "unknown",
    )


def _call(state: TaskState) -> str:
    """Write the call that returns the task in any cell, whether or not a variable holds it."""
    return f"act.task({state.id or state.key!r})"


def waiting_line(state: TaskState) -> str:
    """Say what an unfinished task waits for, in one sentence without a full stop."""
    if state.waiting_for:
        return state.waiting_for
    return {
        Status.SUBMITTING: "Sending the request",
        Status.PENDING: "Accepted; queued at the service",
        Status.THROTTLED: "Accepted; waiting for a free place within your account's concurrency limit",
        Status.RUNNING: "The service is generating the video",
        Status.UNKNOWN: f"The service reports {state.raw_status[:60]!r}, which it does not document",
        Status.SUCCEEDED: "Fetching the clip",
    }.get(state.status, "")


def _failed(state: TaskState) -> Advice:
    code = (state.failure_code or "").upper()
    message = f" The service said: {state.failure[:300]}" if state.failure else ""
    for prefix, headline, cure, billed in _FAILURES:
        if code == prefix or code.startswith(prefix + "."):
            return Advice(f"{headline} ({state.failure_code}).{message}", cure, billed)
    code_words = f" ({state.failure_code})" if state.failure_code else ""
    return Advice(
        f"The generation failed{code_words}.{message}", "The vendor documents no cure for this.", "unknown"
    )


def _refused(state: TaskState) -> Advice:
    message = (state.failure or "The request was refused").rstrip(".")
    if not state.sent:
        return Advice(f"{message}.", "Nothing left this machine; submit again when that is mended.", "no")
    return Advice(f"{message}.", "", "no")


def _doubtful(state: TaskState) -> Advice:
    """Advise on an accepted request whose id the service does not know: it may run all the same."""
    return Advice(
        "The service accepted the request, but does not know this task's id, and has not for long: it is in "
        "doubt.",
        f"It is asked about every few minutes for a day; {_call(state)}.refresh() or act.resume() asks at "
        "once. It is not bought again by itself. Look in your CometAPI log: with t = "
        f"{_call(state)}, t.confirm('its id') goes on with another id, t.forget() gives it up, and "
        "t.resubmit() sends it again and may pay twice.",
        "unknown",
    )


def _succeeded(state: TaskState) -> Advice:
    if state.clips:
        return Advice("Done; the clip is on disk.", "", "yes")
    if state.clip_error:
        return Advice(
            f"The video was generated, but could not be kept: {state.clip_error}.",
            f"{_call(state)}.refresh() tries again, with a fresh link.",
            "yes",
        )
    if not state.watching:
        why = state.problem or "no reason given"
        again = f"{_call(state)}.refresh() tries again."
        return Advice(f"The video was generated, but is not fetched any more: {why}.", again, "yes")
    return Advice(waiting_line(state), state.problem or "", "yes")
