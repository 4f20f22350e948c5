"""Renders the sandbox's clips and pictures: real H.264, drawn on this machine.

Importing this module is cheap: PyAV and Pillow are loaded when something is rendered.
"""

from __future__ import annotations

import io
import tempfile
from concurrent.futures import CancelledError
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cometact_nb.sandbox.drawing.frame import ACTOR, Look, Pose, draw_frame, look_for
from cometact_nb.sandbox.drawing.performances import IDLE, PERFORMANCES, Performance, performance_for
from cometact_nb.sandbox.drawing.picture import picture_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from PIL import Image

__all__ = [
    "PERFORMANCES",
    "Performance",
    "Recipe",
    "performance_for",
    "render_character_image",
    "render_character_video",
    "render_clip",
    "render_reference",
]

_FPS = 24
_SAMPLE_SIZE = (1280, 720)
#: A character's picture may have any shape; the samples have one of each kind.
_PORTRAIT_SIZES = {"robot": (1104, 832), "ada": (832, 1104)}
#: "animation" suits flat colours: half the bytes of the default at the same speed.
_X264 = {"preset": "veryfast", "tune": "animation", "crf": "20"}
#: AVCOL_SPC_BT709 and AVCOL_RANGE_MPEG: players assume them for HD, and guess differently without them.
_BT709, _LIMITED = 1, 1


@dataclass(frozen=True)
class Recipe:
    """The settings of a clip. The same recipe renders the same clip.

    Attributes:
        character: a key of ``LOOKS``, or any other text; the clip shows the picture of a ``data:`` URI.
        reference: a key of ``PERFORMANCES``, or any other text, such as a URL.
        ratio: width and height in pixels, as ``W:H``.
        body_control: whether shoulders, arms and torso follow the reference.
        expression_intensity: 1 (subtle) to 5 (exaggerated).
        seed: changes hues and the idle motion a little.
        max_duration_s: cut the clip after so many seconds.
    """

    character: str
    reference: str
    ratio: str = "1280:720"
    body_control: bool = False
    expression_intensity: int = 3
    seed: int = 0
    max_duration_s: float | None = None


def _always() -> bool:
    return True


def render_clip(recipe: Recipe, is_wanted: Callable[[], bool] = _always) -> bytes:
    """Render a character performing a reference clip.

    Args:
        recipe: of the clip.
        is_wanted: says before each frame whether to go on.

    Returns:
        An MP4 file.

    Raises:
        CancelledError: nobody wanted the clip any more.
    """
    performance = performance_for(recipe.reference)
    duration_s = min(performance.duration_s, recipe.max_duration_s or performance.duration_s)
    look, size = look_for(recipe.character), _size(recipe.ratio)
    hue_shift, phase = _chance(recipe.seed)
    picture = picture_in(recipe.character)

    def frames() -> Iterator[Image.Image]:
        for t_s in _times(duration_s):
            pose = performance.perform(
                t_s, intensity=recipe.expression_intensity, body=recipe.body_control, phase=phase
            )
            # The picture shows no parameter, like the service's: somebody who rates blind would read it.
            yield draw_frame(look, pose, size, hue_shift=hue_shift, badge="SANDBOX", picture=picture)

    return _encode(frames(), size, is_wanted)


def render_reference(name: str, is_wanted: Callable[[], bool] = _always) -> bytes:
    """Render a sample reference clip: a grey actor with motion-capture markers.

    Args:
        name: a key of ``PERFORMANCES``, or any other text.
        is_wanted: as for ``render_clip``.

    Returns:
        An MP4 file of 1280×720 pixels.
    """
    caption = f"reference · {name}" if name in PERFORMANCES else "reference"
    return _sample(ACTOR, performance_for(name), caption, is_wanted)


def render_character_video(name: str, is_wanted: Callable[[], bool] = _always) -> bytes:
    """Render a character that waits.

    Args:
        name: a key of ``LOOKS``, or any other text.
        is_wanted: as for ``render_clip``.

    Returns:
        An MP4 file of 1280×720 pixels, 3 s long.
    """
    return _sample(look_for(name), IDLE, "character", is_wanted)


def render_character_image(
    name: str,
    format: Literal["PNG", "JPEG", "WEBP"] = "PNG",  # noqa: A002  (Pillow's own word for it)
) -> bytes:
    """Render a character's portrait.

    Args:
        name: a key of ``LOOKS``, or any other text.
        format: of the file.

    Returns:
        A picture of 960×960 pixels; the robot's is wider, ada's is taller.
    """
    size = _PORTRAIT_SIZES.get(name, (960, 960))
    image = draw_frame(look_for(name), Pose(smile=0.36, brow=0.1), size, badge="SANDBOX SAMPLE")
    buffer = io.BytesIO()
    image.save(buffer, format, quality=90)
    return buffer.getvalue()


def _sample(look: Look, performance: Performance, caption: str, is_wanted: Callable[[], bool]) -> bytes:
    return _encode(
        (
            draw_frame(look, performance.perform(t_s), _SAMPLE_SIZE, badge="SANDBOX SAMPLE", caption=caption)
            for t_s in _times(performance.duration_s)
        ),
        _SAMPLE_SIZE,
        is_wanted,
    )


def _times(duration_s: float) -> list[float]:
    """List the time of each frame, in seconds; at least one."""
    return [i / _FPS for i in range(max(1, round(duration_s * _FPS)))]


def _size(ratio: str) -> tuple[int, int]:
    """Read width and height of ``W:H``, in pixels; yuv420p halves both, so both are even."""
    width, height = (max(16, int(part)) // 2 * 2 for part in ratio.split(":"))
    return width, height


def _chance(seed: int) -> tuple[float, float]:
    """Compute hue shift (turns, within ±0.07) and idle phase (0–1) of a seed; 0 shifts no hue."""
    # Multiples of the golden ratio lie far apart, even for neighbouring seeds.
    share = (seed * 0.6180339887) % 1
    return (share + 0.5) % 1 * 0.14 - 0.07, share


def _encode(frames: Iterator[Image.Image], size: tuple[int, int], is_wanted: Callable[[], bool]) -> bytes:
    """Encode frames as an MP4 that plays before it is loaded."""
    import av  # noqa: PLC0415  (PyAV takes 100 ms, and starting must be fast)
    from av.video import VideoFrame  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        # faststart rewrites the finished file: FFmpeg must open it a second time, so a buffer will not do.
        path = Path(folder) / "clip.mp4"
        with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
            stream = container.add_stream("libx264", rate=_FPS, options=_X264)
            stream.width, stream.height = size
            stream.pix_fmt = "yuv420p"
            stream.codec_context.colorspace = _BT709
            stream.codec_context.color_primaries = _BT709
            stream.codec_context.color_trc = _BT709
            stream.codec_context.color_range = _LIMITED
            for image in frames:
                if not is_wanted():
                    raise CancelledError
                frame = VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
                container.mux(stream.encode(frame.reformat(format="yuv420p", dst_colorspace=_BT709)))
            container.mux(stream.encode())
        return path.read_bytes()
