"""The query for a search in the history, and the text that a task is searched by."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import redact
from cometact_nb.domain.task import Status
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.domain.task import TaskState

__all__ = ["GROUPS", "STATUSES", "UNFINISHED", "Query", "after", "checked_id", "found_by", "query"]

#: Statuses of tasks that are not over.
UNFINISHED = (Status.SUBMITTING, Status.PENDING, Status.THROTTLED, Status.RUNNING, Status.UNKNOWN)
#: Words for groups of statuses.
GROUPS: dict[str, tuple[Status, ...]] = {
    "unfinished": UNFINISHED,
    "finished": tuple(status for status in Status if status not in UNFINISHED),
}
#: The values of ``status``, for completion and messages.
STATUSES = (*GROUPS, *(status.value for status in Status))

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(s|sec|min|m|h|d|w)", re.IGNORECASE)
_UNIT_S = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SINCE_CURE = 'Give a datetime, a date, ISO text such as "2026-05-04", or a time ago such as "7d" or "12h".'
#: The most characters of a task's text: enough for two long URLs and a failure, and little to scan.
_FOUND_BY_MAX_CHARS = 700
_URI_MAX_CHARS = 260
_WORDS_MAX = 8


@dataclass(frozen=True)
class Query:
    """A checked query.

    Args:
        statuses: of the tasks; empty for all.
        since: Unix seconds; only tasks from then on. None for all.
        words: lower case; each must occur in ``found_by``, the sweep's name or the rating.
        limit: the most tasks, the newest.
        before: time and key of a task; only those that come after it, the newest first. None for all.
    """

    statuses: tuple[Status, ...] = ()
    since: float | None = None
    words: tuple[str, ...] = ()
    limit: int = 50
    before: tuple[float, str] | None = None


def query(status: Any = None, since: Any = None, text: Any = None, limit: Any = 50, *, now: float) -> Query:
    """Check the arguments of :func:`cometact_nb.history`.

    Args:
        status: see there, as for the three that follow.
        since: see there.
        text: see there.
        limit: see there.
        now: Unix seconds, for a time such as "7d" ago.

    Raises:
        ConfigError: a value cannot be used; it names the argument, the value and the cure.
    """
    return Query(_statuses(status), _since(since, now), _words(text), _limit(limit))


def found_by(state: TaskState) -> str:
    """Return the text that a task is searched by, lower case: ids, inputs' addresses, files, the failure."""
    request = state.request or {}
    addresses = [
        redact.bare(str(ref.get("uri", "")))[:_URI_MAX_CHARS]
        for ref in (request.get("character"), request.get("reference"))
        if isinstance(ref, dict) and not str(ref.get("uri", "")).lower().startswith("data:")
    ]
    files = [re.split(r"[\\/]", clip.place)[-1] for clip in state.clips[:2]]
    failure = [state.failure_code or "", (state.failure or "")[:120]]
    parts = [state.id or "", state.key, *addresses, *files, *failure]
    return " ".join(" ".join(parts).split()).lower()[:_FOUND_BY_MAX_CHARS]


def _statuses(value: Any) -> tuple[Status, ...]:
    if value is None or value == "":
        return ()
    names: Iterable[Any] = re.split(r"[\s,]+", value.strip()) if isinstance(value, str) else value
    try:
        entries = list(names)
    except TypeError:
        entries = [names]
    statuses: dict[Status, None] = {}
    for name in entries:
        statuses.update(dict.fromkeys(_status(name)))
    return tuple(statuses)


def _status(name: Any) -> tuple[Status, ...]:
    word = name.strip() if isinstance(name, str) else ""
    if word.lower() in GROUPS:
        return GROUPS[word.lower()]
    try:
        return (Status(word.upper()),)
    except ValueError:
        raise ConfigError(
            f"status={name!r} is no status. There are: {', '.join(STATUSES)}; several as a list."
        ) from None


def _since(value: Any, now: float) -> float | None:
    if value is None or value == "":
        return None
    try:
        moment = float(_moment(value, now))
    except (OverflowError, ValueError, OSError):
        moment = float("nan")
    if not isfinite(moment):
        raise ConfigError(f"since={value!r} is no moment. {_SINCE_CURE}")
    return moment


def _moment(value: Any, now: float) -> float:
    if isinstance(value, str):
        ago = _AGO.fullmatch(value.strip())
        if ago:
            return now - float(ago[1]) * _UNIT_S[ago[2].lower()]
        value = datetime.fromisoformat(value.strip())
    if isinstance(value, timedelta):
        return now - value.total_seconds()
    if isinstance(value, datetime):
        return value.timestamp()  # a moment without a zone is this machine's time
    if isinstance(value, date):
        return datetime.combine(value, time.min).timestamp()
    raise ValueError(value)


def _words(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, str):
        raise ConfigError(
            f"text={value!r} is no text. Give part of an id, an address, a file, a failure, a sweep, a note."
        )
    words = value.lower().split()
    if len(words) > _WORDS_MAX:
        raise ConfigError(f"text has {len(words)} words. Give up to {_WORDS_MAX}.")
    return tuple(words)


def _limit(value: Any) -> int:
    try:
        number = int(value) if isinstance(value, str) else value.__index__()
    except (AttributeError, TypeError, ValueError):
        number = 0
    if number < 1 or isinstance(value, bool):
        raise ConfigError(f"limit={value!r} is not a number of tasks. Give an integer ≥ 1.")
    return min(int(number), 2**62)


def after(query: Query, last: str) -> Query:
    """Return the query for the next page.

    Args:
        query: of the page before.
        last: Unix seconds and key of its last task, with a blank between; empty for the first page.

    Raises:
        ConfigError: it is something else.
    """
    moment, _, key = last.partition(" ")
    if not last:
        return query
    try:
        return replace(query, before=(float(moment), key))
    except ValueError:
        raise ConfigError(f"before={last!r} names no task: seconds and a key belong there.") from None


def checked_id(name: object) -> str:
    """Return ``name`` as an id that can stand in a URL.

    Raises:
        ConfigError: it is no such id.
    """
    text = str(name).strip()
    if not text.strip(".") or not text.isprintable() or any(char.isspace() or char in "/?#" for char in text):
        raise ConfigError(f"{text!r} is no task id. An id looks like 5b91e444-c232-deaf-a4d7-8aef3e57336b.")
    return text
