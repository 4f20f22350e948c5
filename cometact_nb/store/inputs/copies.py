"""Copies of inputs beside the clips that were made with them, named by their own name and their hash."""

from __future__ import annotations

import re
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from cometact_nb.store.clips.media import file_sha256
from cometact_nb.store.inputs.target import FolderTarget, StoreTarget

if TYPE_CHECKING:
    from cometact_nb.store.inputs.target import OwnFile, Target

__all__ = ["FOLDER", "copied", "keep"]

#: Beside the clips.
FOLDER = "inputs"
_SHA_CHARS = 16


def keep(clips: Path | str, file: OwnFile, name: str, mime: str) -> None:
    """Copy an input beside the clips, whole or not at all, unless it is there.

    Args:
        clips: the folder of the clips: a path, or a URL of a store.
        file: to copy.
        name: of the user's own file.
        mime: its media type.

    Raises:
        OSError: the place does not take it.
    """
    stem = re.sub(r"[^\w.-]+", "-", PurePath(name).stem).strip("-.")[:60] or "input"
    own = f"{stem}-{file.sha256[:_SHA_CHARS]}{file.path.suffix}"
    if isinstance(clips, Path):
        (clips / FOLDER).mkdir(parents=True, exist_ok=True)
        target: Target = FolderTarget(clips / FOLDER, "")
    else:
        target = StoreTarget(f"{clips}/{FOLDER}", "")
    if not target.holds(own, file):
        target.put(own, file, mime, lambda _: None)


def copied(clips: Path | str, sha256: str) -> Path | None:
    """Return the copy of an input beside the clips, by its content; None where there is none.

    Args:
        clips: the folder of the clips.
        sha256: of the input, hexadecimal.
    """
    if not isinstance(clips, Path) or not re.fullmatch("[0-9a-f]{64}", sha256):
        return None
    for path in sorted((clips / FOLDER).glob(f"*-{sha256[:_SHA_CHARS]}.*")):
        try:
            if path.is_file() and file_sha256(path) == sha256:
                return path
        except OSError:
            continue
    return None
