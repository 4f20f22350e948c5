"""Facts about a request's inputs that outlive their links: names, sizes, hashes."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections import OrderedDict
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes, urlsplit

import msgspec

from cometact_nb.domain import redact
from cometact_nb.domain.published import sha256_in

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ROLES", "InputFacts", "content_of", "facts", "names_in", "note_name", "own_name"]

ROLES = ("character", "reference")
#: Names of local files by the hash of their content; the newest few of this process.
_names: OrderedDict[str, str] = OrderedDict()
_MOST_NAMES = 256


class InputFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The facts about an input that need no look at it.

    Args:
        name: of the file; empty for an unknown one.
        url: its address without login and signature; empty for a file inside the request.
        mime: the media type of a file inside the request.
        bytes: the size of a file inside the request.
        sha256: the hash of a file inside the request, or of one that this package has published.
    """

    name: str = ""
    url: str = ""
    mime: str = ""
    bytes: int | None = None
    sha256: str = ""


def note_name(content: bytes | str, name: str) -> None:
    """Remember the name of a local file that goes into a request: its address there has no place for it.

    Args:
        content: of the file, or its SHA-256 in hexadecimal.
        name: of the file.
    """
    digest = content if isinstance(content, str) else hashlib.sha256(content).hexdigest()
    _names[digest] = redact.clean(name, 200)
    while len(_names) > _MOST_NAMES:
        _names.popitem(last=False)


def own_name(uri: str) -> str:
    """Return the name of the user's own file behind a published file's address, or an empty text.

    Args:
        uri: of an input.
    """
    return _names.get(sha256_in(uri) or "", "")


def names_in(body: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the names of local files in a request's body, by role, as far as this process knows them."""
    by_role = facts(body, _names).items()
    return {
        role: input_facts.name for role, input_facts in by_role if input_facts.sha256 and input_facts.name
    }


def facts(body: Mapping[str, Any] | None, names: Mapping[str, str] | None = None) -> dict[str, InputFacts]:
    """Return the facts about the inputs of a request's body, by role.

    Args:
        body: as JSON; None for a task made elsewhere.
        names: of files inside the request, by role or by hash.
    """
    by_role = {}
    for role in ROLES:
        value = (body or {}).get(role)
        uri = str(value.get("uri", "")) if isinstance(value, dict) else ""
        if uri:
            by_role[role] = _facts(uri, role, names or {})
    return by_role


def content_of(uri: str) -> tuple[str, bytes] | None:
    """Decode a data URI into media type and content; None for any other address and for a bad one."""
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
        published = sha256_in(uri)
        if published is not None:
            own = names.get(role) or names.get(published, "")
            return InputFacts(name=own or _file_name(url), url=url, sha256=published)
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
