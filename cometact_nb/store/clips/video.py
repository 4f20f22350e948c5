"""Reads facts, a poster and frames from a video file with PyAV, if that is installed (extra ``video``)."""

from __future__ import annotations

import itertools
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.inspection import boxes
from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.store.clips.probe import VideoHeaders, facts_of, number, picture_of, visible_size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "demuxer",
    "is_video",
    "looks_like_video",
    "read_facts",
    "read_frames",
    "scaler",
    "upright_rgb",
    "whole_picture",
]

_POSTER_WIDTH = 640
_POSTER_QUALITY = 78
#: The moment of a clip's poster, in seconds, and the most frames to decode for it.
_POSTER_AT_S, _POSTER_MAX_FRAMES = 1.0, 64
#: Twice 8K. A small file may announce a frame that needs gigabytes; Act-Two's have 1 MP.
_POSTER_MAX_PIXELS = 66_355_200
#: A Matroska or WebM file begins with these bytes.
_EBML = b"\x1aE\xdf\xa3"
#: FFmpeg's AVCOL_SPC_UNSPECIFIED and AVCOL_SPC_BT709.
_UNTOLD, _BT709 = 2, 1
#: Players take a video without a colour space for BT.709 from this many lines on; FFmpeg never does.
_HD_LINES = 720
#: Codecs with one frame a packet in these containers; VP8 and VP9 have packets without one.
_ONE_A_PACKET = {"h264", "hevc"}


