"""Translates the vendor's JSON into this package's terms. No other module knows these field names.

Three shapes are documented for one task (CometAPI, runway-to-get-task-details and its compatibility route):
Runway's bare object, a gateway's envelope around it, and a flat object of the gateway's own. They are read in
any mixture, and with the known habits of such gateways.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from cometact_nb.api import lenient
from cometact_nb.domain.task import SignedURL, Snapshot, Status

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "STATUS_WORDS",
    "Malformed",
    "NotExist",
    "Other",
    "Problem",
    "has_code",
    "is_no_json",
    "read_created",
    "read_problem",
    "read_task",
]

T = TypeVar("T")

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
    "COMPLETED": Status.SUCCEEDED,  # of the gateway's own video routes
    "FAILURE": Status.FAILED,
    "UNKNOWN": Status.UNKNOWN,
}

#: A refusal by the gateway's routing: "no available channel … (distributor)".
MODEL_NOT_FOUND = "model_not_found"
_NOT_EXIST = "task_not_exist"
_MILLISECONDS_FROM = 1e11  # later than any date in seconds that matters here
#: 1 January 9999, UTC: no clock or calendar here can show a later moment.
_LAST_MOMENT = 253_370_764_800.0
_TEXT_LIMIT = 2000
#: What cannot be read is quoted up to this many characters.
_QUOTE_LIMIT = 80
#: An id beyond this would not fit into a URL (2048 characters, as documented for inputs).
_ID_LIMIT = 1000
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
#: Where an object keeps the URL of a clip.
_URL_NAMES = ("url", "uri", "video_url", "result_url")


@dataclass(frozen=True)
class NotExist:
    """The service does not know the id (yet)."""


@dataclass(frozen=True)
class Other:
    """An answer about another task than the request's.

    Args:
        id: of that other task.
    """

    id: str


@dataclass(frozen=True)
class Malformed:
    """An answer that holds no task. ``reason`` describes it."""

    reason: str


@dataclass(frozen=True)
class Problem:
    """The contents of an error body. Every part may be missing."""

    message: str = ""
    code: str | None = None
    param: str | None = None
    request_id: str | None = None

    @property
    def is_about_model(self) -> bool:
        """Whether the gateway has no channel for the model at all."""
        return (self.code or "").strip().lower() == MODEL_NOT_FOUND


def read_created(content: bytes) -> str | None:
    """Read the id in the answer to a create, in any known form, also if its end is missing; None without one.

    The forms: an object with an id, bare or inside ``data`` (as an object or as JSON in a text); ``data``
    that is the id itself, beside a code that says success; the id alone. An answer that names an error has
    none.
    """
    body = lenient.decode_cut_off(content)
    if body is None:
        body = content[:_ID_LIMIT].decode("utf-8", "replace").strip()
    if isinstance(body, str) and _UUID.fullmatch(body.strip()):
        return body.strip()
    layers = lenient.layers(body)
    if any(layer.get("error") for layer in layers):
        return None
    ids = _ids(layers) or [
        layer["data"].strip() for layer in layers if _is_success(layer) and _is_id(layer.get("data"))
    ]
    return next((name for name in ids if _can_be_asked_about(name)), None)


def names_task_without_error(content: bytes) -> bool:
    """Whether an answer that should refuse gives an id and no reason, as only an accepted create does."""
    return read_created(content) is not None and not read_problem(content).message


def _is_success(layer: dict[str, Any]) -> bool:
    return layer.get("code") in (None, "", "success", "ok", 0, "0", 200, "200")


def _is_id(value: Any) -> bool:
    """Whether a text alone looks like an id: no word, no sentence, no address."""
    return isinstance(value, str) and re.fullmatch(r"(?=.*[0-9])[\w.:=+~-]{6,}", value.strip()) is not None


def _can_be_asked_about(task_id: str) -> bool:
    """Whether an id can stand in a URL's path; of dots alone, it would name another path."""
    return task_id.isprintable() and task_id.strip(".") != "" and len(task_id) <= _ID_LIMIT


