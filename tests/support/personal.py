"""Files that tell of their owner in places where few look, each made here with :data:`brought.SECRET` in it."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import brought
from brought import SECRET, Film
from PIL import Image, ImageCms

WORD = SECRET.encode()
#: A place in ISO 6709, as phones write it.
PLACE = b"+47.3089+008.5567/"
#: JPEG's segments by their markers.
APP1, APP2, APP13, APP14 = 0xE1, 0xE2, 0xED, 0xEE


# --- colour profiles ----------------------------------------------------------------------------------


def profile(version: int = 2) -> bytes:
    """sRGB's colours in a profile that names a screen and its owner in each text."""
    plain = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    (count,) = struct.unpack_from(">I", plain, 128)
    tags = {}
    for number in range(count):
        name, start, size = struct.unpack_from(">4sII", plain, 132 + 12 * number)
        tags[name] = plain[start : start + size]
    text = SECRET.encode("utf-16-be")
    several = b"mluc" + struct.pack(">4xII2s2sII", 1, 12, b"en", b"US", len(text), 28) + text
    one = b"desc" + struct.pack(">4xI", len(WORD) + 1) + WORD + bytes(1 + 78)
    tags |= dict.fromkeys((b"desc", b"dmnd", b"dmdd"), one if version == 2 else several)
    tags[b"cprt"] = b"text\0\0\0\0" + WORD + b"\0" if version == 2 else several
    tags[b"meta"] = b"dict\0\0\0\0" + WORD
    tags[b"calt"] = b"dtim\0\0\0\0" + struct.pack(">6H", 2026, 11, 30, 12, 0, 0)
    at, table, contents = 132 + 12 * len(tags), struct.pack(">I", len(tags)), b""
    for name, content in tags.items():
        table += struct.pack(">4sII", name, at + len(contents), len(content))
        contents += content + bytes(-len(content) % 4)
    header = bytearray(plain[:128])
    header[0:4], header[8], header[48:56] = struct.pack(">I", at + len(contents)), version, WORD[:8]
    return bytes(header) + table + contents


# --- pictures -----------------------------------------------------------------------------------------


def jpeg(**options: Any) -> bytes:
    out = io.BytesIO()
    Image.fromarray(brought.quarters((200, 160))).save(out, "JPEG", quality=95, **options)
    return out.getvalue()


def segment(marker: int, content: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, 2 + len(content)) + content


def with_segment(marker: int, content: bytes) -> bytes:
    """A JPEG with one more segment behind its first."""
    whole = jpeg()
    first = 4 + int.from_bytes(whole[4:6], "big")
    return whole[:first] + segment(marker, content) + whole[first:]


def jfif_thumbnail() -> bytes:
    """A JPEG whose first segment holds a thumbnail, as the format's first version lets it."""
    side = 8
    pixels = (WORD * 8)[: 3 * side * side]
    whole = jpeg()
    return whole[:2] + segment(0xE0, b"JFIF\0\1\2\0\0\1\0\1" + bytes([side, side]) + pixels) + whole[20:]


def exif_thumbnail() -> bytes:
    """EXIF whose second directory holds a small JPEG, with a comment of its own."""
    small = io.BytesIO()
    Image.new("RGB", (16, 16)).save(small, "JPEG", comment=WORD)
    entries = [(0x0201, 4, 1, 8 + 6 + 2 + 24 + 4), (0x0202, 4, 1, len(small.getvalue()))]
    second = struct.pack("<H", 2) + b"".join(struct.pack("<HHII", *entry) for entry in entries) + bytes(4)
    content = b"II*\0" + struct.pack("<I", 8) + struct.pack("<HI", 0, 14) + second + small.getvalue()
    return with_segment(APP1, b"Exif\0\0" + content)


def second_picture() -> bytes:
    """A JPEG behind which a second one lies, with metadata of its own (MPF)."""
    out = io.BytesIO()
    first, second = (Image.fromarray(brought.quarters(size)) for size in ((200, 160), (64, 48)))
    first.save(out, "MPO", save_all=True, append_images=[second], quality=95)
    return out.getvalue() + jpeg(exif=brought.private_exif(), comment=WORD)


def motion_photo() -> bytes:
    film = io.BytesIO()
    with av.open(film, "w", "mp4") as out:
        out.metadata["title"] = SECRET
        track = out.add_stream("libx264", rate=10)
        track.width, track.height, track.pix_fmt = 64, 48, "yuv420p"
        frame = av.VideoFrame.from_ndarray(brought.quarters((64, 48)), format="rgb24")
        out.mux(track.encode(frame))
        out.mux(track.encode(None))
    return jpeg() + film.getvalue()


def chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def with_chunks(*chunks: bytes, end: bytes = b"") -> bytes:
    """A PNG with more chunks behind its head, and something behind its end."""
    out = io.BytesIO()
    Image.fromarray(brought.quarters((200, 160))).save(out, "PNG")
    whole = out.getvalue()
    return whole[:33] + b"".join(chunks) + whole[33:] + end


def _saved(kind: str, **options: Any) -> Callable[[], bytes]:
    def write() -> bytes:
        out = io.BytesIO()
        Image.fromarray(brought.quarters((200, 160))).save(out, kind, **options)
        return out.getvalue()

    return write


def _heic() -> bytes:
    import pillow_heif

    out = io.BytesIO()
    picture = Image.fromarray(brought.quarters((200, 160)))
    picture.info["icc_profile"] = profile(4)
    pillow_heif.from_pillow(picture).save(
        out, quality=90, exif=brought.private_exif().tobytes(), xmp=WORD, icc_profile=profile(4)
    )
    return out.getvalue()


_EVERYTHING = {"exif": brought.private_exif(), "xmp": WORD, "icc_profile": profile()}
#: Each picture's content by a name that says where it tells of its owner.
PICTURES: dict[str, Callable[[], bytes]] = {
    "jfif-thumbnail.jpg": jfif_thumbnail,
    "jfxx-thumbnail.jpg": lambda: with_segment(0xE0, b"JFXX\0\x10" + jpeg(comment=WORD)),
    "exif-thumbnail.jpg": exif_thumbnail,
    "xmp.jpg": lambda: with_segment(APP1, b"http://ns.adobe.com/xap/1.0/\0" + WORD),
    "xmp-extended.jpg": lambda: with_segment(APP1, b"http://ns.adobe.com/xmp/extension/\0" + WORD),
    "iptc.jpg": lambda: with_segment(
        APP13, b"Photoshop 3.0\x008BIM\4\4\0\0\0\0\0\x22\x1c\2\x50\0\x1d" + WORD
    ),
    "adobe-and-more.jpg": lambda: with_segment(APP14, b"Adobe\0\x64\0\0\0\0\1" + WORD),
    "flir.jpg": lambda: with_segment(APP1, b"FLIR\0" + WORD),
    "provenance.jpg": lambda: with_segment(0xEB, b"JP\0\1" + WORD),
    "profile-2.jpg": lambda: jpeg(icc_profile=profile(2)),
    "profile-4.jpg": lambda: jpeg(icc_profile=profile(4)),
    "profile-broken.jpg": lambda: with_segment(APP2, b"ICC_PROFILE\0\1\1" + WORD * 9),
    "second-picture.jpg": second_picture,
    "motion-photo.jpg": motion_photo,
    "turned-with-all.jpg": lambda: jpeg(**{**_EVERYTHING, "exif": brought.private_exif(6), "comment": WORD}),
    "exif.png": lambda: with_chunks(chunk(b"eXIf", brought.private_exif().tobytes()[6:])),
    "texts.png": lambda: with_chunks(
        chunk(b"tEXt", b"Author\0" + WORD),
        chunk(b"zTXt", b"Comment\0\0" + zlib.compress(WORD)),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(WORD)),
    ),
    "profile.png": lambda: with_chunks(chunk(b"iCCP", WORD[:70] + b"\0\0" + zlib.compress(profile(4)))),
    "profile-and-more.png": lambda: with_chunks(
        chunk(b"iCCP", b"colours\0\0" + zlib.compress(profile(2)) + WORD)
    ),
    "private-chunk.png": lambda: with_chunks(chunk(b"caBX", WORD), chunk(b"prVt", WORD)),
    "behind-the-end.png": lambda: with_chunks(end=jpeg(comment=WORD)),
    "all.webp": _saved("WEBP", quality=95, **_EVERYTHING),
    "all.avif": _saved("AVIF", quality=95, **_EVERYTHING),
    "all.heic": _heic,
    "all.tif": _saved(
        "TIFF",
        icc_profile=profile(),
        tiffinfo={270: SECRET, 315: SECRET, 700: WORD, 33723: WORD, 34377: WORD},
    ),
    "comment.gif": _saved("GIF", comment=WORD),
}


# --- clips --------------------------------------------------------------------------------------------


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def place(folder: Path, film: Film) -> bytes:
    """A clip's bytes, its index at the end, so that boxes can be put into that."""
    return brought.write(folder / "plain.mp4", film).read_bytes()


