"""Finds the face in the frames of a film or a picture with dlib (extra ``faces``)."""

from __future__ import annotations

import importlib.util
import math
import threading
from functools import cache
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.sweep.faces import FACES_FPS, Face, FaceSample, FaceTrack
from cometact_nb.errors import ClipError, ConfigError
from cometact_nb.store.clips.video import demuxer, is_video, scaler, upright_rgb, whole_picture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

__all__ = ["check_extra", "faces_version", "track_faces"]

#: Longest side in pixels; the detector finds faces of 80 pixels, and tries once at double size where it
#: finds none.
_SIZE = 640
#: A description of the face takes as long as three frames, so it is made once in so many seconds.
_IDENTITY_S = 1.0
#: A frame counts as the one of a moment that it precedes by less than this.
_EARLY_S = 0.005
#: Longest film, in seconds; the vendor takes 30.
_MOST_S = 120.0
_SOUND_HZ = 16_000
#: Points of the face that keep their places whatever it does, in mm: right, down, away, from the tip of the
#: nose. Means of adults, rounded; approximate angles will do, since only their course is compared.
_RIGID = {
    27: (0, -38, 16),
    30: (0, 0, 0),
    31: (-15, 11, 16),
    33: (0, 14, 14),
    35: (15, 11, 16),
    36: (-45, -35, 35),
    39: (-16, -34, 28),
    42: (16, -34, 28),
    45: (45, -35, 35),
}
_INNER_LIPS = ((61, 67), (62, 66), (63, 65))
_BROWS, _EYES = range(17, 27), range(36, 48)
_PACKAGES = ("dlib", "face_recognition_models")
#: The network that describes a face keeps its work inside itself.
_one_at_a_time = threading.Lock()


def check_extra() -> None:
    """Raise ConfigError where the extra is missing."""
    if any(importlib.util.find_spec(name) is None for name in _PACKAGES):
        raise ConfigError(
            "Measures of faces need dlib and its models, which are not installed: pip install "
            "'cometact_nb[faces]'. Its landmarks were trained on data for non-commercial use."
        )


def faces_version() -> str:
    """Name what measures: values of another one are not compared with these."""
    check_extra()
    return f"1/dlib {_dlib().__version__}"


def track_faces(
    path: Path, *, identities: bool = True, check: Callable[[], None] = lambda: None
) -> FaceTrack:
    """Find the largest face in a picture, or in a film, :data:`FACES_FPS` times a second.

    Args:
        path: the file.
        identities: describe the face, too, once a second.
        check: is called for each frame, and raises to stop.

    Raises:
        ConfigError: the extra is missing.
        ClipError: the file is missing, or is not whole.
    """
    check_extra()
    detector = _dlib().get_frontal_face_detector()  # of our own: it keeps its work inside itself
    samples: list[FaceSample] = []
    several: list[tuple[float, ...]] = []
    due_s = 0.0
    try:
        is_film = is_video(path)
        loudness = _Loudness(path) if is_film else None
        for time_s, pixels in _film_frames(path) if is_film else [(0.0, _picture(path))]:
            check()
            box = _largest(detector, pixels)
            face = None if box is None else _face(_points(pixels, box))
            samples.append(FaceSample(time_s, face, None if loudness is None else loudness.at(time_s)))
            if identities and box is not None and time_s >= due_s:
                several.append(_identity(pixels, box))
                due_s = time_s + _IDENTITY_S
    except FileNotFoundError:
        raise ClipError(f"{path} is not there any more. task.refresh() fetches it again.") from None
    except (OSError, IndexError, TypeError, ValueError) as error:
        raise ClipError(f"{path} cannot be read to its end ({error}).") from None
    return FaceTrack(tuple(samples), tuple(several))


def _film_frames(path: Path) -> Iterator[tuple[float, Pixels]]:
    """Yield frames upright, with their seconds since the first one, at most :data:`FACES_FPS` a second."""
    import av  # noqa: PLC0415  (an extra, and 100 ms)

    begin_s, due_s = None, 0.0
    try:
        with av.open(str(path), format=demuxer(path)) as container:
            stream = whole_picture(path, container)
            stream.thread_type = "AUTO"
            scale = scaler()
            for frame in container.decode(stream):
                begin_s = frame.time or 0.0 if begin_s is None else begin_s
                time_s = (frame.time or 0.0) - begin_s
                if time_s > _MOST_S:
                    return
                if time_s + _EARLY_S < due_s:
                    continue
                due_s = math.floor((time_s + _EARLY_S) * FACES_FPS + 1) / FACES_FPS
                yield (
                    time_s,
                    _in_one_piece(upright_rgb(frame, stream.sample_aspect_ratio, _SIZE, scale=scale)),
                )
    except av.FFmpegError as error:
        raise ValueError(str(error)) from None


