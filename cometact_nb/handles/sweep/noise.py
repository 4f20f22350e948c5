"""Numbers from clips: a function over many of them, and how far a knob moves them against chance."""

from __future__ import annotations

import itertools
import math
import random
import statistics
import sys
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from cometact_nb.errors import ConfigError
from cometact_nb.handles.sweep.likeness import similarity_among

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from cometact_nb.handles.clip import Clip

    Distance = Callable[[Clip, Clip], float]
    Cell = tuple[Mapping[str, Any], Clip]

__all__ = ["KnobEffect", "NoiseFloor", "check_executor", "map_clips", "noise_floor"]

R = TypeVar("R")

#: Pairs that are measured for one knob; of more, this many are taken at even steps.
_MAX_PAIRS = 400
#: A knob without any effect tops n pairs of replicates by chance about once in 2ⁿ times.
_FEW = 3
#: A knob must be above this share of the distances by chance.
_ABOVE = 0.95
_REPLICATE = "replicate"
_MEASURE = "1 − SSIM, how much the structure of the pictures differs, 0–1"


class Executor(Protocol):
    """Anything that runs a function elsewhere and gives a future, as in ``concurrent.futures``."""

    def submit(self, fn: Callable[..., Any], /, *args: Any) -> Any:
        """Begin ``fn(*args)``; the future has ``result()``."""


def map_clips(
    fn: Callable[[Clip], R], clips: Iterable[Clip | None], executor: Executor | None = None
) -> list[R | None]:
    """Call ``fn(clip)`` for each clip, and return the results in their order.

    Args:
        fn: called with each clip. For other processes it must be importable there, and so must its results;
            for other machines the clips' folder must be mounted at the same path.
        clips: None, for a cell without a clip, gives None in the results.
        executor: any of ``concurrent.futures``, Dask's ``client.get_executor()``, ipyparallel's
            ``client.load_balanced_view().executor``. None calls ``fn`` here, one clip after the other.

    Returns:
        the results of ``fn``.

    Raises:
        ConfigError: an executor that has no ``submit``, or runs each call on every engine; a function of a
            notebook for processes that cannot import it.
        Exception: the first one that ``fn`` raised, after all others have ended, with a note on the clip.
    """
    if executor is not None and not hasattr(executor, "submit"):
        raise ConfigError(
            f"executor={executor!r} has no submit(). Give one of concurrent.futures, Dask's "
            "client.get_executor() or ipyparallel's client.load_balanced_view().executor."
        )
    all_clips = list(clips)
    check_executor(fn, executor)
    futures: list[Any] = []
    try:
        if executor is not None:
            futures = [None if clip is None else executor.submit(fn, clip) for clip in all_clips]
            return _collect(all_clips, [future and future.result for future in futures])
        return _collect(all_clips, [None if clip is None else partial(fn, clip) for clip in all_clips])
    except BaseException:
        for future in futures:
            if future is not None:
                future.cancel()
        raise


def check_executor(fn: Callable[..., Any], executor: Executor | None) -> None:
    """Raise for an executor that would run, but not return one value for each clip."""
    if type(getattr(executor, "view", None)).__name__ == "DirectView":
        raise ConfigError(
            "This executor of ipyparallel runs each call on every engine, and gives a list for each clip. "
            "Give client.load_balanced_view().executor."
        )
    inner = fn
    while isinstance(inner, partial):
        inner = inner.func
    name = getattr(inner, "__qualname__", "")
    local = "<" in name  # a lambda, or a function inside of another one
    here = getattr(inner, "__module__", "") == "__main__"
    at_home = here and not hasattr(sys.modules["__main__"], "__file__")
    if name and (local or at_home) and _imports(executor, forked=at_home and not local):
        where = "is made inside another function or is a lambda" if local else "stands in the notebook"
        raise ConfigError(
            f"{name}() {where}, so other processes cannot import it. Put it into a module (a .py file) and "
            "import it from there, or give a ThreadPoolExecutor, loky's get_reusable_executor(), or Dask's "
            "client.get_executor()."
        )


def _imports(executor: Executor | None, *, forked: bool) -> bool:
    """Whether an executor's processes must import a function.

    Args:
        executor: runs the function.
        forked: a fork of this process has the function, too.
    """
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415  (it imports multiprocessing)

    if not isinstance(executor, ProcessPoolExecutor):
        return False
    context = getattr(executor, "_mp_context", None)
    started = context.get_start_method() if context is not None else ""
    return not (forked and started == "fork")


