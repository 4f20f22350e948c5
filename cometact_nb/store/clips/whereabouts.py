"""Finds the present place of a clip behind a broken link, by its name, its sidecar and its hash."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from cometact_nb.store.clips import sidecar
from cometact_nb.store.clips.media import file_sha256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["MOST_FILES", "Whereabouts"]

#: The files of a clip: the video, its poster, its sidecar.
_KINDS = {".mp4", ".jpg", ".json"}
#: The most files to look through, since a notebook may lie in somebody's home.
MOST_FILES = 50_000


class Whereabouts:
    """Looks for clips.

    Args:
        files: recorded paths of single clips.
        trees: folders to search with all folders below them.
        most_files: the number of files in these folders after which it stops.

    Attributes:
        is_cut_short: it stopped there, so that a file may be where it did not look.
    """

    def __init__(self, files: Iterable[Path], trees: Iterable[Path], *, most_files: int = MOST_FILES) -> None:
        self.is_cut_short = False
        self._most_files = most_files
        self._files = list(files)
        self._trees = list(trees)
        self._clips: dict[str, list[Path]] | None = None
        #: The hash of each clip that was read, since a video, its poster and its sidecar are one clip.
        self._hashes: dict[Path, str | None] = {}

    @staticmethod
    def is_clip(link: str) -> bool:
        """Whether a link may lead to a clip, its poster or its sidecar.

        Args:
            link: a decoded path.
        """
        return PurePosixPath(link).suffix.lower() in _KINDS

    def find(self, link: str) -> list[Path]:
        """Find the file behind a broken link; several if different clips have its name.

        Args:
            link: a decoded path; only its name counts.
        """
        name = PurePosixPath(link.replace("\\", "/"))
        if self._clips is None:
            self._clips = self._index()
        by_hash: dict[str, Path] = {}
        for clip in self._clips.get(name.stem, []):
            if clip not in self._hashes:
                self._hashes[clip] = _verified(clip)
            digest = self._hashes[clip]
            candidate = clip.with_suffix(name.suffix)
            if digest is not None and candidate.exists():
                by_hash.setdefault(digest, candidate)  # a copy with the same content is the same clip
        return list(by_hash.values())

    def _index(self) -> dict[str, list[Path]]:
        by_name: dict[str, list[Path]] = {}
        for clip in (*self._files, *self._walked()):
            by_name.setdefault(clip.stem, []).append(clip)
        return by_name

    def _walked(self) -> Iterator[Path]:
        count = 0
        for tree in self._trees:
            for folder, folders, names in os.walk(tree):
                folders[:] = sorted(name for name in folders if not name.startswith("."))
                for name in sorted(names):
                    if name.endswith(".mp4"):
                        yield Path(folder, name)
                count += len(names)
                if count > self._most_files:
                    self.is_cut_short = True
                    return


def _verified(clip: Path) -> str | None:
    """Return the hash of a clip if its sidecar confirms it; None for any other file."""
    try:
        record = sidecar.decode(clip.with_suffix(".json").read_bytes())
        if record is None or PurePosixPath(record.clip.path).name != clip.name:
            return None
        if clip.stat().st_size != record.clip.bytes or file_sha256(clip) != record.clip.sha256:
            return None
    except (OSError, ValueError):
        return None
    return record.clip.sha256
