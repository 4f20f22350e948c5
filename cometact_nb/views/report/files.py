"""The paths of files in a report."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Files"]


@dataclass(frozen=True)
class Files:
    """The paths of a cell's files in a report.

    Args:
        clip: relative to the page, or None when there is none.
        poster: the same.
        problem: the reason why the clip of the cell is missing.
    """

    clip: str | None = None
    poster: str | None = None
    problem: str = ""
