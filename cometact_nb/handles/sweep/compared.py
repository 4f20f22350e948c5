"""Puts together what is known of comparisons between the clips of cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.arguments import local_path
from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.sweep.grid import label
from cometact_nb.errors import ConfigError
from cometact_nb.handles.sweep.judgement_files import read_file
from cometact_nb.handles.sweep.preferences import ComparedCell, Preferences
from cometact_nb.handles.sweep.questions import checked_rater, read_judgements, with_clips
from cometact_nb.store.journal import judgements as store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike

    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.cell import Cell

__all__ = ["add_file", "preferences_of"]


def preferences_of(core: Core, cells: Sequence[Cell], rater: str | None) -> Preferences:
    """Read what was judged of these clips; see :meth:`cometact_nb.Sweep.preferences`."""
    name = None if rater is None else checked_rater(rater)
    by_hash = with_clips(cells)
    if not by_hash:
        raise ConfigError("There is no clip yet, so nothing was compared.")
    compared = sorted(
        (_compared(cell, sha256) for sha256, several in by_hash.items() for cell in several),
        key=lambda one: one.number,
    )
    return Preferences(
        compared,
        read_judgements(core, by_hash),
        rater=name,
        without_clip=len(cells) - len(compared),
        folder=core.notebook_dir,
    )


def _compared(cell: Cell, sha256: str) -> ComparedCell:
    names = [f"{title_of(name)} {label(name, value)}" for name, value in cell.params.items()]
    params = {**cell.params, "replicate": cell.replicate}
    return ComparedCell(cell.index + 1, params, ", ".join(names) or f"Cell {cell.index + 1}", sha256)


def add_file(core: Core, cells: Sequence[Cell], file: str | PathLike[str]) -> int:
    """Write the judgements of a file to the history; see :meth:`cometact_nb.Sweep.add_judgements`."""
    path = (core.notebook_dir / local_path("file", file)).resolve()
    known = with_clips(cells).keys()
    several = [one for one in read_file(path) if one.pair <= known]
    if not several:
        raise ConfigError(
            f"{str(path)!r} has no answer about these clips. It is for the notebook that has the same files."
        )

    async def write() -> None:
        store.add(core.engine.history, several)

    core.run(write())
    return len(several)
