"""Exports a sweep as a film of its clips in step, or as a picture of them."""

from __future__ import annotations

import math
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cometact_nb.errors import ConfigError
from cometact_nb.handles.sweep.performance import bring_reference
from cometact_nb.store.clips import film
from cometact_nb.views.base.waiting_line import waiting_line
from cometact_nb.views.gallery.facts import caption

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cometact_nb.handles.collection import ClipSet
    from cometact_nb.handles.sweep.cell import Cell

__all__ = ["export_film", "is_film"]

_FILMS, _PICTURES = {".mp4"}, {".png"}
#: People write these, and a folder of such a name is not what they mean.
_OTHERS = {".mov", ".webm", ".gif", ".mkv", ".avi", ".jpg", ".jpeg", ".webp", ".zip", ".html"}
_MOST_COLUMNS = 8
_SMALLEST = 160


def is_film(target: str | os.PathLike[str]) -> bool:
    """Whether a report goes to a film or a picture; False for a folder.

    Raises:
        ConfigError: the name is of a file that is not written.
    """
    suffix = Path(target).suffix.lower()
    if suffix in _OTHERS:
        raise ConfigError(
            f"folder={os.fspath(target)!r}: no {suffix} is written. Give a folder for a report, a name with "
            ".mp4 for a film, or one with .png for a picture."
        )
    return suffix in _FILMS | _PICTURES


def export_film(
    sweep: ClipSet,
    target: str | os.PathLike[str],
    *,
    cells: Sequence[Cell] | None,
    divider: bool,
    reference: bool,
    width: int,
    overwrite: bool,
    progress: Callable[[float], None] | None,
) -> Path:
    """Write a film or a picture; see :meth:`cometact_nb.Sweep.export`. An interrupt leaves no file."""
    path = (sweep.session.notebook_dir / Path(target).expanduser()).resolve()
    chosen = list(sweep.cells if cells is None else cells)
    _check(path, chosen, divider=divider, width=width, overwrite=overwrite)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            tempfile.TemporaryDirectory(prefix=f".{path.stem}-", dir=path.parent) as folder,
            waiting_line(f"Writing {path.name}", progress) as report,
        ):
            part = Path(folder) / f"film{path.suffix}"
            performance = bring_reference(sweep.session, chosen[0], Path(folder)) if reference else None
            _write(chosen, part, performance, divider=divider, width=width, report=report)
            part.replace(path)
    except OSError as error:
        raise ConfigError(
            f"{str(path)!r} cannot be written ({error.strerror or error}). Give another name, or make room."
        ) from None
    return path


def _check(path: Path, cells: Sequence[Cell], *, divider: bool, width: int, overwrite: bool) -> None:
    """Raise before anything is written."""
    if not cells:
        raise ConfigError("cells=[] leaves nothing to show. Give some cells, or leave it out.")
    if path.is_dir():
        raise ConfigError(f"folder={str(path)!r} is a folder. Give another name.")
    if path.exists() and not overwrite:
        raise ConfigError(f"{str(path)!r} is there already. Give another name, or overwrite=True.")
    if isinstance(width, bool) or not isinstance(width, int) or not _SMALLEST <= width <= film.MAX_SIZE[0]:
        raise ConfigError(
            f"width={width!r} is no width of a film. Give {_SMALLEST}–{film.MAX_SIZE[0]} pixels."
        )
    if divider and (len(cells) != 2 or path.suffix.lower() not in _FILMS):  # noqa: PLR2004
        raise ConfigError(
            "divider=True compares two clips in a film. Give cells=[one, other] and a name with .mp4."
        )


def _write(
    cells: Sequence[Cell],
    part: Path,
    performance: Path | None,
    *,
    divider: bool,
    width: int,
    report: Callable[[float], None],
) -> None:
    tiles = [_tile(cell) for cell in cells]
    if divider:
        first, second = tiles
        film.write_divided(first, second, part, width=width, sound=performance, progress=report)
        return
    columns = _columns(cells)
    if performance is not None:
        tiles, columns = _beside(film.Tile(performance, "Reference"), tiles, columns)
    if part.suffix.lower() in _PICTURES:
        film.write_sheet(tiles, columns, part, width=width)
    else:
        film.write_grid(tiles, columns, part, width=width, sound=performance, progress=report)


def _tile(cell: Cell) -> film.Tile:
    clip = cell.clip
    return film.Tile(None if clip is None else clip.path, caption(cell))


def _columns(cells: Sequence[Cell]) -> int:
    """Return how many cells stand side by side: the values of the last axis, or a shape like a screen's."""
    last = list(cells[0].params)[-1:]
    values = {cell.params.get(name) for cell in cells for name in last}
    if 1 < len(values) <= _MOST_COLUMNS and len(cells) % len(values) == 0:
        return len(values)
    return math.ceil(math.sqrt(len(cells)))


def _beside(first: film.Tile, tiles: Sequence[film.Tile], columns: int) -> tuple[list[film.Tile], int]:
    """Put a tile into a column of its own, at the left of the first row."""
    blank = film.Tile(None, "")
    laid: list[film.Tile] = []
    for start in range(0, len(tiles), columns):
        laid += [blank if start else first, *tiles[start : start + columns]]
    return laid, columns + 1
