"""A value that a test knows to be there, of a type that may be None."""

from __future__ import annotations

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """Return the value; fail if it is None."""
    assert value is not None
    return value
