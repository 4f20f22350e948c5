"""Makes one film, or one picture, of several clips in step, each with its label (extra ``video``)."""

from __future__ import annotations

import itertools
import math
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from cometact_nb.errors import ConfigError
from cometact_nb.store.clips.player import BT709, Players, planes_of
from cometact_nb.store.clips.video import demuxer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cometact_nb.store.clips.player import Planes, Player

__all__ = ["MAX_SIZE", "Tile", "write_divided", "write_grid", "write_sheet"]

#: H.264 level 5.1 and projectors end here: width and height in pixels.
MAX_SIZE = (3840, 2160)
_MAX_FPS = 60
_X264 = {"preset": "veryfast", "crf": "18"}
_LIMITED = 1
_GAP = 8
#: The height of a label, as a share of its clip's width, and at least, in pixels.
_STRIP, _STRIP_PX = 0.07, 20
_BACK, _INK, _PALE = (17, 17, 17), (238, 238, 238), (150, 150, 150)
#: A sheet shows each clip at this second, or half-way.
_SHEET_S = 1.0
#: Seconds for which the divider goes from one side to the other.
_SWEEP_S = 3.0
_LINE = 4
_ASCII = str.maketrans({"→": "->", "×": "x", "–": "-", "−": "-", "ß": "ss", "ø": "o", "Ø": "O", "€": "EUR"})
#: Width by height may differ by so much.
_SAME_SHAPE = 0.03
#: Of Linux, macOS and Windows; Pillow looks for them in the system's folders.
_FONTS = (
    "NotoSans-Regular.ttf",
    "DejaVuSans.ttf",
    "LiberationSans-Regular.ttf",
    "Helvetica.ttc",
    "Arial.ttf",
    "segoeui.ttf",
)


@dataclass(frozen=True)
class Tile:
    """A place in a film.

    Args:
        path: of the clip; None leaves the place empty.
        label: text above it; an empty place without a label stays blank.
    """

    path: Path | None
    label: str


@dataclass(frozen=True)
class _Box:
    """A rectangle with even sides and corners, in pixels, as 4:2:0 needs them."""

    x: int
    y: int
    width: int
    height: int

    def within(self, width: int, height: int) -> _Box:
        """Return the largest rectangle of this shape inside, in its middle."""
        share = min(self.width / width, self.height / height)
        wide, high = _even(width * share), _even(height * share)
        return _Box(
            _even(self.x + (self.width - wide) / 2), _even(self.y + (self.height - high) / 2), wide, high
        )


