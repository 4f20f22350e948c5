"""A request as text and back: curl, Python, magic line, and what people paste."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any, NoReturn

from cometact_nb.domain.media import Finding, infer_type, media_call
from cometact_nb.domain.request import INPUTS, KNOBS, fields_from_json
from cometact_nb.domain.text.curl_words import words
from cometact_nb.errors import RequestError

if TYPE_CHECKING:
    from cometact_nb.domain.media import MediaRef
    from cometact_nb.domain.request import ActTwoRequest

__all__ = ["fields_from_text", "quote", "to_curl", "to_magic", "to_python", "type_option"]

_ROUTE = "https://api.cometapi.com/runwayml/v1/character_performance"

#: Options of the magic, by field. The magic builds its parser from the same table.
OPTIONS = {
    "character": ("-c", "--character"),
    "reference": ("-r", "--reference"),
    "body_control": ("-b", "--body-control"),
    "expression_intensity": ("-e", "--expression-intensity"),
    "seed": ("-s", "--seed"),
    "ratio": ("-a", "--ratio"),
    "public_figure_threshold": ("-m", "--public-figure-threshold"),
}


def to_curl(request: ActTwoRequest) -> str:
    """The request as a curl command for a POSIX shell; the key stays ``$COMETAPI_KEY``."""
    body = json.dumps(request.to_json(), indent=2, ensure_ascii=False)
    return "\n".join(
        [
            f"curl -X POST {_ROUTE} \\",
            '  -H "Authorization: Bearer $COMETAPI_KEY" \\',
            '  -H "Content-Type: application/json" \\',
            '  -H "X-Runway-Version: 2024-11-06" \\',
            f"  -d {shlex.quote(body)}",
        ]
    )


def to_python(request: ActTwoRequest) -> str:
    """The request as Python that makes it, imports included."""
    lines = [f"    {name}={media_call(getattr(request, name))}," for name in INPUTS]
    lines += [f"    {name}={value!r}," for name, value in request.params.items()]
    if request.allow_unlisted:
        lines.append("    allow_unlisted=True,")
    return "\n".join(["import cometact_nb as act", "", "request = act.ActTwoRequest(", *lines, ")"])


def to_magic(request: ActTwoRequest) -> str:
    """The request as one ``%act_two`` line, quoted for the magic's own splitter."""
    parts = ["%act_two"]
    for name in INPUTS:
        ref: MediaRef = getattr(request, name)
        parts += [OPTIONS[name][0], quote(ref.uri), *type_option(name, ref)]
    for name, value in request.params.items():
        shown = ("on" if value else "off") if isinstance(value, bool) else str(value)
        option = OPTIONS[name][1]
        parts += [f"{option}={quote(shown)}"] if shown.startswith("-") else [option, quote(shown)]
    if request.allow_unlisted:
        parts.append("--allow-unlisted")
    return " ".join(parts)


def type_option(name: str, ref: MediaRef) -> list[str]:
    """The option that tells an input's type, where its URL does not."""
    # The magic takes a reference for a video unless its URL tells otherwise.
    if ref.type == (infer_type(ref.uri) or ("video" if name == "reference" else None)):
        return []
    return [f"--{name}-type", str(ref.type)]


def quote(text: str) -> str:
    """``text`` as one word of a magic line: quoted when it holds spaces, quotes, ``$``, ``#`` or braces.

    Also when it ends in ``?`` or ``;``: at the end of a line, IPython takes them for its own.
    """
    if text and not re.search(r"[\s'\"\\${}#]|[?;]$", text):
        return text
    escaped = re.sub(r"([\\'])", r"\\\1", text)
    return f"'{escaped}'"


def fields_from_text(text: str) -> dict[str, Any]:
    """The arguments of a request that pasted JSON, TOML or curl text holds, not yet checked.

    A key inside a curl command is dropped here and kept nowhere.

    Raises:
        RequestError: the text is none of the three; the message says where it stops being one.
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
    """The JSON object that begins with the ``{`` of ``text``."""
    try:
        found: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        _refuse(f"is not valid JSON: {error}", "Mend that place.")
    return found


_DATA_FLAGS = {"-d", "--data", "--data-raw", "--data-binary", "--data-ascii", "--json"}


def _curl_body(command: str) -> str:
    """The data of a curl command, whatever else stands in it."""
    try:
        found = words(command)
    except ValueError as error:
        if "@-" in command and "<<" in command:
            _refuse(*_STANDARD_INPUT)  # the quotes of a heredoc are none of the shell's
        cure = "Copy the whole command, to its last quote."
        _refuse(f"is a curl command that stops early or is garbled ({error})", cure)
    for index, word in enumerate(found):
        flag, equals, value = word.partition("=")
        if flag in _DATA_FLAGS and equals:
            return _data(flag, value)
        if word in _DATA_FLAGS and index + 1 < len(found):
            return _data(word, found[index + 1])
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


assert set(OPTIONS) == {*INPUTS, *(knob.name for knob in KNOBS)}
