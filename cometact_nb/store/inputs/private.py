"""Says in words, and without any value, what a file tells of its owner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["kinds_in_exif", "kinds_in_tags", "sentence"]

#: What the tags of a video's container and tracks mean, by a part of their names.
_TAGS = (
    (("location", "gps", "geo"), "the location"),
    (("make", "model", "device", "camera", "lens", "android", "firmware"), "the device"),
    (("software", "application", "writing"), "the name of the program"),
    (("creation_time", "date", "year"), "the time of recording"),
    (("artist", "author", "composer", "performer", "owner", "copyright", "director"), "names"),
    (("title", "comment", "description", "synopsis", "keywords", "album", "genre"), "titles and comments"),
)
#: Tags of the format itself, which say nothing about anybody.
_PLAIN = {
    *("major_brand", "minor_version", "compatible_brands", "language", "duration", "rotate", "mimetype"),
    *("vendor_id", "bps", "number_of_frames", "number_of_bytes", "alpha_mode"),
}
#: Tags that say something unless their value is a usual one: the words for them, and the usual values.
_TELLING = {
    "handler_name": (
        "names of tracks",
        re.compile(
            r"(?:\W|core|media|video|sound|audio|stereo|mono|data|text|subtitle|time|code|handler)*",
            re.IGNORECASE,
        ),
    ),
    "encoder": (
        "the name of the encoder",
        re.compile(r"(lav[fc]|x26[45]|h\.?26[45]|hevc|avc|aac|opus).*|", re.IGNORECASE),
    ),
    "timecode": ("the timecode", re.compile("")),
    "filename": ("the name of a file", re.compile("")),
}
#: EXIF by its numbers: TIFF 6.0 and CIPA DC-008.
_GPS_IFD, _EXIF_IFD, _MAKER_NOTE = 0x8825, 0x8769, 0x927C
_DEVICE = {0x010F, 0x0110, 0x0131, 0x013C, 0xA431, 0xA433, 0xA434, 0xA435}
_TIMES = {0x0132, 0x9003, 0x9004, 0x9010, 0x9011, 0x9012}
_NAMES = {0x013B, 0x8298, 0xA430, 0x9C9D}
_WORDS = {0x010E, 0x9286, 0x9C9B, 0x9C9C, 0x9C9E, 0x9C9F}


def kinds_in_tags(tags: Iterable[Mapping[str, str]]) -> list[str]:
    """Return the kinds of personal metadata in a video's tags, each once."""
    kinds: dict[str, None] = {}
    for name, value in (pair for mapping in tags for pair in mapping.items()):
        key = name.lower().partition("-")[0]
        if not value or key in _PLAIN or key.startswith("_statistics"):
            continue
        if key in _TELLING:
            words, usual = _TELLING[key]
            if usual.fullmatch(value) is None:
                kinds[words] = None
            continue
        kind = next((words for parts, words in _TAGS if any(part in name.lower() for part in parts)), "")
        kinds[kind or "other tags"] = None
    return list(kinds)


def kinds_in_exif(exif: Any) -> list[str]:
    """Return the kinds of personal metadata in Pillow's Exif object, each once."""
    inner = {} if not exif else exif.get_ifd(_EXIF_IFD)
    tags = {*exif, *inner}
    kinds = {
        "the location (GPS)": bool(exif and exif.get_ifd(_GPS_IFD)),
        "the device": bool(tags & _DEVICE),
        "the maker's notes": _MAKER_NOTE in tags,
        "the time of recording": bool(tags & _TIMES),
        "names": bool(tags & _NAMES),
        "titles and comments": bool(tags & _WORDS),
        "a thumbnail": bool(exif and exif.get_ifd(1)),
    }
    present = [words for words, there in kinds.items() if there]
    return present or (["EXIF"] if tags - {0x0112, _EXIF_IFD} else [])


def sentence(kinds: list[str]) -> str:
    """Write the sentence for the list of changes; empty when there is nothing to say."""
    if not kinds:
        return ""
    *first, last = dict.fromkeys(kinds)
    return f"Removed {', '.join(first)}{' and ' if first else ''}{last}."
