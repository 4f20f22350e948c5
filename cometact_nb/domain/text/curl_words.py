"""The words of a pasted shell command, without a shell."""

from __future__ import annotations

import re
import shlex
import sys

__all__ = ["words"]

#: What stands in quotes, so that ``$'`` inside of it begins nothing; then bash's own quotes.
_QUOTED = re.compile(r"""'[^']*'|"(?:\\.|[^"\\])*"|\$'(?P<ansi>(?:\\.|[^'\\])*)'|\\.""", re.DOTALL)
_ESCAPE = re.compile(
    r"\\(?:x(?P<byte>[0-9a-fA-F]{1,2})|u(?P<short>[0-9a-fA-F]{1,4})|U(?P<long>[0-9a-fA-F]{1,8})"
    r"|(?P<octal>[0-7]{1,3})|(?P<letter>.))",
    re.DOTALL,
)
_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t",
            "v": "\v", "\\": "\\", "'": "'", '"': '"', "?": "?"}  # fmt: skip


def words(command: str) -> list[str]:
    """Split a command as a shell does, line continuations and bash's ``$'…'`` included.

    Browsers write ``$'…'`` when they copy a request as curl.

    Raises:
        ValueError: a quote is not closed, or what it holds is no text.
    """
    joined = re.sub(r"(\\|\^|`)\s*\n", " ", command)
    return shlex.split(_QUOTED.sub(_requoted, joined))


def _requoted(quoted: re.Match[str]) -> str:
    ansi = quoted["ansi"]
    return quoted[0] if ansi is None else shlex.quote(_unescaped(ansi))


def _unescaped(text: str) -> str:
    """What bash reads in ``$'text'``. A character may be written as its bytes, or as two surrogates."""
    found, end = bytearray(), 0
    for escape in _ESCAPE.finditer(text):
        found += text[end : escape.start()].encode("utf-8", "surrogatepass") + _escaped(escape)
        end = escape.end()
    found += text[end:].encode("utf-8", "surrogatepass")
    read = found.decode("utf-8", "surrogatepass")
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
