"""The options of ``prepare``, the same in a shell and on a line of the magic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["add_options", "arguments_of"]

#: Each option, its placeholder, its help and the argument of :func:`cometact_nb.prepare` that it gives.
_OPTIONS = (
    ("--role", "character|reference", "what it is to be used as", "role"),
    ("--start", "SECONDS", "beginning of the part to take", "start_s"),
    ("--end", "SECONDS", "end of the part to take", "end_s"),
    ("--crop", "L,T,R,B", "left, top, right, bottom in fractions 0-1 of the upright picture", "crop"),
    ("--turn", "DEGREES", "turn it further: 90, 180 or 270 clockwise", "turn"),
    ("--out", "PATH", "a folder, or a file's name with its ending (default: act_two_inputs)", "out"),
)
#: Options whose text is one number, or several with commas.
_NUMBERS = {"crop", "turn"}


def add_options(add: Callable[..., Any]) -> None:
    """Add the options to a parser, whose ``add_argument`` is ``add``."""
    for option, placeholder, about, argument in _OPTIONS:
        add(option, dest=argument, metavar=placeholder, help=about)


def arguments_of(options: Any) -> dict[str, Any]:
    """Return the arguments of :func:`cometact_nb.prepare` for parsed options, without the file."""
    arguments = {argument: getattr(options, argument) for *_, argument in _OPTIONS}
    return {name: _numbers(value) if name in _NUMBERS else value for name, value in arguments.items()}


def _numbers(value: Any) -> Any:
    """Turn a text into a whole number, or a tuple where it has commas; leave all else as it is."""
    if not isinstance(value, str):
        return value
    try:
        return tuple(map(float, value.split(","))) if "," in value else int(value)
    except ValueError:
        return value