def read_task(content: bytes, task_id: str = "") -> Snapshot | NotExist | Other | Malformed:
    """Read the task in a poll's body, in any mixture of the documented shapes.

    Where the objects inside each other disagree about the status:

    1. the inner word is the vendor's own and wins, except that
    2. an outer end beats an inner word that is no end: success if there is an output, failure or
       cancellation always; an outer success without any output is still running;
    3. two different ends: success if there is an output (what was paid for is not thrown away), else the
       inner one;
    4. a number or a word nobody knows says nothing, and is a success only beside an output and a finished
       time or 100 %.

    Args:
        content: the body.
        task_id: of the request; an answer with other ids only is about another task.
    """
    layers = lenient.layers(lenient.decode(content))
    if not layers:
        return Malformed("an answer that is no JSON object")
    first = next((at for at, layer in enumerate(layers) if _is_task(layer, layers[at + 1 :])), len(layers))
    shapes = layers[first:]  # what is inside a task's object belongs to it
    ids = _ids(shapes)
    if task_id and ids and task_id.strip().lower() not in {name.lower() for name in ids}:
        return Other(ids[0][:_TEXT_LIMIT])
    unknown = any(_says_not_exist(layer) for layer in layers)
    if not shapes:
        return NotExist() if unknown else Malformed("no task in the answer")
    snapshot = _snapshot(shapes, task_id.strip() if task_id and ids else next(iter(ids), ""))
    has_clip = snapshot.status is Status.SUCCEEDED and snapshot.output_urls
    return NotExist() if unknown and not has_clip else snapshot


def read_problem(content: bytes) -> Problem:
    """Read an error body in any of its known forms; empty for anything else."""
    body = lenient.decode_cut_off(content)
    inner = _get(body, "error")
    place = inner if isinstance(inner, dict) else body
    if isinstance(inner, str):
        place = {"message": inner, "code": _get(body, "code")}
    message = _text(_get(place, "message")) or ""
    request_id = re.search(r"request id:\s*([\w.-]{4,80})", message, re.IGNORECASE)
    return Problem(
        message=message,
        code=_text(_get(place, "code")) or None,
        param=_text(_get(place, "param")) or None,
        request_id=request_id.group(1) if request_id else None,
    )


def has_code(content: bytes, code: str) -> bool:
    """Whether an error body's ``code`` (and not its type or message) is ``code``, in any case."""
    return (read_problem(content).code or "").strip().lower() == code


def is_no_json(content: bytes) -> bool:
    """Whether a body is no JSON object or list, such as a web page."""
    return not isinstance(lenient.decode(content), (dict, list))


def _says_not_exist(layer: dict[str, Any]) -> bool:
    error = layer.get("error")
    words = [layer.get(name) for name in ("code", "status", "message", "data")]
    words += [error, *(_get(error, name) for name in ("code", "type", "message"))]
    return any(isinstance(word, str) and word.strip().lower() == _NOT_EXIST for word in words)


def _is_task(layer: dict[str, Any], inside: list[dict[str, Any]]) -> bool:
    """Whether an object says something about a task.

    An envelope's ``id`` may be the request's, and a number as its status may be HTTP's.
    """
    status = layer.get("status")
    if status is None or status == "":
        is_envelope = "code" in layer and "data" in layer and "task_id" not in layer
        return bool(_ids([layer])) and not is_envelope and not layer.get("error")
    return isinstance(status, str) or not inside or bool(_ids([layer]))


def _ids(layers: list[dict[str, Any]]) -> list[str]:
    """List every id in the objects, the gateway's own first, and last an ``id`` that may be the request's."""
    ids = [layer.get(name) for name in ("task_id", "taskId") for layer in layers]
    ids += [layer.get("id") for layer in sorted(layers, key=lambda layer: "code" in layer)]
    return [lenient.clean(value).strip() for value in ids if isinstance(value, str) and value.strip()]


def _snapshot(shapes: list[dict[str, Any]], task_id: str) -> Snapshot:
    """Make one snapshot of objects inside each other, the outermost first; inner fields win."""
    notes: list[str] = []
    words = [shape.get("status") for shape in shapes if shape.get("status") not in (None, "")]
    statuses = [_word(word, notes) for word in words]
    urls = _output(shapes, said_success=Status.SUCCEEDED in statuses)
    progress = _pick(shapes, _progress, "progress")
    finished_at = _pick(shapes, _time, "finish_time")
    status = _agreed(statuses, has_output=bool(urls))
    if urls and set(statuses) == {Status.UNKNOWN} and (finished_at or progress == 1):
        status = Status.SUCCEEDED
    if status is Status.SUCCEEDED and not urls and (output := _pick(shapes, _foreign_output, "output")):
        notes.append(f"an output that is no link: {output!r}")
    failed = status is Status.FAILED
    return Snapshot(
        status=status,
        raw_status=" / ".join(lenient.clean(str(word)[:80]) for word in words),
        id=task_id[:_TEXT_LIMIT],
        progress=progress,
        failure=_pick(shapes, _words, "failure", "fail_reason") if failed else None,
        failure_code=_pick(shapes, _words, "failureCode") if failed else None,
        output_urls=urls,
        created_at=_pick(shapes, _time, "createdAt", "submit_time"),
        started_at=_pick(shapes, _time, "start_time"),
        finished_at=finished_at,
        credits=_pick(shapes, _credits, "cost"),
        estimated_credits=_pick(shapes, _credits, "estimatedCost"),
        notes=tuple(notes),
    )


