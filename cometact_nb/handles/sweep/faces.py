"""Measures whether the characters of clips do what their references do, by the faces of both."""

from __future__ import annotations

import tempfile
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from cometact_nb.domain.sweep.faces import FACE_MEASURES, FaceTrack, Judged, judge_faces
from cometact_nb.errors import ClipError, HistoryError
from cometact_nb.handles.sweep.performance import bring_input
from cometact_nb.handles.sweep.side_by_side import results_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from cometact_nb.handles.clip import Clip
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.cell import Cell
    from cometact_nb.handles.sweep.noise import Executor

    Verdicts = dict[str, dict[str, Judged]]

__all__ = ["measure_faces"]


@dataclass(frozen=True)
class _Films:
    """The files beside which a clip is measured; None for one that is not there."""

    clip: Path
    reference: Path | None
    character: Path | None

    @property
    def paths(self) -> set[Path]:
        """Those that are there."""
        return {path for path in (self.clip, self.reference, self.character) if path is not None}


def measure_faces(
    core: Core,
    cells: Sequence[tuple[Cell, Clip]],
    names: Sequence[str],
    executor: Executor | None,
    progress: Callable[[float], object],
) -> Verdicts:
    """Measure the faces of clips beside those of their references and characters; keep what can be kept.

    A reference and a character that several clips share are looked at once. An interrupt stops the work
    within a frame or two; a clip whose value is not kept is measured again at the next call.

    Args:
        core: whose history keeps the values, and which brings the inputs.
        cells: with their clips.
        names: of :data:`~cometact_nb.domain.sweep.faces.FACE_MEASURES`.
        executor: see :meth:`cometact_nb.Sweep.measure`.
        progress: is called with the share that is done, 0–1.

    Returns:
        by hash and measure the value, or the reason for none.

    Raises:
        ConfigError: the extra ``faces`` is missing.
    """
    if not names:
        return {}
    from cometact_nb.store.clips.faces import faces_version  # noqa: PLC0415  (only for those who ask)

    versions = dict.fromkeys(names, faces_version())
    verdicts = _read(core, {clip.sha256 for _, clip in cells}, versions)
    to_do = {
        clip.sha256: (cell, clip)
        for cell, clip in cells
        if not set(names) <= verdicts.get(clip.sha256, {}).keys()
    }
    with tempfile.TemporaryDirectory(prefix="cometact-nb-") as folder:
        several = _bring(core, to_do.values(), names, Path(folder))
        tracks: dict[Path, FaceTrack | str] = {}
        with closing(results_of(_calls(several.values(), names), executor, progress)) as results:
            for path, track in results:
                tracks[path] = track
                for sha256 in [one for one, films in several.items() if films.paths <= tracks.keys()]:
                    verdicts[sha256], lasts = _judge(several.pop(sha256), names, tracks)
                    if lasts:
                        _keep(core, sha256, verdicts[sha256], versions)
    return {sha256: {name: judged[name] for name in names} for sha256, judged in verdicts.items()}


def _bring(
    core: Core, cells: Iterable[tuple[Cell, Clip]], names: Sequence[str], folder: Path
) -> dict[str, _Films]:
    """Bring the inputs of these cells here, each one once."""
    needs_reference = any(FACE_MEASURES[name][0] for name in names)
    needs_character = any(FACE_MEASURES[name][1] for name in names)
    files: dict[object, Path | None] = {}

    def bring(cell: Cell, role: str, *, needed: bool) -> Path | None:
        media = getattr(cell.request, role, None)
        if not needed or media is None:
            return None
        if media.uri not in files:
            files[media.uri] = bring_input(core, cell, role, folder / f"{role}-{len(files)}")
        return files[media.uri]

    return {
        clip.sha256: _Films(
            clip.path,
            bring(cell, "reference", needed=needs_reference),
            bring(cell, "character", needed=needs_character),
        )
        for cell, clip in cells
    }


def _calls(
    several: Collection[_Films], names: Sequence[str]
) -> list[tuple[Path, Callable[..., FaceTrack | str], tuple[Path, bool]]]:
    """List the files, each one once, and whether its faces are to be described; inputs first."""
    described = "face_identity" in names
    files: dict[Path, bool] = {}
    inputs = [(films.reference, False) for films in several] + [(films.character, True) for films in several]
    for path, identities in inputs + [(films.clip, described) for films in several]:
        if path is not None:
            files[path] = files.get(path, False) or identities
    return [(path, _track, (path, identities)) for path, identities in files.items()]


def _track(path: Path, identities: bool, check: Callable[[], None]) -> FaceTrack | str:
    """Find the faces in one file, here or in another process; return a sentence when it cannot be read."""
    from cometact_nb.store.clips.faces import track_faces  # noqa: PLC0415  (only for those who ask)

    try:
        return track_faces(path, identities=identities, check=check)
    except ClipError as error:
        return str(error)


def _judge(
    films: _Films, names: Sequence[str], tracks: Mapping[Path, FaceTrack | str]
) -> tuple[dict[str, Judged], bool]:
    """Return the values of a clip, and whether all files could be read, so that the values may be kept."""
    clip = tracks[films.clip]
    if isinstance(clip, str):
        return dict.fromkeys(names, Judged(None, clip.rstrip("."))), False
    inputs: list[FaceTrack | None] = []
    lasts = True
    for path, needed in (
        (films.reference, any(FACE_MEASURES[name][0] for name in names)),
        (films.character, any(FACE_MEASURES[name][1] for name in names)),
    ):
        track = None if path is None else tracks[path]
        inputs.append(None if isinstance(track, str) else track)
        lasts = lasts and not (needed and inputs[-1] is None)
    return {name: judge_faces(name, clip, *inputs) for name in names}, lasts


def _read(core: Core, hashes: Collection[str], versions: Mapping[str, str]) -> Verdicts:
    from cometact_nb.store.journal import measurements  # noqa: PLC0415  (only for those who ask)

    async def read() -> Verdicts:
        values = measurements.read_values(core.engine.history, hashes, versions)
        remarks = measurements.read_remarks(core.engine.history, hashes, versions)
        return {
            sha256: {
                name: Judged(value, remarks.get(sha256, {}).get(name, "")) for name, value in several.items()
            }
            for sha256, several in values.items()
        }

    with suppress(HistoryError):  # they are measured again
        return core.run(read())
    return {}


def _keep(core: Core, sha256: str, judged: Mapping[str, Judged], versions: Mapping[str, str]) -> None:
    from cometact_nb.store.journal import measurements  # noqa: PLC0415  (only for those who ask)

    async def write() -> None:
        values = {name: one.value for name, one in judged.items()}
        remarks = {name: one.remark for name, one in judged.items()}
        measurements.keep(core.engine.history, sha256, versions, values, remarks)

    with suppress(HistoryError):  # a second call measures again
        core.run(write())
