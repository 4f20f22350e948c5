"""Parses lines of ``%act_two`` in IPython; a fault of a line is a UsageError of one line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from cometact_nb.domain.text import line
from cometact_nb.domain.writers import OPTIONS
from cometact_nb.errors import RequestError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from cometact_nb.domain.text.line import Parser

__all__ = ["SUBCOMMANDS", "command_parser", "naming_options", "parse", "seconds", "with_help"]

SUBCOMMANDS = {
    "sandbox": "send tasks to a stand-in on this machine; nothing is billed",
    "panel": "build a request in a form, see its price, send it, watch it",
    "doctor": "inspect an input: what is against it, what is doubtful, what was not looked at",
    "prepare": "make an input of a file of yours: upright, right in length and format, nothing personal",
    "history": "the tasks of the history: look, filter, take up, reuse",
    "spending": "what the requests of the history cost: by day, sweep, project or status",
    "show": "show a task by its id, whoever made it",
    "publish": "make a file of this machine public for requests",
    "published": "the files that are public by this history",
    "unpublish": "take public files back",
    "resume": "take up every task and sweep that has not ended",
    "cancel": "ask the service to cancel a task",
    "relink": "lead a moved notebook's links to its clips again",
    "guide": "read a page of the guide: all topics, or the one that is named",
}

#: A cure in Python, and the same on a line.
_ON_A_LINE = {
    "allow_unlisted=True": "--allow-unlisted",
    "character=act.image(url) or act.video(url)": "--character-type image or video",
}


def naming_options(error: RequestError) -> RequestError:
    """Rewrite the findings of an error with the options that set their fields."""
    renamed = []
    for finding in error.findings:
        cure = finding.cure
        for python, option in _ON_A_LINE.items():
            cure = cure.replace(python, option)
        names = "/".join(OPTIONS.get(finding.field, ()))
        renamed.append(replace(finding, cure=f"{cure} ({names})" if names else cure))
    return RequestError(renamed)


def command_parser(name: str, description: str) -> Parser:
    """Make the parser of ``%act_two name``, without options yet."""
    prog = f"%act_two {name}"
    return line.Parser(prog=prog, description=description, allow_abbrev=False, add_help=False)


def with_help(parser: Parser) -> Parser:
    """Add ``--help``, which a command answers itself, and return the parser."""
    parser.add_argument("-h", "--help", action="store_true", help="show this")
    return parser


def seconds(text: Any, option: str = "--timeout") -> float | None:
    """Read an option's value as a number above 0; None without the option."""
    if text is None:
        return None
    try:
        value = float(text)
    except (TypeError, ValueError):
        value = 0.0
    if not value > 0:
        raise UsageError(f"%act_two: {option} {text!r} is not a number above 0.")
    return value


def parse(parser: Parser, words: Sequence[Any]) -> argparse.Namespace:
    """Parse words, some of which may be objects.

    Raises:
        UsageError: an option or a value is wrong.
    """
    try:
        return line.parse(parser, words)
    except line.LineError as error:
        raise UsageError(str(error)) from None
