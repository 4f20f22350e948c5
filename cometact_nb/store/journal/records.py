"""Turns states and events into the history's JSON, without signatures, and so that it can be read again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from cometact_nb.domain import redact
from cometact_nb.domain.events import Observed

if TYPE_CHECKING:
    from cometact_nb.domain.events import TaskEvent
    from cometact_nb.domain.task import TaskState

__all__ = ["abridge", "encode", "unsign_event", "unsign_state"]

T = TypeVar("T", bound=msgspec.Struct)
_DEEPEST = 50


def encode(value: Any, kind: Any) -> str:
    """Write ``value`` as JSON, and make sure that it can be read again: a bad row would hide all others.

    Raises:
        Exception: an error of msgspec or Python: the value cannot be written, or not be read again.
    """
    text = msgspec.json.encode(value)
    msgspec.json.decode(text, type=kind)
    return text.decode()


def unsign_state(state: TaskState) -> TaskState:
    """Take the signatures off the links of ``state``."""
    if not state.output_urls:
        return state
    return msgspec.structs.replace(state, output_urls=tuple(redact.bare(url) for url in state.output_urls))


def unsign_event(event: TaskEvent) -> TaskEvent:
    """Take the signatures off the links of ``event``."""
    if not isinstance(event, Observed) or not event.snapshot.output_urls:
        return event
    urls = tuple(redact.bare(url) for url in event.snapshot.output_urls)
    return Observed(at=event.at, snapshot=msgspec.structs.replace(event.snapshot, output_urls=urls))


def abridge(value: T) -> T:
    """Replace everything in ``value`` that cannot be written.

    Bytes that are no text become escapes, numbers that are not finite become None, and objects of unknown
    kinds become their text.

    Raises:
        ValueError: a field needs a number or a certain type and has no such value.
    """
    plain = msgspec.to_builtins(value, enc_hook=repr)
    return msgspec.convert(_clean(plain), type=type(value), strict=False)


def _clean(value: Any, depth: int = 0) -> Any:
    if depth > _DEEPEST:
        return "…"
    match value:
        case str():
            return value.encode("utf-8", "backslashreplace").decode()
        case dict():
            return {_clean(str(name)): _clean(part, depth + 1) for name, part in value.items()}
        case list() | tuple():
            return [_clean(part, depth + 1) for part in value]
        case float():
            return value if math.isfinite(value) else None
    return value
