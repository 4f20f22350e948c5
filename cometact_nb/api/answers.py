"""What came of a request, and its words: what the service said, bounded and without secrets."""

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
    "explain",
    "in_doubt",
    "kept",
    "problem_of",
    "shown",
    "unread",
]

#: Characters that are kept of an answer that was not understood.
_KEPT_CHARS = 4000
#: Characters that are shown of an answer to a poll that holds no task.
_SHOWN_CHARS = 160
#: Characters that are kept of a sentence of the service.
_SAID_CHARS = 2000


_MAY_NAME = re.compile(r"^location$|(?:^|[-_])id$", re.IGNORECASE)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer.

    Args:
        status: HTTP status.
        headers: with names in lower case.
        content: the body.
        key: the one that was sent, to be hidden in what the answer says.
    """

    status: int
    headers: Mapping[str, str]
    content: bytes
    key: redact.Revealing | None = None

    @property
    def is_success(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.status < 300  # noqa: PLR2004

    @property
    def is_html(self) -> bool:
        """Whether a web page came where JSON was asked for."""
        kind = self.headers.get("content-type", "").lower()
        return "html" in kind or self.content[:64].lstrip().lower().startswith((b"<!doctype", b"<html"))


@dataclass(frozen=True)
class NotSent:
    """The request never left: connection refused, DNS, TLS, no free connection, a header nobody can write.

    Args:
        reason: why, in words.
        cure: what mends it, when sending it again would end alike; else an empty string.
    """

    reason: str
    cure: str = ""


@dataclass(frozen=True)
class Lost:
    """The request was sent, wholly or in part, and no whole answer came back.

    Args:
        reason: why, in words.
        part: what had come of the answer, if its status line and headers had.
    """

    reason: str
    part: Answer | None = None


Outcome = Answer | NotSent | Lost


def in_doubt(answer: Answer, base_url: str) -> str:
    """What came instead of an id or a refusal, in words."""
    if answer.is_html and wire.is_no_json(answer.content):
        at = f"base_url={base_url!r}" if base_url else "the base URL"
        return f"{at} may be wrong: it answered with a web page instead of JSON (HTTP {answer.status})"
    said = problem_of(answer).message
    what = f"HTTP {answer.status}{' without a task id' if answer.is_success else ''}"
    return f"the service answered {what}{': ' + said if said else ''}"


def kept(answer: Answer) -> str | None:
    """An answer that was not understood, as it is kept: bounded, without secrets; None of an empty one."""
    body = answer.content[: 8 * _KEPT_CHARS].decode("utf-8", "replace")
    # An id may stand in a header alone.
    named = [
        f"{name}: {redact.shown(text)}" for name, text in answer.headers.items() if _MAY_NAME.search(name)
    ]
    body = "\n".join([*named[:10], body])
    return redact.text(body, answer.key, limit=_KEPT_CHARS, lines=True).strip() or None


def problem_of(answer: Answer) -> wire.Problem:
    """What an error body says, as it may be shown and kept."""
    problem = wire.read_problem(answer.content)
    return replace(
        problem,
        message=redact.text(problem.message, answer.key, limit=_SAID_CHARS),
        code=redact.text(problem.code, answer.key, limit=80) if problem.code else None,
        param=redact.text(problem.param, answer.key, limit=80) if problem.param else None,
    )


def unread(answer: Answer, read: wire.Malformed) -> str:
    """A poll's answer that holds no task, in words; what nobody knows is shown raw."""
    if answer.is_html and wire.is_no_json(answer.content):
        return f"HTTP {answer.status}: a web page instead of JSON"
    raw = redact.text(kept(answer) or "nothing", limit=_SHOWN_CHARS)
    return f"{read.reason} (HTTP {answer.status}: {raw})"


def explain(answer: Answer, problem: wire.Problem) -> str:
    """A refusal in words: what the service said, and the cure where one is known."""
    if 300 <= answer.status < 400:  # noqa: PLR2004
        what = f"a redirect (HTTP {answer.status})"
        return f"The service answered with {what} instead of JSON: the base URL or its path is wrong."
    said = problem.message.strip().rstrip(".")
    if answer.is_html and wire.is_no_json(answer.content):
        said = "a web page instead of JSON, as a firewall, a proxy or a gateway sends it"
    cure = _MODEL_CURE if problem.is_about_model else _CURES.get(answer.status, "")
    return " ".join(part for part in (f"HTTP {answer.status}{': ' + said if said else ''}.", cure) if part)


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


def shown(seen: Snapshot, answer: Answer) -> Snapshot:
    """A snapshot whose foreign words may be shown and kept."""
    if not (seen.failure or seen.failure_code or seen.notes):
        return seen
    return msgspec.structs.replace(
        seen,
        failure=redact.text(seen.failure, answer.key, limit=_SAID_CHARS) if seen.failure else None,
        failure_code=redact.text(seen.failure_code, answer.key, limit=80) if seen.failure_code else None,
        raw_status=redact.text(seen.raw_status, answer.key, limit=200),
        notes=tuple(redact.text(note, answer.key) for note in seen.notes),
    )
