"""Writes ``domain/knob_types.py``, the knobs' types for checkers and editors, from the table in ``domain/knobs.py``."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args, get_origin

from cometact_nb.domain import knobs
from cometact_nb.domain.knobs import KNOBS, Knob

PATH = Path(knobs.__file__).with_name("knob_types.py")
_HEAD = '''\
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

'''
_ARGUMENTS = '''

class KnobArguments(TypedDict, total=False):
    """The knobs as keyword arguments of a request."""

'''
_LISTS = '''

class KnobLists(TypedDict, total=False):
    """The knobs as keyword arguments of a sweep: a value each, or several."""

'''


def type_of(knob: Knob) -> str:
    """A knob's type as Python has it in an annotation."""
    if get_origin(knob.type) is Literal:
        values = ", ".join(f'"{value}"' for value in get_args(knob.type))
        return f"Literal[{values}]"
    return str(knob.kind.__name__)


def text() -> str:
    lines = "".join(f"    {knob.name}: {type_of(knob)} | None\n" for knob in KNOBS)
    lists = "".join(
        f"    {knob.name}: {type_of(knob)} | Iterable[{type_of(knob)} | None] | None\n" for knob in KNOBS
    )
    return f"{_HEAD}{lines}{_ARGUMENTS}{lines}{_LISTS}{lists}"


if __name__ == "__main__":
    PATH.write_text(text(), "utf-8")
