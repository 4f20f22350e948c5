"""The two inputs of a request, and the rules for their URLs."""

from __future__ import annotations

import base64
import ipaddress
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from cometact_nb.domain import redact
from cometact_nb.domain.pages import page_cure
from cometact_nb.domain.sizes import size
from cometact_nb.domain.values import is_missing

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Finding", "MediaRef", "data_uri", "image", "infer_type", "media_call", "video"]

MediaType = Literal["image", "video"]

#: Container and image formats the vendor takes: docs.dev.runwayml.com/assets/inputs.
EXTENSIONS: dict[str, MediaType] = {
    "jpg": "image",
    "jpeg": "image",
    "png": "image",
    "webp": "image",
    "mp4": "video",
    "m4v": "video",
    "mov": "video",
    "webm": "video",
}
#: The same page: the allowed Content-Types of a container, the usual one first.
CONTENT_TYPES = {
    "jpeg": ("image/jpeg", "image/jpg"),
    "png": ("image/png",),
    "webp": ("image/webp",),
    "mp4": ("video/mp4", "video/x-m4v"),
    "mov": ("video/quicktime",),
    "webm": ("video/webm",),
}
_CONTAINERS = {"jpg": "jpeg", "m4v": "mp4"}
#: docs.dev.runwayml.com/assets/inputs
URL_MAX_CHARS = 2048
#: Encoded sizes, docs.dev.runwayml.com/assets/inputs; a video had 16 MB before Runway's SDK 5.18.
DATA_URI_MAX_BYTES: dict[MediaType, int] = {"image": 5 * 1024**2, "video": 5 * 1024**2}
_QUOTE_CHARS = 120
#: At least two letters, since ``C:`` is a drive.
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
_TEXT_MAX = 4000


@dataclass(frozen=True)
class Finding:
    """One error or doubtful point of a request.

    Args:
        field: the Python name of the field.
        value: of the field.
        problem: as the end of a sentence that starts with the value.
        cure: a sentence that says what to give instead.
        severity: ``"error"`` prevents the request; ``"warning"`` does not.
        basis: ``"seen"`` here, in the value or in the file; ``"not looked"`` at; ``"vendor"`` for what the
            vendor would say.
    """

    field: str
    value: Any
    problem: str
    cure: str
    severity: Literal["error", "warning"] = "error"
    basis: Literal["seen", "not looked", "vendor"] = "seen"

    def __repr__(self) -> str:
        inside = f"{self.field!r}, {redact.values(self.value)!r}, {self.problem!r}, {self.cure!r}"
        return f"Finding({inside}, severity={self.severity!r})"

    def __str__(self) -> str:
        # An error may be saved with its notebook.
        value = self.value.uri if isinstance(self.value, MediaRef) else self.value
        text = repr(redact.display(value) if isinstance(value, str) else redact.values(value))
        if len(text) > _QUOTE_CHARS:
            text = f"{text[: _QUOTE_CHARS - 20]}…{text[-12:]}"
        subject = self.field if self.value is None else f"{self.field}={text}"
        # The problem may quote a server's own words.
        return redact.clean(f"{subject} {self.problem}. {self.cure}", _TEXT_MAX, lines=True)


@dataclass(frozen=True)
class MediaRef:
    """A character or a reference clip: its type and its address.

    Args:
        type: ``"image"`` or ``"video"``; None when the URL does not show it.
        uri: an https URL that the vendor's servers can fetch, with its signature, which a print leaves out.
    """

    type: MediaType | None
    uri: str

    def __repr__(self) -> str:
        return f"MediaRef(type={self.type!r}, uri={redact.public(self.uri)!r})"

    def __str__(self) -> str:
        return redact.public(self.uri)


def image(url: str | os.PathLike[str]) -> MediaRef:
    """Make a character image, whatever its URL's extension.

    Args:
        url: https, of a JPEG, PNG or WebP of at most 16 MB (docs.dev.runwayml.com/assets/inputs). It is
            checked when a request is made with it.
    """
    return MediaRef("image", _address(url))


