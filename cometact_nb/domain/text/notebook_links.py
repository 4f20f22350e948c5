"""Finds and rewrites the relative links in a notebook's saved outputs, and changes nothing else.

It does not write the file anew: any other byte stays as its last program wrote it. So it makes no HTML; it
replaces the values of attributes.
"""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["links", "with_links"]

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+', re.DOTALL)
_ATTRIBUTE = re.compile(r"""(\b(?:src|href|poster)\s*=\s*)(["'])(.*?)\2""", re.DOTALL)
#: The places in a notebook's JSON of texts that a page shows as HTML; None is any name or number.
_HTML_PATH = ("cells", None, "outputs", None, "data", "text/html")


def links(text: str) -> set[str]:
    """List the paths that saved outputs link to, decoded, relative to the notebook's folder.

    Args:
        text: a notebook's file.

    Raises:
        ValueError: it is no notebook.
    """
    _need_notebook(text)
    paths = set()
    for _, _, page in _html(text):
        for match in _ATTRIBUTE.finditer(page):
            path = _path(match.group(3))
            if path is not None:
                paths.add(path)
    return paths


def with_links(text: str, new: Mapping[str, str]) -> str:
    """Replace links in ``text``.

    Args:
        text: a notebook's file.
        new: paths by the paths that they replace, both decoded; any other link stays.

    Raises:
        ValueError: it is no notebook.
    """
    _need_notebook(text)
    parts, done = [], 0
    for start, end, page in _html(text):
        changed = _ATTRIBUTE.sub(lambda match: _rewritten(match, new), page)
        if changed != page:
            # In the file's own style for other letters: as they are, or as numbers.
            parts += [text[done:start], json.dumps(changed, ensure_ascii=text[start:end].isascii())]
            done = end
    return "".join([*parts, text[done:]])


def _need_notebook(text: str) -> None:
    try:
        content = json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    if not isinstance(content, dict) or not isinstance(content.get("cells"), list):
        raise ValueError("it has no cells")  # noqa: TRY004  (of a file, not of an argument)


def _rewritten(match: re.Match[str], new: Mapping[str, str]) -> str:
    name, mark, value = match.groups()
    path = _path(value)
    if path is None or path not in new:
        return match.group()
    _, sharp, fragment = html.unescape(value).partition("#")
    address = quote(new[path].replace("\\", "/"), safe="/", errors="surrogateescape") + sharp + fragment
    return f"{name}{mark}{html.escape(address)}{mark}"


def _path(value: str) -> str | None:
    """Return the path in a link, if it is a relative one."""
    try:
        parts = urlsplit(html.unescape(value))
    except ValueError:
        return None
    if parts.scheme or parts.netloc or not parts.path or parts.path.startswith("/"):
        return None
    return unquote(parts.path, errors="surrogateescape")


def _html(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield begin, end and content of each JSON string with an output's HTML."""
    for place, start, end in _strings(text):
        if _is_shown(place):
            yield start, end, json.loads(text[start:end])


def _is_shown(place: tuple[Any, ...]) -> bool:
    head, rest = place[: len(_HTML_PATH)], place[len(_HTML_PATH) :]
    # One text, or a list of its lines.
    same = all(expected in {None, have} for expected, have in zip(_HTML_PATH, head, strict=False))
    return len(head) == len(_HTML_PATH) and same and len(rest) <= 1


def _strings(text: str) -> Iterator[tuple[tuple[Any, ...], int, int]]:
    """Yield every string value of valid JSON, with its place: names and numbers from the top."""
    place: list[Any] = []  # the name or number in each open container
    kinds: list[str] = []
    is_name = False
    for match in _TOKEN.finditer(text):
        word = match.group()
        if word in "{[":
            kinds.append(word)
            place.append(0 if word == "[" else None)
            is_name = word == "{"
        elif word in "}]":
            kinds.pop()
            place.pop()
            is_name = False
        elif word == ",":
            is_name = kinds[-1] == "{"
            if not is_name:
                place[-1] += 1
        elif word == ":":
            is_name = False
        elif word[0] == '"':
            if is_name:
                place[-1] = json.loads(word)
            else:
                yield tuple(place), match.start(), match.end()
