"""Every kind of message between a page and its kernel stands in ``wire.d.ts``, and nothing else does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

VIEWS = Path(__file__).parents[2] / "cometact_nb" / "views"
ROOMS = ("task", "sweep", "panel", "gallery", "pairs", "history")
#: Kinds that no ``case`` names: a ``case _`` shows how things stand, or that one can be sent is all the answer.
UNNAMED = {"panel": {"hello"}, "history": {"refresh"}, "gallery": {"still there"}}


def declared(name: str) -> set[str]:
    """The kinds of one type of ``wire.d.ts``, those that it takes from other types included."""
    text = re.sub(
        r"/\*.*?\*/|//[^\n]*", "", (VIEWS / "base" / "wire.d.ts").read_text("utf-8"), flags=re.DOTALL
    )
    types = dict(re.findall(r"^export type (\w+) =(.*?)(?=^export |\Z)", text, re.MULTILINE | re.DOTALL))

    def kinds(body: str) -> set[str]:
        found: set[str] = set()
        for choice, of, named in re.findall(r"(Extract|Exclude)<(\w+), \{ type: ([^}]*) \}>", body):
            some = set(re.findall(r'"([^"]+)"', named))
            found |= kinds(types[of]) & some if choice == "Extract" else kinds(types[of]) - some
        rest = re.sub(r"(?:Extract|Exclude)<[^>]*>", "", body)
        found |= set(re.findall(r'\btype: "([^"]+)"', rest))
        return found.union(
            *(kinds(types[other]) for other in re.findall(r"\b[A-Z]\w+\b", rest) if other in types)
        )

    return kinds(types[name])


def trees(room: str) -> list[ast.Module]:
    return [ast.parse(path.read_text("utf-8")) for path in (VIEWS / room).glob("*.py")]


def handled(tree: ast.AST) -> Iterator[str]:
    """The kinds that a ``match`` takes: of ``content`` by its "type", or of the ``kind`` alone."""
    for match in ast.walk(tree):
        if not isinstance(match, ast.Match):
            continue
        alone = isinstance(match.subject, ast.Name) and match.subject.id == "kind"
        for case in match.cases:
            patterns: list[ast.pattern] = [case.pattern] if alone else []
            if isinstance(case.pattern, ast.MatchMapping):
                keys = [key.value for key in case.pattern.keys if isinstance(key, ast.Constant)]
                patterns = [
                    pattern for key, pattern in zip(keys, case.pattern.patterns, strict=True) if key == "type"
                ]
            for pattern in patterns:
                for value in ast.walk(pattern):
                    if isinstance(value, ast.MatchValue) and isinstance(value.value, ast.Constant):
                        yield str(value.value.value)


def written(tree: ast.AST) -> Iterator[str]:
    """The kinds of the messages that are written out in a piece of code; a button's "type" is no message."""
    elements = [
        call for call in ast.walk(tree) if isinstance(call, ast.Call) and ast.unparse(call.func) == "h"
    ]
    attributes = {id(argument) for call in elements for argument in call.args}
    for found in ast.walk(tree):
        if isinstance(found, ast.Dict) and id(found) not in attributes:
            for key, value in zip(found.keys, found.values, strict=True):
                if isinstance(key, ast.Constant) and key.value == "type" and isinstance(value, ast.Constant):
                    yield str(value.value)


def borrowed(tree: ast.Module) -> Iterator[ast.AST]:
    """The functions of other rooms whose messages this module sends on."""
    for line in tree.body:
        if isinstance(line, ast.ImportFrom) and (line.module or "").startswith("cometact_nb.views."):
            path = VIEWS.joinpath(*line.module.split(".")[2:]).with_suffix(".py") if line.module else VIEWS
            names = {alias.name for alias in line.names}
            if path.exists():
                body = ast.parse(path.read_text("utf-8")).body
                yield from (node for node in body if isinstance(node, ast.FunctionDef) and node.name in names)


@pytest.mark.parametrize("room", ROOMS)
def test_a_page_sends_what_its_kernel_takes(room: str) -> None:
    taken = {kind for tree in trees(room) for kind in handled(tree)}
    assert taken | UNNAMED.get(room, set()) == declared(f"{room.capitalize()}ToKernel")


@pytest.mark.parametrize("room", ROOMS)
def test_a_kernel_sends_what_its_page_takes(room: str) -> None:
    sent = {kind for tree in trees(room) for part in (tree, *borrowed(tree)) for kind in written(part)}
    assert sent == declared(f"{room.capitalize()}ToPage")


@pytest.mark.parametrize("room", ROOMS)
def test_every_kind_that_a_kernel_takes_is_sent_by_a_script(room: str) -> None:
    """That no script sends another kind is for tsc to say."""
    folders = {"base", room, *({"task"} if room == "sweep" else ())}  # an open cell is a task's card
    scripts = "".join(path.read_text("utf-8") for folder in folders for path in (VIEWS / folder).glob("*.js"))
    named = {
        *re.findall(r'"([\w ]+)"', scripts),
        *re.findall(r'\b(\w+): "', scripts),
    }  # a deed names its button
    assert declared(f"{room.capitalize()}ToKernel") <= named
