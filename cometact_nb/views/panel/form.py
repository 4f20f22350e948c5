"""Turns the values of a panel's form into a request and its findings, and back, without a widget."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.knobs import KNOBS
from cometact_nb.domain.media import Finding, MediaRef, infer_type
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.errors import RequestError
from cometact_nb.views.base import wording as words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from cometact_nb.domain.inspection.facts import Role

__all__ = [
    "EMPTY",
    "INPUTS",
    "TYPED",
    "by_field",
    "field_named",
    "inferred",
    "knows_type",
    "normal",
    "request_of",
]

INPUTS: tuple[Role, ...] = ("character", "reference")
#: The form as it is before anything was typed. None and an empty text mean "not sent". ``axes`` is what a
#: sweep has of each field, see :mod:`cometact_nb.views.panel.sweep_form`; the other fields are one request's.
EMPTY: dict[str, Any] = {
    "character": "",
    "character_type": "",
    "reference": "",
    **{knob.name: None for knob in KNOBS},
    "seed_locked": True,
    "allow_unlisted": False,
    "sweep": False,
    "axes": {},
    "replicates": 1,
}
_TEXTS = {"character", "character_type", "reference"}
_SWITCHES = {"seed_locked", "allow_unlisted", "sweep"}
#: The text fields of a sweep: an address a line, or values with commas. The others are choices.
TYPED = (*INPUTS, *(knob.name for knob in KNOBS if not knob.choices))
#: A whole data URI within the vendor's limit fits; a longer text is no address.
_TEXT_MAX_CHARS = 17_000_000


def normal(source: Mapping[str, Any]) -> dict[str, Any]:
    """Bring a browser's values into the form's own shape: nothing missing, nothing unknown."""
    values = dict(EMPTY)
    for name, empty in EMPTY.items():
        value = source.get(name, empty)
        if name in _TEXTS:
            values[name] = value[:_TEXT_MAX_CHARS].strip() if isinstance(value, str) else ""
        elif name in _SWITCHES:
            values[name] = bool(value)
        else:
            values[name] = None if value == "" else value
    if values["character_type"] not in {"image", "video"}:
        values["character_type"] = ""
    values["axes"] = _axes(values) if values["sweep"] else {}
    return values


def _axes(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sweep's values of each field: text fields as text, choices as lists of at least one."""
    source = values["axes"] if isinstance(values["axes"], Mapping) else {}
    axes: dict[str, Any] = {}
    for name in (*INPUTS, *(knob.name for knob in KNOBS)):
        one, several = values[name], source.get(name)
        if name in TYPED:
            text = several if isinstance(several, str) else "" if one is None else str(one)
            axes[name] = text[:_TEXT_MAX_CHARS].strip()
        else:
            axes[name] = several if isinstance(several, list) and several else [one]
    return axes


def inferred(values: Mapping[str, Any]) -> str:
    """Infer the character's type from its address; an empty string if that does not show it."""
    return infer_type(values["character"]) or ""


def knows_type(values: Mapping[str, Any]) -> bool:
    """Whether the character's type is known, by choice or by its address."""
    return bool(values["character_type"] or inferred(values))


def request_of(values: Mapping[str, Any], inline: Callable[[str], str] = str) -> ActTwoRequest:
    """Make the request of a form.

    Args:
        values: see :data:`EMPTY`.
        inline: turns an address of this machine into a data URI, and returns other addresses as they are.

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
        named_fields = {finding.field for finding in problems}
        raise RequestError(
            [*problems, *(one for one in error.findings if one.field not in named_fields)]
        ) from None
    if problems:
        raise RequestError(problems)
    return request


def by_field(findings: Iterable[Finding], *, naming: bool = False) -> dict[str, list[dict[str, str]]]:
    """Sort findings, as sentences, by field; those without a field of the form are under ``""``.

    Args:
        findings: errors and warnings.
        naming: name the value in each, since a sweep has several.
    """
    sentences: dict[str, list[dict[str, str]]] = {}
    for finding in findings:
        has_field = finding.field in EMPTY
        problem = (
            finding.problem if has_field or finding.field == "sweep" else f"{finding.field} {finding.problem}"
        )
        if naming and has_field and finding.value not in (None, ""):
            problem = f"“{_in_words(finding.value)}” {problem}"
        elif finding.field == "sweep":
            problem = f"the sweep {problem}"
        text = f"{problem[:1].upper()}{problem[1:]}. {_cure(finding)}"
        missing = has_field and finding.field in INPUTS and finding.value in (None, "")
        kind = "todo" if missing and finding.severity == "error" else finding.severity
        place = sentences.setdefault(finding.field if has_field else "", [])
        if {"kind": kind, "text": text} not in place:
            place.append({"kind": kind, "text": text})
    return sentences


def _in_words(value: Any) -> str:
    """Describe a value of a sweep in a few words."""
    text = str(value.uri if isinstance(value, MediaRef) else value)
    return words.clean(words.file_name(text) if "/" in text else text, 60)


def _cure(finding: Finding) -> str:
    """Rewrite a finding's cure for the form: what to press, not what to write in Python."""
    if isinstance(finding.value, MediaRef) and "act.image" in finding.cure:
        return "Choose image or video."
    cure = re.sub(r"allow_unlisted=True to try \w[\w ]*", "tick “Try it all the same”", finding.cure)
    return cure.replace("leave it out", "leave it empty")


def field_named(param: str | None) -> str:
    """Return the form's field for a service's ``param``, such as ``character.uri``; else an empty string."""
    head = (param or "").split(".")[0].strip("[]'\" ")
    if head in EMPTY:
        return head
    return next((knob.name for knob in KNOBS if head in knob.wire or param in knob.wire), "")
