"""Recognises files without a picture or a video: a pointer, an error message, a playlist, an archive."""

from __future__ import annotations

import codecs
import re

__all__ = ["CURES", "WORDS", "other_kind"]

#: Each kind in words, as the end of "the file is …".
WORDS = {
    "lfs": "a Git LFS pointer, a small text that stands for the file",
    "annex": "a git-annex pointer, a small text that stands for the file",
    "page": "a web page",
    "playlist": "a playlist, a text that names other files",
    "json": "JSON text, which is what a host's error message looks like",
    "xml": "XML text, which is what a store's error message looks like",
    "svg": "an SVG drawing, which is text",
    "data": "the text of a data URI",
    "text": "plain text",
    "zip": "a ZIP archive",
    "gzip": "a compressed file (gzip)",
    "pdf": "a PDF document",
    "sound": "sound without a picture",
}
_FILE = "Give the address of the file itself."
#: The cure for each kind.
CURES = {
    "lfs": "Give an address that serves the file's content; for GitHub that is media.githubusercontent.com.",
    "annex": "Get the file's content (git annex get) and host that.",
    "page": f"{_FILE} A page to sign in, to preview or to download is no file.",
    "playlist": f"{_FILE} One MP4, MOV or WebM holds the whole clip.",
    "json": "Open the address in a browser: the link may have expired, or may need somebody signed in.",
    "xml": "Open the address in a browser: the link may have expired, or may need somebody signed in.",
    "svg": "Export it as PNG or JPEG.",
    "data": "Decode it, and host the file itself.",
    "text": _FILE,
    "zip": "Unpack it, and host the file itself.",
    "gzip": "Unpack it, and host the file itself.",
    "pdf": "Export the picture as PNG or JPEG.",
    "sound": "Give a file with a picture.",
}
_BINARY = (
    (b"PK\x03\x04", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"%PDF-", "pdf"),
    (b"ID3", "sound"),
    (b"fLaC", "sound"),
)
_TEXTS = (
    (r"version https://git-lfs|oid sha256:", "lfs"),
    (r"(\.\./)*\.git/annex/objects/|/annex/objects/", "annex"),
    (r"#extm3u|\[playlist\]|ffconcat version|(<\?xml[^>]*>\s*)?<(mpd|smil|asx)\b", "playlist"),
    (r"(<\?xml[^>]*>\s*)?(<!doctype svg[^>]*>\s*)?<svg\b", "svg"),
    (r"(<\?xml[^>]*>\s*)?<(!doctype html|html|head|body|title|script|meta|div|center|h1)\b", "page"),
    (r"<[?!a-z]", "xml"),
    (r"[{\[]\s*([\"{}\[\]0-9]|true|false|null)", "json"),
    (r"data:(image|video)/", "data"),
)
_COMMENT = re.compile(r"\s*<!--.*?(-->|$)\s*", re.DOTALL)
#: Control characters that do not occur in a text.
_CONTROLS = bytes({*range(9), 11, *range(14, 27), *range(28, 32), 127})
_LOOKED_AT = 4096


def other_kind(head: bytes) -> str | None:
    """Return the key of :data:`WORDS` for a file that begins with ``head``; None for any other file."""
    for prefix, kind in _BINARY:
        if head.startswith(prefix):
            return kind
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "sound"
    text = _as_text(head[:_LOOKED_AT])
    if text is None:
        return None
    begins = _COMMENT.sub("", text, count=1) if text.lstrip().startswith("<!--") else text.lstrip()
    for pattern, kind in _TEXTS:
        if re.match(pattern, begins, re.IGNORECASE):
            return kind
    return "page" if begins is not text.lstrip() and begins.startswith("<") else "text"


def _as_text(head: bytes) -> str | None:
    """Decode ``head``, whose last character may be cut; None for what is no text."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return _decoded(head, "utf-16")
    if not head.strip() or head.translate(None, _CONTROLS) != head:
        return None
    mostly_ascii = sum(byte < 128 for byte in head) > 0.8 * len(head)  # noqa: PLR2004
    return _decoded(head, "utf-8-sig") or _decoded(head, "cp1252" if mostly_ascii else "ascii")


def _decoded(head: bytes, encoding: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head, final=False) or None
    except UnicodeDecodeError:
        return None
