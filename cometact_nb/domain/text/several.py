"""Reads and writes several values in one text, such as ``1,3,5`` or ``1:4``, for a line and the panel.

Addresses do not count, since a URL may hold commas.
"""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.knobs import KNOBS
from cometact_nb.domain.media import Finding
from cometact_nb.domain.sweep.grid import MAX_CELLS
from cometact_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["read_several", "write_several"]

#: The word for "not sent" among several values.
_UNSET = "none"

#: The type of a knob's text, ``bool``, ``int`` or ``str``, from the request's own table.
_KIND: dict[str, type] = {knob.name: knob.kind for knob in KNOBS} | {"replicates": int}
_SWITCH = {
    "on": True,
    "true": True,
    "yes": True,
    "1": True,
    "off": False,
    "false": False,
    "no": False,
    "0": False,
}
_RANGE = re.compile(r"(-?\d{1,15})\s*:\s*(-?\d{1,15})")
#: This many consecutive numbers or more are written as a range.
_RUN = 3


def _one(field: str, text: str) -> Any:
    """Turn a text into the knob's type; leave any other text for the request to refuse by name."""
    kind = _KIND.get(field)
    if kind is bool:
        return _SWITCH.get(text.lower(), text)
    if kind is int:
        try:
            return int(text)
        except ValueError:
            return text
    return text


def read_several(field: str, text: str) -> list[Any]:
    """List the values in a text, in order: ``"1,2,5:8"`` is 1, 2, 5, 6, 7 and 8.

    Args:
        field: a knob of the request, or ``replicates``.
        text: values with commas between them; ``a:b`` is every integer from a to b, both included; ``none``
            leaves the knob unset.

    Returns:
        at least one value; a text that is no value of the knob stays, for the request to refuse by name.

    Raises:
        RequestError: a value is missing between commas, or a range is empty or has more than 20,000 values.
    """
    values: list[Any] = []
    for part in text.split(","):
        word = part.strip()
        if not word:
            cure = "Write values such as 1,3,5, with one comma between two."
            raise RequestError([Finding(field, text, "has nothing between two commas or at an end", cure)])
        span = _RANGE.fullmatch(word) if _KIND.get(field) is int else None
        if span:
            values += _span(field, word, int(span[1]), int(span[2]))
        else:
            values.append(None if word.lower() == _UNSET else _one(field, word))
    return values


def _span(field: str, word: str, first: int, last: int) -> Iterator[int]:
    if last < first:
        cure = f"Write {last}:{first}; both ends are included."
        raise RequestError([Finding(field, word, "is a range that ends before it begins", cure)])
    if last - first >= MAX_CELLS:
        problem = f"has {last - first + 1:,} values"
        raise RequestError([Finding(field, word, problem, f"A sweep takes up to {MAX_CELLS:,} cells.")])
    return iter(range(first, last + 1))


def write_several(values: Iterable[Any]) -> str:
    """Write the text that :func:`read_several` reads as these values."""
    all_values = list(values)
    words: list[str] = []
    # Members of a run of consecutive integers share the difference of value and place.
    for (_, is_number), run in itertools.groupby(enumerate(all_values), key=_run_key):
        members = [value for _, value in run]
        if is_number and len(members) >= _RUN:
            words.append(f"{members[0]}:{members[-1]}")
        else:
            words += [_word(value) for value in members]
    return ",".join(words)


def _run_key(entry: tuple[int, Any]) -> tuple[int, bool]:
    place, value = entry
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return (value - place, True) if is_number else (place, False)


def _word(value: Any) -> str:
    if value is None:
        return _UNSET
    if isinstance(value, bool):
        return "on" if value else "off"
    return str(value)
