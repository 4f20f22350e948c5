"""Reads the fields of a request from pasted JSON, TOML, curl, Python, or a magic line.

It never executes pasted text: it parses Python, and reads only literals in it.
"""

from __future__ import annotations

import ast
import json
import re
from typing import Any, NoReturn

from cometact_nb.domain.media import Finding, MediaRef
from cometact_nb.domain.sizes import size
from cometact_nb.domain.sweep.grid import MAX_CELLS
from cometact_nb.domain.text.forms import fields_from_text
from cometact_nb.domain.text.line import fields_from_line
from cometact_nb.errors import RequestError

__all__ = ["fields_from_paste", "fields_from_python"]

_MAGIC = re.compile(
    r"^\s*(?:[\w.]+\s*=\s*)?%{1,2}act_two\b[ \t]*(?:panel\b)?(?P<line>[^\n]*)\n?(?P<body>.*)$", re.DOTALL
)
_CALL = re.compile(r"\b(?:ActTwoRequest|submit|panel|sweep)\s*\(")
_CALLS = {"ActTwoRequest", "submit", "panel", "sweep"}
#: A longer text is no request: URLs have at most 2048 characters, and inline data at most 16 MB each.
_MAX_CHARS = 40_000_000


def fields_from_paste(text: str) -> dict[str, Any] | list[dict[str, Any]]:
    """Read the arguments of a request or of a sweep from pasted text, without checking them.

    Args:
        text: the vendor's JSON, TOML, a curl command, Python that makes a request or plans a sweep, or a
            magic line; or several bodies as a JSON list, or several curl commands.

    Returns:
        the arguments, with a list for each field of a sweep with several values; or a list with the arguments
        of each of several requests.

    Raises:
        RequestError: the text is none of them; the message says where it goes wrong.
    """
    if len(text) > _MAX_CHARS:
        _refuse(f"is {size(len(text))} long", "Paste one request.")
    magic = _MAGIC.match(text)
    if magic:
        body = magic["body"].strip()
        below = fields_from_text(body) if body else {}
        return {**below, **fields_from_line(magic["line"].strip())}
    if _CALL.search(text) and not text.lstrip().startswith(("{", "curl")):
        return fields_from_python(text)
    texts = _several(text.strip())
    if len(texts) > 1:
        return [fields_from_text(one) for one in texts]
    return fields_from_text(texts[0] if texts else text)


def _several(text: str) -> list[str]:
    """Split a text of several requests: the bodies of a JSON list, or curl commands one below the other."""
    if text.startswith("["):
        try:
            return [json.dumps(body) for body in json.loads(text)]
        except (ValueError, TypeError, RecursionError):
            return [text]  # the reader of one request says where it goes wrong
    commands = [part.strip() for part in re.split(r"^(?:#.*\n)?(?=curl\b)", text, flags=re.MULTILINE)]
    return [command for command in commands if command] if text.startswith(("#", "curl")) else [text]


def fields_from_python(text: str) -> dict[str, Any]:
    """Read the keywords of the first ``ActTwoRequest(…)``, ``submit(…)`` or ``sweep(…)`` in Python text.

    Values are literals, ``image("…")``, ``video("…")``, lists of these, ``range(…)``, or names that the text
    sets to such a value.

    Raises:
        RequestError: it is no Python, holds no such call, or a value that only running it would give.
    """
    try:
        tree = ast.parse(text.strip())
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        _refuse(f"is not valid Python ({str(error)[:80]})", "Paste the whole call, to its last parenthesis.")
    names: dict[str, Any] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            names[node.targets[0].id] = node.value
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and _callee(node) in _CALLS]
    for call in calls:
        arguments = dict(zip(("character", "reference"), call.args, strict=False))
        arguments.update({keyword.arg: keyword.value for keyword in call.keywords if keyword.arg})
        if arguments:
            return _values(arguments, names)
    return _refuse("holds no ActTwoRequest(…) with values", "Paste the call that makes the request.")


def _values(arguments: dict[str, ast.expr], names: dict[str, ast.expr]) -> dict[str, Any]:
    try:
        return {name: _value(name, node, names) for name, node in arguments.items()}
    except RecursionError:
        _refuse("holds a value of too many parts", "Paste its value instead.")


def _callee(call: ast.Call) -> str:
    """Return the last part of the called name."""
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _value(field: str, node: ast.expr, names: dict[str, ast.expr]) -> Any:
    """Read one value, or a list of several, each written out or by a name."""
    node = _resolve(node, names)
    if isinstance(node, ast.Call) and _callee(node) == "range" and 0 < len(node.args) <= 3:  # noqa: PLR2004
        return _numbers(field, node)
    if isinstance(node, ast.List | ast.Tuple):
        return [_single(field, one, names) for one in node.elts]
    return _single(field, node, names)


def _single(field: str, node: ast.expr, names: dict[str, ast.expr]) -> Any:
    """Read a literal or a media call."""
    node = _resolve(node, names)
    if isinstance(node, ast.Call) and _callee(node) in {"image", "video"} and len(node.args) == 1:
        address = _literal(field, _resolve(node.args[0], names))
        if isinstance(address, str):
            return MediaRef("image" if _callee(node) == "image" else "video", address.strip())
    return _literal(field, node)


def _resolve(node: ast.expr, names: dict[str, ast.expr]) -> ast.expr:
    return names.get(node.id, node) if isinstance(node, ast.Name) else node


def _literal(field: str, node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        source = ast.unparse(node)[:60]
        _refuse(f"gives {field} as {source}, which only running it would tell", "Paste its value instead.")


def _numbers(field: str, call: ast.Call) -> list[int]:
    """Read the numbers of a ``range(…)``."""
    try:
        numbers = range(*(ast.literal_eval(one) for one in call.args))
    except (ValueError, TypeError):
        _refuse(
            f"gives {field} as {ast.unparse(call)[:60]}, which is no range of numbers", "Paste its values."
        )
    if len(numbers) > MAX_CELLS:
        _refuse(f"gives {field} {len(numbers):,} values", f"A sweep takes up to {MAX_CELLS:,} cells.")
    return list(numbers)


def _refuse(problem: str, cure: str) -> NoReturn:
    raise RequestError([Finding("body", None, problem, cure)])
