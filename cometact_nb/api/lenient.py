"""Reads JSON as gateways really send it: with a byte order mark, NaN, foreign bytes, or without its end."""

from __future__ import annotations

import json
from collections import deque
from typing import Any

import msgspec

__all__ = ["as_object", "clean", "decode", "decode_cut_off", "layers"]

#: A body that broke off is searched for its last whole member up to this many characters.
_CUT_OFF_MAX = 100_000
#: The most places at which a cut-off body is closed to read it, the last first; none is behind a lone key.
_TRIES = 6
#: Objects inside each other are read to this depth.
_DEPTH = 5
#: A body that broke off is not searched where more brackets are open: it means nothing, and costs memory.
_MOST_OPEN = 100
#: Python reads no longer numbers, and no number here has as many digits.
_MOST_DIGITS = 400


def decode(content: bytes) -> Any:
    """Read ``content`` as JSON; None when it is not (HTML, empty, cut off)."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(content.decode("utf-8-sig", "replace"), strict=False, parse_int=_int)
    except (ValueError, RecursionError):
        return None


def decode_cut_off(content: bytes) -> Any:
    """Read JSON whose end may be missing, up to its last whole member; None when nothing is whole.

    A text, number or member that is cut off itself is left out, so that no half of an id is read.
    """
    whole = decode(content)
    if whole is not None:
        return whole
    text = content[:_CUT_OFF_MAX].decode("utf-8-sig", "ignore")
    for end, closers in reversed(_last_ends(text)):
        value = decode((text[:end] + closers).encode())
        if value is not None:
            return value
    return None


def _last_ends(text: str) -> deque[tuple[int, str]]:
    """Find the last places where a value may end, each with the brackets that close those open there."""
    ends: deque[tuple[int, str]] = deque(maxlen=_TRIES)
    still_open: list[str] = []
    in_text = escaped = False
    for at, char in enumerate(text):
        if in_text:
            in_text = escaped or char != '"'
            escaped = char == "\\" and not escaped
            if in_text:
                continue
        elif char == '"':
            in_text = True
            continue
        elif char in "{[":
            still_open.append("}" if char == "{" else "]")
            if len(still_open) > _MOST_OPEN:
                break
            continue
        elif char in "}]" and still_open:
            still_open.pop()
        elif char != ",":
            continue
        ends.append((at if char == "," else at + 1, "".join(reversed(still_open))))
    return ends


def _int(digits: str) -> float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(f"{digits[:1]}9e999")


def as_object(value: Any) -> dict[str, Any] | None:
    """Return a JSON object, also one inside a text or alone in a list; None for anything else."""
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        value = decode(clean(value).encode())
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else None


def layers(body: Any) -> list[dict[str, Any]]:
    """List the objects inside each other, the outermost first: an envelope, its ``data``, and so on."""
    objects: list[dict[str, Any]] = []
    inner = as_object(body)
    while inner is not None and len(objects) < _DEPTH:
        objects.append(inner)
        inner = as_object(inner.get("data"))
    return objects


def clean(text: str) -> str:
    """Replace half characters (lone surrogates), which neither a file nor SQLite takes."""
    return text.encode("utf-8", "replace").decode()