def in_index(whole: bytes, content: bytes, path: tuple[bytes, ...] = (b"moov",)) -> bytes:
    """Append boxes to one inside the index, which is the file's last box."""
    at, sizes = 0, []
    end = len(whole)
    for name in path:
        while whole[at + 4 : at + 8] != name:
            at += int.from_bytes(whole[at : at + 4], "big")
        sizes.append(at)
        end = at + int.from_bytes(whole[at : at + 4], "big")
        at += 8
    changed = bytearray(whole[:end] + content + whole[end:])
    for start in sizes:
        size = int.from_bytes(changed[start : start + 4], "big") + len(content)
        changed[start : start + 4] = struct.pack(">I", size)
    return bytes(changed)


def user_texts() -> bytes:
    """QuickTime's and 3GPP's places and names, as phones write them."""
    xyz = box(b"\xa9xyz", struct.pack(">HH", len(PLACE), 0x15C7) + PLACE)
    loci = box(
        b"loci",
        bytes(4) + b"\x15\xc7" + WORD + b"\0\0" + struct.pack(">iii", 8 << 16, 47 << 16, 0) + b"earth\0\0",
    )
    auth = box(b"auth", bytes(4) + b"\x15\xc7" + WORD + b"\0")
    model = box(b"\xa9mod", struct.pack(">HH", len(WORD), 0x15C7) + WORD)
    return box(b"udta", xyz + loci + auth + model + box(b"XMP_", WORD) + box(b"SDLN", WORD))


def apple_keys() -> bytes:
    """Apple's keys with their values."""
    names = [b"com.apple.quicktime.location.ISO6709", b"com.apple.quicktime.make"]
    keys = bytes(4) + struct.pack(">I", len(names)) + b"".join(box(b"mdta", name) for name in names)
    values = b"".join(
        box(struct.pack(">I", number), box(b"data", struct.pack(">II", 1, 0) + value))
        for number, value in enumerate((PLACE, WORD), 1)
    )
    handler = box(b"hdlr", bytes(8) + b"mdta" + bytes(12) + b"\0")
    return box(b"meta", handler + box(b"keys", keys) + box(b"ilst", values))


def _timed(out: Any) -> Callable[[], None]:
    """A track of data that goes with the pictures, such as a camera's places."""
    track = out.add_data_stream("bin_data")

    def fill() -> None:
        for number in range(3):
            packet = av.Packet(WORD + PLACE)
            packet.stream, packet.pts, packet.dts, packet.time_base = track, number, number, Fraction(1)
            out.mux(packet)

    return fill


