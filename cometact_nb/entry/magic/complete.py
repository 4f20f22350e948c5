"""Completes ``%act_two``: options, their values, and variables after ``$``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher
from IPython.core.getipython import get_ipython

from cometact_nb.domain.text.line import VALUES, request_parser
from cometact_nb.entry.guide import topics
from cometact_nb.entry.magic.commands import PARSERS, WITH_ID, known_ids
from cometact_nb.entry.magic.options import SUBCOMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["matcher"]

_LINE = re.compile(r"^\s*(?:[\w.,\s]+=\s*)?%{1,2}act_two\s(?P<rest>.*)$")


@context_matcher()  # type: ignore[untyped-decorator]
def matcher(context: Any) -> Any:
    """Return completions at the cursor of an ``%act_two`` line; none for other lines."""
    line = context.line_with_cursor[: context.cursor_position]
    match = _LINE.match(line)
    if not match or (line.lstrip().startswith("%%") and context.cursor_line > 0):
        return {"completions": [], "suppress": False}
    *before, fragment = re.split(r"\s+", match["rest"].lstrip())
    start, candidates = _candidates(before, fragment)
    prefix = fragment[start:]
    matching = [text for text in candidates if text.startswith(prefix)]
    return {
        "completions": [SimpleCompletion(text=text, type="param") for text in matching],
        "matched_fragment": prefix,
        "suppress": bool(matching),
        "ordered": True,
    }


def _candidates(before: list[str], fragment: str) -> tuple[int, Iterable[str]]:
    """Return where in ``fragment`` the completed part begins, and the candidates for it."""
    parser = PARSERS.get(before[0] if before else "", request_parser)()
    if "$" in fragment:
        place = fragment.rindex("$") + 1
        name, dot, _ = fragment[place:].partition(".")
        return (place + len(name + dot), _attributes(name)) if dot else (place, _variables())
    if fragment.startswith("-") and "=" in fragment:
        option, _, value = fragment.partition("=")
        return len(option) + 1 + _last(value), _values(parser.field_of(option))
    if before and parser.takes_value(before[-1]) and not fragment.startswith("-"):
        return _last(fragment), _values(parser.field_of(before[-1]))
    if before == ["guide"] and not fragment.startswith("-"):
        return 0, topics()
    if fragment.startswith("-"):
        return 0, parser.options()
    if len(before) == 1 and before[0] in WITH_ID:
        return 0, known_ids()
    if not before:
        return 0, [*SUBCOMMANDS, *parser.options()]
    return 0, parser.options()


def _last(values: str) -> int:
    """Return where the last of several values begins."""
    return values.rfind(",") + 1


def _values(field: str | None) -> Iterable[str]:
    """List the possible values of an option."""
    if field == "status":
        from cometact_nb.domain.search import STATUSES  # noqa: PLC0415  (states, when they are asked for)

        return STATUSES
    return VALUES.get(field or "", ())


def _variables() -> list[str]:
    shell = get_ipython()
    names = shell.user_ns if shell is not None else {}
    hidden = shell.user_ns_hidden if shell is not None else {}
    return sorted(name for name in names if not name.startswith("_") and name not in hidden)


def _attributes(name: str) -> list[str]:
    """List the attributes of a variable, without reading them: a property may be slow, or use the network."""
    shell = get_ipython()
    names = shell.user_ns if shell is not None else {}
    return [attribute for attribute in dir(names[name]) if attribute[0] != "_"] if name in names else []
