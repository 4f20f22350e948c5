"""Shows the guide's pages in the notebook, in this version, without a network."""

from __future__ import annotations

import difflib
import re
from importlib import resources
from pathlib import Path

from cometact_nb.errors import ConfigError
from cometact_nb.views.base.html import code, h, verbatim

__all__ = ["Guide", "guide", "topics"]

#: The pages in the order in which they are read, as ``docs/index.md`` has them.
_ORDER = (
    "start",
    "requests",
    "own-files",
    "panel",
    "sweeps",
    "reach",
    "money",
    "history",
    "storage",
    "lab",
    "headless",
    "live",
    "admin",
    "trouble",
)

_HEADING = re.compile(r"^(#{1,3}) (.+)$", re.MULTILINE)
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


class Guide:
    """A page of the guide, or a section of one; a cell shows its headings and code.

    Attributes:
        topic: its name, as :func:`cometact_nb.guide` takes it.
        text: Markdown.
    """

    def __init__(self, topic: str, text: str, folded: str = "") -> None:
        self.topic = topic
        self.text = text
        self._folded = folded

    def _repr_markdown_(self) -> str:
        return self._folded or self.text

    def __repr__(self) -> str:
        return self.text


def guide(topic: str | None = None) -> Guide:
    """See :func:`cometact_nb.guide`."""
    if topic is None:
        pages = _pages()
        return Guide("", _contents(pages), _folded(pages))
    sections = _all_sections()
    name = str(topic).strip().lower()
    if name not in sections:
        near = difflib.get_close_matches(name, sections, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else "act.guide() lists them."
        raise ConfigError(f"The guide has no page {str(topic)[:60]!r}. {hint}", guide="")
    return Guide(name, sections[name])


def topics() -> list[str]:
    """List the topics that :func:`guide` knows."""
    return list(_all_sections())


def _all_sections() -> dict[str, str]:
    return {name: text for page, whole in _pages().items() for name, text in _sections(page, whole).items()}


def _pages() -> dict[str, str]:
    """Read the pages' Markdown by name, from the package or, in an editable install, its checkout."""
    packaged = resources.files("cometact_nb").joinpath("docs")
    folder = packaged if packaged.is_dir() else Path(__file__).parents[2] / "docs" / "guide"
    files = {entry.name: entry for entry in folder.iterdir() if entry.name.endswith(".md")}
    names = sorted((name.removesuffix(".md") for name in files), key=_place)
    return {name: _plain(files[f"{name}.md"].read_text("utf-8")) for name in names}


def _place(page: str) -> tuple[int, str]:
    """Return the place of a page in reading order; one that is not in it comes last."""
    return (_ORDER.index(page) if page in _ORDER else len(_ORDER), page)


def _plain(text: str) -> str:
    """Remove from a page all that only a browser can show: pictures, marks, links between pages."""
    text = re.sub(r"^(!\[.*|<!-- .* -->)\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"\[([^\]]+)\]\((?:\w[\w-]*\.md)?#([\w-]+)\)", r'\1 (`act.guide("\2")`)', text)
    text = re.sub(r"\[([^\]]+)\]\((\w[\w-]*)\.md\)", r'\1 (`act.guide("\2")`)', text)
    return re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"\1", text)


def _sections(page: str, text: str) -> dict[str, str]:
    """Split a page into itself and its sections, by each heading's anchor."""
    code = [block.span() for block in _FENCE.finditer(text)]
    heads = [
        head
        for head in _HEADING.finditer(text)
        if not any(begin <= head.start() < end for begin, end in code)
    ]
    sections = {page: text}
    for place, head in enumerate(heads[1:], start=1):
        after = (later.start() for later in heads[place + 1 :] if len(later[1]) <= len(head[1]))
        sections[_anchor(head[2])] = text[head.start() : next(after, len(text))].strip() + "\n"
    return sections


def _anchor(heading: str) -> str:
    """Return a heading's anchor, as GitHub and the built pages have it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _contents(pages: dict[str, str]) -> str:
    lines = ["# Guide", ""]
    for page, text in pages.items():
        lines.append(f'- `act.guide("{page}")`: {text.splitlines()[0].removeprefix("# ")}')
        topics = [name for name in _sections(page, text) if name != page]
        lines += ["  - " + ", ".join(f"`{name}`" for name in topics)] if topics else []
    return "\n".join(lines) + "\n"


def _folded(pages: dict[str, str]) -> str:
    """Return each page below its title, which opens it at a click: outputs cannot link to each other."""
    parts = ["# Guide", ""]
    for page, text in pages.items():
        title, _, rest = text.partition("\n")
        summary = h("summary", None, title.removeprefix("# "), " ", code(f'act.guide("{page}")'))
        # Empty lines around the page make it Markdown inside of the element.
        parts += [h("details", None, summary, "\n\n", verbatim(rest.strip()), "\n\n"), ""]
    return "\n".join(parts)
