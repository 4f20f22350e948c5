"""The name of a published input: it says by its hash which content it is, and nobody can guess it. Pure.

``act-two-<SHA-256 of the file>-<code>.<ending>``. The hash lets every link to the file, at any place and with
any signature, count as the same input. The code is this user's own (``store.user``), so that somebody who
has the same file, and therefore knows its hash, cannot find it at a public place.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["CODE_CHARS", "ENDINGS", "Publication", "file_name", "read_name", "sha256_in"]

#: 128 bits, hexadecimal.
CODE_CHARS = 32
#: The ending of a file's name by its container: web servers choose the media type by it. The vendor takes
#: these: docs.dev.runwayml.com/assets/inputs.
ENDINGS = {"jpeg": "jpg", "png": "png", "webp": "webp", "mp4": "mp4", "mov": "mov", "webm": "webm"}
_NAME = re.compile(r"act-two-([0-9a-f]{64})-([0-9a-f]{32})\.(?:jpg|png|webp|mp4|mov|webm)")


class Publication(msgspec.Struct, frozen=True, kw_only=True):
    """One file that was made public.

    Args:
        name: of the file at its place.
        place: the store's folder, as a URL or a path.
        url: the file's address without a signature.
        sha256: of the file, hexadecimal.
        bytes: its size.
        mime: its media type.
        source: the name of the user's own file.
        source_sha256: the hash of that file before it was prepared.
        role: ``"character"`` or ``"reference"``.
        path: of the published file on this machine.
        signs: its place signs links.
        published_at: Unix seconds, from before its first byte leaves this machine.
        expires_at: Unix seconds, when the last link to it ends; None where it has no signature.
        removed_at: Unix seconds, when it was removed from its place.
        problem: why it is not certain that it is whole there, or why it could not be removed.
    """

    name: str
    place: str
    url: str
    sha256: str
    bytes: int
    mime: str
    source: str
    source_sha256: str = ""
    role: str = ""
    path: str = ""
    signs: bool = False
    published_at: float
    expires_at: float | None = None
    removed_at: float | None = None
    problem: str = ""

    @property
    def is_public(self) -> bool:
        """Whether anyone with the link can fetch it, as far as this machine knows."""
        return self.removed_at is None


def file_name(sha256: str, container: str, sign: Callable[..., str | None]) -> str:
    """Return the name under which a file is published.

    Args:
        sha256: of the file, hexadecimal.
        container: a key of :data:`ENDINGS`.
        sign: makes a code for texts that only this user can compute (``User.sign``).

    Raises:
        ValueError: this user's secret cannot be read or made, so that the name could be guessed.
    """
    code = sign("published", sha256)
    if code is None:
        raise ValueError("without a secret of this user its name could be guessed")
    return f"act-two-{sha256}-{code[:CODE_CHARS]}.{ENDINGS[container]}"


def read_name(name: str) -> tuple[str, str] | None:
    """Return the hash and the code in the name of a published file; None for any other name."""
    match = _NAME.fullmatch(name)
    return (match[1], match[2]) if match else None


def sha256_in(url: str) -> str | None:
    """Return the hash that the path of a published file's address ends with, or None.

    Args:
        url: any address.
    """
    if "/act-two-" not in url:
        return None
    try:
        parts = read_name(PurePosixPath(urlsplit(url).path).name)
    except ValueError:
        return None
    return parts[0] if parts else None