def _pick(shapes: list[dict[str, Any]], read: Callable[[Any], T | None], *names: str) -> T | None:
    """Read the first readable field of ``names``, each in the innermost object that has it."""
    for name in names:
        for shape in reversed(shapes):
            value = read(shape.get(name))
            if value is not None:
                return value
    return None


def _output(shapes: list[dict[str, Any]], *, said_success: bool) -> tuple[str, ...]:
    """List the clips' URLs. Some gateways put one into ``fail_reason`` on success."""
    places = ("output", "result_url", "video_url", *(("fail_reason",) if said_success else ()))
    return _pick(shapes, lambda value: _urls(value) or None, *places) or ()


def _agreed(words: list[Status], *, has_output: bool) -> Status:
    """Reduce several statuses, the outermost first, to one by the rule in :func:`read_task`."""
    status: Status | None = None
    for word in reversed(words):
        status = word if status is None else _agree(word, status, has_output=has_output)
    return status or Status.UNKNOWN


def _agree(outer: Status, inner: Status, *, has_output: bool) -> Status:
    if inner is Status.UNKNOWN:
        return inner if outer is Status.SUCCEEDED and not has_output else outer
    if outer is inner or not outer.is_terminal:
        return inner
    if inner.is_terminal:
        return Status.SUCCEEDED if has_output and Status.SUCCEEDED in {outer, inner} else inner
    if outer is Status.SUCCEEDED and not has_output:
        return inner
    return outer


def _word(value: Any, notes: list[str]) -> Status:
    status = STATUS_WORDS.get(value.strip().upper().replace("-", "_")) if isinstance(value, str) else None
    if status is None:
        notes.append(f"unknown status word {lenient.clean(str(value)[:_QUOTE_LIMIT])!r}")
        return Status.UNKNOWN
    return status


def _foreign_output(value: Any) -> str | None:
    """Return the beginning of an output in no known form, for its user; None for an empty one."""
    return lenient.clean(str(value)[:_QUOTE_LIMIT]) if value and value != [None] else None


def _credits(value: Any) -> float | None:
    """Read the vendor's credits in ``{"credits": 25}``; None for anything else and below zero."""
    number = _number(_get(value, "credits"))
    return number if number is not None and number >= 0 else None


def _words(value: Any) -> str | None:
    return _text(value) or None


def _progress(value: Any) -> float | None:
    """Read 0–1 from a float 0–1, a percentage 0–100 or a text of either; None for anything else."""
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


def _urls(value: Any, depth: int = 3) -> tuple[str, ...]:
    """List the web addresses in ``output``: texts, or objects that hold one, alone or in a list."""
    if isinstance(value, str):
        url = lenient.clean(value.strip())
        if url[:1] in {"[", "{"}:
            return _urls(lenient.decode(url.encode()), depth - 1) if depth else ()
        return (SignedURL(url),) if re.match(r"https?://\S+$", url, re.IGNORECASE) else ()
    if isinstance(value, dict):
        value = next((value[name] for name in _URL_NAMES if value.get(name)), None)
        return _urls(value, depth - 1) if depth else ()
    if not isinstance(value, list) or not depth:
        return ()
    return tuple(dict.fromkeys(url for part in value for url in _urls(part, depth - 1)))


def _time(value: Any) -> float | None:
    """Read Unix seconds from a number (0 is "not yet"; milliseconds are understood) or an ISO 8601 text."""
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
    """Read a JSON number as a finite float, or None; JSON's integers may be longer than any float."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _text(value: Any) -> str | None:
    if isinstance(value, str):
        return lenient.clean(value[:_TEXT_LIMIT])
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)[:_TEXT_LIMIT]
    return None


def _get(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
