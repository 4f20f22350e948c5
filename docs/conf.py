"""How the pages are built: ``python -m sphinx -W --keep-going -n docs site``."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from ipython_pygments_lexers import IPython3Lexer
from sphinx.addnodes import desc_signature
from sphinx.ext.napoleon import GoogleDocstring

import cometact_nb

project = "cometact_nb"
release = version = cometact_nb.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "help_text"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "cometact_nb"
html_copy_source = False

autodoc_member_order = "bysource"
python_use_unqualified_type_names = True

# A name that leads nowhere is an error, as every other warning is (-W).
nitpicky = True
nitpick_ignore_regex = [
    ("py:class", r".* .*"),  # "Returns: the findings: …" is a sentence, no type
    ("py:class", r"subprocess\..*"),
]


def _in_signature(node: Any) -> bool:
    """Whether a name is an annotation. Those may be of other libraries, or of rooms that are not public."""
    while node is not None and not isinstance(node, desc_signature):
        node = node.parent
    return node is not None


def _find_by_short_name(app: Any, env: Any, node: Any, content: Any) -> Any:
    """Docstrings name errors and values as their reader does, without the module they live in."""
    if node.get("refdomain") != "py":
        return None
    wanted = node["reftarget"].rpartition(".")[2]
    objects = env.domains.python_domain.objects
    places = [name for name in objects if name.rpartition(".")[2] == wanted and "." + wanted in name]
    places = [name for name in places if objects[name].objtype in {"class", "exception", "data"}]
    if len(places) != 1:
        return content if _in_signature(node) else None
    return env.domains.python_domain.resolve_xref(
        env, node["refdoc"], app.builder, node["reftype"], places[0], node, content
    )


def _whole_docstring(app: Any, what: str, name: str, owner: Any, options: Any, lines: list[str]) -> None:
    """A property's docstring may hold a colon and a ``Raises:``; napoleon takes it for ``type: text``."""
    if what in {"attribute", "data", "property"}:
        lines[:] = ["", *GoogleDocstring(lines, app.config, app, "method", name, owner, options).lines()]


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.add_lexer("python", IPython3Lexer)  # cells hold magics, too
    app.connect("autodoc-process-docstring", _whole_docstring, priority=400)
    app.connect("missing-reference", _find_by_short_name)