def message(kind: int, payload: bytes) -> bytes:
    """A unit of H.264 with one message (SEI), its length before it."""
    sizes = b"\xff" * (len(payload) // 255) + bytes([len(payload) % 255])
    unit = b"\x06" + bytes([kind]) + sizes + payload + b"\x80"
    return struct.pack(">I", len(unit)) + unit


#: A camera's own (AVCHD writes place and time so), captions, the time of day, a unit that no standard knows, and one
#: that only fills.
MESSAGES = (
    message(5, bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM" + WORD * 12)
    + message(4, b"\xb5\0\x31GA94\3" + WORD)
    + message(1, WORD)
    + struct.pack(">I", 1 + len(WORD)) + b"\x0c" + WORD
    + struct.pack(">I", 1 + len(WORD)) + b"\x1e" + WORD
)  # fmt: skip


def in_stream(folder: Path, container: str) -> bytes:
    """A clip with such messages before its first and its tenth picture."""
    source = brought.write(folder / "plain.mp4", Film(sound="", codec_options={"g": "10"}))
    target = folder / f"messages.{container}"
    with av.open(str(source)) as reader, av.open(str(target), "w") as out:
        track = out.add_stream_from_template(reader.streams.video[0])
        for number, packet in enumerate(reader.demux(video=0)):
            if packet.dts is None:
                continue
            new: Any = packet
            if number in {0, 10}:
                new = av.Packet(MESSAGES + bytes(packet))
                for name in ("pts", "dts", "duration", "time_base", "is_keyframe"):
                    setattr(new, name, getattr(packet, name))
            new.stream = track
            out.mux(new)
    return target.read_bytes()


def _attached(out: Any) -> Callable[[], None]:
    out.add_attachment("me.jpg", "image/jpeg", jpeg(comment=WORD))
    return lambda: None


def _subtitled(out: Any) -> Callable[[], None]:
    texts = f"1\n00:00:00,500 --> 00:00:01,500\n{SECRET}\n"
    reader: Any = av.open(io.BytesIO(texts.encode()), format="srt")
    track = out.add_stream_from_template(reader.streams.subtitles[0])

    def fill() -> None:
        for packet in reader.demux():
            if packet.dts is not None:
                packet.stream = track
                out.mux(packet)

    return fill


def _chaptered(out: Any) -> Callable[[], None]:
    out.set_chapters(
        [
            {
                "id": number,
                "start": 0,
                "end": 1000,
                "time_base": Fraction(1, 1000),
                "metadata": {"title": SECRET},
            }
            for number in (1, 2)
        ]
    )
    return lambda: None


def named_encoder(whole: bytes) -> bytes:
    """A clip whose camera names itself in the description of its pictures."""
    entry = whole.index(b"avc1", whole.index(b"stsd"))
    name = bytes([31]) + WORD.ljust(31, b"!")[:31]
    return whole[: entry + 46] + name + whole[entry + 78 :]


_LAST = Film(sound="")  # the index is the last box
_TAGGED = {"title": SECRET, "artist": SECRET, "location": PLACE.decode(), "comment": SECRET}
#: Each clip's content by a name that says where it tells of its owner.
CLIPS: dict[str, Callable[[Path], bytes]] = {
    "udta.mp4": lambda folder: in_index(place(folder, _LAST), user_texts()),
    "camera.mp4": lambda folder: in_index(
        place(folder, _LAST), box(b"udta", box(b"smta", WORD) + box(b"CAME", WORD) + box(b"SETT", WORD))
    ),
    "motion.mp4": lambda folder: place(folder, _LAST) + b"SEFH" + WORD + b"SEFT",
    "sefd.mp4": lambda folder: place(folder, _LAST) + box(b"sefd", WORD),
    "chapters.mp4": lambda folder: place(folder, Film(extra=_chaptered)),
    "chapters.mkv": lambda folder: brought.write(
        folder / "plain.mkv", Film(extra=_chaptered, container="matroska")
    ).read_bytes(),
    "subtitles.mkv": lambda folder: brought.write(
        folder / "plain.mkv", Film(extra=_subtitled, container="matroska")
    ).read_bytes(),
    "udta-of-track.mp4": lambda folder: in_index(place(folder, _LAST), user_texts(), (b"moov", b"trak")),
    "keys.mov": lambda folder: in_index(place(folder, _LAST), apple_keys()),
    "keys-of-file.mp4": lambda folder: place(folder, _LAST) + apple_keys(),
    "uuid-xmp.mp4": lambda folder: (
        place(folder, _LAST) + box(b"uuid", bytes.fromhex("be7acfcb97a942e89c71999491e3afac") + WORD)
    ),
    "uuid-in-index.mp4": lambda folder: in_index(place(folder, _LAST), box(b"uuid", bytes(16) + WORD)),
    "free.mp4": lambda folder: in_index(place(folder, _LAST), box(b"free", WORD)) + box(b"skip", WORD),
    "encoder-name.mp4": lambda folder: named_encoder(place(folder, _LAST)),
    "handler-name.mp4": lambda folder: place(folder, _LAST).replace(b"VideoHandler\0", WORD[:12] + b"\0"),
    "tags.mp4": lambda folder: place(folder, Film(tags=_TAGGED)),
    "timed.mp4": lambda folder: place(folder, Film(extra=_timed)),
    "messages.mp4": lambda folder: in_stream(folder, "mp4"),
    "messages.mkv": lambda folder: in_stream(folder, "mkv"),
    "tags.mkv": lambda folder: brought.write(
        folder / "plain.mkv", Film(tags=_TAGGED, container="matroska")
    ).read_bytes(),
    "attachment.mkv": lambda folder: brought.write(
        folder / "plain.mkv", Film(extra=_attached, container="matroska")
    ).read_bytes(),
    "id3.mkv": lambda folder: brought.write(
        folder / "plain.mkv", Film(sound="libmp3lame", tags=_TAGGED, container="matroska")
    ).read_bytes(),
    "vorbis-comment.mkv": lambda folder: brought.write(
        folder / "plain.mkv", Film(sound="flac", tags=_TAGGED, container="matroska")
    ).read_bytes(),
    "info.avi": lambda folder: brought.write(
        folder / "plain.avi", Film(codec="mpeg4", sound="libmp3lame", tags=_TAGGED)
    ).read_bytes(),
    "service-name.ts": lambda folder: brought.write(
        folder / "plain.ts",
        Film(codec="mpeg2video", fps=25, sound="mp2", container="mpegts", tags={"service_name": SECRET}),
    ).read_bytes(),
}  # fmt: skip
