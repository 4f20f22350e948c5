"""Values as Python's own, wherever they come from: arrays, tables, forms, files."""

from __future__ import annotations

import operator
import re
from typing import Any

__all__ = ["is_missing", "plain"]

_DIGITS = re.compile(r"[+-]?[0-9]{1,20}")


def plain(value: Any, *, whole: bool) -> Any:
    """``value`` with NumPy's and pandas's scalars turned into Python's; None for what is missing.

    Args:
        value: of a field of a request.
        whole: a whole number is wanted, so digits are one; forms, tables and files give them as text.
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
    """Whether ``value`` is how pandas writes that there is none: ``pd.NA``, ``pd.NaT``."""
    return type(value).__name__ in {"NAType", "NaTType"} and type(value).__module__.startswith("pandas.")
