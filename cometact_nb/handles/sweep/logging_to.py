"""Logs the cells of a sweep to a run of a lab's tracker, each once."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from cometact_nb.domain import redact
from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.sweep.grid import label
from cometact_nb.domain.task import Status
from cometact_nb.handles.sweep.trackers import tracker_of
from cometact_nb.handles.views import progress_line

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.cell import Cell
    from cometact_nb.handles.sweep.trackers import Tracker

__all__ = ["Logged", "log_cells"]

#: Columns of a sweep's table that are not logged: places on this machine, and times of each click.
_LEFT_OUT = {"clip", "problem", "reused"}
#: Trackers take ``.mp4``; not all take these, which hold the same.
_AS_MP4 = {".mov", ".m4v"}


@dataclass(frozen=True)
class Logged:
    """What a call of :meth:`cometact_nb.Sweep.log_to` logged.

    Args:
        run: the tracker and its run, in words.
        cells: the number of cells whose values were new.
        clips: the number of clips that were new.
        known: the number of finished cells of which nothing was new.
        unfinished: the number of cells that have no end yet; a later call logs them.
        refused: by the number of a cell, from 1, why the tracker did not take its values or its clip.
    """

    run: str
    cells: int
    clips: int
    known: int
    unfinished: int
    refused: Mapping[int, str]

    def __str__(self) -> str:
        parts = [f"{_count(self.cells, 'cell')} and {_count(self.clips, 'clip')} logged"]
        if self.known:
            parts.append(f"{_count(self.known, 'cell')} logged before")
        if self.unfinished:
            parts.append(f"{_count(self.unfinished, 'cell')} not finished, which a later call logs")
        lines = [f"{self.run}: {', '.join(parts)}."]
        lines += [f"  Cell {number} was not logged whole: {why}" for number, why in self.refused.items()]
        return "\n".join(lines)

    __repr__ = __str__


def log_cells(
    core: Core,
    name: str,
    cells: Sequence[Cell],
    rows: Sequence[Mapping[str, Any]],
    run: object,
    progress: Callable[[float], object] | None,
) -> Logged:
    """Log cells that have ended; see :meth:`cometact_nb.Sweep.log_to`.

    Args:
        core: whose history remembers what was logged.
        name: of the sweep.
        cells: of the sweep.
        rows: of its table, in the same order.
        run: of a tracker.
        progress: is called with the share that is done, 0–1.
    """
    tracker = tracker_of(run)
    ended = [(cell, row) for cell, row in zip(cells, rows, strict=True) if _has_ended(cell)]
    known = _known(core, tracker.key)
    news: dict[str, int] = {"cells": 0, "clips": 0, "known": 0}
    refused: dict[int, str] = {}
    with progress_line(f"Logging to {tracker.name}", progress) as report:
        for count, (cell, row) in enumerate(ended):
            report(count / len(ended))
            parts = _parts(name, cell, row)
            fresh = {part: digest for part, (digest, _) in parts.items() if known.get(part) != digest}
            news["known"] += not fresh
            for part, digest in fresh.items():
                try:
                    parts[part][1](tracker)
                except Exception as error:  # noqa: BLE001  (a tracker's own, of any kind)
                    refused[cell.index + 1] = redact.text(f"{error} ({type(error).__name__})")
                    continue
                news["clips" if part.startswith("CLIP") else "cells"] += 1
                _keep(core, tracker.key, part, digest)
        report(1.0)
    return Logged(tracker.name, **news, unfinished=len(cells) - len(ended), refused=refused)


def _has_ended(cell: Cell) -> bool:
    """Whether a cell's task has ended, and its clip has come if there is one."""
    job = cell.job
    if job is None or not job.state.status.is_terminal:
        return False
    return job.state.status is not Status.SUCCEEDED or cell.clip is not None


def _parts(
    name: str, cell: Cell, row: Mapping[str, Any]
) -> dict[str, tuple[str, Callable[[Tracker], object]]]:
    """Map each entry to the digest of what it says, and what logs it."""
    inputs = {"character": cell.request.character, "reference": cell.request.reference}
    params = {field: label(field, value) for field, value in inputs.items()}
    params |= {field: _plain(value) for field, value in cell.request.params.items()}
    values = {field: _plain(value) for field, value in row.items() if field not in {*params, *_LEFT_OUT}}
    is_practice = cell.job is not None and cell.job.state.in_sandbox
    values = {
        "sweep": name,
        "sandbox": is_practice,
        **{field: value for field, value in values.items() if value is not None},
    }
    digest = hashlib.sha256(msgspec.json.encode([params, values], order="deterministic")).hexdigest()
    parts: dict[str, tuple[str, Callable[[Tracker], object]]] = {
        f"VALUES {cell.key}": (digest, lambda tracker: tracker.log_values(cell.key, params, values))
    }
    if cell.clip is not None:
        parts[f"CLIP {cell.key}"] = (cell.clip.sha256, lambda tracker: _log_clip(tracker, cell))
    return parts


def _log_clip(tracker: Tracker, cell: Cell) -> None:
    """Give the tracker a copy under a name that it takes."""
    assert cell.clip is not None
    source = cell.clip.path
    suffix = ".mp4" if source.suffix in _AS_MP4 else source.suffix
    caption = ", ".join(f"{field} {label(field, value)}" for field, value in cell.params.items())
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"cell-{cell.index + 1}{suffix}"
        shutil.copyfile(source, copy)
        tracker.log_clip(cell.key, cell.index + 1, copy, caption or "the only cell")


def _plain(value: Any) -> Any:
    if isinstance(value, MediaRef):
        return redact.public(value.uri)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, float)) else str(value)


def _known(core: Core, run: str) -> dict[str, str]:
    from cometact_nb.store.journal import tracker_entries  # noqa: PLC0415  (only for those who ask)

    async def read() -> dict[str, str]:
        return tracker_entries.known(core.engine.history, run)

    return core.run(read())


def _keep(core: Core, run: str, entry: str, digest: str) -> None:
    from cometact_nb.store.journal import tracker_entries  # noqa: PLC0415  (only for those who ask)

    async def write() -> None:
        tracker_entries.keep(core.engine.history, run, entry, digest)

    core.run(write())


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
