"""A directive that puts a command's own help on a page: ``help:: cometact-nb doctor``."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

from docutils import nodes
from sphinx.util.docutils import SphinxDirective

from cometact_nb.domain.text.line import request_parser
from cometact_nb.entry.magic.commands import PARSERS


class Help(SphinxDirective):
    """The help of a magic, or of a command of the command line, as it is now."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        """Called by Sphinx."""
        words = self.arguments[0].split()
        text = _magic_help(words[1:]) if words[0] == "%act_two" else _command_help(words[1:])
        return [nodes.literal_block(text, text, language="text")]


def _magic_help(words: list[str]) -> str:
    parser = PARSERS[words[0]] if words else request_parser
    return parser().format_help()


def _command_help(words: list[str]) -> str:
    command = [sys.executable, "-m", "cometact_nb.entry.cli", *words, "--help"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout  # noqa: S603


def setup(app: Any) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("help", Help)
    return {"parallel_read_safe": True}
