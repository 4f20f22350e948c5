"""Every public name says what it is, what it takes, in which unit, and how it fails."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

import cometact_nb as act
from cometact_nb import errors

ROOT = Path(__file__).parents[2]
REFERENCE = (ROOT / "docs" / "reference" / "python.md").read_text("utf-8")
#: Units that a name's ending stands for, and what its description has to say.
UNITS = {
    "_s": r"(?i)\bs\b|seconds?|clock|Unix",
    "_usd": "US dollars|price|cost|\\$",
    "_at": "clock|Unix|UTC|seconds",
}


def classes() -> list[type]:
    """The public classes, those that come back from them, and the errors."""
    named = re.findall(r"autoclass:: (\S+)", REFERENCE)
    paths = [name if "." in name else f"cometact_nb.{name}" for name in named]
    split = [path.rpartition(".") for path in paths]
    found = [getattr(importlib.import_module(module), name) for module, _, name in split]
    return [*found, *(getattr(errors, name) for name in errors.__all__)]


def members(owner: type) -> Iterator[tuple[str, Any]]:
    """What a class defines itself, or inherits from this package, under a public name."""
    for base in owner.__mro__:
        if not base.__module__.startswith("cometact_nb"):
            continue
        for name, value in vars(base).items():
            if not name.startswith("_") and (callable(value) or isinstance(value, KINDS)):
                yield name, value


KINDS = (property, classmethod, staticmethod, cached_property)


def function_of(value: Any) -> Any:
    inner = {property: "fget", cached_property: "func"}.get(type(value), "__func__")
    return getattr(value, inner, value)


def documented() -> dict[str, Any]:
    """Everything that has to have a docstring, by its name."""
    found = {name: getattr(act, name) for name in act.__all__ if name != "__version__"}
    for owner in classes():
        found[owner.__name__] = owner
        found.update({f"{owner.__name__}.{name}": value for name, value in members(owner)})
    return found


DOCUMENTED = documented()
#: Members that only other modules of the package call; the reference leaves them out.
INSIDE = {name for names in re.findall(r":exclude-members: (.*)", REFERENCE) for name in names.split(", ")}
FUNCTIONS = {
    name: function_of(value)
    for name, value in DOCUMENTED.items()
    if not isinstance(value, (type, ModuleType)) and name.rpartition(".")[2] not in INSIDE
}


def section(text: str, title: str) -> dict[str, str]:
    """The entries of ``Args:`` or ``Raises:``, by each name before their colon."""
    found = re.search(rf"^ *{title}:\n((?: .*\n|\n)*)", inspect.cleandoc(text) + "\n", re.MULTILINE)
    entries: dict[str, str] = {}
    body = textwrap.dedent(found[1]) if found else ""
    for entry in re.split(r"\n(?=\S)", body):
        names, colon, told = entry.partition(":")
        if colon:
            entries.update(dict.fromkeys((name.strip() for name in names.split(",")), told.strip()))
    return entries


def parameters(function: Any) -> list[str]:
    """As they are written: hover shows the fields of a request in place of ``**fields``."""
    code = inspect.unwrap(function).__code__
    stars = bool(code.co_flags & inspect.CO_VARARGS) + bool(code.co_flags & inspect.CO_VARKEYWORDS)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount + stars]
    return [name for name in names if name not in {"self", "cls"} and not name.startswith("_")]


def doc(value: Any) -> str:
    """A docstring, or the one that it refers to: a session's method to the function of its name."""
    own = value.__doc__ or ""
    referred = re.fullmatch(r"See :func:`cometact_nb\.(\w+)`\.", own)
    return doc(getattr(act, referred[1])) if referred else own


def test_every_public_name_says_what_it_is() -> None:
    silent = [name for name, value in DOCUMENTED.items() if not doc(value).strip()]
    assert not silent


def test_every_function_describes_exactly_its_parameters() -> None:
    wrong = []
    for name, function in FUNCTIONS.items():
        told = section(doc(DOCUMENTED[name]), "Args")
        takes = parameters(function)
        wrong += [f"{name} does not describe {given}" for given in takes if not told.get(given)]
        wrong += [f"{name} describes {given}, which it does not take" for given in set(told) - set(takes)]
    assert not wrong


def raised(function: Any) -> set[str]:
    """The errors of this package that a function raises by itself."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(function))))
    calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    names = {ast.unparse(call.func) for call in calls if isinstance(call, ast.Call)}
    return names & set(errors.__all__)


def test_every_function_tells_how_it_fails() -> None:
    wrong = []
    for name, function in FUNCTIONS.items():
        told = set(section(doc(DOCUMENTED[name]), "Raises"))
        for error in raised(function):
            family = {base.__name__ for base in getattr(errors, error).__mro__}
            wrong += [] if family & told else [f"{name} raises {error} and does not say so"]
        wrong += [f"{name} names {error}, which is none of ours" for error in told - set(errors.__all__)]
    assert not wrong


def test_a_method_of_a_session_refers_to_the_function_of_its_name() -> None:
    for name in set(act.__all__) & set(vars(act.Session)):
        assert getattr(act.Session, name).__doc__ == f"See :func:`cometact_nb.{name}`."


def test_every_class_describes_its_fields() -> None:
    wrong = []
    for owner in classes():
        told = {**section(doc(owner), "Args"), **section(doc(owner), "Attributes")}
        fields = [name for name in vars(owner).get("__annotations__", {}) if not name.startswith("_")]
        wrong += [f"{owner.__name__} does not describe {name}" for name in fields if not told.get(name)]
    assert not wrong


def test_every_quantity_says_its_unit() -> None:
    wrong = []
    for owner, value in DOCUMENTED.items():
        told = {**section(doc(value), "Args"), **section(doc(value), "Attributes")}
        if isinstance(value, KINDS):
            told[owner.rpartition(".")[2]] = doc(value)
        for name, text in told.items():
            unit = next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "")
            wrong += [] if re.search(unit, text) else [f"{owner}: {name} does not say its unit: {text}"]
    assert not wrong


def test_every_public_name_is_in_the_reference() -> None:
    on_the_page = set(re.findall(r"auto(?:class|function):: (\w+)$", REFERENCE, re.MULTILINE))
    assert set(act.__all__) - {"__version__", "errors"} <= on_the_page
