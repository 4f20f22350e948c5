"""The shape of the package: which room may import which. The README's "How it is built" draws it."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "cometact_nb"

#: Every module's height. A module imports only from lower ones, or from its own room.
LEVELS: dict[str, int] = {
    "_version": 0,
    "errors": 0,
    "doors": 0,
    "config": 1,
    "handbook": 1,
    "project": 1,
    "domain": 1,
    "api": 2,
    "store": 2,
    "sharing": 0,
    "workers": 0,
    "fetch": 3,
    "job": 3,
    "journal": 3,
    "watch": 3,
    "contents": 3,
    "remote": 3,
    "inspection": 3,
    "engine": 4,
    "notify": 4,
    "waits": 4,
    "embedded": 4,
    "archive": 5,
    "clips": 5,
    "lookup": 5,
    "histories": 5,
    "resuming": 5,
    "numbers": 5,
    "sweep_run": 5,
    "gate": 4,
    "tables": 4,
    "precheck": 4,
    "sweep_cells": 5,
    "sweep_choice": 5,
    "sweep_inputs": 5,
    "sweep_plan": 5,
    "sweep_handle": 5,
    "sweep_history": 5,
    "tasks": 5,
    "sessions": 5,
    "settle": 5,
    "views": 6,
    "functions": 7,
    "magics": 7,
    "magic_words": 7,
    "magic_options": 7,
    "magic_sweep": 7,
    "magic_commands": 7,
    "magic_complete": 7,
    "cli": 7,
    "__init__": 8,
}
#: Rooms of one level that may not see each other.
BLIND = {("api", "store"), ("store", "api"), ("domain", "config")}
#: Who alone may use a library, and why: one place to replace it, one place that touches the disk or the page.
OWNERS = {
    "httpx": {"api/client.py", "api/connections.py"},
    "sqlite3": {"store/history.py", "store/migrate.py", "store/peek.py"},
    "ipywidgets": {"views"},
    "anywidget": {"views"},
    "IPython": {
        "views",
        "magics.py",
        "magic_words.py",
        "magic_options.py",
        "magic_sweep.py",
        "magic_commands.py",
        "magic_complete.py",
        "__init__.py",
    },
    "nest_asyncio2": {"tasks.py"},
    "av": {"store/video.py", "store/probe.py", "sandbox"},
    "tornado": {"sandbox"},
    "fsspec": {"store/remote_folder.py"},
}

FILES = sorted(path for path in PACKAGE.rglob("*.py"))


def room(path: Path) -> str:
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return parts[0]


@cache
def imports(path: Path) -> list[str]:
    """Every module a file imports, inside functions too, leaving out what only type checkers see."""
    tree = ast.parse(path.read_text("utf-8"))
    typing_only = {
        id(node)
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for child in block.body
        for node in ast.walk(child)
    }
    found = []
    for node in ast.walk(tree):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            found += [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = room(path)
    for name in imports(path):
        if not name.startswith("cometact_nb."):
            continue
        there = name.split(".")[1]
        if there not in LEVELS and there != "sandbox":
            there = "__init__"  # a name of the package itself
        if here == "sandbox":
            assert there == "sandbox", f"{path.name} imports {name}: the sandbox knows nothing of its client"
            continue
        assert there != "sandbox", f"{path.name} imports {name}: the sandbox is spoken to over HTTP only"
        if here == there:
            continue
        assert here in LEVELS, f"{here} is a new room: give it a level here and in the README"
        assert (here, there) not in BLIND, f"{here} must not see {there}"
        assert LEVELS[there] <= LEVELS[here], f"{path.relative_to(PACKAGE)} imports {name}, which is above it"


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_a_library_is_used_only_where_it_belongs(library: str) -> None:
    for path in FILES:
        used = any(name.split(".")[0] == library for name in imports(path))
        place = str(path.relative_to(PACKAGE))
        owned = any(place == owner or place.startswith(f"{owner}/") for owner in OWNERS[library])
        assert owned or not used, f"{place} imports {library}"


def test_every_room_exists() -> None:
    assert {room(path) for path in FILES} - {"sandbox"} <= set(LEVELS)
