"""Files as people bring them: each made here, small, of the kind that a device or a program writes.

Every picture has a red, a green, a blue and a yellow quarter, so that its turn shows; every clip flashes white in the
middle and beeps at the same moment, so that its sound shows whether it is in step.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image
from PIL.TiffImagePlugin import IFDRational

#: Left above, right above, left below, right below.
QUARTERS = ((220, 30, 30), (30, 200, 30), (30, 30, 220), (220, 200, 30))
SIZE = (160, 96)
#: The flash and the beep: from here on, for a fifth of a second.
FLASH_S = 1.6
_FLASH_LENGTH_S = 0.2
#: Stands in every place for something personal, and must be in no result.
SECRET = "Seestrasse-47-in-Rueschlikon"


def quarters(size: tuple[int, int] = SIZE) -> np.ndarray[Any, Any]:
    width, height = size
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2], picture[: height // 2, width // 2 :] = QUARTERS[0], QUARTERS[1]
    picture[height // 2 :, : width // 2], picture[height // 2 :, width // 2 :] = QUARTERS[2], QUARTERS[3]
    return picture


@dataclass
class Film:
    """A clip to write."""

    codec: str = "libx264"
    pix_fmt: str = "yuv420p"
    size: tuple[int, int] = SIZE
    fps: float = 15
    seconds: float = 3.2
    times: list[float] | None = None  #: of each frame, seconds
    turn: int = 0  #: degrees clockwise by which a player turns it
    pixel: tuple[int, int] = (1, 1)
    colours: dict[str, int] = field(default_factory=dict)
    sound: str = "aac"
    container: str | None = None
    options: dict[str, str] = field(default_factory=dict)  #: of the container
    codec_options: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    extra: Callable[[Any], Callable[[], None]] | None = None  #: adds a track, and returns what fills it


_FAST = {
    "libx264": {"preset": "ultrafast", "crf": "16"},
    "libx265": {"preset": "ultrafast", "x265-params": "log-level=none"},
    "libvpx": {"deadline": "realtime", "cpu-used": "8", "crf": "8", "b": "2M"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8"},
}


#: Codecs that allow no finer times than their rate.
_COARSE = {"mpeg2video", "mpeg4"}


def write(path: Path, film: Film) -> Path:
    """Write a clip, its picture as stored: a turned one is turned back first."""
    upright_size = film.size[::-1] if film.turn % 180 else film.size
    plain = np.ascontiguousarray(np.rot90(quarters(upright_size), film.turn // 90))
    bright = np.full_like(plain, 255)
    with av.open(str(path), "w", format=film.container, options=film.options) as out:
        out.metadata.update(film.tags)
        options = {**_FAST.get(film.codec, {}), **film.codec_options}
        track: Any = out.add_stream(
            film.codec, rate=Fraction(film.fps).limit_denominator(1001), options=options
        )
        track.height, track.width = plain.shape[:2]
        track.pix_fmt = film.pix_fmt
        if film.turn:
            track.set_display_rotation(-film.turn)
        if film.pixel != (1, 1):
            track.codec_context.sample_aspect_ratio = Fraction(*film.pixel)
        for name, value in film.colours.items():
            setattr(track.codec_context, name, value)
        ticks = round(film.fps) if film.codec in _COARSE else 90_000
        track.codec_context.time_base = Fraction(1, ticks)
        sound = _add_sound(out, film)
        fill = film.extra(out) if film.extra else None
        for time_s in film.times or [index / film.fps for index in range(round(film.seconds * film.fps))]:
            flash = FLASH_S <= time_s + 1e-6 < FLASH_S + _FLASH_LENGTH_S
            frame = av.VideoFrame.from_ndarray(bright if flash else plain, format="rgb24")
            frame = frame.reformat(format=film.pix_fmt)
            for name, value in film.colours.items():
                setattr(frame, name, value)
            frame.pts, frame.time_base = round(time_s * ticks), Fraction(1, ticks)
            out.mux(track.encode(frame))
        out.mux(track.encode(None))
        for packet in sound:
            out.mux(packet)
        if fill is not None:
            fill()
    return path


def _add_sound(out: Any, film: Film) -> list[Any]:
    if not film.sound:
        return []
    track: Any = out.add_stream(film.sound, rate=48_000, layout="stereo")
    samples = np.zeros((2, round(film.seconds * 48_000)), np.float32)
    first, last = round(FLASH_S * 48_000), round((FLASH_S + _FLASH_LENGTH_S) * 48_000)
    samples[:, first:last] = 0.6 * np.sin(np.arange(last - first) * 0.13)
    resampler = av.AudioResampler(format=track.format.name, layout="stereo", rate=48_000)
    packets = []
    step = 960 if film.sound == "libopus" else 1152 if "mp3" in film.sound else 1024
    for start in range(0, samples.shape[1], step):
        piece = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[:, start : start + step]), format="fltp", layout="stereo"
        )
        piece.sample_rate, piece.pts, piece.time_base = 48_000, start, Fraction(1, 48_000)
        for frame in resampler.resample(piece):
            packets += track.encode(frame)
    return [*packets, *track.encode(None)]


def _cover(out: Any) -> Callable[[], None]:
    """Adds the picture that players show for a file."""
    jpeg = io.BytesIO()
    Image.new("RGB", (64, 64), "white").save(jpeg, "JPEG")
    track: Any = out.add_stream("mjpeg", rate=1)
    track.width, track.height, track.pix_fmt = 64, 64, "yuvj420p"
    track.disposition = av.stream.Disposition.attached_pic

    def fill() -> None:
        packet = av.Packet(jpeg.getvalue())
        packet.stream, packet.pts, packet.dts, packet.time_base = track, 0, 0, Fraction(1, 1000)
        out.mux(packet)

    return fill


def _uneven(seconds: float) -> list[float]:
    """Times of a recorder's frames: 15 a second, with jitter and a pause of 0.4 s."""
    moments, at = [], 0.0
    for index in range(1000):
        if at >= seconds:
            break
        moments.append(round(at, 4))
        at += 0.4 if index == 12 else (0.05, 0.08, 0.0667)[index % 3]
    # One frame at the flash itself, so that the moment is in the file.
    return sorted({*(moment for moment in moments if abs(moment - FLASH_S) > 0.02), FLASH_S})


