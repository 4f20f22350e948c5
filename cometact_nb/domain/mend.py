"""The ffmpeg lines that mend an input, ready to be pasted into a shell where the file is."""

from __future__ import annotations

import shlex
from urllib.parse import unquote

from cometact_nb.domain.media import urlsplit_path

__all__ = ["convert_image", "crop_image", "file_name", "recode", "shrink_image", "shrink_video", "trim"]

#: What every player and the vendor take. Act-Two's own sizes are even, 4:2:0 wants the same.
_H264 = (
    '-vf "scale=trunc(iw/2)*2:trunc(ih/2)*2" -c:v libx264 -crf 20 -pix_fmt yuv420p -c:a aac '
    "-movflags +faststart"
)
_AUDIO_KBPS = 128
#: Pixels of a shrunken image; the widest Act-Two frame has 1584.
_WIDTH = 2048


def file_name(address: str) -> str:
    """The file's name at the end of a URL or path, as a shell word that ffmpeg takes for no option."""
    if address.startswith("data:"):
        name = "input"
    elif "://" in address:
        name = unquote(urlsplit_path(address)).rstrip("/").rpartition("/")[2] or "input"
    else:
        name = address.replace("\\", "/").rpartition("/")[2] or "input"
    printable = "".join(char for char in name if char.isprintable())[:100]
    # A name such as "concat:…" would be a protocol to ffmpeg.
    return shlex.quote(f"./{printable}" if printable[:1] == "-" or ":" in printable else printable)


def recode(name: str) -> str:
    """As H.264 in MP4."""
    return f"ffmpeg -i {file_name(name)} {_H264} {_named(name, 'h264.mp4')}"


def trim(name: str, seconds: float) -> str:
    """The first ``seconds``, cut exactly, which needs a new encoding."""
    return f"ffmpeg -i {file_name(name)} -t {seconds:g} {_H264} {_named(name, 'trimmed.mp4')}"


def shrink_video(name: str, limit: int, duration_s: float | None) -> str:
    """At most ``limit`` bytes, by a bit rate where the length is known."""
    target = _named(name, "small.mp4")
    if not duration_s:
        return f"ffmpeg -i {file_name(name)} {_H264.replace('-crf 20', '-crf 28')} {target}"
    # Nine tenths of what would fit: the encoder keeps a rate only on the average.
    kbps = max(200, int(limit * 8 * 0.9 / duration_s / 1000) - _AUDIO_KBPS)
    rate = f"-b:v {kbps}k -maxrate {kbps}k -bufsize {kbps}k"
    coded = _H264.replace("-crf 20", rate).replace("-c:a aac", f"-c:a aac -b:a {_AUDIO_KBPS}k")
    return f"ffmpeg -i {file_name(name)} {coded} {target}"


def convert_image(name: str) -> str:
    """The first picture as PNG."""
    return f"ffmpeg -i {file_name(name)} -frames:v 1 {_named(name, 'converted.png')}"


def shrink_image(name: str) -> str:
    """As a JPEG of at most 2048 pixels in width."""
    fit = f"scale='min({_WIDTH},iw)':-2"
    return f'ffmpeg -i {file_name(name)} -vf "{fit}" -q:v 3 {_named(name, "small.jpg")}'


def crop_image(name: str, aspect: float) -> str:
    """The middle of the picture, as wide or as high as the vendor takes."""
    crop = "crop=ih*2:ih" if aspect > 1 else "crop=iw:iw*2"
    return f'ffmpeg -i {file_name(name)} -vf "{crop}" {_named(name, "cropped.png")}'


def _named(name: str, ending: str) -> str:
    given = shlex.split(file_name(name))[0]
    stem = given.rpartition(".")[0]
    return shlex.quote(f"{stem if stem.strip('./') else given}-{ending}")
