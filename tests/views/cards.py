"""A card as the tests look at it: its HTML with tags and attributes, and its text."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from states import NOW

from cometact_nb.domain.task import TaskState
from cometact_nb.views.task.card import card_html
from cometact_nb.views.task.text import card_text

FOLDER = Path("/home/ada/work")
HARMLESS_TAGS = {
    "div", "span", "strong", "code", "small", "ul", "li", "a", "img", "video", "br", "figure", "figcaption",
    "details", "summary", "pre", "progress", "button",
}  # fmt: skip


class Page(HTMLParser):
    """The tags, attributes and text of some HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in {"img", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def values(self, *names: str) -> list[str]:
        return [value for _, attrs in self.tags for name, value in attrs.items() if name in names and value]


def html(state: TaskState, **options: Any) -> str:
    return card_html(state, **{"now": NOW, "notebook_dir": FOLDER, "sandbox": False, **options})


def text(state: TaskState, **options: Any) -> str:
    return card_text(state, **{"now": NOW, "sandbox": False, **options})


def assert_harmless(markup: str) -> Page:
    page = Page(markup)
    assert not page.open
    assert {tag for tag, _ in page.tags} <= HARMLESS_TAGS
    assert not [name for _, attrs in page.tags for name in attrs if name.startswith("on")]
    for url in page.values("src", "href", "poster"):
        assert url.startswith("https://") or ":" not in url
    markup.encode()  # no lone surrogates: a notebook is UTF-8
    assert not set("\x00\x07\x1b\x7f\u202e\u2066\u2028") & set(markup)
    return page
