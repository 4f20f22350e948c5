"""Splits a pasted shell command into words, without a shell."""

from __future__ import annotations

import re
import shlex
import sys

__all__ = ["words"]

#: Text in plain quotes, where ``$'`` has no meaning; then bash's own quotes.
_QUOTED = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\$'(?P<ansi>(?:\\.|[^'\\])*)'|\\.""", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:x(?P<byte>[0-9a-fA-F]{1,2})|u(?P<short>[0-9a-fA-F]{1,4})|U(?P<long>[0-9a-fA-F]{1,8})"
    r"|(?P<octal>[0-7]{1,3})|(?P<letter>.))",
    re.DOTALL,
)
_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
            "v": "\v", "\\": "\\", "'": "'", '"': '"', "?": "?"}  # fmt: skip


def words(command: str) -> list[str]:
    """Split a command like a shell, with line continuations and bash's ``$'…'``.

    Browsers write ``$'…'`` when they copy a request as curl.

    Raises:
        ValueError: a quote is not closed, or its content is no text.
    """
    one_line = re.sub(r"(\\|\^|`)\s*\n", " ", command)
    return shlex.split(_QUOTED.sub(_requoted, one_line))


def _requoted(quoted: re.Match[str]) -> str:
    ansi = quoted["ansi"]
    return quoted[0] if ansi is None else shlex.quote(_unescaped(ansi))


def _unescaped(text: str) -> str:
    """Decode bash's ``$'text'``, where a character may be its bytes, or two surrogates."""
    content, end = bytearray(), 0
    for escape in _ESCAPE.finditer(text):
        content += text[end : escape.start()].encode("utf-8", "surrogatepass") + _escaped(escape)
        end = escape.end()
    content += text[end:].encode("utf-8", "surrogatepass")
    read = content.decode("utf-8", "surrogatepass")
    return read.encode("utf-16", "surrogatepass").decode("utf-16")


def _escaped(escape: re.Match[str]) -> bytes:
    if escape["byte"]:
        return bytes([int(escape["byte"], 16)])
    if escape["octal"]:
        return bytes([int(escape["octal"], 8) & 0xFF])
    number = escape["short"] or escape["long"]
    if number:
        if int(number, 16) > sys.maxunicode:
            raise ValueError(f"no character has the number {number}")
        return chr(int(number, 16)).encode("utf-8", "surrogatepass")
    return _LETTERS.get(escape["letter"], escape[0]).encode("utf-8", "surrogatepass")
