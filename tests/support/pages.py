"""Markdown pages and the code in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parents[2]
#: ``<!-- not run: why -->`` or ``<!-- raises RequestError -->`` on the line above a block.
_MARK = re.compile(r"<!-- (not run|raises):? (.+?) -->")


@dataclass(frozen=True)
class Block:
    """One fenced block of code.

    Args:
        page: the file it stands in, from the root of the checkout.
        line: of its fence, from 1.
        language: such as ``python``, or an empty string.
        code: what stands in it.
        not_run: why it is not run, or an empty string.
        raises: the error it ends with, or an empty string.
    """

    page: str
    line: int
    language: str
    code: str
    not_run: str
    raises: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Every page that a person reads."""
    return [
        *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
        *sorted((ROOT / "docs").rglob("*.md")),
    ]


def blocks(path: Path) -> Iterator[Block]:
    """The blocks of a page, in order."""
    mark = {"not run": "", "raises": ""}
    for token in MarkdownIt().parse(path.read_text("utf-8")):
        if token.type == "html_block" and (found := _MARK.search(token.content)):
            mark[found[1]] = found[2]
        elif token.type == "fence":
            assert token.map is not None
            page = str(path.relative_to(ROOT))
            language = token.info.strip().partition(" ")[0]
            yield Block(page, token.map[0] + 1, language, token.content, mark["not run"], mark["raises"])
            mark = {"not run": "", "raises": ""}
