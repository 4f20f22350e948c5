"""Measures a clip by FFmpeg's own filters, in one pass over its frames (extra ``video``)."""

from __future__ import annotations

import math
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.store.clips.video import demuxer, whole_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Series = Mapping[str, Sequence[tuple[float, float]]]

__all__ = ["MEASURES", "measure_file", "ssim", "version"]

#: Longest side in pixels: motion and light need no more; edges blur away below the second.
_SIZE, _EDGE_SIZE = 320, 640
#: Sharpness looks at so many frames a second: `blurdetect` takes longer than all other filters together.
_EDGE_FPS = 4
#: A picture counts as frozen that differs by less than this share for so many seconds.
_FREEZE_NOISE, _FREEZE_S = 0.001, 0.5
_TICK = Fraction(1, 25)
_PREFIX = "lavfi."


def _mean(name: str) -> Callable[[Series, float], float | None]:
    def mean(series: Series, length_s: float) -> float | None:  # noqa: ARG001
        values = [value for _, value in series.get(name, ()) if not math.isnan(value)]
        return math.fsum(values) / len(values) if values else None

    return mean


def _sharpness(series: Series, length_s: float) -> float | None:
    width = _mean("blur")(series, length_s)
    return 1 / width if width else None


def _flicker(series: Series, length_s: float) -> float | None:  # noqa: ARG001
    """Return the mean change of brightness that the next frame takes back: a fade is no flicker."""
    light = [value for _, value in series.get("signalstats.YAVG", ())]
    bends = [
        abs(before - 2 * here + after) / 2
        for before, here, after in zip(light, light[1:], light[2:], strict=False)
    ]
    return math.fsum(bends) / len(bends) if bends else None


def _freeze(series: Series, length_s: float) -> float | None:
    if not length_s:
        return None
    starts = [value for _, value in series.get("freezedetect.freeze_start", ())]
    ends = [value for _, value in series.get("freezedetect.freeze_end", ())]
    open_end = [length_s] * (len(starts) - len(ends))
    return min(
        1.0, sum(end - start for start, end in zip(starts, [*ends, *open_end], strict=False)) / length_s
    )


#: Of each measure the filter it needs, and what makes a number of that filter's values.
MEASURES: dict[str, tuple[str, Callable[[Series, float], float | None]]] = {
    "sharpness": ("blurdetect", _sharpness),
    "flicker": ("signalstats", _flicker),
    "freeze": ("freezedetect", _freeze),
    "motion": ("siti", _mean("siti.ti")),
    "detail": ("siti", _mean("siti.si")),
    "brightness": ("signalstats", _mean("signalstats.YAVG")),
    "saturation": ("signalstats", _mean("signalstats.SATAVG")),
}
_ARGUMENTS = {"freezedetect": f"n={_FREEZE_NOISE}:d={_FREEZE_S}"}


def version() -> str:
    """Name what measures: values of another one are not compared with these.

    Raises:
        ConfigError: PyAV is missing.
    """
    return "1/lavfi " + ".".join(map(str, _av().library_versions["libavfilter"]))


def measure_file(
    path: Path, names: Collection[str], check: Callable[[], None] = lambda: None
) -> dict[str, float | None]:
    """Measure a video in one pass.

    Args:
        path: the file.
        names: of :data:`MEASURES`.
        check: is called for each frame, and raises to stop.

    Returns:
        a value for each name, or None where the pictures do not tell: a plain picture has no edges.

    Raises:
        ConfigError: PyAV is missing, or its FFmpeg lacks a filter.
        ClipError: the file is missing, or is not whole.
    """
    av = _av()
    series: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    end_s = 0.0
    try:
        with av.open(str(path), format=demuxer(path)) as container:
            stream = whole_picture(path, container)
            stream.thread_type = "AUTO"
            graph, sinks = _graph(av, stream, {MEASURES[name][0] for name in names})
            for frame in container.decode(stream):
                check()
                end_s = max(end_s, frame.time + float(1 / (stream.average_rate or 24)))
                graph.push(frame)
                _pull(av, sinks, series)
            graph.push(None)
            _pull(av, sinks, series)
    except FileNotFoundError:
        raise ClipError(f"{path} is not there any more. task.refresh() fetches it again.") from None
    except (av.FFmpegError, OSError, IndexError, TypeError, ValueError) as error:
        raise ClipError(f"{path} is not a whole video ({error}). task.refresh() fetches it again.") from None
    if not end_s:
        raise ClipError(f"{path} has no frames.")
    return {name: MEASURES[name][1](series, end_s) for name in names}


