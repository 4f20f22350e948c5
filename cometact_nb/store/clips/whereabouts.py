"""Where a clip is now that is not where a link says: found by its name, known by its sidecar and its hash."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cometact_nb.store.clips import sidecar
from cometact_nb.store.clips.media import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Whereabouts"]

#: What lies at a clip's name: the video, its poster, its sidecar.
_KINDS = {".mp4", ".jpg", ".json"}
#: Files that are looked through at the most: a notebook may lie in somebody's home.
_MOST_FILES = 50_000


class Whereabouts:
    """Looks for clips.

    Args:
        files: where single ones were kept.
        trees: folders that are searched with all folders below them.
    """

    def __init__(self, files: Iterable[Path], trees: Iterable[Path]) -> None:
        self._files = list(files)
        self._trees = list(trees)
        self._clips: dict[str, list[Path]] | None = None

    @staticmethod
    def is_clip(link: str) -> bool:
        """Whether a link may lead to a clip, its poster or its sidecar.

        Args:
            link: a decoded path.
        """
        return PurePosixPath(link).suffix.lower() in _KINDS

    def find(self, link: str) -> list[Path]:
        """The file that a broken link means; several when different clips have its name.

        Args:
            link: a decoded path; only its name counts.
        """
        name = PurePosixPath(link.replace("\\", "/"))
        if self._clips is None:
            self._clips = self._index()
        by_hash: dict[str, Path] = {}
        for clip in self._clips.get(name.stem, []):
            digest = _verified(clip)
            wanted = clip.with_suffix(name.suffix)
            if digest is not None and wanted.exists():
                by_hash.setdefault(digest, wanted)  # a copy with the same content is the same clip
        return list(by_hash.values())

    def _index(self) -> dict[str, list[Path]]:
        found: dict[str, list[Path]] = {}
        for clip in (*self._files, *self._walked()):
            found.setdefault(clip.stem, []).append(clip)
        return found

    def _walked(self) -> Iterator[Path]:
        seen = 0
        for tree in self._trees:
            for folder, folders, names in os.walk(tree):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for name in sorted(names):
                    if name.endswith(".mp4"):
                        yield Path(folder, name)
                seen += len(names)
                if seen > _MOST_FILES:
                    return


def _verified(clip: Path) -> str | None:
    """The hash of a clip that its sidecar vouches for; None for any other file."""
    try:
        told = sidecar.decode(clip.with_suffix(".json").read_bytes())
        if told is None or PurePosixPath(told.clip.path).name != clip.name:
            return None
        if clip.stat().st_size != told.clip.bytes or file_sha256(clip) != told.clip.sha256:
            return None
    except (OSError, ValueError):
        return None
    return told.clip.sha256
