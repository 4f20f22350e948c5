"""Joins the scripts, and the style sheets, of a view to the one text that a page gets.

A widget's module cannot import its neighbour: anywidget hands the page one text. So this module joins it with
the modules that it imports. Each becomes a function that is called once and returns its exports, so that no
two names collide. It reads only the forms of import and export that the views use.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["joined", "styles"]

_VIEWS = Path(__file__).resolve().parents[1]
_IMPORT = re.compile(r'^import \{\s*(?P<names>[\w,\s]+?)\s*\} from "(?P<path>\.[\w./]+)";\n', re.MULTILINE)
#: Types and comments are for readers and checkers of the modules; no page gets them.
_DOCS = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (?P<what>(?:async )?function|class|const|let) (?P<name>\w+)", re.MULTILINE)


def joined(entry: str) -> str:
    """Join the module ``entry``, such as ``"task/status.js"``, with everything that it imports.

    The result has the same default export; a script without one, for a page of its own, just runs.
    """
    modules: dict[Path, str] = {}
    own = _rewrite(_VIEWS / entry, modules)
    return "".join([*modules.values(), own])


def styles(*names: str) -> str:
    """Join style sheets, such as ``"task/status.css"``."""
    return "".join((_VIEWS / name).read_text("utf-8") for name in names)


def _add(path: Path, modules: dict[Path, str]) -> None:
    """Put one module, as a function that is called at once, behind its imports."""
    text = _rewrite(path, modules)
    exports = ", ".join(match["name"] for match in _EXPORT.finditer(text))
    text = _EXPORT.sub(r"\g<what> \g<name>", text)
    modules[path] = f"const {_name(path)} = (() => {{\n{text}return {{ {exports} }};\n}})();\n"


def _rewrite(path: Path, modules: dict[Path, str]) -> str:
    """Rewrite a module's imports to the constants of the modules above it."""

    def take_from_constant(match: re.Match[str]) -> str:
        other = (path.parent / match["path"]).resolve()
        if other not in modules:
            _add(other, modules)
        return f"const {{ {match['names']} }} = {_name(other)};\n"

    return _IMPORT.sub(take_from_constant, _DOCS.sub("", path.read_text("utf-8")))


def _name(path: Path) -> str:
    """Name the constant of a module, such as ``m_base_dom``."""
    return "m_" + "_".join(path.relative_to(_VIEWS).with_suffix("").parts)
