"""Splits a magic line into words: quotes, braces, comments, and the user's variables.

- ``'…'`` at the start of a word is literal; ``"…"`` may hold ``$name`` and ``{expression}``.
  A quote inside a word is a character like any other: it is legal in URLs.
- ``{expression}`` is one word, also with spaces inside, and is evaluated in the user's namespace.
- ``$name`` and ``$name.attribute`` are replaced. A word of one variable or expression alone, also after
  ``--option=``, becomes that object. A name that does not exist is an error; only inside a URL, where ``$``
  is legal, it stays as it is.
- ``$$``, ``{{`` and ``}}`` stand for ``$``, ``{`` and ``}``. A backslash is an escape inside quotes only.
- ``#`` begins a comment only where a word could begin: a URL may have a fragment.
- A ``;`` that ends the line is IPython's mark for "no output" and is dropped. A URL in the line keeps it.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Word", "WordError", "expand", "split", "verbatim"]

_NAME = re.compile(r"\$([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)")
_PAIRS = {"(": ")", "[": "]", "{": "}"}


class WordError(ValueError):
    """A line cannot be read; the message says where, and how to mend it."""


@dataclass(frozen=True)
class Word:
    """One word of a line.

    Args:
        text: without its quotes.
        literal: it stood in single quotes, so that nothing in it is replaced.
        option: ``--name=`` before a quoted, braced or ``$`` value, or an empty string.
    """

    text: str
    literal: bool = False
    option: str = ""


def split(line: str) -> list[Word]:
    """Split a line into words.

    Raises:
        WordError: a quote or a brace is not closed.
    """
    words = []
    place = 0
    while place < len(line):
        if line[place].isspace():
            place += 1
        elif line[place] == "#" or line[place:].rstrip() == ";":
            break
        else:
            word, place = _word(line, place)
            words.append(word)
    return words


def _word(line: str, start: int) -> tuple[Word, int]:
    option = re.compile(r"--?[A-Za-z][\w-]*=(?=['\"${])").match(line, start)
    place = option.end() if option else start
    if line[place] in "'\"":
        text, end = _quoted(line, place)
        if end < len(line) and not line[end].isspace() and line[end:].rstrip() != ";":
            raise WordError(f"after the quoted {text[:40]!r} a space is missing")
        return Word(text, literal=line[place] == "'", option=option.group() if option else ""), end
    end = place
    while end < len(line) and not line[end].isspace():
        end = _brace_end(line, end) if line[end] == "{" and line[end : end + 2] != "{{" else end + 1
        if line[end - 1 : end + 1] == "{{":
            end += 1
    text = line[place:end]
    if text.endswith(";") and not line[end:].strip() and ("://" not in text or text.startswith("{")):
        text = text[:-1]
    return Word(text, option=option.group() if option else ""), end


def _quoted(line: str, start: int) -> tuple[str, int]:
    """Return the text of a quoted word and the place after it. A backslash escapes the quote and itself."""
    quote, text, place = line[start], [], start + 1
    while place < len(line):
        char = line[place]
        if char == "\\" and line[place + 1 : place + 2] in {quote, "\\"}:
            text.append(line[place + 1])
            place += 2
        elif char == quote:
            return "".join(text), place + 1
        else:
            text.append(char)
            place += 1
    raise WordError(f"the quote that opens {line[start : start + 30]!r} is not closed")


def _brace_end(line: str, start: int) -> int:
    """Find the place after the brace that closes the one at ``start``, past brackets and strings inside."""
    open_ones: list[str] = []
    place = start
    while place < len(line):
        char = line[place]
        if char in "'\"":
            _, place = _quoted(line, place)
            continue
        if char in _PAIRS:
            open_ones.append(_PAIRS[char])
        elif open_ones and char == open_ones[-1]:
            open_ones.pop()
            if not open_ones:
                return place + 1
        place += 1
    raise WordError(f"the brace that opens {line[start : start + 30]!r} is not closed")


def expand(word: Word, names: Mapping[str, Any]) -> list[Any]:
    """Put the user's variables and expressions into a word; a word of one alone becomes that object.

    Args:
        word: from :func:`split`.
        names: the user's namespace.

    Returns:
        one value, or an option and the object after its ``=``.

    Raises:
        WordError: a variable does not exist, or an expression fails.
    """
    if word.literal:
        return [word.option + word.text]
    text = word.text
    alone = _NAME.fullmatch(text)
    if alone:
        return _join(word, _lookup(alone.group(1), names))
    if text.startswith("{") and not text.startswith("{{") and _closes_at_end(text):
        return _join(word, _evaluate(text[1:-1], names))
    return [word.option + _replace(text, names)]


def verbatim(word: Word) -> str:
    """Return a word's text without a namespace, as in a pasted line.

    Raises:
        WordError: the word holds a variable or an expression, which would need evaluation.
    """
    if word.literal:
        return word.option + word.text
    bare = re.sub(r"\$\$|{{|}}", "", word.text)
    if _NAME.search(bare) or "{" in bare:
        raise WordError(f"{word.text[:40]!r} stands for a value that is not in the text; put the value there")
    return word.option + re.sub(r"\$\$|{{|}}", lambda pair: pair[0][0], word.text)


def _join(word: Word, value: Any) -> list[Any]:
    if not word.option:
        return [value]
    return [word.option + value] if isinstance(value, str) else [word.option[:-1], value]


def _closes_at_end(text: str) -> bool:
    try:
        return _brace_end(text, 0) == len(text)
    except WordError:
        return False


def _replace(text: str, names: Mapping[str, Any]) -> str:
    parts, place = [], 0
    while place < len(text):
        match = _NAME.match(text, place)
        if text[place : place + 2] in {"$$", "{{", "}}"}:
            parts.append(text[place])
            place += 2
        elif match and (match.group(1).split(".")[0] in names or "://" not in text[:place]):
            name = _longest(match.group(1), names)
            parts.append(str(_lookup(name, names)))
            place += 1 + len(name)
        elif text[place] == "{":
            end = _brace_end(text, place)
            parts.append(str(_evaluate(text[place + 1 : end - 1], names)))
            place = end
        else:
            parts.append(text[place])
            place += 1
    return "".join(parts)


def _longest(dotted: str, names: Mapping[str, Any]) -> str:
    """Return the longest beginning of a name such as ``base.png`` that is a variable with its attributes."""
    while "." in dotted:
        try:
            _lookup(dotted, names)
        except WordError:
            dotted = dotted.rpartition(".")[0]
        else:
            break
    return dotted


def _lookup(dotted: str, names: Mapping[str, Any]) -> Any:
    first, *rest = dotted.split(".")
    if first not in names:
        raise WordError(f"${first} is not defined. Define it in a cell, or quote it: '${first}'.")
    value = names[first]
    for attribute in rest:
        try:
            value = getattr(value, attribute)
        except AttributeError:
            raise WordError(f"${dotted}: {type(value).__name__} has no attribute {attribute!r}") from None
        except Exception as error:  # noqa: BLE001  (whatever the user's property raises)
            raise WordError(f"${dotted} failed: {_describe(error)}") from None
    return value


def _evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    try:
        return eval(expression.strip(), dict(names))  # noqa: S307  (the user's own code in the user's own kernel)
    except Exception as error:  # noqa: BLE001  (whatever the user's code raises)
        raise WordError(f"{{{expression[:60]}}} failed: {_describe(error)}") from None


def _describe(error: Exception) -> str:
    """Describe an error of the user's code in one line."""
    message = " ".join(f"{type(error).__name__}: {error}".split())[:200]
    return f"{message}. Did you mean {near!r}?" if (near := _near(error)) else message


def _near(error: Exception) -> str:
    """Return the attribute that the user probably meant, or an empty string."""
    if not isinstance(error, AttributeError) or error.obj is None or not error.name:
        return ""
    return next(iter(difflib.get_close_matches(error.name, dir(error.obj), n=1)), "")
