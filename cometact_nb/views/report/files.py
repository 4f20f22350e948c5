"""Where the files of a report lie."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Files"]


@dataclass(frozen=True)
class Files:
    """Where a cell's files lie in a report.

    Args:
        clip: relative to the page, or None when there is none.
        poster: the same.
        problem: why there is no clip although the cell has one.
    """

    clip: str | None = None
    poster: str | None = None
    problem: str = ""
