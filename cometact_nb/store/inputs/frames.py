"""Makes frames upright, smaller, of standard range and of square pixels, and times them exactly."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cometact_nb.store.inputs.orientation import Orientation

__all__ = ["CLOCK", "HDR", "FrameFilter", "Timeline", "Timing", "size_of"]

#: Ticks per second of the result, as in broadcasting: a frame of 23.976–60 fps is a whole number of them.
CLOCK = 90_000
#: The transfer functions of HDR, FFmpeg's AVCOL_TRC_SMPTE2084 and AVCOL_TRC_ARIB_STD_B67.
HDR = {16: "PQ", 18: "HLG"}
_BT2020, _UNTOLD = 9, 2
_TO_709 = ":out_color_matrix=bt709:out_primaries=bt709:out_transfer=bt709"
#: Less than this many seconds of a frame is rounding, not a part of it.
_SLIVER_S = 0.001
_TARGET_FPS = 60.0
#: A frame may come this share of 1/60 s early, since cameras' clocks jitter; or this share of its own step.
_JITTER, _JITTER_OF_STEP = 0.4, 0.25


@dataclass(frozen=True)
class Timing:
    """A decoded frame and when it is shown in the result.

    Args:
        frame: PyAV's.
        at: ticks of :data:`CLOCK` from the result's first frame.
    """

    frame: Any
    at: int


class Timeline:
    """Picks the frames of a part of a clip, at most 60 a second, and gives them their times in the result.

    Args:
        start_s: seconds on the stream's clock.
        end_s: the same.
        step_s: seconds of a frame, for frames without a time.
    """

    def __init__(self, start_s: float, end_s: float, step_s: float) -> None:
        self._start_s, self._end_s, self._step_s = start_s, end_s, step_s
        self._due_s = 0.0
        self._early_s = min(_JITTER / _TARGET_FPS, _JITTER_OF_STEP * step_s)
        self.dropped = 0

    @property
    def ticks(self) -> int:
        """The length of the result in ticks of :data:`CLOCK`."""
        return round((self._end_s - self._start_s) * CLOCK)

    def picks(self, frames: Iterable[Any]) -> Iterator[Timing]:
        """Yield the frames of the part, the one that begins before it and reaches into it included."""
        before: Any = None
        last_s = self._start_s - self._step_s
        for frame in frames:
            time_s = frame.time if frame.time is not None else last_s + self._step_s
            last_s = time_s
            at_s = time_s - self._start_s
            if time_s >= self._end_s - _SLIVER_S:
                break
            if at_s < -_SLIVER_S:
                before = frame
                continue
            if before is not None and at_s > _SLIVER_S:
                yield from self._pick(before, 0.0)
            before = None
            yield from self._pick(frame, max(at_s, 0.0))
        if before is not None:  # one long frame covers the whole part
            yield from self._pick(before, 0.0)

    def _pick(self, frame: Any, at_s: float) -> Iterator[Timing]:
        step = 1 / _TARGET_FPS
        if at_s < self._due_s - self._early_s:
            self.dropped += 1
            return
        # The first frame stands for what is before it, so that the result begins at 0.
        at = round(at_s * CLOCK) if self._due_s else 0
        self._due_s = max(self._due_s, at_s - step) + step
        yield Timing(frame, at)


class FrameFilter:
    """A graph of FFmpeg's filters that turns decoded frames into those to encode.

    Args:
        orientation: how the stored picture becomes the visible one.
        box: the part of the visible picture to take, in fractions 0–1.
        size: width and height of the result.
    """

    def __init__(
        self, orientation: Orientation, box: tuple[float, float, float, float], size: tuple[int, int]
    ) -> None:
        self._orientation, self._box, self._size = orientation, box, size
        self._graph: Any = None
        self._form: tuple[Any, ...] = ()

    def frames(self, timings: Iterable[Timing]) -> Iterator[Any]:
        """Yield the frames, with their times in ticks of :data:`CLOCK`."""
        for timing in timings:
            frame = timing.frame
            form = (frame.width, frame.height, frame.format.name, frame.colorspace, frame.color_range)
            if form != self._form:  # a video call's recording changes its size
                yield from self._rest()
                self._graph, self._form = self._build(frame), form
            frame.pts, frame.time_base = timing.at, Fraction(1, CLOCK)
            self._graph.push(frame)
            yield from self._ready()
        yield from self._rest()

    def _ready(self) -> Iterator[Any]:
        from av.error import BlockingIOError, EOFError  # noqa: A004, PLC0415  (FFmpeg's own)

        while True:
            try:
                yield self._graph.pull()
            except (BlockingIOError, EOFError):
                return

    def _rest(self) -> Iterator[Any]:
        if self._graph is not None:
            self._graph.push(None)
            yield from self._ready()
        self._graph = None

    def _build(self, frame: Any) -> Any:
        from av.filter import Graph  # noqa: PLC0415

        graph: Any = Graph()
        source = (
            f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/{CLOCK}"
            f":pixel_aspect=1/1:colorspace={int(frame.colorspace)}:range={int(frame.color_range)}"
        )
        nodes = [graph.add("buffer", source)]
        nodes += [
            graph.add(name, arguments) if arguments else graph.add(name)
            for name, arguments in self._chain(frame)
        ]
        nodes.append(graph.add("buffersink"))
        for first, second in itertools.pairwise(nodes):
            first.link_to(second)
        graph.configure()
        return graph

    def _chain(self, frame: Any) -> Iterator[tuple[str, str]]:
        if frame.interlaced_frame:
            yield "bwdif", "mode=send_frame"
        width, height = self._size
        if self._box != (0.0, 0.0, 1.0, 1.0):
            left, top, right, bottom = self._orientation.stored_box(self._box)
            x, y = round(left * frame.width), round(top * frame.height)
            w, h = max(2, round(right * frame.width) - x), max(2, round(bottom * frame.height) - y)
            yield "crop", f"{w}:{h}:{x}:{y}:exact=1"
        stored = f"{height}:{width}" if self._orientation.lies else f"{width}:{height}"
        yield "scale", f"{stored}:flags={_scaler(frame, self._size)}{_colours(frame)}"
        yield from self._orientation.filters()
        yield "setsar", "1"
        yield "format", "yuv420p"


def _scaler(frame: Any, size: tuple[int, int]) -> str:
    """Bicubic, as FFmpeg's own; nothing where the size stays."""
    return "bicubic" if {frame.width, frame.height} != set(size) else "neighbor"