def looks_like_video(head: bytes) -> bool:
    """Whether a file that begins with ``head`` (12 bytes or more) is an MP4, QuickTime or WebM container."""
    return head[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free"} or head[:4] == _EBML


def is_video(path: Path) -> bool:
    """Whether PyAV is there and can open this file, by the readers for clips alone."""
    try:
        import av  # noqa: PLC0415  (an extra, and 100 ms)

        with path.open("rb") as file:
            if not looks_like_video(file.read(16)):
                return False
        with av.open(str(path), format=demuxer(path)) as container:
            return picture_of(container) is not None
    except Exception:  # noqa: BLE001  (PyAV is missing, or whatever FFmpeg says of the file)
        return False


def read_facts(path: Path, poster: Path | None = None) -> tuple[VideoHeaders, bool]:
    """Write an early frame to ``poster`` as a small JPEG, and return facts and whether it was written.

    Facts that cannot be read, and all facts without PyAV, are None: a clip may play in the browser all the
    same.
    """
    try:
        import av  # noqa: PLC0415  (an extra, and 100 ms)
    except ImportError:
        return VideoHeaders(), False
    facts = VideoHeaders()
    try:
        with path.open("rb") as file:
            outline = boxes.look(file, path.stat().st_size, "webm" if _is_ebml(path) else "mp4")
        with av.open(str(path), format=demuxer(path)) as container:
            stream = picture_of(container)
            facts = facts_of(container, stream, av.time_base, outline)
            if poster is None or (facts.width or 0) * (facts.height or 0) > _POSTER_MAX_PIXELS:
                return facts, False
            stream.thread_type = "AUTO"
            frame = _telling_frame(container.decode(stream), facts.duration_s or 0.0)
            return facts, _write_poster(frame, poster)
    except Exception:  # noqa: BLE001  (whatever cannot be read of it, the clip was paid for)
        return facts, False


def _telling_frame(frames: Iterator[Any], length_s: float) -> Any:
    """Return the frame a second into a clip, or half-way: at the start, every performance looks alike.

    For a clip that breaks off before, return its last frame.
    """
    at_s = min(_POSTER_AT_S, length_s / 2)
    best = next(frames)
    with suppress(Exception):
        for _, frame in zip(range(_POSTER_MAX_FRAMES), frames, strict=False):
            if best.time is None or best.time >= at_s:
                break
            best = frame
    return best


def demuxer(path: Path) -> str:
    """Name FFmpeg's reader for a clip, lest it guess: a playlist would make it open other files."""
    return "matroska" if _is_ebml(path) else "mov"


def _is_ebml(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) == _EBML


def _write_poster(frame: Any, poster: Path) -> bool:
    try:
        picture = frame.to_image()
    except ImportError:  # Pillow is missing
        return False
    picture = picture.rotate(
        round(frame.rotation / 90) * 90, expand=True
    )  # counterclockwise, as PyAV says it
    picture.thumbnail((_POSTER_WIDTH, _POSTER_WIDTH * 2))
    picture.save(poster, "JPEG", quality=_POSTER_QUALITY, optimize=True)
    return True


def read_frames(path: Path, stride: int, size: int | tuple[int, int] | None) -> NDArray[np.uint8]:
    """Read every ``stride``-th frame in RGB, turned as the file says.

    Frames are decoded one by one, and only the result needs memory: T × H × W × 3 bytes.

    Args:
        path: the video.
        stride: 1 or more, in frames.
        size: None as stored, the longest side, or width and height, in pixels.

    Returns:
        ``(T, H, W, 3) uint8``.

    Raises:
        ConfigError: PyAV or NumPy is missing.
        ClipError: the file is missing, or is not whole.
    """
    try:
        import av  # noqa: PLC0415  (an extra, and 100 ms)
        import numpy as np  # noqa: PLC0415  (an extra, and 100 ms)
    except ImportError as error:
        what = f"{error.name}, which is not installed" if error.name else f"PyAV and NumPy ({error})"
        raise ConfigError(f"Frames need {what}: pip install 'cometact_nb[video]'.") from None
    buffer = bytearray()  # grows in place, where a list of frames would have to be copied at the end
    shape = (0, 0, 3)
    try:
        with av.open(str(path), format=demuxer(path)) as container:
            stream = whole_picture(path, container)
            stream.thread_type = "AUTO"
            scale = scaler()
            for frame in _every(path, container, stream, stride):
                picture = upright_rgb(frame, stream.sample_aspect_ratio, size, shape, scale)
                buffer += np.ascontiguousarray(picture).data
                shape = picture.shape
    except FileNotFoundError:
        raise ClipError(f"{path} is not there any more. task.refresh() fetches it again.") from None
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise ClipError(f"{path} is not a whole video ({error}). task.refresh() fetches it again.") from None
    if not buffer:
        raise ClipError(f"{path} has no frames.")
    return np.frombuffer(buffer, np.uint8).reshape(-1, *shape)


def _every(path: Path, container: Any, stream: Any, stride: int) -> Iterator[Any]:
    """Decode every ``stride``-th frame, and of the others only those on which frames depend."""
    times = _times(path) if stride > 1 and stream.codec_context.name in _ONE_A_PACKET else []
    if not times:
        yield from itertools.islice(container.decode(stream), 0, None, stride)
        return
    chosen = set(times[::stride])
    for packet in container.demux(stream):
        stream.codec_context.skip_frame = "DEFAULT" if packet.pts in chosen else "NONREF"
        yield from (frame for frame in packet.decode() if frame.pts in chosen)


def _times(path: Path) -> list[int]:
    """Return the times of all frames in order, read from the packets; nothing where these do not tell."""
    import av  # noqa: PLC0415  (an extra, and 100 ms)

    with av.open(str(path), format=demuxer(path)) as container:
        packets = [packet for packet in container.demux(picture_of(container)) if packet.size]
    times = [packet.pts for packet in packets]
    cut = any(packet.is_discard for packet in packets)  # by an edit list: decoded, but not shown
    return [] if cut or None in times or len(set(times)) < len(times) else sorted(times)


def whole_picture(path: Path, container: Any) -> Any:
    """Return the stream of pictures; raise for a file that is cut off, whose decoding may just end early."""
    stream = picture_of(container)
    if stream is None:
        raise ValueError("it holds no video")
    promised = max((entry.pos + entry.size for entry in stream.index_entries), default=0)
    size = path.stat().st_size
    if size < promised:
        raise ValueError(f"it breaks off after {size:,} of {promised:,} bytes")
    return stream


def scaler() -> Any:
    """Return what scales the frames of a clip.

    A frame's own ``reformat`` computes its tables anew each time, which takes longer than the scaling:
    findings/pyav-reformat-anew.sh.
    """
    from av.video.reformatter import VideoReformatter  # noqa: PLC0415  (an extra, and 100 ms)

    return VideoReformatter()


def upright_rgb(
    frame: Any,
    pixel: Any,
    size: int | tuple[int, int] | None,
    before: tuple[int, ...] = (0, 0, 3),
    scale: Any = None,
) -> NDArray[np.uint8]:
    """Return a frame in RGB, scaled and turned, in the shape of the one before, if any.

    Args:
        frame: of PyAV.
        pixel: the stream's sample aspect ratio.
        size: None as stored, the longest side, or width and height, in pixels.
        before: the shape of the picture before.
        scale: of :func:`scaler`, for many frames of one clip.
    """
    import numpy as np  # noqa: PLC0415

    turns = round(frame.rotation / 90)  # quarter turns, counterclockwise, as in NumPy
    width, height = visible_size(frame.width, frame.height, number(pixel), 90 * turns)
    if before[0]:
        height, width = before[:2]
    elif isinstance(size, tuple):
        width, height = size
    elif size is not None and size < max(width, height):
        share = size / max(width, height)
        width, height = max(1, round(width * share)), max(1, round(height * share))
    untold = frame.colorspace == _UNTOLD and frame.height >= _HD_LINES
    scaled = (scale or scaler()).reformat(
        frame,
        *((height, width) if turns % 2 else (width, height)),
        format="rgb24",
        src_colorspace=_BT709 if untold else None,
        interpolation="AREA",
    )
    picture: NDArray[np.uint8] = np.rot90(scaled.to_ndarray(), turns)
    return picture