def video(url: str | os.PathLike[str]) -> MediaRef:
    """Make a character video or a reference clip, whatever its URL's extension.

    Args:
        url: https, of an MP4, MOV or WebM of at most 32 MB (docs.dev.runwayml.com/assets/inputs). It is
            checked when a request is made with it.
    """
    return MediaRef("video", _address(url))


def _address(value: object) -> str:
    """Make a path object absolute: it is a file of this machine, even if its name reads like a URL."""
    return str(Path(value).absolute()) if isinstance(value, os.PathLike) else str(value).strip()


def mime_of(name: str, default: str) -> str:
    """Return a file's media type by its name's ending; the machine's own table lacks some.

    Args:
        name: a file's name, a path, or a URL without a query.
        default: for an ending that the vendor does not accept.
    """
    ending = name.rpartition(".")[2].lower()
    return CONTENT_TYPES[_CONTAINERS.get(ending, ending)][0] if ending in EXTENSIONS else default


def infer_type(uri: str) -> MediaType | None:
    """Read ``"image"`` or ``"video"`` from a URL's extension or a data URI's media type; else None."""
    if uri.startswith("data:"):
        kind = uri[5:].split("/", 1)[0].lower()
        return "image" if kind == "image" else "video" if kind == "video" else None
    return EXTENSIONS.get(urlsplit_path(uri).rsplit("/", 1)[-1].rpartition(".")[2].lower())


def media_call(ref: MediaRef) -> str:
    """Write an input as Python: its URL alone where that shows its type."""
    return repr(ref.uri) if infer_type(ref.uri) == ref.type else f"act.{ref.type}({ref.uri!r})"


def as_media(value: Any, default: MediaType | None = None) -> MediaRef | None:
    """Turn a URL, a :class:`MediaRef` or the vendor's ``{"type", "uri"}`` into a MediaRef; else None."""
    if isinstance(value, MediaRef):
        return value
    if isinstance(value, (str, os.PathLike)):
        uri = _address(value)
        return MediaRef(infer_type(uri) or default, uri)
    if isinstance(value, dict) and isinstance(value.get("uri"), str):
        uri = value["uri"].strip()
        return MediaRef(value.get("type") or infer_type(uri) or default, uri)
    return None


def check_media(field: str, value: Any, *, allow_unlisted: bool) -> Iterator[Finding]:
    """Find everything wrong with one input, without fetching it.

    Limits: docs.dev.runwayml.com/assets/inputs (https only, a domain name, at most 2048 characters) and
    CometAPI's control-a-character page (a reference is a video).
    """
    need = "an image or video URL" if field == "character" else "a video URL"
    if value is None or is_missing(value):
        yield Finding(field, None, "is missing", f"Give {need} that the vendor's servers can fetch.")
        return
    ref = as_media(value, default="video" if field == "reference" else None)
    page = ref is not None and not allow_unlisted and page_cure(ref.uri) is not None
    if ref is None:
        yield Finding(field, value, "is neither a URL nor act.image(url) or act.video(url)", f"Give {need}.")
        return
    if not ref.uri:
        yield Finding(field, ref.uri, "is empty", f"Give {need}.")
        return
    yield from check_uri(field, ref, allow_unlisted=allow_unlisted)
    if not page:  # "say which: act.image(url)" would make it worse
        yield from _check_type(field, ref)


def _check_type(field: str, ref: MediaRef) -> Iterator[Finding]:
    if urlsplit_path(ref.uri).lower().endswith(".gif"):
        cure = (
            "Export it as MP4." if field == "reference" else "Save it as PNG or JPEG; one that moves, as MP4."
        )
        yield Finding(field, ref, "is a GIF, which the vendor refuses", cure)
    elif ref.type not in ("image", "video"):  # not a set, since a pasted type may be unhashable
        problem = "is of a kind its name does not tell" if ref.type is None else f"has the type {ref.type!r}"
        yield Finding(field, ref, problem, f"Say which: {field}=act.image(url) or act.video(url).")
    elif field == "reference" and ref.type != "video":
        yield Finding(
            field,
            ref,
            "is an image; the reference is the clip of a performance",
            "Give a video of 3–30 s; the image may belong in character.",
        )


