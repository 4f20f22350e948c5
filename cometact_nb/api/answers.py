"""The outcome of a request, and texts about it: the service's words, bounded and without secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import msgspec

from cometact_nb.api import wire
from cometact_nb.domain import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cometact_nb.domain.task import Snapshot

__all__ = [
    "Answer",
    "Lost",
    "NotSent",
    "Outcome",
    "describe_doubt",
    "describe_unreadable",
    "explain",
    "hide_secrets",
    "problem_of",
    "safe_excerpt",
]

#: An answer that cannot be read is recorded up to this many characters.
_RECORD_CHARS = 4000
#: A poll's answer without a task is quoted up to this many characters.
_QUOTE_CHARS = 160
#: A sentence of the service is recorded up to this many characters.
_SENTENCE_CHARS = 2000


_MAY_NAME = re.compile(r"^location$|(?:^|[-_])id$", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer.

    Args:
        status: HTTP status.
        headers: with names in lower case.
        content: the body.
        key: the key that the request carried, to be hidden wherever the answer repeats it.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    key: redact.Revealing | None = None

    @property
    def is_success(self) -> bool:
        """Whether the status is 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004

    @property
    def is_html(self) -> bool:
        """Whether the service answered with a web page instead of JSON."""
        kind = self.headers.get("content-type", "").lower()
        return "html" in kind or self.content[:64].lstrip().lower().startswith((b"<!doctype", b"<html"))


@dataclass(frozen=True)
class NotSent:
    """The request never left: connection refused, DNS, TLS, no free connection, a header nobody can write.

    Args:
        reason: why, in words.
        cure: how to mend it, where a second try would fail alike; else an empty string.
    """

    reason: str
    cure: str = ""


@dataclass(frozen=True)
class Lost:
    """The request was sent, wholly or in part, and no whole answer came back.

    Args:
        reason: why, in words.
        part: the beginning of the answer, if its status line and headers arrived.
    """

    reason: str
    part: Answer | None = None


Outcome = Answer | NotSent | Lost


def describe_doubt(answer: Answer, base_url: str) -> str:
    """Describe an answer that holds neither an id nor a refusal."""
    if answer.is_html and wire.is_no_json(answer.content):
        at = f"base_url={base_url!r}" if base_url else "the base URL"
        return f"{at} may be wrong: it answered with a web page instead of JSON (HTTP {answer.status})"
    message = problem_of(answer).message
    what = f"HTTP {answer.status}{' without a task id' if answer.is_success else ''}"
    return f"the service answered {what}{': ' + message if message else ''}"


def safe_excerpt(answer: Answer) -> str | None:
    """Return an answer that cannot be read as it may be recorded: bounded, without secrets; None if empty."""
    body = answer.content[: 8 * _RECORD_CHARS].decode("utf-8", "replace")
    # An id may stand in a header alone.
    ids = [
        f"{name}: {redact.display(text)}" for name, text in answer.headers.items() if _MAY_NAME.search(name)
    ]
    body = "\n".join([*ids[:10], body])
    return redact.text(body, answer.key, limit=_RECORD_CHARS, lines=True).strip() or None


def problem_of(answer: Answer) -> wire.Problem:
    """Read an error body; its texts are bounded and hold no secrets."""
    problem = wire.read_problem(answer.content)
    return replace(
        problem,
        message=redact.text(problem.message, answer.key, limit=_SENTENCE_CHARS),
        code=redact.text(problem.code, answer.key, limit=80) if problem.code else None,
        param=redact.text(problem.param, answer.key, limit=80) if problem.param else None,
    )


def describe_unreadable(answer: Answer, malformed: wire.Malformed) -> str:
    """Describe a poll's answer that holds no task, with the beginning of its text."""
    if answer.is_html and wire.is_no_json(answer.content):
        return f"HTTP {answer.status}: a web page instead of JSON"
    raw = redact.text(safe_excerpt(answer) or "nothing", limit=_QUOTE_CHARS)
    return f"{malformed.reason} (HTTP {answer.status}: {raw})"


def explain(answer: Answer, problem: wire.Problem) -> str:
    """Describe a refusal: the service's words, and a cure where there is one."""
    if 300 <= answer.status < 400:  # noqa: PLR2004
        what = f"a redirect (HTTP {answer.status})"
        return f"The service answered with {what} instead of JSON: the base URL or its path is wrong."
    message = problem.message.strip().rstrip(".")
    if answer.is_html and wire.is_no_json(answer.content):
        message = "a web page instead of JSON, as a firewall, a proxy or a gateway sends it"
    cure = _MODEL_CURE if problem.is_about_model else _CURES.get(answer.status, "")
    return " ".join(
        part for part in (f"HTTP {answer.status}{': ' + message if message else ''}.", cure) if part
    )


_CURES = {
    400: "Mend the request; it was not accepted.",
    401: "Check the key (COMETAPI_KEY or act.configure(api_key=…)).",
    402: "The account has no credit left.",
    403: "The key may not use this model, or the request was blocked.",
    404: "The base URL or its path is wrong.",
    405: "The base URL or its path is wrong.",
    413: "The request is too large: give https URLs instead of data URIs.",
    422: "Mend the request; it was not accepted.",
    429: "Too many requests, or the account's daily number is used up.",
}
_MODEL_CURE = (
    "The gateway has no channel for this model now; nothing was bought. Try again later, or ask the vendor "
    "whether the model is still offered."
)


def hide_secrets(snapshot: Snapshot, answer: Answer) -> Snapshot:
    """Hide the secrets, and bound the length, of the service's own words in a snapshot."""
    if not (snapshot.failure or snapshot.failure_code or snapshot.notes):
        return snapshot
    return msgspec.structs.replace(
        snapshot,
        failure=redact.text(snapshot.failure, answer.key, limit=_SENTENCE_CHARS)
        if snapshot.failure
        else None,
        failure_code=redact.text(snapshot.failure_code, answer.key, limit=80)
        if snapshot.failure_code
        else None,
        raw_status=redact.text(snapshot.raw_status, answer.key, limit=200),
        notes=tuple(redact.text(note, answer.key) for note in snapshot.notes),
    )
