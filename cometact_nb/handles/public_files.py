"""The files of this machine that are public: one, a list of them, and the result of taking them back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import redact
from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.sizes import size
from cometact_nb.handles.table import Rows

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.domain.published import Publication

__all__ = ["PublicFile", "PublicFiles", "Published", "Removal", "until"]

_SHOWN_SHA = 12


@dataclass(frozen=True)
class Published:
    """A file of this machine that anyone with its link can fetch. Give it as a character or a reference.

    Attributes:
        url: the address, with its signature where the place signs links.
        unsigned_url: the same without a signature.
        sha256: the hash of the public file, hexadecimal.
        bytes: its size.
        mime: its media type.
        name: of the user's own file.
        place: where it is: the store's folder, or the sandbox.
        expires_at: the end of the signature, in Unix seconds; None for a link that lives until
            :func:`cometact_nb.unpublish`.
    """

    url: str = field(repr=False)
    unsigned_url: str = field(repr=False)
    sha256: str
    bytes: int
    mime: str
    name: str
    place: str
    expires_at: float | None = None

    @property
    def ref(self) -> MediaRef:
        """The file as an input of a request."""
        return MediaRef("image" if self.mime.startswith("image/") else "video", self.unsigned_url)

    def __repr__(self) -> str:
        return (
            f"<Published {self.name!r} at {redact.display(self.unsigned_url)}, "
            f"sha256 {self.sha256[:_SHOWN_SHA]}…, public {until(self.expires_at)}>"
        )


@dataclass(frozen=True)
class PublicFile:
    """One file that is public.

    Attributes:
        name: of the user's own file.
        url: its address without a signature.
        sha256: of the public file, hexadecimal.
        bytes: its size.
        place: where it is.
        published_at: Unix seconds.
        expires_at: the end of the last signed link, Unix seconds; None for a link without an end.
        problem: why it could not be removed, or an empty text.
    """

    name: str
    url: str = field(repr=False)
    sha256: str
    bytes: int
    place: str
    published_at: float
    expires_at: float | None
    problem: str

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values; its address without the part that nobody can guess."""
        return {
            "name": self.name,
            "url": redact.bare(self.url),
            "sha256": self.sha256,
            "bytes": self.bytes,
            "place": self.place,
            "published_at": datetime.fromtimestamp(self.published_at, UTC).replace(microsecond=0),
            "until": until(self.expires_at),
            "problem": self.problem,
        }


class PublicFiles(Rows[PublicFile]):
    """The files that this history made public, the newest first. Their links open them to anyone."""

    def __init__(self, publications: Iterable[Publication]) -> None:
        self._rows = tuple(
            PublicFile(
                name=one.source,
                url=one.url,
                sha256=one.sha256,
                bytes=one.bytes,
                place=one.place,
                published_at=one.published_at,
                expires_at=one.expires_at,
                problem=one.problem,
            )
            for one in publications
        )

    def __repr__(self) -> str:
        if not self._rows:
            return "Nothing is public by this history."
        # A sandbox: any other place is a folder, a store, or https.
        here = sum(one.place.startswith("http://") for one in self._rows)
        elsewhere = len(self._rows) - here
        lines = [f"{elsewhere} public: anyone with the link can see them."] if elsewhere else []
        lines += [f"{here} in the sandbox, which shows them on this machine alone."] if here else []
        for one in self._rows:
            at = f"{datetime.fromtimestamp(one.published_at, UTC):%Y-%m-%d %H:%M} UTC"
            ends = until(one.expires_at)
            lines.append(f"  {one.name} · {size(one.bytes)} · {one.place} · since {at} · {ends}")
            if one.problem:
                lines.append(f"    {one.problem}")
        return "\n".join([*lines, "act.unpublish(name), act.unpublish(older_than_s=…) take them back."])


@dataclass(frozen=True)
class Removal:
    """The result of taking files back.

    Attributes:
        removed: the files that are not public any more.
        still_public: those that could not be removed, each with its ``problem``.
    """

    removed: tuple[Publication, ...] = field(repr=False)
    still_public: tuple[Publication, ...] = field(repr=False)

    @property
    def ok(self) -> bool:
        """Whether everything was removed."""
        return not self.still_public

    def __repr__(self) -> str:
        lines = [
            f"{len(self.removed)} taken back: {', '.join(one.source for one in self.removed) or 'none'}."
        ]
        lines += [f"{one.source} is still public at {one.place}: {one.problem}" for one in self.still_public]
        return "\n".join(lines)


def until(expires_at: float | None) -> str:
    """Say until when a file is public.

    Args:
        expires_at: Unix seconds; None for a link without an end.
    """
    if expires_at is None:
        return "until you take it back"
    return f"until {datetime.fromtimestamp(expires_at, UTC):%Y-%m-%d %H:%M} UTC"
