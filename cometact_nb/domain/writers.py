"""Writes a request as curl, Python or a magic line, from its values."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.knobs import KNOBS
from cometact_nb.domain.media import infer_type, media_call

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cometact_nb.domain.media import MediaRef

__all__ = ["OPTIONS", "quote", "to_curl", "to_magic", "to_python", "type_option"]

_ROUTE = "https://api.cometapi.com/runwayml/v1/character_performance"

#: Options of the magic, by field. The magic builds its parser from the same table.
OPTIONS = {
    "character": ("-c", "--character"),
    "reference": ("-r", "--reference"),
    **{knob.name: knob.options[:2] for knob in KNOBS},
}


def to_curl(body: Mapping[str, Any]) -> str:
    """Write the vendor's JSON as a curl command for a POSIX shell; the key is ``$COMETAPI_KEY``."""
    data = json.dumps(body, indent=2, ensure_ascii=False)
    return "\n".join(
        [
            f"curl -X POST {_ROUTE} \\",
            '  -H "Authorization: Bearer $COMETAPI_KEY" \\',
            '  -H "Content-Type: application/json" \\',
            '  -H "X-Runway-Version: 2024-11-06" \\',
            f"  -d {shlex.quote(data)}",
        ]
    )


def to_python(inputs: Mapping[str, MediaRef], params: Mapping[str, Any], *, allow_unlisted: bool) -> str:
    """Write a request as Python that makes it, with its imports.

    Args:
        inputs: character and reference.
        params: the knobs with a value.
        allow_unlisted: see :class:`~cometact_nb.ActTwoRequest`.
    """
    lines = [f"    {name}={media_call(ref)}," for name, ref in inputs.items()]
    lines += [f"    {name}={value!r}," for name, value in params.items()]
    if allow_unlisted:
        lines.append("    allow_unlisted=True,")
    return "\n".join(["import cometact_nb as act", "", "request = act.ActTwoRequest(", *lines, ")"])


def to_magic(inputs: Mapping[str, MediaRef], params: Mapping[str, Any], *, allow_unlisted: bool) -> str:
    """Write a request as one ``%act_two`` line, quoted for the magic's own splitter.

    Args:
        inputs: see :func:`to_python`.
        params: the same.
        allow_unlisted: the same.
    """
    parts = ["%act_two"]
    for name, ref in inputs.items():
        parts += [OPTIONS[name][0], quote(ref.uri), *type_option(name, ref)]
    for name, value in params.items():
        text = ("on" if value else "off") if isinstance(value, bool) else str(value)
        option = OPTIONS[name][1]
        parts += [f"{option}={quote(text)}"] if text.startswith("-") else [option, quote(text)]
    if allow_unlisted:
        parts.append("--allow-unlisted")
    return " ".join(parts)


def type_option(name: str, ref: MediaRef) -> list[str]:
    """Return the option for an input's type, where its URL does not show it."""
    # The magic takes a reference for a video unless its URL shows another type.
    if ref.type == (infer_type(ref.uri) or ("video" if name == "reference" else None)):
        return []
    return [f"--{name}-type", str(ref.type)]


def quote(text: str) -> str:
    """Write ``text`` as one word of a magic line, quoted if it holds spaces, quotes, ``$``, ``#`` or braces.

    It also quotes a text that ends in ``?`` or ``;``, which have a meaning for IPython at the end of a line.
    """
    if text and not re.search(r"[\s'\"\\${}#]|[?;]$", text):
        return text
    escaped = re.sub(r"([\\'])", r"\\\1", text)
    return f"'{escaped}'"