class _Canvas:
    """The film's picture in 4:2:0, on which each tile writes its part."""

    def __init__(self, background: Any) -> None:
        import av  # noqa: PLC0415  (an extra, and 100 ms)

        self._av = av
        frame = av.VideoFrame.from_image(background)  # type: ignore[no-untyped-call]
        frame = frame.reformat(format="yuv420p", dst_colorspace=BT709)
        self.array = frame.to_ndarray()
        self.width, self.height = background.size
        self.planes = planes_of(self.array, self.width, self.height)

    def put(self, box: _Box, picture: Planes, part: slice = slice(None)) -> None:
        """Write a picture into its box, or some columns of it (even)."""
        for plane, (own, new) in enumerate(zip(self.planes, picture, strict=True)):
            half = 2 if plane else 1
            rows = slice(box.y // half, (box.y + box.height) // half)
            start, stop = part.start or 0, box.width if part.stop is None else part.stop
            columns = slice((box.x + start) // half, (box.x + stop) // half)
            own[rows, columns] = new[:, start // half : stop // half]

    def frame(self) -> Any:
        """Return the picture as it stands."""
        frame = self._av.VideoFrame.from_ndarray(self.array, format="yuv420p")
        frame.colorspace, frame.color_range = BT709, _LIMITED
        return frame


def write_grid(
    tiles: Sequence[Tile],
    columns: int,
    target: Path,
    *,
    width: int,
    sound: Path | None,
    progress: Callable[[float], None],
) -> None:
    """Write a film of clips side by side, each below its label.

    Args:
        tiles: row by row.
        columns: of the grid.
        target: a new file of ours.
        width: of the film, in pixels; less where the height would pass 2160.
        sound: a file whose sound the film gets.
        progress: is called with the share that is done, 0–1; what it raises ends the work.

    Raises:
        ConfigError: an extra is missing, or no clip can be played.
        ClipError: a clip cannot be decoded to its end.
    """
    with Players(tile.path for tile in tiles) as players:
        boxes, strip, size = _layout(players, columns, width)
        canvas = _Canvas(_background(tiles, boxes, strip, size))
        inner = [
            box.within(*player.size) if player is not None else box
            for box, player in zip(boxes, players, strict=True)
        ]

        def draw(seconds: float) -> Any:
            for box, player in zip(inner, players, strict=True):
                if player is not None:
                    canvas.put(box, player.at(seconds, box.width, box.height))
            return canvas.frame()

        _encode(target, draw, players, size, sound, progress)


def write_divided(
    first: Tile,
    second: Tile,
    target: Path,
    *,
    width: int,
    sound: Path | None,
    progress: Callable[[float], None],
) -> None:
    """Write a film of two clips over each other, with a divider that moves; see :func:`write_grid`."""
    with Players((first.path, second.path)) as players:
        left, right = players
        if left is None or right is None:
            raise ConfigError(
                "A film with a divider needs two clips that can be played; one of these cannot."
            )
        if abs(left.size[0] / left.size[1] - right.size[0] / right.size[1]) > _SAME_SHAPE:
            raise ConfigError("A divider needs two clips of one shape. Give two others, or no divider.")
        boxes, strip, size = _layout([left], 1, width)
        labels = [Tile(first.path, f"{first.label}   |   {second.label}")]
        canvas = _Canvas(_background(labels, boxes, strip, size))
        box = boxes[0].within(*left.size)
        import numpy as np  # noqa: PLC0415  (an extra, and 100 ms)

        light = (
            np.full((box.height, box.width), 235, np.uint8),
            *(np.full((box.height // 2, box.width // 2), 128, np.uint8),) * 2,
        )

        def draw(seconds: float) -> Any:
            share = (1 - math.cos(seconds / _SWEEP_S * math.pi)) / 2
            middle = min(max(_even(share * box.width), _LINE), box.width - _LINE)
            canvas.put(box, left.at(seconds, box.width, box.height), slice(0, middle))
            canvas.put(box, right.at(seconds, box.width, box.height), slice(middle, None))
            canvas.put(box, light, slice(middle - _LINE // 2, middle + _LINE // 2))
            return canvas.frame()

        _encode(target, draw, players, size, sound, progress)


def write_sheet(tiles: Sequence[Tile], columns: int, target: Path, *, width: int) -> None:
    """Write a PNG of an early picture of each clip below its label; see :func:`write_grid`."""
    with Players(tile.path for tile in tiles) as players:
        boxes, strip, size = _layout(players, columns, width)
        canvas = _Canvas(_background(tiles, boxes, strip, size))
        for box, player in zip(boxes, players, strict=True):
            if player is not None:
                inner = box.within(*player.size)
                canvas.put(inner, player.at(min(_SHEET_S, player.length_s / 2), inner.width, inner.height))
        canvas.frame().to_image().save(target, "PNG", optimize=True)


def _encode(
    target: Path,
    draw: Callable[[float], Any],
    players: Sequence[Player | None],
    size: tuple[int, int],
    sound: Path | None,
    progress: Callable[[float], None],
) -> None:
    import av  # noqa: PLC0415  (an extra, and 100 ms)

    present = [player for player in players if player is not None]
    fps = min(max(player.fps for player in present), Fraction(_MAX_FPS))
    length_s = max(player.length_s for player in present)
    total = max(1, round(length_s * fps))
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream("libx264", rate=fps, options=_X264)
        stream.width, stream.height, stream.pix_fmt = (*size, "yuv420p")
        context = stream.codec_context
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = _LIMITED
        voice = _Sound(av, container, sound, length_s) if sound is not None else None
        for number in range(total):
            frame = draw(float(number / fps))
            frame.pts, frame.time_base = number, 1 / fps
            container.mux(stream.encode(frame))
            progress(number / total)
        container.mux(stream.encode())
        if voice is not None:
            voice.write()
    progress(1.0)


class _Sound:
    """The sound of another file as AAC, no longer than the film; nothing for a file without sound."""

    def __init__(self, av: Any, container: Any, source: Path, length_s: float) -> None:
        self._container, self._length_s = container, length_s
        self._source = av.open(str(source), format=demuxer(source))  # a guess might open other files
        self._stream = next(iter(self._source.streams.audio), None)
        self._out = (
            container.add_stream("aac", rate=48_000, layout="stereo") if self._stream is not None else None
        )
        self._resampler = av.AudioResampler(format="fltp", layout="stereo", rate=48_000)

    def write(self) -> None:
        """Write it behind the pictures; the container lays both beside each other."""
        with self._source:
            if self._stream is None or self._out is None:
                return
            for frame in self._source.decode(self._stream):
                if (frame.time or 0.0) >= self._length_s:
                    break
                for piece in self._resampler.resample(frame):
                    self._container.mux(self._out.encode(piece))
            for piece in self._resampler.resample(None):
                self._container.mux(self._out.encode(piece))
            self._container.mux(self._out.encode(None))


def _layout(
    players: Sequence[Player | None], columns: int, width: int
) -> tuple[list[_Box], int, tuple[int, int]]:
    """Return the boxes of tiles, the height of the strip above each, and the size of the film."""
    columns = max(1, min(columns, len(players)))
    rows = math.ceil(len(players) / columns)
    shape = next((player.size for player in players if player is not None), (16, 9))
    lines = shape[1] / shape[0]
    room = (MAX_SIZE[1] - _GAP) / rows - _GAP
    wide = min((min(width, MAX_SIZE[0]) - _GAP) / columns - _GAP, room / (lines + _STRIP))
    strip = _even(max(_STRIP_PX, wide * _STRIP))
    high = _even(min(wide * lines, room - strip))
    wide = _even(min(wide, high / lines))
    step_x, step_y = wide + _GAP, high + strip + _GAP
    boxes = [
        _Box(_GAP + number % columns * step_x, _GAP + strip + number // columns * step_y, wide, high)
        for number in range(len(players))
    ]
    return boxes, strip, (_GAP + columns * step_x, _GAP + rows * step_y)


def _background(tiles: Sequence[Tile], boxes: Sequence[_Box], strip: int, size: tuple[int, int]) -> Any:
    """Draw the labels."""
    from PIL import Image, ImageDraw  # noqa: PLC0415  (an extra)

    image = Image.new("RGB", size, _BACK)
    pen = ImageDraw.Draw(image)
    font, has_all = _font(strip * 0.62)
    for tile, box in zip(tiles, boxes, strict=True):
        label = _cut(tile.label if has_all else _in_ascii(tile.label), pen, font, box.width)
        pen.text((box.x + 2, box.y - strip / 2), label, _INK, font, anchor="lm")
        if tile.label:
            empty = "no clip" if tile.path is None else "cannot be played"
            pen.text((box.x + box.width / 2, box.y + box.height / 2), empty, _PALE, font, anchor="mm")
    return image


def _font(size: float) -> tuple[Any, bool]:
    """Return a sans-serif of the system, else Pillow's own; and whether it has more than ASCII."""
    from PIL import ImageFont  # noqa: PLC0415  (an extra)

    for name in _FONTS:
        with suppress(OSError):
            return ImageFont.truetype(name, round(size)), True
    return ImageFont.load_default(size=size), False


def _in_ascii(text: str) -> str:
    """Write a label with the letters that Pillow's own font has: findings/pillow-default-font.sh."""
    plain = unicodedata.normalize("NFKD", text.translate(_ASCII))
    return "".join(sign for sign in plain if not unicodedata.combining(sign))


def _cut(label: str, pen: Any, font: Any, width: int) -> str:
    """Shorten a label in its middle until it fits."""
    if pen.textlength(label, font) <= width:
        return label
    for half in itertools.count(len(label) // 2, -1):
        short = f"{label[:half]}…{label[len(label) - half :]}"
        if half <= 1 or pen.textlength(short, font) <= width:
            return short
    return label


def _even(value: float) -> int:
    return max(2, int(value) // 2 * 2)
