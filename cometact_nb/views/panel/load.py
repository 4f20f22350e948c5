"""Turns any request or sweep, in any form, into the panel's values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cometact_nb.domain.knobs import FIELDS, fields_from_json
from cometact_nb.domain.media import Finding, MediaRef, infer_type
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.sweep.grid import Spec, is_several, specify
from cometact_nb.domain.task import TaskState
from cometact_nb.domain.text.paste import fields_from_paste
from cometact_nb.errors import RequestError
from cometact_nb.views.panel.form import EMPTY, INPUTS, normal
from cometact_nb.views.panel.sweep_form import form_of

__all__ = ["values_of"]

#: The fields of a form that a request does not have.
_OWN = {"sweep", "axes"}


def values_of(thing: Any) -> dict[str, Any]:
    """Turn any request or sweep into the form's values.

    Args:
        thing: an :class:`ActTwoRequest`; an object with one, such as a task or a cell of a sweep; a
            :class:`TaskState`, or a row of the history, which has one; a sweep, or its row of the history; a
            mapping of fields (Python's names or the vendor's), with lists for several values; a list of
            requests or mappings; or text: JSON, TOML, curl, Python, a magic line.

    Raises:
        RequestError: it is none of them, its request is unknown, it has fields that no request has, or its
            cells are not every combination of some values. Values out of bounds are accepted: the form shows
            their faults.
    """
    if isinstance(thing, str):
        thing = fields_from_paste(thing)
    elif isinstance(thing, Mapping):
        thing = fields_from_json(thing)
    if isinstance(thing, Mapping):
        return _values(thing)
    spec = thing if isinstance(thing, Spec) else getattr(thing, "spec", None)
    if isinstance(thing, Sequence):
        spec = specify({}, table=[one if isinstance(one, ActTwoRequest) else _mapping(one) for one in thing])
    if isinstance(spec, Spec):
        return form_of(spec)
    request = _request(thing)
    fields: dict[str, Any] = {name: getattr(request, name) for name in INPUTS}
    return _values({**fields, **request.params, "allow_unlisted": request.allow_unlisted})


def _request(thing: Any) -> ActTwoRequest:
    state = thing if isinstance(thing, TaskState) else getattr(thing, "state", None)
    request = thing if isinstance(thing, ActTwoRequest) else getattr(thing, "request", None)
    if not isinstance(request, ActTwoRequest) and isinstance(state, TaskState):
        request = state.to_request()
    if isinstance(request, ActTwoRequest):
        return request
    what = f"a {type(thing).__name__} whose request is not known here, or no request at all"
    cure = "Give a request, a task, a sweep, a mapping, or text of one."
    raise RequestError([Finding("panel", None, f"was given {what}", cure)])


def _mapping(row: Any) -> dict[str, Any]:
    return fields_from_json(row) if isinstance(row, Mapping) else row


def _values(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Turn arguments of a request or of a sweep into values of the form."""
    replicates = fields.get("replicates", 1)
    several = replicates != 1 or any(is_several(value) for value in fields.values())
    names = {*EMPTY, "name"} - _OWN if several else EMPTY.keys() - _OWN  # a sweep has a name
    unknown = {name: value for name, value in fields.items() if name not in names}
    if unknown:
        _refuse_unknown(unknown)
    if several:
        rest = {name: value for name, value in fields.items() if name in FIELDS}
        unlisted = bool(fields.get("allow_unlisted"))
        return form_of(specify(rest, replicates=replicates, allow_unlisted=unlisted))
    values = {**EMPTY, **fields}
    for name in INPUTS:
        field = fields.get(name)
        if isinstance(field, Mapping):
            field = MediaRef(field.get("type"), str(field.get("uri", "")))
        if isinstance(field, MediaRef):
            if name == "character" and field.type != infer_type(field.uri):
                values["character_type"] = field.type or ""
            field = field.uri
        values[name] = field if isinstance(field, str) else ""
    return normal(values)


def _refuse_unknown(unknown: Mapping[str, Any]) -> None:
    """Raise the error that a request raises for unknown fields."""
    try:
        ActTwoRequest(**unknown)
    except RequestError as error:
        raise RequestError([finding for finding in error.findings if finding.field in unknown]) from None