def urlsplit_path(uri: str) -> str:
    """Return the path of ``uri``, or an empty string when it is no URL."""
    try:
        return urlsplit(uri).path
    except ValueError:
        return ""


def check_uri(field: str, ref: MediaRef, *, allow_unlisted: bool) -> Iterator[Finding]:
    """Find everything wrong with an input's address, without looking at its file."""
    uri = ref.uri
    scheme = uri.partition(":")[0].lower() if _SCHEME.match(uri) else ""
    if scheme in {"data", "runway"}:
        yield from _check_undocumented(field, ref, scheme, allow_unlisted=allow_unlisted)
    elif scheme in {"https", "http"}:
        yield from _check_web(field, uri, scheme)
        yield from _check_page(field, uri, allow_unlisted=allow_unlisted)
    elif scheme and uri[:1] not in "/.~" and "\\" not in uri:
        problem = "is no web address, which the service could read"
        yield Finding(field, uri, problem, "Give an https:// URL that anyone can fetch.")
    else:
        cure = 'Give it to act.submit, act.sweep or the panel, or publish it: act.guide("own-files").'
        yield Finding(field, uri, "is a local file, which the service cannot read", cure)


def _check_page(field: str, uri: str, *, allow_unlisted: bool) -> Iterator[Finding]:
    """Find a site's link for sharing, which leads to a page, whatever its name ends in."""
    page = None if allow_unlisted else page_cure(uri)
    if page is not None:
        name, cure = page
        problem = f"is the address of a page at {name}, not of a file"
        yield Finding(field, uri, problem, f"{cure} (allow_unlisted=True sends it all the same.)")


def _check_web(field: str, uri: str, scheme: str) -> Iterator[Finding]:
    if any(char.isspace() or not char.isprintable() for char in uri):
        yield Finding(field, uri, "holds spaces or control characters", "Percent-encode them (space is %20).")
        return
    try:
        parts = urlsplit(uri)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", None
    if parts is None or not host:
        yield Finding(field, uri, "is not a complete URL", "Give one such as https://host/path/clip.mp4.")
        return
    if len(uri) > URL_MAX_CHARS:
        yield Finding(
            field,
            uri,
            f"is {len(uri)} characters long",
            f"The vendor takes {URL_MAX_CHARS}; use a shorter URL.",
        )
    if parts.username or parts.password:
        yield Finding(
            field, parts.hostname, "comes with a user name or password", "Use a signed URL instead."
        )
    local = _is_local(host)
    if scheme == "http" and not local:
        yield Finding(field, uri, "is not https", "The vendor fetches https:// URLs only.")
    if not local and _is_ip(host):
        yield Finding(field, uri, "names a host by IP address", "The vendor wants a domain name.")


def _check_undocumented(field: str, ref: MediaRef, scheme: str, *, allow_unlisted: bool) -> Iterator[Finding]:
    if not allow_unlisted:
        what = "a data URI" if scheme == "data" else "a runway:// upload"
        yield Finding(
            field,
            ref.uri[:40],
            f"is {what}; CometAPI documents https URLs only",
            "Give an https URL, or allow_unlisted=True to try it all the same.",
        )
    limit = DATA_URI_MAX_BYTES["image" if ref.type == "image" else "video"]
    if scheme == "data" and len(ref.uri) > limit:
        yield Finding(
            field,
            ref.uri[:40],
            f"is {size(len(ref.uri))} encoded",
            f"Runway takes {limit // 1024**2} MB; host the file and give its https URL.",
        )


def data_uri(mime: str, content: bytes) -> str:
    """Write a file as a ``data:`` URI.

    Args:
        mime: type of the content, such as ``image/png``.
        content: of the file.
    """
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_local(host: str) -> bool:
    return host == "localhost" or (_is_ip(host) and ipaddress.ip_address(host).is_loopback)
