"""Reads a request from pasted JSON, TOML or curl."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any, NoReturn

from cometact_nb.domain.knobs import fields_from_json
from cometact_nb.domain.media import Finding
from cometact_nb.domain.text.curl_words import words
from cometact_nb.errors import RequestError

__all__ = ["fields_from_text"]


def fields_from_text(text: str) -> dict[str, Any]:
    """Read the arguments of a request from pasted JSON, TOML or curl, without checking them.

    A key inside a curl command is dropped here and written nowhere.

    Raises:
        RequestError: the text is none of the three; the message says where it goes wrong.
    """
    stripped = text.strip()
    if not stripped:
        _refuse("is empty", "Paste JSON, TOML or a curl command.")
    if re.match(r"(\$\s*)?curl\b", stripped):
        stripped = _curl_body(stripped)
    if stripped.startswith("{"):
        return fields_from_json(_object(stripped))
    try:
        return fields_from_json(tomllib.loads(stripped))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        problem = f"is neither JSON, TOML nor a curl command ({error})"
        _refuse(problem, "Start with {, with name = value, or with curl.")


def _object(text: str) -> dict[str, Any]:
    """Read the JSON object that begins with the ``{`` of ``text``."""
    try:
        value: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        _refuse(f"is not valid JSON: {error}", "Mend that place.")
    return value


_DATA_FLAGS = {"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"}


def _curl_body(command: str) -> str:
    """Find the data of a curl command among its other options."""
    try:
        parts = words(command)
    except ValueError as error:
        if "@-" in command and "<<" in command:
            _refuse(*_STANDARD_INPUT)  # quotes inside a heredoc do not count for the shell
        cure = "Copy the whole command, to its last quote."
        _refuse(f"is a curl command that stops early or is garbled ({error})", cure)
    for index, word in enumerate(parts):
        flag, equals, value = word.partition("=")
        if flag in _DATA_FLAGS and equals:
            return _data(flag, value)
        if word in _DATA_FLAGS and index + 1 < len(parts):
            return _data(word, parts[index + 1])
        if word.startswith("-d") and word not in _DATA_FLAGS and not word.startswith("--"):
            return _data("-d", word[2:])
    return _refuse("is a curl command without data", "It needs -d '{…}' with the JSON body.")


_STANDARD_INPUT = (
    "is a curl command that takes its data from standard input, which is not read here",
    "Paste the JSON alone, from { to }.",
)


def _data(flag: str, value: str) -> str:
    value = value.strip()
    if flag == "--data-raw" or not value.startswith("@"):
        return value
    if value == "@-":
        _refuse(*_STANDARD_INPUT)
    cure = "Put what the file holds in place of @ and its name, or paste that alone."
    return _refuse("is a curl command that takes its data from a file, which is not read here", cure)


def _refuse(problem: str, cure: str) -> NoReturn:
    raise RequestError([Finding("body", None, problem, cure)]) from None
