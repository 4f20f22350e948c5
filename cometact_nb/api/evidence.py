"""Facts about the service from a live answer: its form, its status words, and fields without a meaning here.

For ``cometact-nb verify-live``. It compares every body with what :mod:`cometact_nb.api.wire` reads in it, and
returns bodies in a form that anyone may see.
"""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from cometact_nb.api import lenient, wire
from cometact_nb.domain import redact
from cometact_nb.domain.url_secrets import JWT, secret_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "expires_at",
    "form_of_create",
    "form_of_poll",
    "link_parameters",
    "safe_body",
    "safe_headers",
    "status_words",
    "unknown_fields",
]

#: Fields that a documented answer has, or that a known gateway adds, by the object's place.
_ENVELOPE = {"code", "message", "data"}
_TASK = {
    *("id", "status", "createdAt", "updatedAt", "output", "failure", "failureCode", "progress"),
    *("cost", "estimatedCost", "task_id", "taskId", "action", "fail_reason", "submit_time", "start_time"),
    *("finish_time", "result_url", "video_url"),
}
_PRICED = {"credits"}
#: Fields whose values identify the caller, its address or its key.
_PERSONAL = re.compile(
    r"user|account|e-?mail|phone|(?:^|_|-)ip(?:$|_|-)|forwarded|client|token|secret|password|cookie|auth|quota"
    r"|balance|org",
    re.IGNORECASE,
)
#: A body is recorded up to this many characters.
_TEXT_MAX_CHARS = 20_000


def form_of_create(content: bytes) -> str:
    """Name the form of the answer to a create; an empty text where no known form has an id."""
    if wire.read_created(content) is None:
        return ""
    objects = lenient.layers(lenient.decode(content))
    if not objects:
        return "the id alone"
    if "data" not in objects[0]:
        return "bare: an object with the id"
    if len(objects) > 1:
        return "wrapped: an envelope around an object with the id"
    return "wrapped: an envelope whose data is the id"


def form_of_poll(content: bytes) -> str:
    """Name the form of the answer to a poll; an empty text for an unknown one."""
    if isinstance(wire.read_task(content), wire.NotExist):
        return "the id is not known (yet)"
    if isinstance(wire.read_task(content), wire.Malformed):
        return ""
    objects = lenient.layers(lenient.decode(content))
    first = objects[0]
    if len(objects) == 1:
        return "flat" if {"task_id", "taskId"} & set(first) else "bare"
    if "code" not in first:
        return ""
    inner = objects[-1]
    kind = "bare object" if "id" in inner or "createdAt" in inner else "flat object"
    if not inner:
        kind = "empty object"
    depth = f", {len(objects)} objects deep" if len(objects) > 3 else ""  # noqa: PLR2004
    as_text = any(isinstance(one.get("data"), str) for one in objects[:-1])
    return f"wrapped, with a {kind} inside{' as a text' if as_text else ''}{depth}"


def status_words(content: bytes) -> list[str]:
    """List the status words of an answer, the outermost first, as the service writes them."""
    words = [one.get("status") for one in lenient.layers(lenient.decode(content))]
    return [redact.clean(word, 80) for word in words if word not in (None, "")]


def unknown_fields(content: bytes) -> list[str]:
    """List the fields of an answer that no documented form has, as dotted paths."""
    fields: list[str] = []
    path = ""
    for one in lenient.layers(lenient.decode(content)):
        documented = _TASK | (_ENVELOPE if "data" in one or "code" in one else set())
        fields += [f"{path}{name}" for name in one if name not in documented and name != "error"]
        for name in ("cost", "estimatedCost"):
            inner = one.get(name)
            if isinstance(inner, dict):
                fields += [f"{path}{name}.{part}" for part in inner if part not in _PRICED]
        path += "data."
    return [redact.clean(name, 120) for name in fields]


def link_parameters(url: str) -> list[str]:
    """List the names of a link's parameters, without their values, which open the clip."""
    return [redact.clean(name, 60) for name, _ in parse_qsl(urlsplit(url).query, keep_blank_values=True)]


def expires_at(url: str) -> float | None:
    """Read from a signed link's parameters when it expires, in Unix seconds; None where they do not say."""
    try:
        parameters = {name.lower(): value for name, value in parse_qsl(urlsplit(url).query)}
    except ValueError:
        return None
    start, lasts = _stamp(parameters.get("x-amz-date", "")), parameters.get("x-amz-expires", "")
    if start is None:
        start, lasts = _stamp(parameters.get("x-goog-date", "")), parameters.get("x-goog-expires", "")
    if start is not None and lasts.isdecimal():
        return start + int(lasts)
    if (ends := _iso(parameters.get("se", ""))) is not None:
        return ends
    for name in ("expires", "exp", "e", "expire", "expires_at"):
        if re.fullmatch("[12][0-9]{9}", parameters.get(name, "")):
            return float(parameters[name])
    return next((ends for ends in map(_jwt_end, JWT.findall(url)) if ends is not None), None)


def _stamp(text: str) -> float | None:
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _iso(text: str) -> float | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _jwt_end(token: str) -> float | None:
    """Read the ``exp`` in a token's second part."""
    part = token.split(".")[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except ValueError:
        return None
    ends = claims.get("exp") if isinstance(claims, dict) else None
    return float(ends) if isinstance(ends, (int, float)) and not isinstance(ends, bool) else None


def safe_headers(headers: Mapping[str, str], key: redact.Revealing | None) -> dict[str, str]:
    """Hide in an answer's headers whatever names a person, a place or a key."""
    return {
        name: redact.HIDDEN if _is_private(name) else redact.text(value, key, limit=300)
        for name, value in sorted(headers.items())
    }


def safe_body(content: bytes, key: redact.Revealing | None, inputs: Mapping[str, str]) -> str:
    """Hide secrets and input addresses in a body; JSON stays JSON, with its own words and numbers.

    Args:
        content: the body.
        key: our key, which the service may repeat.
        inputs: for each input's address, the word to put in its place.
    """
    decoded = lenient.decode(content)
    if isinstance(decoded, (dict, list)):
        return json.dumps(_safe(decoded, key, inputs), indent=2, ensure_ascii=False) + "\n"
    return _words(content.decode("utf-8", "replace"), key, inputs, lines=True) + "\n"


def _safe(value: Any, key: redact.Revealing | None, inputs: Mapping[str, str]) -> Any:
    match value:
        case str():
            inner = lenient.as_object(value) if value[:1] == "{" else None
            if inner is not None:  # an object that is written as a text
                return json.dumps(_safe(inner, key, inputs), ensure_ascii=False)
            return _words(value, key, inputs, lines=True)
        case dict():
            return {
                redact.text(name, key, limit=120): redact.HIDDEN
                if _is_private(name) and part
                else _safe(part, key, inputs)
                for name, part in value.items()
            }
        case list():
            return [_safe(part, key, inputs) for part in value]
    return value


def _words(text: str, key: redact.Revealing | None, inputs: Mapping[str, str], *, lines: bool) -> str:
    for address, instead in inputs.items():
        for form in (address, redact.display(address), redact.bare(address)):
            text = text.replace(form, instead)
    return redact.text(text, key, limit=_TEXT_MAX_CHARS, lines=lines)


def _is_private(name: str) -> bool:
    return _PERSONAL.search(name) is not None or bool(secret_names([name]))


def walk(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in JSON, at any depth."""
    if isinstance(value, dict):
        yield value
    if isinstance(value, (dict, list)):
        for part in value.values() if isinstance(value, dict) else value:
            yield from walk(part)
