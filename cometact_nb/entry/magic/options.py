"""The lines of ``%act_two`` in IPython: what is wrong with one is a UsageError, in one line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from cometact_nb.domain.text import line
from cometact_nb.domain.written import OPTIONS
from cometact_nb.errors import RequestError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from cometact_nb.domain.text.line import Parser

__all__ = ["SUBCOMMANDS", "naming_options", "parse", "seconds"]

SUBCOMMANDS = {
    "sandbox": "send tasks to a stand-in on this machine; nothing is billed",
    "panel": "build a request in a form, see its price, send it, watch it",
    "doctor": "inspect an input: what is against it, what is doubtful, what was not looked at",
    "history": "the tasks of the history: look, filter, take up, reuse",
    "show": "show a task by its id, whoever made it",
    "resume": "take up every task and sweep that has not ended",
    "cancel": "ask the service to cancel a task",
    "guide": "read a page of the guide: all topics, or the one that is named",
}

#: What a finding says to do in Python, and what does it on a line.
_ON_A_LINE = {
    "allow_unlisted=True": "--allow-unlisted",
    "character=act.image(url) or act.video(url)": "--character-type image or video",
}


def naming_options(error: RequestError) -> RequestError:
    """The same findings, each with the option that sets its field."""
    told = []
    for finding in error.findings:
        cure = finding.cure
        for python, option in _ON_A_LINE.items():
            cure = cure.replace(python, option)
        names = "/".join(OPTIONS.get(finding.field, ()))
        told.append(replace(finding, cure=f"{cure} ({names})" if names else cure))
    return RequestError(told)


def seconds(text: Any, option: str = "--timeout") -> float | None:
    """What an option says as a number above 0, or None where it is not given."""
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
    """Parse words, of which some may be objects.

    Raises:
        UsageError: an option or a value is wrong.
    """
    try:
        return line.parse(parser, words)
    except line.LineError as error:
        raise UsageError(str(error)) from None
