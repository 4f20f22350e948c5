"""Reads JSON as gateways really send it: with a byte order mark, NaN, foreign bytes, or without its end."""

from __future__ import annotations

import json
from typing import Any

import msgspec

__all__ = ["as_object", "clean", "decode", "decode_cut_off"]

#: Characters of a body that broke off that are searched for its last whole member.
_CUT_OFF_MAX = 100_000
#: Ends of whole members that are tried, the last first: a key is no member yet.
_TRIES = 6


def decode(content: bytes) -> Any:
    """``content`` as JSON, or None when it is not (HTML, empty, cut off)."""
    try:
        return msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        return json.loads(content.decode("utf-8-sig", "replace"))
    except (ValueError, RecursionError):
        return None


def decode_cut_off(content: bytes) -> Any:
    """What is whole of JSON whose end may be missing; None when nothing is.

    A text, number or member that itself was cut off is left out, so no half of an id is read.
    """
    whole = decode(content)
    if whole is not None:
        return whole
    text = content[:_CUT_OFF_MAX].decode("utf-8-sig", "ignore")
    for end, closers in reversed(_ends(text)[-_TRIES:]):
        found = decode((text[:end] + closers).encode())
        if found is not None:
            return found
    return None


def _ends(text: str) -> list[tuple[int, str]]:
    """Where a value may have ended, each with the brackets that are open there, to be closed."""
    ends: list[tuple[int, str]] = []
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
            continue
        elif char in "}]" and still_open:
            still_open.pop()
        elif char != ",":
            continue
        ends.append((at if char == "," else at + 1, "".join(reversed(still_open))))
    return ends


def as_object(value: Any) -> dict[str, Any] | None:
    """A JSON object, also one that came as a text or as the only member of a list; None for anything else."""
    if isinstance(value, str) and value.lstrip()[:1] in {"{", "["}:
        value = decode(clean(value).encode())
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else None


def clean(text: str) -> str:
    """``text`` without half characters (lone surrogates), which neither a file nor SQLite takes."""
    return text.encode("utf-8", "replace").decode()
