"""The types of the knobs, for type checkers and editors. No code runs this.

``python tests/support/knob_types.py`` writes it from the table in ``knobs.py``; a test asks for that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

__all__ = ["KnobArguments", "KnobLists", "KnobValues"]


class KnobValues:
    """The value of each knob in a request; None if it has none."""

    body_control: bool | None
    expression_intensity: int | None
    seed: int | None
    ratio: str | None
    public_figure_threshold: Literal["auto", "low"] | None


class KnobArguments(TypedDict, total=False):
    """The knobs as keyword arguments of a request."""

    body_control: bool | None
    expression_intensity: int | None
    seed: int | None
    ratio: str | None
    public_figure_threshold: Literal["auto", "low"] | None


class KnobLists(TypedDict, total=False):
    """The knobs as keyword arguments of a sweep: a value each, or several."""

    body_control: bool | Iterable[bool | None] | None
    expression_intensity: int | Iterable[int | None] | None
    seed: int | Iterable[int | None] | None
    ratio: str | Iterable[str | None] | None
    public_figure_threshold: Literal["auto", "low"] | Iterable[Literal["auto", "low"] | None] | None
