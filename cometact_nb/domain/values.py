"""Turns values from arrays, tables, forms and files into Python's own types."""

from __future__ import annotations

import operator
import re
from typing import Any

__all__ = ["is_missing", "plain"]

_DIGITS = re.compile(r"[+-]?[0-9]{1,20}")


def plain(value: Any, *, whole: bool) -> Any:
    """Turn scalars of NumPy and pandas into Python's; None for a missing value.

    Args:
        value: of a field of a request.
        whole: the field is a whole number, so that a text of digits becomes one, as from forms and files.
    """
    if value is None or is_missing(value):
        return None
    if isinstance(value, (bool, float)):
        return value
    if isinstance(value, str):
        text = str.__str__(value)  # an Enum's own __str__ may say its name
        return int(text) if whole and _DIGITS.fullmatch(text.strip()) else text
    if type(value).__name__ in {"bool_", "bool"} and hasattr(value, "item"):
        return value.item()
    try:
        return operator.index(value)
    except TypeError:
        return value


def is_missing(value: Any) -> bool:
    """Whether ``value`` is pandas's mark of a missing value: ``pd.NA``, ``pd.NaT``."""
    return type(value).__name__ in {"NAType", "NaTType"} and type(value).__module__.startswith("pandas.")
