"""What a panel's form means, without any widget: values to a request and its findings, and back."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.media import Finding, MediaRef, infer_type
from cometact_nb.domain.paste import fields_from_paste
from cometact_nb.domain.request import KNOBS, ActTwoRequest, fields_from_json
from cometact_nb.domain.task import TaskState
from cometact_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cometact_nb.domain.inspection import Role

__all__ = [
    "EMPTY",
    "INPUTS",
    "Gate",
    "by_field",
    "field_named",
    "inferred",
    "normal",
    "request_of",
    "values_of",
]

INPUTS: tuple[Role, ...] = ("character", "reference")
#: The form as it is before anything was typed. None and an empty text mean "not sent".
EMPTY: dict[str, Any] = {
    "character": "",
    "character_type": "",
    "reference": "",
    **{knob.name: None for knob in KNOBS},
    "seed_locked": True,
    "allow_unlisted": False,
}
_TEXTS = {"character", "character_type", "reference"}
#: A whole data URI within the vendor's limit fits; anything longer is no address.
_TEXT_MAX_CHARS = 17_000_000


def normal(given: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a browser sent them, brought to the form's own shape: nothing missing, nothing unknown."""
    values = dict(EMPTY)
    for name, empty in EMPTY.items():
        value = given.get(name, empty)
        if name in _TEXTS:
            values[name] = value[:_TEXT_MAX_CHARS].strip() if isinstance(value, str) else ""
        elif name in {"seed_locked", "allow_unlisted"}:
            values[name] = bool(value)
        else:
            values[name] = None if value == "" else value
    if values["character_type"] not in {"image", "video"}:
        values["character_type"] = ""
    return values


def inferred(values: Mapping[str, Any]) -> str:
    """The character's type as its address tells it, or an empty string."""
    return infer_type(values["character"]) or ""


def type_told(values: Mapping[str, Any]) -> bool:
    """Whether the character's type is known: chosen, or told by its address."""
    return bool(values["character_type"] or inferred(values))


def request_of(values: Mapping[str, Any], inline: Callable[[str], str] = str) -> ActTwoRequest:
    """The request that a form describes.

    Args:
        values: see :data:`EMPTY`.
        inline: turns an address of this machine into a data URI; other addresses come back as they are.

    Raises:
        RequestError: with everything that is wrong.
    """
    fields = {knob.name: values[knob.name] for knob in KNOBS}
    problems: list[Finding] = []
    for name in INPUTS:
        try:
            address = inline(values[name]) if values[name] else ""
        except RequestError as error:
            problems += [replace(finding, field=name) for finding in error.findings]
            address = values[name]
        kind = values["character_type"] or infer_type(address) if name == "character" else None
        fields[name] = MediaRef(kind, address) if address and kind else address or None
    try:
        request = ActTwoRequest(**fields, allow_unlisted=values["allow_unlisted"])
    except RequestError as error:
        told = {finding.field for finding in problems}
        raise RequestError([*problems, *(one for one in error.findings if one.field not in told)]) from None
    if problems:
        raise RequestError(problems)
    return request


def values_of(thing: Any, read_magic: Callable[[str], dict[str, Any]] | None = None) -> dict[str, Any]:
    """The form's values for anything that was a request before.

    Args:
        thing: an :class:`ActTwoRequest`, a task, a :class:`TaskState`, a mapping of fields (Python's names or
            the vendor's), or text: JSON, TOML, curl, Python, a magic line.
        read_magic: see :func:`cometact_nb.domain.paste.fields_from_paste`.

    Raises:
        RequestError: it is none of them, its request is not known, or it has fields no request has. Values
            that are out of bounds are taken: the form shows what is wrong with them.
    """
    if isinstance(thing, str):
        return _values(fields_from_paste(thing, read_magic))
    if isinstance(thing, Mapping):
        return _values(fields_from_json(thing))
    request = thing
    if isinstance(thing, TaskState):
        request = thing.to_request()
    elif not isinstance(thing, ActTwoRequest):
        request = getattr(thing, "request", None)
    if not isinstance(request, ActTwoRequest):
        what = f"a {type(thing).__name__} whose request is not known here, or no request at all"
        cure = "Give a request, a task, a mapping, or text of one."
        raise RequestError([Finding("panel", None, f"was given {what}", cure)])
    fields: dict[str, Any] = {name: getattr(request, name) for name in INPUTS}
    return _values({**fields, **request.params, "allow_unlisted": request.allow_unlisted})


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a request as values of the form."""
    unknown = {name: value for name, value in fields.items() if name not in EMPTY}
    if unknown:
        _refuse_unknown(unknown)
    values = {**EMPTY, **fields}
    for name in INPUTS:
        given = fields.get(name)
        if isinstance(given, Mapping):
            given = MediaRef(given.get("type"), str(given.get("uri", "")))
        if isinstance(given, MediaRef):
            if name == "character" and given.type != infer_type(given.uri):
                values["character_type"] = given.type or ""
            given = given.uri
        values[name] = given if isinstance(given, str) else ""
    return normal(values)


def _refuse_unknown(unknown: Mapping[str, Any]) -> None:
    """Raise what a request says of fields it does not have: the words for it are there."""
    try:
        ActTwoRequest(**unknown)
    except RequestError as error:
        raise RequestError([found for found in error.findings if found.field in unknown]) from None


def by_field(findings: Iterable[Finding]) -> dict[str, list[dict[str, str]]]:
    """Findings as sentences beside their fields; what belongs to no field of the form stands under ``""``."""
    told: dict[str, list[dict[str, str]]] = {}
    for finding in findings:
        known = finding.field in EMPTY
        problem = finding.problem if known else f"{finding.field} {finding.problem}"
        text = f"{problem[:1].upper()}{problem[1:]}. {_cure(finding)}"
        missing = known and finding.field in INPUTS and finding.value in (None, "")
        kind = "todo" if missing and finding.severity == "error" else finding.severity
        place = told.setdefault(finding.field if known else "", [])
        if {"kind": kind, "text": text} not in place:
            place.append({"kind": kind, "text": text})
    return told


def _cure(finding: Finding) -> str:
    """A finding's cure in the form's own terms: what to press, not what to write in Python."""
    if isinstance(finding.value, MediaRef) and finding.value.type is None:
        return "Choose image or video."
    return re.sub(r"allow_unlisted=True to try \w[\w ]*", "tick “Try it all the same”", finding.cure)


def field_named(param: str | None) -> str:
    """The form's field that a service's ``param`` means, such as ``character.uri``; else an empty string."""
    head = (param or "").split(".")[0].strip("[]'\" ")
    if head in EMPTY:
        return head
    return next((knob.name for knob in KNOBS if head in knob.wire or param in knob.wire), "")


class Gate:
    """Lets one submission through at a time, and each only once.

    A click carries the token it saw. Tokens change when a submission was answered, so a second click, from
    whichever view and however late it arrives, finds its token spent.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token = 1
        self._taken = False

    @property
    def token(self) -> int:
        """What the next click must carry."""
        return self._token

    @property
    def taken(self) -> bool:
        """Whether a submission is under way."""
        return self._taken

    def take(self, token: object = None) -> bool:
        """Begin a submission; False when one is under way or the token (None: the present one) is spent."""
        with self._lock:
            if self._taken or (token is not None and token != self._token):
                return False
            self._taken = True
            return True

    def release(self) -> None:
        """The submission was answered."""
        with self._lock:
            self._taken = False
            self._token += 1
