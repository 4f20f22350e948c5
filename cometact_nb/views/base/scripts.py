"""The scripts and style sheets of the views, as the text that a page gets.

A widget's module cannot import its neighbour: anywidget hands the page one text. So the modules that it
imports are joined to it here. Each becomes a function that is called once and gives what it exports, so that
no name of one meets a name of another. Only those forms of import and export are read that the views use.
"""

from __future__ import annotations

import re
from pathlib import Path

__all__ = ["joined", "styles"]

_VIEWS = Path(__file__).resolve().parents[1]
_IMPORT = re.compile(r'^import \{\s*(?P<names>[\w,\s]+?)\s*\} from "(?P<path>\.[\w./]+)";\n', re.MULTILINE)
#: Types and what they are about are for those who read and check the modules; no page gets them.
_DOCS = re.compile(r"^[ \t]*/\*\*(?:(?!\*/).)*\*/[ \t]*\n", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (?P<what>(?:async )?function|class|const|let) (?P<name>\w+)", re.MULTILINE)


def joined(entry: str) -> str:
    """The module ``entry``, such as ``"task/status.js"``, with all that it imports, as one module.

    What it exports by default is exported; a script without such an export, for a page of its own, just runs.
    """
    modules: dict[Path, str] = {}
    own = _written(_VIEWS / entry, modules)
    return "".join([*modules.values(), own])


def styles(*names: str) -> str:
    """The style sheets of these names, such as ``"task/status.css"``, one after the other."""
    return "".join((_VIEWS / name).read_text("utf-8") for name in names)


def _add(path: Path, modules: dict[Path, str]) -> None:
    """Put one module, as a function that is called at once, below those that it imports."""
    text = _written(path, modules)
    exports = ", ".join(match["name"] for match in _EXPORT.finditer(text))
    text = _EXPORT.sub(r"\g<what> \g<name>", text)
    modules[path] = f"const {_name(path)} = (() => {{\n{text}return {{ {exports} }};\n}})();\n"


def _written(path: Path, modules: dict[Path, str]) -> str:
    """A module's text with its imports taken from the constants of the modules above it."""

    def taken(match: re.Match[str]) -> str:
        other = (path.parent / match["path"]).resolve()
        if other not in modules:
            _add(other, modules)
        return f"const {{ {match['names']} }} = {_name(other)};\n"

    return _IMPORT.sub(taken, _DOCS.sub("", path.read_text("utf-8")))


def _name(path: Path) -> str:
    """The constant that holds a module, such as ``m_base_dom``."""
    return "m_" + "_".join(path.relative_to(_VIEWS).with_suffix("").parts)