def _graph(av: Any, stream: Any, filters: Collection[str]) -> tuple[Any, list[Any]]:
    """Build the filters: one chain for light and motion, and a rarer, larger one for edges."""
    missing = [name for name in sorted(filters) if name not in av.filter.filters_available]
    if missing:
        raise ConfigError(
            f"PyAV {av.__version__} has no filter {missing[0]!r}. Install another version of PyAV."
        )
    graph = av.filter.Graph()
    source = graph.add_buffer(template=stream)
    chains = []
    rest = [name for name in ("freezedetect", "siti", "signalstats") if name in filters]
    if rest:
        chains.append(
            [
                ("scale", _scale(_SIZE)),
                ("format", "yuv420p"),
                *((name, _ARGUMENTS.get(name, "")) for name in rest),
            ]
        )
    if "blurdetect" in filters:
        step = max(1, round(float(stream.average_rate or 24) / _EDGE_FPS))
        pick = ("select", f"not(mod(n\\,{step}))")
        chains.append([pick, ("scale", _scale(_EDGE_SIZE)), ("format", "yuv420p"), ("blurdetect", "")])
    split = graph.add("split", str(len(chains)))
    source.link_to(split)
    sinks = []
    for number, chain in enumerate(chains):
        last, output = split, number
        for name, arguments in chain:
            node = graph.add(name, arguments) if arguments else graph.add(name)
            last.link_to(node, output)
            last, output = node, 0
        sinks.append(graph.add("buffersink"))
        last.link_to(sinks[-1], output)
    graph.configure()
    return graph, sinks


def _scale(longest: int) -> str:
    """Shrink to ``longest`` pixels, never enlarge, with even sides and square pixels."""
    fit = f"min(1\\,{longest}/max(iw*sar\\,ih))"
    return f"2*trunc(iw*sar*{fit}/2):2*trunc(ih*{fit}/2):flags=area"


def _pull(av: Any, sinks: Iterable[Any], series: defaultdict[str, list[tuple[float, float]]]) -> None:
    for sink in sinks:
        while True:
            try:
                frame = sink.pull()
            except (av.BlockingIOError, av.EOFError):
                break
            for name, value in frame.metadata.items():
                if name.startswith(_PREFIX):
                    series[name.removeprefix(_PREFIX)].append((frame.time or 0.0, float(value)))


def ssim(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Return the mean structural similarity of two clips' pictures, 1 for the same.

    Args:
        first: ``(T, H, W, 3) uint8``, RGB.
        second: of the same height and width; what is longer than the other is left out.

    Raises:
        ConfigError: PyAV is missing.
    """
    av = _av()
    graph = av.filter.Graph()
    node = graph.add("ssim")
    buffers = [_pictures_into(graph, node, number, first.shape) for number in range(2)]
    sink = graph.add("buffersink")
    node.link_to(sink)
    graph.configure()
    series: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for tick, pictures in enumerate(zip(first, second, strict=False)):
        for buffer, picture in zip(buffers, pictures, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, "rgb24")
            frame.pts, frame.time_base = tick, _TICK
            buffer.push(frame)
        _pull(av, [sink], series)
    for buffer in buffers:
        buffer.push(None)
    _pull(av, [sink], series)
    values = [value for _, value in series["ssim.All"]]
    return math.fsum(values) / len(values)


def _pictures_into(graph: Any, node: Any, number: int, shape: Sequence[int]) -> Any:
    """Add an input of RGB pictures to a filter of two inputs."""
    _, height, width, _ = shape
    buffer = graph.add_buffer(width=width, height=height, format="rgb24", time_base=_TICK)
    convert = graph.add("format", "yuv420p")
    buffer.link_to(convert)
    convert.link_to(node, 0, number)
    return buffer


def _av() -> Any:
    try:
        import av  # noqa: PLC0415  (an extra, and 100 ms)
    except ImportError:
        raise ConfigError("Measures need PyAV: pip install 'cometact_nb[decide]'.") from None
    return av
