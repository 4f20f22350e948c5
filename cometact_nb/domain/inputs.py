"""Small facts about a request's inputs that outlive their links: names, sizes, hashes."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import msgspec

from cometact_nb.domain import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROLES", "InputFacts", "content_of", "facts", "names_in", "note_name"]

ROLES = ("character", "reference")
#: Names of local files by the hash of what they hold; the newest few of this process.
_names: OrderedDict[str, str] = OrderedDict()
_MOST_NAMES = 256


class InputFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of an input without asking for it.

    Args:
        name: of the file; empty where none is known.
        url: its address without what may open it to others; empty for a file that went inline.
        mime: the media type of a file that went inline.
        bytes: the size of a file that went inline.
        sha256: its hash, hexadecimal.
    """

    name: str = ""
    url: str = ""
    mime: str = ""
    bytes: int | None = None
    sha256: str = ""


def note_name(content: bytes, name: str) -> None:
    """Remember what a local file is called that goes inline: a data URI has no place for it."""
    _names[hashlib.sha256(content).hexdigest()] = redact.clean(name, 200)
    while len(_names) > _MOST_NAMES:
        _names.popitem(last=False)


def names_in(body: Mapping[str, Any] | None) -> dict[str, str]:
    """The names of the local files in a request's body, by role, as far as this process knows them."""
    found = facts(body, _names).items()
    return {role: known.name for role, known in found if known.sha256 and known.name}


def facts(body: Mapping[str, Any] | None, names: Mapping[str, str] | None = None) -> dict[str, InputFacts]:
    """What is known of the inputs of a request's body, by role.

    Args:
        body: as JSON; None for a task made elsewhere.
        names: of files that went inline, by role or by hash.
    """
    found = {}
    for role in ROLES:
        given = (body or {}).get(role)
        uri = str(given.get("uri", "")) if isinstance(given, dict) else ""
        if uri:
            found[role] = _facts(uri, role, names or {})
    return found


def content_of(uri: str) -> tuple[str, bytes] | None:
    """Media type and content of a data URI; None for any other address, and one that cannot be read."""
    head, comma, body = uri.partition(",")
    if not comma or not head.lower().startswith("data:"):
        return None
    mime, *rest = head[5:].split(";")
    try:
        plain = unquote_to_bytes(body)
        return mime.lower(), base64.b64decode(plain) if "base64" in map(str.lower, rest) else plain
    except (ValueError, binascii.Error):
        return None


def _facts(uri: str, role: str, names: Mapping[str, str]) -> InputFacts:
    inline = content_of(uri)
    if inline is None:
        url = "" if uri.lower().startswith("data:") else redact.bare(uri)
        return InputFacts(name=_file_name(url), url=url)
    mime, content = inline
    digest = hashlib.sha256(content).hexdigest()
    name = names.get(role) or names.get(digest, "")
    return InputFacts(name=name, mime=redact.clean(mime, 80), bytes=len(content), sha256=digest)


def _file_name(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return ""
