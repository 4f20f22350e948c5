"""The vendor's JSON on one side, this package's terms on the other. Nothing else knows these field names.

Two shapes are documented for the same poll (CometAPI, runway-to-get-task-details): Runway's bare object,
and a gateway's envelope around it. Both are read, in any mixture.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from cometact_nb.domain.task import SignedURL, Snapshot, Status

__all__ = ["STATUS_WORDS", "Malformed", "NotExist", "Problem", "read_created", "read_problem", "read_task"]

#: Every status word that is documented or known, outer (the gateway's) and inner (Runway's) alike.
STATUS_WORDS: dict[str, Status] = {
    # Runway's own object
    "PENDING": Status.PENDING,
    "THROTTLED": Status.THROTTLED,
    "RUNNING": Status.RUNNING,
    "SUCCEEDED": Status.SUCCEEDED,
    "FAILED": Status.FAILED,
    "CANCELLED": Status.CANCELLED,
    "CANCELED": Status.CANCELLED,
    # the envelope
    "NOT_START": Status.PENDING,
    "SUBMITTED": Status.PENDING,
    "QUEUED": Status.PENDING,
    "IN_PROGRESS": Status.RUNNING,
    "SUCCESS": Status.SUCCEEDED,
    "FAILURE": Status.FAILED,
    "UNKNOWN": Status.UNKNOWN,
}

_NOT_EXIST = "task_not_exist"
_MILLISECONDS_FROM = 1e11  # later than any date in seconds that matters here
#: 1 January 9999, UTC: what is later, no clock or calendar here can show.
_LAST_MOMENT = 253_370_764_800.0
_TEXT_LIMIT = 2000
#: An id beyond this would not fit into a URL (2048 characters, as documented for inputs).
_ID_LIMIT = 1000


@dataclass(frozen=True)
class NotExist:
    """The service says that it does not know the id (yet)."""


@dataclass(frozen=True)
class Malformed:
    """An answer that is no task. ``reason`` says what it was instead."""

    reason: str


@dataclass(frozen=True)
class Problem:
    """What an error body said. Every part may be missing."""

    message: str = ""
    code: str | None = None
    param: str | None = None
    request_id: str | None = None


def decode(content: bytes) -> Any:
    """``content`` as JSON, or None when it is not (HTML, empty, cut off)."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def read_created(content: bytes) -> str | None:
    """The id in the answer to a create, bare or in an envelope; None when there is none."""
    body = decode(content)
    for place in (body, _get(body, "data")):
        for name in ("id", "task_id"):
            value = _get(place, name)
            if isinstance(value, str) and _can_be_asked_about(value.strip()):
                return value.strip()
    return None


def _can_be_asked_about(task_id: str) -> bool:
    """Whether an id can stand in a URL's path; of dots alone, it would name another path."""
    return task_id.isprintable() and task_id.strip(".") != "" and len(task_id) <= _ID_LIMIT


def read_task(content: bytes) -> Snapshot | NotExist | Malformed:
    """What a poll's body says, in either documented shape.

    Where the envelope and the object inside it disagree:

    1. the inner word is the vendor's own and wins, except that
    2. an outer end beats an inner word that is no end: success if there is an output, failure or
       cancellation always; an outer success without any output is still running;
    3. two different ends: success if there is an output (what was paid for is not thrown away), else the
       inner one.
    """
    body = decode(content)
    if not isinstance(body, dict):
        return Malformed("an answer that is no JSON object")
    if _is_not_exist(body):
        return NotExist()
    outer, inner = _shapes(body)
    if outer is None and inner is None:
        problem = read_problem(content)
        return Malformed(f"no task in the answer{': ' + problem.message if problem.message else ''}")
    return _snapshot(outer or {}, inner or {})


def read_problem(content: bytes) -> Problem:
    """What an error body says, in any of its known forms; empty for anything else."""
    body = decode(content)
    inner = _get(body, "error")
    place = inner if isinstance(inner, dict) else body
    if isinstance(inner, str):
        place = {"message": inner}
    message = _text(_get(place, "message")) or ""
    found = re.search(r"request id:\s*([\w.-]{4,80})", message, re.IGNORECASE)
    return Problem(
        message=message,
        code=_text(_get(place, "code")) or _text(_get(place, "type")) or None,
        param=_text(_get(place, "param")) or None,
        request_id=found.group(1) if found else None,
    )


