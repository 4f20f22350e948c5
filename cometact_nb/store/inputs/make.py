"""Makes an input of a file: the entry to this folder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cometact_nb.domain.inspection.facts import IMAGES, VIDEOS
from cometact_nb.domain.inspection.sniff import sniff
from cometact_nb.domain.inspection.texts import CURES, WORDS
from cometact_nb.domain.sizes import size
from cometact_nb.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cometact_nb.domain.inspection.facts import Role
    from cometact_nb.domain.preparation import InputRecipe
    from cometact_nb.store.inputs.clip_source import ClipSource

__all__ = ["Kind", "kind_of", "look", "write"]

_HEAD = 4096
#: Bytes of a picture that is read into memory: far above what a camera or a scanner writes.
_PICTURE_MAX = 500_000_000


@dataclass(frozen=True)
class Kind:
    """The kind of a file, by its first bytes.

    Args:
        container: its format, as ``sniff`` names it.
        is_picture: an image, and no video.
        head: its first bytes.
    """

    container: str
    is_picture: bool
    head: bytes

    @property
    def usual_role(self) -> Role:
        """The purpose of a file of this kind when nobody says one."""
        return "character" if self.is_picture else "reference"


def kind_of(path: Path) -> Kind:
    """Recognise a file.

    Raises:
        InputError: it is neither a picture nor a video, or a picture too large to open.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
    sniffed = sniff(head)
    other = "page" if sniffed.container == "html" else sniffed.other
    if other is not None:
        raise InputError(f"{path.name!r} is {WORDS[other]}. {_cure(other)}")
    if sniffed.container in IMAGES or sniffed.container in VIDEOS:
        count = path.stat().st_size
        if sniffed.container in IMAGES and count > _PICTURE_MAX:
            raise InputError(
                f"{path.name!r} is a picture of {size(count)}, too large to open here. Export it smaller."
            )
        return Kind(sniffed.container, sniffed.container in IMAGES, head)
    raise InputError(f"{path.name!r} is of no format known here. Give a picture or a video.")


def _cure(other: str) -> str:
    """Return the doctor's cure where it is one for a file of this machine, and not for an address."""
    return CURES[other] if other in {"svg", "pdf", "sound"} else "Give a picture or a video."


def look(path: Path, kind: Kind, check: Callable[[], None]) -> ClipSource | None:
    """Read what has to be known of a video before something is made of it; None for a picture.

    Args:
        path: the source.
        kind: of the source.
        check: raises when the work was cancelled.

    Raises:
        InputError: the file is broken, or holds no moving picture.
        ConfigError: PyAV is missing.
    """
    if kind.is_picture:
        return None
    from cometact_nb.store.inputs.clip_source import read_source  # noqa: PLC0415  (with PyAV, when it is needed)

    return read_source(path, kind.container, kind.head, check)


def write(
    path: Path,
    kind: Kind,
    clip: ClipSource | None,
    recipe: InputRecipe,
    part: Callable[[str], Path],
    check: Callable[[], None],
    progress: Callable[[float], None],
) -> tuple[Path, str, list[str]]:
    """Write the result to a file of our own; return it, the ending of its name, and the changes.

    Args:
        path: the source.
        kind: of the source.
        clip: see :func:`look`.
        recipe: what is to be made of it.
        part: gives the file for an ending.
        check: raises when the work was cancelled.
        progress: gets the share that is done, 0–1.

    Raises:
        InputError: the file is broken, or cannot become such an input.
        ConfigError: a package is missing.
        OSError: the result cannot be written.
    """
    if clip is None:
        if recipe.role == "reference":
            raise InputError(
                f"{path.name!r} is an image; the reference is the clip of a performance. "
                "Give a video of 3–30 s; the image may belong in character."
            )
        from cometact_nb.store.inputs.picture import prepare_picture  # noqa: PLC0415  (Pillow, when it is needed)

        content, ending, changes = prepare_picture(path, kind.container, recipe, check)
        target = part(ending)
        target.write_bytes(content)
        return target, ending, changes
    from cometact_nb.store.inputs.video import prepare_video  # noqa: PLC0415  (as above)

    target = part(".mp4")
    return target, ".mp4", prepare_video(clip, recipe, target, check, progress)