def _collect(clips: Sequence[Clip | None], calls: Sequence[Callable[[], R] | None]) -> list[R | None]:
    results: list[R | None] = []
    failed: list[tuple[Clip | None, Exception]] = []
    for clip, call in zip(clips, calls, strict=True):
        try:
            results.append(None if call is None else call())
        except Exception as error:  # noqa: BLE001  (raised below, when the others have ended)
            failed.append((clip, error))
            results.append(None)
    if failed:
        where, first = failed[0]
        total = sum(call is not None for call in calls)
        first.add_note(f"{len(failed)} of {total} clips failed; this was {where!r}.")
        raise first
    return results


@dataclass(frozen=True)
class KnobEffect:
    """The effect of one knob on the clips.

    Args:
        knob: the field.
        pairs: the number of compared pairs of clips that differ only in this knob.
        distance: their median distance, or None without such a pair.
        ratio: ``distance`` as a multiple of the noise floor, or None when there is none or it is 0.
        verdict: the meaning of that, in words.
    """

    knob: str
    pairs: int
    distance: float | None
    ratio: float | None
    verdict: str


@dataclass(frozen=True)
class NoiseFloor:
    """The differences of clips by chance, and the effect of each knob.

    Args:
        rows: one for each knob, the strongest first.
        source: of the differences by chance: ``"replicates"``, ``"seed"``, or an empty string for none.
        pairs: the number of compared pairs of clips that differ only by chance.
        distance: their median distance, the noise floor; None without such a pair.
        clips: the number of clips.
        skipped: the number of cells without a clip.
        measure: the definition of a distance.
    """

    rows: tuple[KnobEffect, ...]
    source: str
    pairs: int
    distance: float | None
    clips: int
    skipped: int
    measure: str

    @property
    def summary(self) -> str:
        """Describe the noise floor."""
        if self.distance is None:
            return (
                "No noise floor: no two clips differ by chance alone. "
                "Sweep the seed, or ask for replicates=2, which buys each request twice."
            )
        basis = {
            "replicates": f"the median of {_count(self.pairs, 'pair')} of replicates",
            "seed": f"the median of {_count(self.pairs, 'pair')} that differ in the seed alone, "
            "which stands for chance, as there are no replicates",
        }[self.source]
        few = " That is few: buy more before you trust it." if self.pairs < _FEW else ""
        return f"Noise floor {self.distance:.3g}: {basis}.{few}"

    @property
    def basis(self) -> str:
        """Describe the measurement."""
        skipped = f", {_count(self.skipped, 'cell')} without a clip left out" if self.skipped else ""
        return f"Distance: {self.measure}. {_count(self.clips, 'clip')}{skipped}."

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one mapping a knob, with the noise floor beside each, for ``pandas.DataFrame``."""
        return [
            {**asdict(row), "noise_pairs": self.pairs, "noise_distance": self.distance} for row in self.rows
        ]

    def __repr__(self) -> str:
        width = max((len(row.knob) for row in self.rows), default=0)
        lines = [self.summary]
        for row in self.rows:
            moved = "      –" if row.distance is None else f"{row.distance:7.3g}"
            lines.append(f"  {row.knob:<{width}} {moved}  {row.verdict} ({_count(row.pairs, 'pair')})")
        return "\n".join([*lines, self.basis])


def noise_floor(
    items: Iterable[tuple[Mapping[str, Any], int, Clip | None]], distance: Distance | None = None
) -> NoiseFloor:
    """Compare how far each knob moves the clips with how far they differ by chance.

    Replicates, clips of the same parameters, show chance. Without any, clips that differ only in ``seed`` do.
    Replicates of one fixed seed may differ less than clips of several seeds; to see that, sweep ``seed``,
    too, and read its own row.

    A seed that recolours a clip hides a knob that changes how it moves: then give a measure of the motion.

    A knob is above noise when the median of its pairs is above 95 % of the distances by chance.

    Args:
        items: of each cell its parameters (hashable values), its replicate's number, and its clip or None.
        distance: of two clips, 0 for the same, NaN for two that cannot be compared. None takes one less the
            structural similarity (SSIM) of about 24 frames at 160 pixels, over the shorter length; it holds
            1 MB a clip, needs the extra ``video``, and does not compare pictures of different shapes.

    Returns:
        the floor, and a row for each knob.

    Raises:
        ConfigError: the extra is missing, or ``distance`` is no function.
        ClipError: a clip's file is missing or is not whole.
    """
    sampled = [({**params, _REPLICATE: number}, clip) for params, number, clip in items]
    cells = [(params, clip) for params, clip in sampled if clip is not None]
    clips = [clip for _, clip in cells]
    if distance is not None and not callable(distance):
        raise ConfigError(f"distance={distance!r} is no function of two clips.")
    measure = distance or _frame_distance(clips)
    knobs = _varied_fields(params for params, _ in cells)
    source, chance = "replicates", _distances(_pairs(cells, _REPLICATE), measure)
    if not chance and "seed" in knobs:
        source, chance = "seed", _distances(_pairs(cells, "seed"), measure)
        knobs.remove("seed")
    effects = [_effect(knob, _pairs(cells, knob), measure, sorted(chance)) for knob in knobs]
    return NoiseFloor(
        rows=tuple(sorted(effects, key=lambda row: row.distance or 0.0, reverse=True)),
        source=source if chance else "",
        pairs=len(chance),
        distance=statistics.median(chance) if chance else None,
        clips=len(clips),
        skipped=len(sampled) - len(clips),
        measure=_MEASURE if distance is None else f"{getattr(distance, '__name__', 'a measure of yours')}()",
    )


def _varied_fields(cells: Iterable[Mapping[str, Any]]) -> list[str]:
    """List the fields with several values, in the cells' order."""
    values: dict[str, set[Any]] = {}
    for params in cells:
        for name, value in params.items():
            values.setdefault(name, set()).add(value)
    return [name for name, distinct in values.items() if len(distinct) > 1 and name != _REPLICATE]