_PHONE = {
    "location": "+47.3+008.5/",
    "com.apple.quicktime.location.ISO6709": "+47.3+008.5+400/",
    "com.apple.quicktime.make": SECRET,
    "com.apple.quicktime.creationdate": "2026-11-30T12:00:00+0100",
    "artist": SECRET,
}
_HLG = {"color_trc": 18, "color_primaries": 9, "colorspace": 9, "color_range": 1}

#: What each file stands for, and its clip.
CLIPS: dict[str, tuple[str, Film]] = {
    "phone-portrait.mov": (
        "a phone's clip held upright: H.264, stored on its side, with location keys",
        Film(size=(96, 160)[::-1], turn=90, options={"movflags": "use_metadata_tags"}, tags=_PHONE),
    ),
    "phone-upside-down.mp4": ("a phone's clip, the phone upside down", Film(turn=180)),
    "phone-hdr.mov": (
        "a phone's HDR clip: HEVC, 10 bits, HLG",
        Film(
            codec="libx265",
            pix_fmt="yuv420p10le",
            turn=270,
            colours=_HLG,
            options={"movflags": "use_metadata_tags"},
            tags=_PHONE,
        ),
    ),
    "phone-slow-motion.mp4": ("slow motion, 120 frames a second", Film(fps=120)),
    "phone-variable.mp4": ("a phone's clip of a variable rate", Film(times=_uneven(3.4), seconds=3.4)),
    "browser.webm": (
        "a browser's recorder: VP8 and Opus, a variable rate, no length and no index",
        Film(
            codec="libvpx", sound="libopus", times=_uneven(3.4), seconds=3.4, container="webm",
            options={"live": "1"},
        ),
    ),
    "browser-h264.mkv": (
        "a browser's recorder asked for H.264, which writes Matroska",
        Film(sound="libopus", times=_uneven(3.4), seconds=3.4, container="matroska"),
    ),
    "browser-vp9.mp4": (
        "a browser's recorder asked for MP4: VP9 in fragments",
        Film(codec="libvpx-vp9", sound="libopus", options={"movflags": "frag_keyframe+empty_moov"}),
    ),
    "screen-recorder.mkv": (
        "a screen recorder: H.264 with pictures that are decoded before they are shown, in Matroska",
        Film(container="matroska", codec_options={"bf": "3", "b_strategy": "0"}),
    ),
    "screen-444.mkv": (
        "a screen recorder: H.264 4:4:4 with FLAC",
        Film(pix_fmt="yuv444p", sound="flac", container="matroska"),
    ),
    "editor-prores.mov": (
        "an editor's export: ProRes 4:2:2, 10 bits, PCM",
        Film(codec="prores_ks", pix_fmt="yuv422p10le", sound="pcm_s16le"),
    ),
    "camcorder.ts": (
        "a camcorder: MPEG-TS that begins at 1.4 s, MPEG-2, pixels of 16:15",
        Film(codec="mpeg2video", fps=25, pixel=(16, 15), sound="mp2", container="mpegts"),
    ),
    "converter.avi": ("a converter: MPEG-4 and MP3 in AVI", Film(codec="mpeg4", sound="libmp3lame")),
    "converter-cover.mp4": ("a converter that adds a cover picture", Film(extra=_cover)),
    "odd-sides.mp4": ("a crop with odd sides: 4:4:4", Film(size=(159, 95), pix_fmt="yuv444p")),
    "right.mp4": ("H.264 High and AAC, upright: right already", Film(options={"movflags": "+faststart"})),
    "right-tagged.mp4": ("the same with a title and a location", Film(tags={"title": SECRET, "location": "+47.3+008.5/"})),
    "right-silent.mp4": ("the same without sound", Film(sound="")),
    "right-pcm.mov": ("the same with PCM sound", Film(sound="pcm_s16le")),
}  # fmt: skip


