"""Measures the clips of a sweep, each of them once, with a bar that shows how far it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.sweep.faces import FACE_MEASURES, FACES_FPS
from cometact_nb.domain.sweep.measures import SIMILARITY, checked_measures
from cometact_nb.errors import ClipError, ConfigError, HistoryError
from cometact_nb.handles.sweep.faces import measure_faces
from cometact_nb.handles.sweep.likeness import similarity_among
from cometact_nb.handles.sweep.measured import Measured, MeasuredCell
from cometact_nb.handles.sweep.noise import check_executor
from cometact_nb.handles.sweep.side_by_side import results_of
from cometact_nb.handles.views import progress_line

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from cometact_nb.domain.sweep.faces import Judged
    from cometact_nb.domain.sweep.measures import Measure
    from cometact_nb.handles.clip import Clip
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.sweep.cell import Cell
    from cometact_nb.handles.sweep.noise import Executor

    Values = dict[str, float | None]

__all__ = ["measure_sweep"]

#: Of the progress, where faces are measured, too: they take much longer than everything else.
_SHARE_BESIDE_FACES = 0.1


def measure_sweep(
    core: Core,
    cells: Sequence[Cell],
    choices: Sequence[object],
    columns: Collection[str],
    *,
    against: Cell | None,
    executor: Executor | None,
    progress: Callable[[float], None] | None,
) -> Measured:
    """Measure the clips of cells; see :meth:`cometact_nb.Sweep.measure`."""
    measures = checked_measures(choices)
    for measure in measures:
        _check_column(measure.name, columns)
    if executor is not None and not hasattr(executor, "submit"):
        raise ConfigError(f"executor={executor!r} has no submit(). Give one of concurrent.futures.")
    base = None if against is None else getattr(against, "clip", None)
    if against is not None and base is None:
        raise ConfigError(f"against={against!r} has no clip. Give a cell of the sweep that has one.")
    faces = [one.name for one in measures if one.fn is None and one.name in FACE_MEASURES]
    others = [one for one in measures if one.fn is not None or one.name not in FACE_MEASURES]
    if faces:
        from cometact_nb.store.clips.faces import check_extra  # noqa: PLC0415  (only for those who ask)

        check_extra()
    with_clip = [(cell, clip) for cell in cells if (clip := cell.clip) is not None]
    clips = [clip for _, clip in with_clip]
    what = f"Measuring clips, faces {FACES_FPS} times a second" if faces else "Measuring clips"
    with progress_line(what, progress) as report:
        share = _SHARE_BESIDE_FACES if faces and others else 0.0 if faces else 1.0
        values, problems = measure_clips(
            core, clips, others, against=base, executor=executor, progress=lambda done: report(done * share)
        )
        judged = measure_faces(
            core, with_clip, faces, executor, lambda done: report(share + done * (1 - share))
        )
    for name in {name for several in values.values() for name in several}:
        _check_column(name, columns)
    return Measured(
        measures,
        [
            _measured_cell(cell, clip, values.get(clip.sha256, {}), problems, judged.get(clip.sha256, {}))
            for cell, clip in with_clip
        ],
        without_clip=len(cells) - len(with_clip),
    )


def _check_column(name: str, columns: Collection[str]) -> None:
    """Refuse a measure whose column the table of the sweep has already.

    Raises:
        ConfigError: it would replace that column.
    """
    if name in columns:
        raise ConfigError(
            f"The measure {name!r} has the name of a column of the sweep's table, which it would replace. "
            "Give it another one: act.Measure(name=…, fn=…)."
        )


def _measured_cell(
    cell: Cell, clip: Clip, values: Values, problems: Mapping[str, str], judged: Mapping[str, Judged]
) -> MeasuredCell:
    by_remark: dict[str, list[str]] = {}
    for name, one in judged.items():
        if one.remark:
            by_remark.setdefault(one.remark, []).append(name)
    return MeasuredCell(
        number=cell.index + 1,
        params={name: value for name, value in cell.params.items() if name != "replicate"},
        replicate=cell.replicate,
        values={**values, **{name: one.value for name, one in judged.items()}},
        problem=problems.get(clip.sha256, ""),
        remarks=tuple(f"{', '.join(names)}: {remark}" for remark, names in by_remark.items()),
        size=(clip.width, clip.height),
        fps=clip.fps,
        duration_s=clip.duration_s,
    )


def measure_clips(
    core: Core,
    clips: Sequence[Clip],
    measures: Sequence[Measure],
    *,
    against: Clip | None,
    executor: Executor | None,
    progress: Callable[[float], object],
) -> tuple[dict[str, Values], dict[str, str]]:
    """Measure clips, each once, and keep what can be kept; an interrupt stops within a frame or two.

    Args:
        core: whose history keeps the values.
        clips: of the sweep.
        measures: with functions or built in.
        against: the clip for ``similarity``; None takes the first.
        executor: see :meth:`cometact_nb.Sweep.measure`.
        progress: is called with the share that is done, 0–1.

    Returns:
        values by hash and measure, and by hash the reason why a clip could not be measured.

    Raises:
        ConfigError: the extra is missing, or the executor cannot be used.
    """
    by_hash = {clip.sha256: clip for clip in clips}
    versions = _versions(measures)
    values = _read_values(core, by_hash, versions)
    alike = [one for one in measures if one.name == SIMILARITY and one.fn is None]
    missing = {
        sha256: tuple(one for one in measures if one not in alike and one.name not in values.get(sha256, {}))
        for sha256 in by_hash
    }
    work = [(by_hash[sha256], some) for sha256, some in missing.items() if some]
    problems: dict[str, str] = {}
    for _, some in work:
        for fn in (measure.fn for measure in some if measure.fn is not None):
            check_executor(fn, executor)
    calls = [(clip.sha256, _measure_clip, (clip, some)) for clip, some in work]
    with closing(results_of(calls, executor, progress)) as results:
        for sha256, result in results:
            if isinstance(result, str):
                problems[sha256] = result
                continue
            values.setdefault(sha256, {}).update(result)
            lasting = {name: value for name, value in result.items() if name in versions}
            _keep(core, sha256, lasting, versions)
    if alike:
        _compare([against] if against is not None else clips, by_hash, values, problems)
    return values, problems


def _versions(measures: Iterable[Measure]) -> dict[str, str]:
    """Return what measures, for those whose values are kept."""
    from cometact_nb.store.clips.measures import version  # noqa: PLC0415  (only for those who ask)

    versions = {}
    for measure in measures:
        if measure.fn is None and measure.name != SIMILARITY:
            versions[measure.name] = version()
        elif measure.fn is not None and measure.version is not None:
            versions[measure.name] = f"yours {measure.version}"
    return versions


def _read_values(core: Core, hashes: Iterable[str], versions: Mapping[str, str]) -> dict[str, Values]:
    from cometact_nb.store.journal import measurements  # noqa: PLC0415  (only for those who ask)

    async def read() -> dict[str, Values]:
        return measurements.read_values(core.engine.history, hashes, versions)

    with suppress(HistoryError):  # they are measured again
        return core.run(read())
    return {}


def _keep(core: Core, sha256: str, values: Values, versions: Mapping[str, str]) -> None:
    from cometact_nb.store.journal import measurements  # noqa: PLC0415  (only for those who ask)

    async def write() -> None:
        measurements.keep(core.engine.history, sha256, versions, values)

    if values:
        with suppress(HistoryError):  # a second call measures again
            core.run(write())


def _measure_clip(clip: Clip, measures: Sequence[Measure], check: Callable[[], None]) -> Values | str:
    """Measure one clip, here or in another process; return a sentence when it cannot be measured."""
    from cometact_nb.store.clips.measures import measure_file  # noqa: PLC0415  (only for those who ask)

    try:
        built_in = [measure.name for measure in measures if measure.fn is None]
        values = measure_file(clip.path, built_in, check) if built_in else {}
        for measure in measures:
            if measure.fn is not None:
                check()
                values |= _of_yours(measure, measure.fn(clip))
    except ClipError as error:
        return str(error)
    return values


def _of_yours(measure: Measure, result: Any) -> Values:
    """Turn what a user's function returned into numbers.

    Raises:
        ConfigError: it is neither a number nor a mapping of numbers.
    """
    if not isinstance(result, Mapping):
        return {measure.name: _number(measure, result)}
    if measure.version is not None:
        raise ConfigError(
            f"The measure {measure.name!r} has a version and returned a mapping, which is not kept. Leave "
            "the version out, or return a number."
        )
    return {f"{measure.name}_{part}": _number(measure, value) for part, value in result.items()}


def _number(measure: Measure, value: Any) -> float | None:
    if value is None:
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise ConfigError(
            f"The measure {measure.name!r} returned {type(value).__name__}. Return a number, or a mapping of "
            "numbers."
        ) from None
    return number if math.isfinite(number) else None


def _compare(
    bases: Sequence[Clip], clips: Mapping[str, Clip], values: dict[str, Values], problems: dict[str, str]
) -> None:
    """Compare all clips with the first of ``bases`` that can be read."""
    similarity = similarity_among(list(clips.values()))

    def compared(clip: Clip, base: Clip) -> float | None:
        try:
            return similarity(clip, base)
        except ClipError as error:
            problems.setdefault(clip.sha256, str(error))
            return None

    base = next((clip for clip in bases if compared(clip, clip) is not None), None)
    if base is None:
        return
    for sha256, clip in clips.items():
        value = compared(clip, base)
        if value is not None:
            values.setdefault(sha256, {})[SIMILARITY] = None if math.isnan(value) else value
