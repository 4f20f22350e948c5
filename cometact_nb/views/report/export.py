"""Exports a sweep as a folder that needs only a browser: a page, the clips, a table."""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from cometact_nb._version import __version__
from cometact_nb.domain.inputs import facts
from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.store.clips.confine import copy_clip, copy_poster
from cometact_nb.store.inputs.copies import copied
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.output import page_folder
from cometact_nb.views.report.files import Files
from cometact_nb.views.report.link import ReportPage
from cometact_nb.views.report.page import page_html
from cometact_nb.views.report.table import csv_text

if TYPE_CHECKING:
    from cometact_nb.handles.collection import ClipSet
    from cometact_nb.handles.sweep.cell import Cell

__all__ = ["export"]

_MANIFEST = "report.json"
_MADE_BY = "cometact_nb report"
#: The files that file managers and notebooks leave in a folder.
_LITTER = {".DS_Store", "Thumbs.db", "desktop.ini", ".ipynb_checkpoints"}
_MOST_NAMES = 3


def export(sweep: ClipSet, folder: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
    """Write a report; see :meth:`cometact_nb.Sweep.export`.

    It is written beside ``folder`` and takes its place only when it is whole.

    Args:
        sweep: to report.
        folder: made if missing; relative to the notebook's folder.
        overwrite: replace an earlier report in it.

    Returns:
        the page.

    Raises:
        ConfigError: the folder holds something else, or cannot be written.
    """
    target = (sweep.session.notebook_dir / Path(folder).expanduser()).resolve()
    try:
        _check(target, overwrite=overwrite)
        target.parent.mkdir(parents=True, exist_ok=True)
        staging = target.with_name(f".{target.name}.{os.getpid()}.part")
        shutil.rmtree(staging, ignore_errors=True)  # the leftover of a process that died
        staging.mkdir()
        try:
            _write(sweep, staging)
            _install(staging, target)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise ConfigError(
            f"The report cannot be written to {str(target)!r} ({error.strerror or error}). "
            "Give another folder, or make room."
        ) from None
    return ReportPage.seen_from(page_folder(sweep.session), target / "index.html")


# --- the folder -------------------------------------------------------------------------------------


def _check(target: Path, *, overwrite: bool) -> None:
    """Raise unless the folder is missing, empty, or an earlier report that may be replaced."""
    if not target.exists():
        return
    if not target.is_dir():
        raise ConfigError(f"folder={str(target)!r} is a file. Give a folder.")
    present = {
        path.relative_to(target).as_posix()
        for path in target.rglob("*")
        if (not path.is_dir() or path.is_symlink()) and not _LITTER & set(path.relative_to(target).parts)
    }
    if not present:
        return
    strangers = sorted(present - _manifest(target))
    if strangers:
        names = ", ".join(strangers[:_MOST_NAMES]) + (", …" if len(strangers) > _MOST_NAMES else "")
        raise ConfigError(
            f"folder={str(target)!r} holds something else ({names}), and nothing of it was touched. "
            "Give a new folder."
        )
    if not overwrite:
        raise ConfigError(
            f"folder={str(target)!r} holds an earlier report. Give another folder, or overwrite=True."
        )


def _manifest(target: Path) -> set[str]:
    """List the files of the report in a folder; none without a report."""
    try:
        names = json.loads((target / _MANIFEST).read_bytes())
        return set(map(str, names["files"])) if names["made_by"] == _MADE_BY else set()
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def _install(staging: Path, target: Path) -> None:
    """Give the new report its name, and only then delete the old one."""
    old = target.with_name(f".{target.name}.{os.getpid()}.old")
    if target.exists():
        target.rename(old)
    try:
        staging.rename(target)
    except OSError:
        with suppress(FileNotFoundError):
            old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)


# --- its files --------------------------------------------------------------------------------------


def _write(sweep: ClipSet, folder: Path) -> None:
    (folder / "clips").mkdir()
    files = [_copy(cell, folder) for cell in sweep.cells]
    (folder / "results.csv").write_text(csv_text(sweep, files), "utf-8", newline="")
    (folder / "index.html").write_text(page_html(sweep, files, _copy_inputs(sweep, folder)), "utf-8")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    manifest = {"made_by": _MADE_BY, "version": __version__, "files": [*names, _MANIFEST]}
    (folder / _MANIFEST).write_text(json.dumps(manifest, indent=1), "utf-8")


def _copy_inputs(sweep: ClipSet, folder: Path) -> dict[str, str]:
    """Copy the inputs that lie beside the clips; return their paths in the report by their hash."""
    paths: dict[str, str] = {}
    for cell in sweep.cells:
        if (job := cell.job) is None:
            continue
        for input_facts in facts(job.state.request, job.state.input_names).values():
            sha256 = input_facts.sha256
            source = copied(job.output_dir, sha256) if sha256 not in paths else None
            if source is not None:
                (folder / "inputs").mkdir(exist_ok=True)
                shutil.copyfile(source, folder / "inputs" / source.name)
                paths[sha256] = f"inputs/{source.name}"
    return paths


def _copy(cell: Cell, folder: Path) -> Files:
    clip = cell.clip
    if clip is None:
        return Files()
    name = f"clips/{_stem(cell)}"
    problem = ""
    try:
        copy_clip(clip.path, folder / f"{name}.mp4", clip.sha256)
    except FileNotFoundError:
        problem = f"Its file, {clip.name}, is not on this disk any more. Put it back and export again."
    except ClipError as error:
        problem = words.message(error)
    poster = None
    with suppress(FileNotFoundError, ClipError):  # the clip is reported without its poster, too
        if clip.poster is not None and copy_poster(clip.poster, folder / f"{name}.jpg"):
            poster = f"{name}.jpg"
    return Files(None if problem else f"{name}.mp4", poster, problem)


def _stem(cell: Cell) -> str:
    """Make a name that is safe on every disk and in every URL, and says the parameters."""
    numbers = {name: value for name, value in cell.params.items() if isinstance(value, (bool, int, str))}
    parts = "_".join(f"{name}-{value}" for name, value in numbers.items())
    safe = re.sub(r"[^A-Za-z0-9_-]+", "-", parts)[:80].strip("-_")
    return f"cell-{cell.index + 1:03d}" + (f"_{safe}" if safe else "")
