"""Makes small pictures of a local file for a page that cannot decode it (extra ``video``)."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.inspection.sniff import sniff
from cometact_nb.store.clips.probe import DEMUXERS, picture_of
from cometact_nb.store.inputs.picture import open_heic

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["stills"]

#: The longest side, pixels, and the quality of a JPEG.
_SIDE, _QUALITY = 420, 78
#: The most frames to decode for one picture, and the most pixels of a frame: twice 8K.
_MOST_FRAMES, _MOST_PIXELS = 48, 66_355_200
_HEAD_BYTES = 256 * 1024


def stills(path: Path, count: int) -> list[tuple[float, bytes]]:
    """Read pictures of a file, upright, each with its moment in seconds; none of what cannot be read.

    Args:
        path: of a video or a picture.
        count: how many pictures of a video, evenly spread.
    """
    try:
        with path.open("rb") as file:
            container = sniff(file.read(_HEAD_BYTES)).container or ""
        if container in DEMUXERS:
            return _of_video(path, DEMUXERS[container], count)
        return [(0.0, _of_picture(path, container))]
    except Exception:  # noqa: BLE001  (a broken file, or a missing extra: the page shows no picture)
        return []


def _of_picture(path: Path, container: str) -> bytes:
    from PIL import Image, ImageOps  # noqa: PLC0415  (an extra)

    if container == "heic":
        return _jpeg(open_heic(path))
    with Image.open(path) as stored:
        if stored.width * stored.height > _MOST_PIXELS:
            raise ValueError("too large to be decoded")
        stored.draft("RGB", (_SIDE, _SIDE))
        return _jpeg(ImageOps.exif_transpose(stored))


def _of_video(path: Path, demuxer: str, count: int) -> list[tuple[float, bytes]]:
    import av  # noqa: PLC0415  (an extra, and 100 ms)

    pictures: list[tuple[float, bytes]] = []
    # The reader is named, never guessed: a playlist would make FFmpeg open other files.
    with av.open(str(path), format=demuxer) as container:
        stream = picture_of(container)
        if stream.width * stream.height > _MOST_PIXELS:
            return []
        stream.thread_type = "AUTO"
        length_s = (container.duration or 0) / av.time_base
        for index in range(count):
            with suppress(av.FFmpegError):
                frame = _frame_at(container, stream, av.time_base, length_s * (index + 0.5) / count)
                if frame is not None:
                    pictures.append((frame.time or 0.0, _upright(frame)))
    return pictures


def _frame_at(container: Any, stream: Any, time_base: int, at_s: float) -> Any:
    """Return the frame at a moment, or an earlier one where many would have to be decoded before it."""
    container.seek(round(at_s * time_base))
    best = None
    for _, frame in zip(range(_MOST_FRAMES), container.decode(stream), strict=False):
        if best is not None and (frame.time or 0.0) > at_s:
            break
        best = frame
    return best


def _upright(frame: Any) -> bytes:
    degrees = round(frame.rotation / 90) * 90  # counterclockwise, as PyAV says it
    return _jpeg(frame.to_image().rotate(degrees, expand=True))


def _jpeg(picture: Any) -> bytes:
    small = picture.convert("RGB")
    small.thumbnail((_SIDE, _SIDE))
    out = io.BytesIO()
    small.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()