def _colours(frame: Any) -> str:
    """Convert to BT.709 of limited range, HDR with a tone curve; what says nothing stays as it is."""
    text = ":out_range=tv"
    if int(frame.color_trc) in HDR:
        primaries = "" if int(frame.color_primaries) != _UNTOLD else ":in_primaries=bt2020"
        return f"{text}{primaries}{_TO_709}:intent=perceptual"
    if int(frame.color_primaries) == _BT2020:
        return f"{text}{_TO_709}"
    return text


def size_of(
    width: int,
    height: int,
    pixel: float,
    orientation: Orientation,
    box: tuple[float, float, float, float],
    longest: int,
) -> tuple[int, int]:
    """Return the even width and height of the result.

    Args:
        width: pixels as stored.
        height: the same.
        pixel: width / height of one pixel.
        orientation: how the stored picture becomes the visible one.
        box: the part of the visible picture to take.
        longest: the longest side of the result, pixels; nothing is made larger.
    """
    wide: float = width * pixel if pixel >= 1 else width
    high: float = height if pixel >= 1 else height / pixel
    wide, high = (high, wide) if orientation.lies else (wide, high)
    wide, high = wide * (box[2] - box[0]), high * (box[3] - box[1])
    share = min(1.0, longest / max(wide, high))
    return max(2, round(wide * share / 2) * 2), max(2, round(high * share / 2) * 2)
