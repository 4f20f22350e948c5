"""The public functions that show clips from anywhere in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import door
from cometact_nb.handles.shared import session

if TYPE_CHECKING:
    from collections.abc import Callable
    from os import PathLike
    from pathlib import Path

    from cometact_nb.handles.collection import Collection

__all__ = ["collect", "gallery", "report"]


@door
def collect(*things: Any) -> Collection:
    """Make one set of clips, to show, measure, compare or export: its axes are what their requests differ in.

    Args:
        things: tasks, rows of :func:`history`, sweeps or their cells, saved clips, paths of clips or of
            folders with clips; or lists of them. A task that comes twice is there once.

    Returns:
        a set with ``gallery()``, ``compare()``, ``preferences()``, ``measure()``, ``export()`` and
        ``to_rows()``, as a sweep has.

    Raises:
        ConfigError: a thing is no clip and has none, or nothing is left.
        ClipError: a path leads to no clip of this package.
    """
    from cometact_nb.handles.gather import gather  # noqa: PLC0415

    return gather(session(), things)


@door
def gallery(*things: Any, rows: str | None = None, columns: str | None = None) -> Any:
    """Show clips from anywhere side by side, played frame by frame together.

    Args:
        things: as for :func:`collect`.
        rows: the field down the side; None picks one.
        columns: the field across; None picks one.

    Returns:
        a widget; show it by naming it at the end of a cell.

    Raises:
        ConfigError: a thing is no clip and has none, or they do not differ in such a field.
        ClipError: a path leads to no clip of this package.
    """
    return collect(*things).gallery(rows, columns)


@door
def report(
    things: Any,
    folder: str | PathLike[str],
    *,
    overwrite: bool = False,
    divider: bool = False,
    reference: bool = True,
    width: int = 1920,
    progress: Callable[[float], None] | None = None,
) -> Path:
    """Write a report of clips from anywhere that needs only a browser: a page, the clips, a CSV.

    A name with ``.mp4`` or ``.png`` gives a film or a picture, as :meth:`cometact_nb.Sweep.export` does.

    Args:
        things: as for :func:`collect`, one or a list.
        folder: made if missing; relative to the notebook's folder.
        overwrite: replace an earlier report in it, or the file.
        divider: for a film of two clips: lay both over each other, with a divider that moves.
        reference: for a film or a picture: show the reference of the first clip, and take its sound.
        width: of a film or a picture, 160–3840 pixels.
        progress: called with the share of a film that is done, 0–1, in place of the bar.

    Returns:
        the path of the page or the file.

    Raises:
        ConfigError: a thing is no clip and has none, the folder holds something else, or a value cannot
            be used.
        ClipError: a path leads to no clip of this package.
    """
    return collect(things).export(
        folder, overwrite=overwrite, divider=divider, reference=reference, width=width, progress=progress
    )
