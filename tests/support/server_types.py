"""Writes ``cometact_nb/entry/lab/server.d.ts``, the types of the server part's answers, from the Python classes.

``python tests/support/server_types.py`` writes it anew; a test compares.
"""

from __future__ import annotations

import re
import typing
from pathlib import Path

import msgspec

from cometact_nb.entry.server import answers

PATH = Path(answers.__file__).parents[1] / "lab" / "server.d.ts"
_HEAD = """\
// Answers of the Jupyter server's extension, below {base_url}cometact-nb/api/. Made from
// entry/server/answers.py by tests/support/server_types.py. Addresses are relative to that place, times are
// Unix seconds, amounts US dollars.
"""


def text() -> str:
    """Return the whole file."""
    return _HEAD + "".join(f"\n{_interface(getattr(answers, name))}" for name in answers.__all__)


def _interface(made: type[msgspec.Struct]) -> str:
    docs = _docs(made)
    hints = typing.get_type_hints(made)
    lines = [f"/** {docs['']} */", f"export interface {made.__name__} {{"]
    for field in msgspec.structs.fields(made):
        lines += [f"  /** {docs[field.name]} */", f"  {field.name}: {_written(hints[field.name])};"]
    return "\n".join([*lines, "}\n"])


def _docs(made: type[msgspec.Struct]) -> dict[str, str]:
    """Return the sentence about the whole, under an empty name, and one for each field."""
    head, _, body = (made.__doc__ or "").partition("Args:")
    parts = re.split(r"\n\s+(\w+): ", f"\n{body}")[1:]
    fields = {name: " ".join(words.split()) for name, words in zip(parts[::2], parts[1::2], strict=True)}
    return {"": head.strip().splitlines()[0], **fields}


def _written(hint: object) -> str:
    plain = {str: "string", int: "number", float: "number", bool: "boolean", type(None): "null"}
    if isinstance(hint, type) and hint in plain:
        return plain[hint]
    inside = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        kind = _written(inside[0])
        return f"({kind})[]" if " | " in kind else f"{kind}[]"
    if typing.get_origin(hint) is dict:
        return f"Record<string, {'unknown' if inside[1] is typing.Any else _written(inside[1])}>"
    if inside:
        return " | ".join(map(_written, inside))
    return getattr(hint, "__name__", "unknown")


if __name__ == "__main__":
    PATH.parent.mkdir(exist_ok=True)
    PATH.write_text(text(), "utf-8")