def is_invalid_request(content: bytes) -> bool:
    """Whether a 500 is the documented ``invalid_request``, which is a refusal and no accident."""
    return read_problem(content).code == "invalid_request"


def _is_not_exist(body: dict[str, Any]) -> bool:
    words = [body.get("code"), body.get("status"), _get(body.get("data"), "status")]
    words += [_get(body.get("error"), "code")]
    return any(isinstance(word, str) and word.lower() == _NOT_EXIST for word in words)


def _shapes(body: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """(envelope, object inside it), either of them None."""
    data = body.get("data")
    if isinstance(data, dict):
        if "task_id" in data or isinstance(data.get("data"), dict):
            inner = data.get("data")
            return data, inner if isinstance(inner, dict) and inner else None
        return None, data
    if "status" in body or ("id" in body and "error" not in body):
        return None, body
    return None, None


def _snapshot(outer: dict[str, Any], inner: dict[str, Any]) -> Snapshot:
    notes: list[str] = []
    urls = _urls(inner.get("output")) or _urls(outer.get("result_url")) or _urls(outer.get("output"))
    raw = " / ".join(str(shape["status"])[:80] for shape in (outer, inner) if shape.get("status") is not None)
    status = _agree(
        _word(outer.get("status"), notes), _word(inner.get("status"), notes), has_output=bool(urls)
    )
    failed = status is Status.FAILED
    return Snapshot(
        status=status,
        raw_status=raw,
        id=_text(inner.get("id")) or _text(outer.get("task_id")) or "",
        progress=_first(_progress(inner.get("progress")), _progress(outer.get("progress"))),
        failure=(_text(inner.get("failure")) or _text(outer.get("fail_reason")) or None) if failed else None,
        failure_code=(_text(inner.get("failureCode")) or None) if failed else None,
        output_urls=urls,
        created_at=_first(_time(inner.get("createdAt")), _time(outer.get("submit_time"))),
        started_at=_time(outer.get("start_time")),
        finished_at=_time(outer.get("finish_time")),
        notes=tuple(notes),
    )


def _agree(outer: Status | None, inner: Status | None, *, has_output: bool) -> Status:
    """One status of two; the rule is in :func:`read_task`."""
    if inner is None or inner is Status.UNKNOWN:
        if outer is Status.SUCCEEDED and inner is Status.UNKNOWN and not has_output:
            return Status.UNKNOWN
        return outer or inner or Status.UNKNOWN
    if outer is None or outer is inner or not outer.is_terminal:
        return inner
    if inner.is_terminal:
        return Status.SUCCEEDED if has_output and Status.SUCCEEDED in {outer, inner} else inner
    if outer is Status.SUCCEEDED and not has_output:
        return inner
    return outer


def _word(value: Any, notes: list[str]) -> Status | None:
    if value is None or value == "":
        return None
    known = STATUS_WORDS.get(value.strip().upper().replace("-", "_")) if isinstance(value, str) else None
    if known is None:
        notes.append(f"unknown status word {str(value)[:80]!r}")
        return Status.UNKNOWN
    return known


def _progress(value: Any) -> float | None:
    """0–1 from a float 0–1, a percentage 0–100 or a text of either; None for anything else."""
    percent = False
    if isinstance(value, str):
        text = value.strip()
        percent = text.endswith("%")
        try:
            value = float(text.rstrip("% "))
        except ValueError:
            return None
    number = _number(value)
    if number is None:
        return None
    share = number / 100 if percent or number > 1 else number
    return share if 0 <= share <= 1 else None


def _urls(value: Any) -> tuple[str, ...]:
    """The URLs in ``output``: a list, or a single string. Only web addresses are kept."""
    values = value if isinstance(value, list) else [value]
    return tuple(
        SignedURL(url)
        for url in values
        if isinstance(url, str) and re.match(r"https?://", url, re.IGNORECASE)
    )


def _time(value: Any) -> float | None:
    """Unix seconds from a number (0 is "not yet"; milliseconds are understood) or an ISO 8601 text."""
    seconds = _number(value)
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            return None
    elif seconds is not None and seconds > _MILLISECONDS_FROM:
        seconds /= 1000
    return seconds if seconds is not None and 0 < seconds < _LAST_MOMENT else None


def _number(value: Any) -> float | None:
    """A JSON number as a finite float, or None; JSON's integers may be longer than any float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return value[:_TEXT_LIMIT]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)[:_TEXT_LIMIT]
    return None


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
