"""Computes the identity of the file behind a link, whatever the link's signature. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import unquote_plus, unquote_to_bytes, urlsplit

from cometact_nb.domain.published import sha256_in
from cometact_nb.domain.signatures import PATH_SIGNATURE, signing_names

__all__ = ["body_hash", "body_identity", "identity_of"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_ESCAPE = re.compile("%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")


def identity_of(uri: str) -> str:
    """Return a text that is the same for all addresses of one file.

    A web address loses its signature (see :mod:`cometact_nb.domain.signatures`), its fragment, an empty
    query, the default port and a dot after its host; scheme, host and percent-encoding get one form (RFC
    3986, 6.2). A data URI becomes the SHA-256 of its content, and so does the address of a file that this
    package has published, wherever it is, since its name says it (:mod:`cometact_nb.domain.published`).
    Anything else stays as it is.

    Args:
        uri: of a character or a reference clip.
    """
    scheme = uri[:8].partition(":")[0].lower()
    if scheme == "data":
        return _of_data(uri)
    return _of_web(uri) if scheme in _DEFAULT_PORTS else uri


@lru_cache(maxsize=4096)
def _of_web(uri: str) -> str:
    try:
        parts = urlsplit(uri)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return uri
    scheme = parts.scheme.lower()
    host = _plain_host(host)
    place = host if port in {None, _DEFAULT_PORTS[scheme]} else f"{host}:{port}"
    login = parts.netloc.rpartition("@")[0]
    place = f"{login}@{place}" if login else place
    if (content := sha256_in(uri)) is not None:
        return f"sha256:{content}"
    path = PATH_SIGNATURE.sub("", _normal_escapes(parts.path)) or "/"
    query = _unsigned_query(parts.query, path)
    return f"{scheme}://{place}{path}{'?' + query if query else ''}"


def _plain_host(host: str) -> str:
    host = host.rstrip(".")
    if ":" in host:
        return f"[{host}]"
    if host.isascii():
        return host
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return host


def _unsigned_query(query: str, path: str) -> str:
    """Return the parameters that are not part of a signature, in their order."""
    if not query:
        return ""
    pieces = [piece for piece in query.split("&") if piece]
    names = [unquote_plus(piece.partition("=")[0]) for piece in pieces]
    signing = signing_names(names, path)
    rest = [piece for piece, name in zip(pieces, names, strict=True) if name.lower() not in signing]
    return "&".join(map(_normal_escapes, rest))


def _normal_escapes(text: str) -> str:
    return _ESCAPE.sub(_normal_escape, text)


def _normal_escape(match: re.Match[str]) -> str:
    char = chr(int(match[1], 16))
    return char if char in _UNRESERVED else f"%{match[1].upper()}"


@lru_cache(maxsize=16)
def _of_data(uri: str) -> str:
    head, comma, payload = uri.partition(",")
    if not comma:
        return uri
    content = unquote_to_bytes(payload)
    if head.rpartition(";")[2].strip().lower() == "base64":
        try:
            content = _decoded(content)
        except (binascii.Error, ValueError):
            return f"sha256-text:{hashlib.sha256(uri.encode('utf-8', 'replace')).hexdigest()}"
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _decoded(text: bytes) -> bytes:
    """Decode base64 with or without padding, line ends, and in either alphabet."""
    packed = b"".join(text.split()).rstrip(b"=").translate(bytes.maketrans(b"-_", b"+/"))
    return base64.b64decode(packed + b"=" * (-len(packed) % 4), validate=True)


def body_identity(body: Mapping[str, Any]) -> str:
    """Return 16 hex digits, the same for all bodies of requests for the same video.

    Args:
        body: as sent, or from the history.
    """
    inputs = {
        name: {**value, "uri": identity_of(value["uri"])}
        for name, value in body.items()
        if isinstance(value, Mapping) and isinstance(value.get("uri"), str)
    }
    return body_hash({**body, **inputs})


def body_hash(body: Mapping[str, Any]) -> str:
    """Return 16 hex digits, the same for equal bodies only."""
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()[:16]
