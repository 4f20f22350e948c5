"""What a history is asked for: which statuses, since when, with which words. And what a task is found by."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import redact
from cometact_nb.domain.task import Status
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.domain.task import TaskState

__all__ = ["GROUPS", "STATUSES", "UNFINISHED", "Query", "checked_id", "found_by", "query"]

#: Statuses of tasks from which more is to come.
UNFINISHED = (Status.SUBMITTING, Status.PENDING, Status.THROTTLED, Status.RUNNING, Status.UNKNOWN)
#: Words that stand for several statuses.
GROUPS: dict[str, tuple[Status, ...]] = {
    "unfinished": UNFINISHED,
    "finished": tuple(status for status in Status if status not in UNFINISHED),
}
#: What ``status`` may be, for completion and messages.
STATUSES = (*GROUPS, *(status.value for status in Status))

_AGO = re.compile(r"(\d+(?:\.\d+)?)\s*(s|sec|min|m|h|d|w)", re.IGNORECASE)
_UNIT_S = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SINCE_CURE = 'Give a datetime, a date, ISO text such as "2026-05-04", or a time ago such as "7d" or "12h".'
#: What one text may be found by: enough for two long URLs and a failure, and little to scan.
_FOUND_BY_MAX_CHARS = 700
_URI_MAX_CHARS = 260
_WORDS_MAX = 8


@dataclass(frozen=True)
class Query:
    """A checked question.

    Args:
        statuses: the statuses wanted; empty for all.
        since: Unix seconds; tasks begun before are left out. None for all.
        words: each must occur in what a task is found by; lower case.
        limit: how many at the most, the newest.
    """

    statuses: tuple[Status, ...] = ()
    since: float | None = None
    words: tuple[str, ...] = ()
    limit: int = 50


def query(status: Any = None, since: Any = None, text: Any = None, limit: Any = 50, *, now: float) -> Query:
    """What the arguments of :func:`cometact_nb.history` ask for.

    Args:
        status: see there, as for the three that follow.
        since: see there.
        text: see there.
        limit: see there.
        now: Unix seconds, what a time ago counts from.

    Raises:
        ConfigError: a value that cannot be; it names the argument, the value and the cure.
    """
    return Query(_statuses(status), _since(since, now), _words(text), _limit(limit))


def found_by(state: TaskState) -> str:
    """The text that a task is searched in, lower case: ids, addresses of the inputs, files, what failed."""
    request = state.request or {}
    addresses = [
        redact.bare(str(ref.get("uri", "")))[:_URI_MAX_CHARS]
        for ref in (request.get("character"), request.get("reference"))
        if isinstance(ref, dict) and not str(ref.get("uri", "")).lower().startswith("data:")
    ]
    files = [re.split(r"[\\/]", clip.place)[-1] for clip in state.clips[:2]]
    said = [state.failure_code or "", (state.failure or "")[:120]]
    parts = [state.id or "", state.key, *addresses, *files, *said]
    return " ".join(" ".join(parts).split()).lower()[:_FOUND_BY_MAX_CHARS]


def _statuses(given: Any) -> tuple[Status, ...]:
    if given is None or given == "":
        return ()
    names: Iterable[Any] = re.split(r"[\s,]+", given.strip()) if isinstance(given, str) else given
    try:
        entries = list(names)
    except TypeError:
        entries = [names]
    found: dict[Status, None] = {}
    for name in entries:
        found.update(dict.fromkeys(_status(name)))
    return tuple(found)


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


def _since(given: Any, now: float) -> float | None:
    if given is None or given == "":
        return None
    try:
        moment = float(_moment(given, now))
    except (OverflowError, ValueError, OSError):
        moment = float("nan")
    if not isfinite(moment):
        raise ConfigError(f"since={given!r} is no moment. {_SINCE_CURE}")
    return moment


def _moment(given: Any, now: float) -> float:
    if isinstance(given, str):
        ago = _AGO.fullmatch(given.strip())
        if ago:
            return now - float(ago[1]) * _UNIT_S[ago[2].lower()]
        given = datetime.fromisoformat(given.strip())
    if isinstance(given, timedelta):
        return now - given.total_seconds()
    if isinstance(given, datetime):
        return given.timestamp()  # one without a zone is this machine's time
    if isinstance(given, date):
        return datetime.combine(given, time.min).timestamp()
    raise ValueError(given)


def _words(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    if not isinstance(given, str):
        raise ConfigError(f"text={given!r} is no text. Give part of an id, an address, a file, a failure.")
    words = given.lower().split()
    if len(words) > _WORDS_MAX:
        raise ConfigError(f"text has {len(words)} words. Give up to {_WORDS_MAX}.")
    return tuple(words)


def _limit(given: Any) -> int:
    try:
        number = int(given) if isinstance(given, str) else given.__index__()
    except (AttributeError, TypeError, ValueError):
        number = 0
    if number < 1 or isinstance(given, bool):
        raise ConfigError(f"limit={given!r} is not a number of tasks. Give an integer ≥ 1.")
    return min(int(number), 2**62)


def checked_id(name: object) -> str:
    """``name`` as an id that can be asked about.

    Raises:
        ConfigError: it is none.
    """
    text = str(name).strip()
    if not text.strip(".") or not text.isprintable() or any(char.isspace() or char in "/?#" for char in text):
        raise ConfigError(f"{text!r} is no task id. An id looks like 5b91e444-c232-deaf-a4d7-8aef3e57336b.")
    return text
