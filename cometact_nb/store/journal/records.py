"""States and events as the history writes them: without signatures, as JSON that can be read again."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from cometact_nb.domain import redact
from cometact_nb.domain.events import Observed

if TYPE_CHECKING:
    from cometact_nb.domain.events import TaskEvent
    from cometact_nb.domain.task import TaskState

__all__ = ["abridged", "encoded", "event_unsigned", "state_unsigned"]

T = TypeVar("T", bound=msgspec.Struct)
_DEEPEST = 50


def encoded(value: Any, kind: Any) -> str:
    """``value`` as JSON that can be read again: one row that cannot would hide all others.

    Raises:
        Exception: of msgspec's and Python's own; it cannot be encoded, or not be read again.
    """
    text = msgspec.json.encode(value)
    msgspec.json.decode(text, type=kind)
    return text.decode()


def state_unsigned(state: TaskState) -> TaskState:
    """``state`` without the signatures of its links."""
    if not state.output_urls:
        return state
    return msgspec.structs.replace(state, output_urls=tuple(redact.bare(url) for url in state.output_urls))


def event_unsigned(event: TaskEvent) -> TaskEvent:
    """``event`` without the signatures of its links."""
    if not isinstance(event, Observed) or not event.snapshot.output_urls:
        return event
    urls = tuple(redact.bare(url) for url in event.snapshot.output_urls)
    return Observed(at=event.at, snapshot=msgspec.structs.replace(event.snapshot, output_urls=urls))


def abridged(value: T) -> T:
    """``value`` with everything in it that cannot be written replaced by what can.

    Bytes that are no text become letters that name them, numbers that are none become None, and objects of
    unknown kinds their text.

    Raises:
        ValueError: a field that must be a number, or must have some type, has no such value.
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
