"""Makes the sound of a part of a clip: AAC, in step with the picture, never longer than it."""

from __future__ import annotations

import itertools
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["BIT_RATE", "encoded_sound", "sound_of"]

BIT_RATE = 160_000
#: Of every result: AAC rounds a length up to 1024 samples and puts as many before it, 43 ms at this rate.
_RATE, _FRAME = 48_000, 1024
_STEREO = 2


def sound_of(container: Any) -> Any:
    """Return the sound that a player takes: the one marked as usual, else the first; None without any."""
    tracks = [track for track in container.streams.audio if track.codec_context is not None]
    usual = [track for track in tracks if track.disposition & type(track.disposition).default]
    return next(iter([*usual, *tracks]), None)


def encoded_sound(
    container: Any,
    track: Any,
    output: Any,
    part: tuple[float, float],
    most_s: float,
    check: Callable[[], None],
) -> tuple[Any, list[Any]]:
    """Decode the sound of a part of a clip and encode it; return the new track and its packets.

    Gaps become silence, so that what follows them stays in step with the picture.

    Args:
        container: opened for this alone.
        track: of ``container``.
        output: gets the new track.
        part: its start and end, seconds on the file's clock.
        most_s: the most seconds of the new track, all of its samples counted.
        check: raises when the work was cancelled.
    """
    layout = "mono" if track.codec_context.channels == 1 else "stereo"
    new = output.add_stream("aac", rate=_RATE, layout=layout)
    new.bit_rate = BIT_RATE if layout == "stereo" else BIT_RATE // _STEREO
    new.time_base = Fraction(1, _RATE)
    packets: list[Any] = []
    limit = round(min(part[1] - part[0], most_s - 2 * _FRAME / _RATE) * _RATE)
    for frame in _in_step(_decoded(container, track, part, check), layout, limit):
        packets += new.encode(frame)
    packets += new.encode(None)
    return new, packets


def _decoded(
    container: Any, track: Any, part: tuple[float, float], check: Callable[[], None]
) -> Iterator[Any]:
    """Yield the decoded frames that reach into the part, their times counted from its start."""
    start_s, end_s = part
    if start_s > 1:
        container.seek(int((start_s - 1) * 1_000_000))
    ticks, last_s = 0, start_s
    from av.error import InvalidDataError  # noqa: PLC0415

    for packet in container.demux(track):
        check()
        try:
            frames = packet.decode()
        except InvalidDataError:  # a damaged piece of sound becomes silence
            continue
        for frame in frames:
            last_s = frame.time if frame.time is not None else last_s
            if last_s >= end_s:
                return
            ticks = round((last_s - start_s) * frame.sample_rate)
            if ticks + frame.samples > 0:
                frame.pts, frame.time_base = ticks, Fraction(1, frame.sample_rate)
                yield frame
            last_s += frame.samples / frame.sample_rate


def _in_step(frames: Iterator[Any], layout: str, limit: int) -> Iterator[Any]:
    """Resample to 48 kHz from time 0 on, gaps filled, cut after ``limit`` samples."""
    from av.error import BlockingIOError, EOFError  # noqa: A004, PLC0415  (FFmpeg's own)

    graph: Any = None
    form: tuple[Any, ...] = ()

    def ready() -> Iterator[Any]:
        while True:
            try:
                frame = graph.pull()
            except (BlockingIOError, EOFError):
                return
            yield frame

    for frame in frames:
        now = (frame.format.name, frame.layout.name, frame.sample_rate)
        if graph is None:
            form, graph = now, _resampler(*now, layout, limit)
        if now != form:
            continue  # a stream that changes its own form in the middle; the rest of it is silence
        try:
            graph.push(frame)
        except EOFError:  # it has all it asked for
            break
        yield from ready()
    if graph is not None:
        graph.push(None)
        yield from ready()


def _resampler(kind: str, channels: str, rate: int, layout: str, limit: int) -> Any:
    """Make FFmpeg's chain of filters from the source's form to 48 kHz, ``limit`` samples at the most."""
    from av.filter import Graph  # noqa: PLC0415

    graph = Graph()
    source = f"sample_fmt={kind}:channel_layout={channels}:sample_rate={rate}:time_base=1/{rate}"
    chain = [
        graph.add("abuffer", source),
        graph.add("aresample", f"{_RATE}:async=1:min_hard_comp=0.05:first_pts=0"),
        graph.add("aformat", f"sample_fmts=fltp:channel_layouts={layout}:sample_rates={_RATE}"),
        graph.add("atrim", f"end_sample={limit}"),
        graph.add("asetnsamples", f"{_FRAME}:p=0"),
        graph.add("abuffersink"),
    ]
    for first, second in itertools.pairwise(chain):
        first.link_to(second)
    graph.configure()
    return graph
