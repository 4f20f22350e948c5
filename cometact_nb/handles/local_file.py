"""A file of this machine as an input: prepared, hashed, and named as it will be published."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.inputs import note_name
from cometact_nb.domain.inspection.sniff import sniff
from cometact_nb.domain.media import CONTENT_TYPES
from cometact_nb.domain.published import ENDINGS, Publication, file_name
from cometact_nb.errors import PublishError
from cometact_nb.handles.prepare import Prepared, prepare
from cometact_nb.handles.views import progress_line
from cometact_nb.store.inputs.target import OwnFile
from cometact_nb.store.user import User

if TYPE_CHECKING:
    from cometact_nb.domain.inspection.facts import Role
    from cometact_nb.domain.media import MediaType
    from cometact_nb.handles.surroundings import Surroundings
    from cometact_nb.store.inputs.target import Target

__all__ = ["UNFINISHED", "Local", "local"]

#: The problem of a file that is perhaps at its place: its kernel ended meanwhile.
UNFINISHED = "its publication did not end here, so a part of it may be there"


@dataclass(frozen=True)
class Local:
    """A file of this machine that is ready to be published.

    Attributes:
        file: the file with its hashes.
        name: under which it is published.
        mime: its media type.
        source: the name of the user's own file.
        source_sha256: the hash of that file.
        role: the purpose of the input, or an empty text.
    """

    file: OwnFile
    name: str
    mime: str
    source: str
    source_sha256: str
    role: str

    @property
    def type(self) -> MediaType:
        """Whether it is an image or a video."""
        return "image" if self.mime.startswith("image/") else "video"

    def publication(self, target: Target, at: float) -> Publication:
        """Return the record of the file at a place, before it is there.

        Args:
            target: the place.
            at: Unix seconds.
        """
        return Publication(
            name=self.name,
            place=target.place,
            url=target.url(self.name),
            sha256=self.file.sha256,
            bytes=self.file.bytes,
            mime=self.mime,
            source=self.source,
            source_sha256=self.source_sha256,
            role=self.role,
            path=str(self.file.path),
            signs=target.signs,
            published_at=at,
            problem=UNFINISHED,
        )


def local(core: Surroundings, source: Any, role: Role | None = None) -> Local:
    """Make a file of this machine ready to be published.

    Args:
        core: with the notebook's folder.
        source: a path, or a file that was prepared.
        role: the purpose of the input; None infers it.

    Raises:
        InputError: it cannot become an input.
        PublishError: it cannot be read, or is of a kind that the vendor does not take.
    """
    prepared = _prepared(core, source, role)
    path = prepared.path
    source_name = Path(source).name
    try:
        file = OwnFile(path)
    except OSError as error:
        raise PublishError(f"{source_name!r} cannot be read ({error.strerror or error}).", path) from None
    container = sniff(file.head).container
    if container not in ENDINGS:
        raise PublishError(
            f"{source_name!r} is no JPEG, PNG, WebP, MP4, MOV or WebM by its content. Nothing was published.",
            path,
        )
    try:
        name = file_name(file.sha256, container, User().sign)
    except ValueError:
        raise PublishError(f"Nothing was published: {User().problem}.", path) from None
    note_name(file.sha256, source_name)
    mime = CONTENT_TYPES[container][0]
    return Local(file, name, mime, source_name, prepared.source_sha256, prepared.role)


def _prepared(core: Surroundings, source: Any, role: Role | None) -> Prepared:
    """Return a file that is ready to be an input: the very one, or one made of it without personal metadata.

    Raises:
        InputError: it cannot become an input.
        PublishError: it is no file.
    """
    if isinstance(source, Prepared):
        return source
    if not isinstance(source, (str, os.PathLike)):
        raise PublishError(f"{type(source).__name__} is no file. Give a path, or a result of act.prepare(…).")
    with progress_line(f"Preparing {Path(source).name}") as report:
        return prepare(core, source, role, keeps_whole=True, progress=report)