def _pairs(cells: Sequence[Cell], knob: str) -> list[tuple[Clip, Clip]]:
    """Pair clips that differ only in ``knob``, whatever their replicates' numbers."""
    groups: dict[frozenset[tuple[str, Any]], list[Cell]] = {}
    for params, clip in cells:
        same = frozenset((name, value) for name, value in params.items() if name not in {knob, _REPLICATE})
        groups.setdefault(same, []).append((params, clip))
    pairs = [
        (clip, other)
        for members in groups.values()
        for (params, clip), (others, other) in itertools.combinations(members, 2)
        if params.get(knob) != others.get(knob)
    ]
    # Random, since even steps could always hit the same two values; with a fixed seed.
    return pairs if len(pairs) <= _MAX_PAIRS else random.Random(0).sample(pairs, _MAX_PAIRS)  # noqa: S311


def _distances(pairs: Iterable[tuple[Clip, Clip]], measure: Distance) -> list[float]:
    measured = (float(measure(clip, other)) for clip, other in pairs)
    return [distance for distance in measured if not math.isnan(distance)]


def _effect(
    knob: str, pairs: Sequence[tuple[Clip, Clip]], measure: Distance, chance: Sequence[float]
) -> KnobEffect:
    """Compare how far ``knob`` moves the clips with the sorted distances by chance."""
    distances = _distances(pairs, measure)
    if not distances:
        why = "its clips cannot be compared" if pairs else "never varies alone"
        return KnobEffect(knob, 0, None, None, f"unknown: {why}")
    distance = statistics.median(distances)
    if not chance:
        return KnobEffect(knob, len(distances), distance, None, "unknown: no replicates")
    floor = statistics.median(chance)
    ratio = distance / floor if floor else None
    if distance <= chance[min(len(chance) - 1, int(len(chance) * _ABOVE))]:
        verdict = "not above noise"
    elif ratio is None:
        verdict = "moves the clip; chance does not"
    else:
        verdict = f"moves the clip {ratio:.1f} × the noise floor"
    few = f", by few pairs ({len(chance)}) of chance" if len(chance) < _FEW else ""
    return KnobEffect(knob, len(distances), distance, ratio, verdict + few)


def _frame_distance(clips: Sequence[Clip]) -> Distance:
    """Return a measure: one less the structural similarity of two clips, which reads each clip once."""
    similarity = similarity_among(clips)
    return lambda clip, other: 1 - similarity(clip, other)


def _count(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"