def private_exif(orientation: int = 1) -> Image.Exif:
    """EXIF as a phone writes it, with place, device and a thumbnail's tags."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x0132] = orientation, SECRET, "2026:11:30 12:00:00"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (IFDRational(47), IFDRational(18), IFDRational(0))
    exif.get_ifd(0x8769)[0x927C] = SECRET.encode()
    return exif


def _picture(size: tuple[int, int] = (200, 160), mode: str = "RGB", turn: int = 0) -> Image.Image:
    """The quarters; as stored when a reader turns them by ``turn`` degrees clockwise."""
    upright = size[::-1] if turn % 180 else size
    return Image.fromarray(np.ascontiguousarray(np.rot90(quarters(upright), turn // 90))).convert(mode)


def _saved(kind: str, picture: Image.Image, **options: Any) -> Callable[[Path], None]:
    return lambda path: picture.save(path, kind, **options)


def _heic(path: Path) -> None:
    import pillow_heif

    pillow_heif.from_pillow(_picture()).save(
        path, quality=90, exif=private_exif().tobytes(), xmp=SECRET.encode()
    )


def _two_pictures(path: Path) -> None:
    _picture().save(
        path,
        "MPO",
        save_all=True,
        append_images=[_picture((64, 48))],
        exif=private_exif(),
        comment=SECRET.encode(),
    )


def _motion_photo(path: Path) -> None:
    """A JPEG with a film of the seconds before it at its end."""
    content = io.BytesIO()
    _picture().save(content, "JPEG", exif=private_exif())
    path.write_bytes(content.getvalue() + b"\0\0\0\x18ftypmp42" + SECRET.encode() * 10)


def _texts(path: Path) -> None:
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Author", SECRET)
    texts.add_itxt("XML:com.adobe.xmp", SECRET)
    _picture().save(path, "PNG", pnginfo=texts)


#: The same for pictures.
PICTURES: dict[str, tuple[str, Callable[[Path], None]]] = {
    "phone-turned.jpg": (
        "a phone's photo held upright: JPEG with EXIF orientation 6, place and device",
        _saved("JPEG", _picture(turn=90), exif=private_exif(6), quality=95),
    ),
    "phone-mirrored.jpg": (
        "a selfie: EXIF orientation 5",
        _saved("JPEG", _picture().transpose(Image.Transpose.TRANSPOSE), exif=private_exif(5), quality=95),
    ),
    "phone.jpg": (
        "a phone's photo that is stored upright",
        _saved("JPEG", _picture(), exif=private_exif(), comment=SECRET.encode(), xmp=SECRET.encode()),
    ),
    "phone-two-pictures.jpg": ("a phone's JPEG of two pictures (MPO)", _two_pictures),
    "phone-motion.jpg": ("a photo with a film at its end", _motion_photo),
    "phone.heic": ("an iPhone's photo: HEIC", _heic),
    "web.avif": ("a picture from the web: AVIF", _saved("AVIF", _picture(), exif=private_exif())),
    "web.webp": ("the same as WebP", _saved("WEBP", _picture(), exif=private_exif(), quality=95)),
    "panorama.jpg": ("a panorama, 6:1", _saved("JPEG", _picture((600, 100)), quality=95)),
    "tall.png": ("a page of a scan, 1:3", _saved("PNG", _picture((100, 300)))),
    "drawn.png": ("a drawing with texts in the file", _texts),
    "print.jpg": ("a JPEG for print: CMYK", _saved("JPEG", _picture(mode="CMYK"), quality=95)),
    "scan.tif": ("a scanner's TIFF", _saved("TIFF", _picture())),
    "right.jpg": ("a JPEG that is right already", _saved("JPEG", _picture(), quality=95)),
}


def clips(folder: Path, *names: str) -> Iterator[Path]:
    """Write the clips of these names."""
    for name in names:
        yield write(folder / name, CLIPS[name][1])


def picture(folder: Path, name: str) -> Path:
    """Write the picture of this name."""
    PICTURES[name][1](folder / name)
    return folder / name