def _picture(path: Path) -> Pixels:
    """Read a picture upright.

    Raises:
        ConfigError: Pillow is missing.
        ValueError: it cannot be read.
    """
    try:
        from PIL import Image, ImageOps  # noqa: PLC0415  (an extra)
    except ImportError:
        raise ConfigError("Pictures need Pillow: pip install 'cometact_nb[faces]'.") from None
    try:
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (Image.DecompressionBombError, SyntaxError) as error:
        raise ValueError(str(error)) from None
    upright.thumbnail((_SIZE, _SIZE))
    return _in_one_piece(upright)


def _in_one_piece(pixels: Any) -> Pixels:
    """Return pixels in one piece of memory, as dlib needs them."""
    import numpy as np  # noqa: PLC0415  (an extra, and 100 ms)

    return np.ascontiguousarray(pixels, dtype=np.uint8)


class _Loudness:
    """The loudness of a film's sound; :meth:`at` gives None where it has none."""

    def __init__(self, path: Path) -> None:
        import av  # noqa: PLC0415  (an extra, and 100 ms)
        import numpy as np  # noqa: PLC0415  (the same)

        pieces = []
        try:
            with av.open(str(path), format=demuxer(path)) as container:
                tracks = container.streams.audio
                if not tracks:
                    self._levels: Any = None
                    return
                resampler = av.AudioResampler(format="s16", layout="mono", rate=_SOUND_HZ)
                for frame in container.decode(tracks[0]):
                    if (frame.time or 0.0) > _MOST_S:
                        break
                    pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
        except av.FFmpegError as error:
            raise ValueError(f"its sound: {error}") from None
        window = _SOUND_HZ // FACES_FPS
        samples = np.concatenate([np.zeros(window // 2, np.int16), *pieces, np.zeros(window, np.int16)])
        energy = np.concatenate([[0.0], np.cumsum((samples / 32768.0) ** 2)])
        self._levels = np.sqrt(np.maximum(energy[window:] - energy[:-window], 0) / window)

    def at(self, time_s: float) -> float | None:
        """Return the root mean square of an eighth of a second around a moment."""
        if self._levels is None:
            return None
        place = round(time_s * _SOUND_HZ)
        return float(self._levels[place]) if place < len(self._levels) else None


def _largest(detector: Any, pixels: Pixels) -> Any:
    boxes = detector(pixels, 0) or detector(pixels, 1)
    return max(boxes, key=lambda box: box.area(), default=None)


def _points(pixels: Pixels, box: Any) -> Any:
    import numpy as np  # noqa: PLC0415  (an extra, and 100 ms)

    shape = _landmarks()(pixels, box)
    return np.array([(point.x, point.y) for point in shape.parts()], float)


def _face(points: Any) -> Face:
    """Fit the rigid points by a parallel projection, and measure lips and brows along the face's own axes."""
    import numpy as np  # noqa: PLC0415  (an extra, and 100 ms)

    model = np.array(list(_RIGID.values()), float)
    model -= model.mean(axis=0)
    picture = points[list(_RIGID)]
    projection = np.linalg.lstsq(model, picture - picture.mean(axis=0), rcond=None)[0].T
    left, scales, right = np.linalg.svd(projection, full_matrices=False)
    axes = left @ right  # rows: the picture's right and down, in the face's own directions
    away = np.cross(axes[0], axes[1])
    scale = float(scales.mean()) or 1.0
    roll = math.atan2(axes[1, 0], axes[0, 0])
    down = np.array([-math.sin(roll), math.cos(roll)])  # of the face, in the picture
    upper, lower = (points[[pair[end] for pair in _INNER_LIPS]].mean(axis=0) for end in (0, 1))
    brows, eyes = points[_BROWS].mean(axis=0), points[_EYES].mean(axis=0)
    return Face(
        mouth=float((lower - upper) @ down) / scale,
        brows=float((eyes - brows) @ down) / scale,
        yaw=math.degrees(math.asin(max(-1.0, min(1.0, float(away[0]))))),
        pitch=math.degrees(math.asin(max(-1.0, min(1.0, float(away[1]))))),
        roll=math.degrees(roll),
    )


def _identity(pixels: Pixels, box: Any) -> tuple[float, ...]:
    with _one_at_a_time:
        return tuple(_describer().compute_face_descriptor(pixels, _five_points()(pixels, box)))


def _dlib() -> Any:
    import dlib  # noqa: PLC0415  (an extra)

    return dlib


def _model(name: str) -> str:
    import face_recognition_models  # noqa: PLC0415  (an extra)

    return str(getattr(face_recognition_models, f"{name}_model_location")())


@cache
def _landmarks() -> Any:
    return _dlib().shape_predictor(_model("pose_predictor"))


@cache
def _five_points() -> Any:
    return _dlib().shape_predictor(_model("pose_predictor_five_point"))


@cache
def _describer() -> Any:
    return _dlib().face_recognition_model_v1(_model("face_recognition"))
