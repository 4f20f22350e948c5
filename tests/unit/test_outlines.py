"""The outline of files, read from their containers: WebM's turn, and pictures in boxes that were cut."""

from __future__ import annotations

import io
import struct

import pytest
from files import image_bytes, video_bytes

from cometact_nb.domain.inspection import boxes, pictures
from cometact_nb.store.clips.probe import probe


def element(name: bytes, content: bytes, length: int | None = None) -> bytes:
    """An EBML element, its size in eight bytes; or another size than it has."""
    size = len(content) if length is None else length
    return name + (size | 1 << 56).to_bytes(8, "big") + content


def projection(roll: bytes, kind: int = 0) -> bytes:
    return element(b"vp", element(b"vq", bytes([kind])) + element(b"vu", roll))


def webm(video: bytes, *, unknown: bool = False) -> bytes:
    """A WebM of which only the track of pictures, number 3, is there."""
    sound = element(b"\xae", element(b"\xd7", b"\x01") + element(b"\xe1", b""))
    track = element(b"\xae", element(b"\xd7", b"\x03") + element(b"\xe0", element(b"\xb0", b"\x40") + video))
    content = (
        element(b"\xec", bytes(300)) + element(b"\x16T\xaek", sound + track) + element(b"\x1fC\xb6u", b"")
    )
    length = (1 << 56) - 1 if unknown else None
    return element(b"\x1aE\xdf\xa3", element(b"\x42\x82", b"webm")) + element(b"\x18S\x80g", content, length)


@pytest.mark.parametrize(
    ("roll", "turn"),
    [(90.0, 270), (-90.0, 90), (180.0, 180), (-180.0, 180), (0.0, 0), (float("nan"), 0), (float("inf"), 0)],
)
@pytest.mark.parametrize("layout", [">f", ">d"])
@pytest.mark.parametrize("unknown", [False, True])
def test_webm_says_how_a_player_turns_it(roll: float, turn: int, layout: str, unknown: bool) -> None:
    content = webm(projection(struct.pack(layout, roll)), unknown=unknown)
    outline = boxes.look(io.BytesIO(content), len(content), "webm")
    assert outline.tracks == (boxes.Track(3, turn, None),)
    assert (outline.open_end, outline.broken) == (unknown, "")


@pytest.mark.parametrize(
    "video", [b"", projection(b""), projection(b"\0\0"), projection(struct.pack(">f", 90), 1)]
)
def test_webm_without_a_turn_and_a_view_all_round_are_not_turned(video: bytes) -> None:
    content = webm(video)
    (track,) = boxes.look(io.BytesIO(content), len(content), "webm").tracks
    assert track.turn == 0


def test_no_cut_of_a_webm_breaks_the_reader() -> None:
    content = webm(projection(struct.pack(">f", 90)))
    for length in range(len(content)):
        outline = boxes.look(io.BytesIO(content[:length]), length, "webm")
        assert {track.turn for track in outline.tracks} <= {0, 270}


def rolled(content: bytes) -> bytes:
    """A real WebM with a turn written into its track of pictures."""
    masters = {b"\x18S\x80g", b"\x16T\xaek", b"\xae", b"\xe0"}

    def copied(data: bytes) -> bytes:
        copy, at = b"", 0
        while at < len(data):
            name = data[at : at + 9 - data[at].bit_length()]
            first = data[at + len(name)]
            width = 9 - first.bit_length()
            start = at + len(name) + width
            size = int.from_bytes(data[start - width : start], "big") & (1 << 7 * width) - 1
            inner = data[start : start + size]
            if name in masters:
                inner = copied(inner) + (projection(struct.pack(">f", 90)) if name == b"\xe0" else b"")
            copy += element(name, inner)
            at = start + size
        return copy

    return copied(content)


def test_a_turned_webm_has_the_size_at_which_it_is_shown() -> None:
    plain = video_bytes(1, codec="libvpx", container="webm")
    before, after = (probe(io.BytesIO(one), "webm", len(one)) for one in (plain, rolled(plain)))
    assert (after.width, after.height) == (before.height, before.width)
    assert after.stored == (before.width, before.height)


def iso(*, idat: bool = False, mdat: int = 50, told: int | None = None, wide: bool = False) -> bytes:
    """A HEIC with the boxes that say its size, and the length that its data claim."""

    def box(kind: bytes, content: bytes, length: int | None = None) -> bytes:
        return (8 + len(content) if length is None else length).to_bytes(4, "big") + kind + content

    ispe = box(b"ispe", struct.pack(">III", 0, 640, 480))
    meta = box(b"meta", bytes(4) + box(b"iprp", ispe) + (box(b"idat", b"x" * 40) if idat else b""))
    head = box(b"ftyp", b"heic\0\0\0\0mif1heic") + meta
    if idat:
        return head
    if wide:
        return head + b"\0\0\0\1mdat" + (16 + mdat).to_bytes(8, "big") + b"x" * mdat
    return head + box(b"mdat", b"x" * mdat, told)


@pytest.mark.parametrize("content", [iso(), iso(wide=True), iso(idat=True), iso(told=0), image_bytes("AVIF")])
def test_a_whole_picture_in_boxes_is_not_called_cut_and_one_without_its_end_is(content: bytes) -> None:
    container = "avif" if b"avif" in content[:32] else "heic"
    whole = pictures.look(io.BytesIO(content), len(content), container)
    assert (whole.broken, bool(whole.width)) == ("", True)
    if b"\0\0\0\0mdat" in content or b"idat" in content:
        return  # which say no length, or end with the index itself
    for length in (
        len(content) - 1,
        content.index(b"mdat") + 4,
        content.index(b"mdat") - 4,
        content.index(b"mdat") - 2,
    ):
        cut = pictures.look(io.BytesIO(content[:length]), length, container)
        assert cut.broken, length


def test_a_picture_in_boxes_of_which_nobody_knows_the_size_is_not_called_cut() -> None:
    content = iso()
    assert pictures.look(io.BytesIO(content[:-9]), None, "heic").broken == ""


@pytest.mark.parametrize("trailer", [b"SEFT" + bytes(500), bytes(7), bytes(70_000)])
def test_what_a_phone_appends_to_a_picture_in_boxes_is_no_cut(trailer: bytes) -> None:
    content = iso() + trailer
    assert pictures.look(io.BytesIO(content), len(content), "heic").broken == ""
