"""The rules from facts to findings, the first bytes of formats, and the lines that mend."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from cometact_nb.domain import mend
from cometact_nb.domain.inspection import CODECS, Inspection, MediaFacts, findings, shown
from cometact_nb.domain.media import Finding
from cometact_nb.domain.sniff import sniff

CLIP = MediaFacts(
    content_type="video/mp4",
    bytes=2_000_000,
    container="mp4",
    codec="h264",
    width=1280,
    height=720,
    duration_s=8.0,
    fps=24.0,
    supports_head=True,
    supports_range=True,
    status=200,
)
PICTURE = MediaFacts(
    content_type="image/png",
    bytes=90_000,
    container="png",
    width=960,
    height=960,
    supports_head=True,
    status=200,
)


def told(
    facts: MediaFacts, role="reference", declared="video", name="https://a.example/take.mp4"
) -> list[str]:
    return [str(finding) for finding in findings(name, role, facts, declared)]


def test_what_is_right_brings_no_findings() -> None:
    assert told(CLIP) == []
    assert told(CLIP, "character") == []
    assert told(PICTURE, "character", "image") == []
    assert told(MediaFacts()) != []  # nothing known: at least the type is missing


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_the_vendors_codecs_pass(codec) -> None:
    assert told(replace(CLIP, codec=codec)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"codec": "mpeg4"}, ["coded as mpeg4", "ffmpeg -i take.mp4", "-c:v libx264", "take-h264.mp4"]),
        ({"codec": ""}, ["no video stream"]),
        ({"bytes": 33 * 1024**2 + 1}, ["33.0 MB", "up to 32 MB", "-b:v", "take-small.mp4"]),
        ({"bytes": 0}, ["empty (0 bytes)"]),
        ({"duration_s": 2.9}, ["2.9 s", "3–30 s", "longer performance"]),
        ({"duration_s": 31.0}, ["31 s", "-t 30 ", "take-trimmed.mp4"]),
        ({"duration_s": None}, ["how long it is"]),
        ({"content_type": "application/octet-stream"}, ["application/octet-stream", "video/mp4"]),
        ({"content_type": None}, ["Content-Type"]),
        ({"announced": False, "bytes": None}, ["Content-Length"]),
        ({"supports_head": False}, ["HEAD"]),
        ({"redirected_to": "b.example"}, ["redirects to b.example"]),
        ({"status": 403}, ["HTTP 403", "RunwayML API/"]),
        ({"container": "mkv", "content_type": "video/x-matroska"}, ["MKV", "MP4, MOV and WebM"]),
        ({"container": "html", "content_type": "text/html", "codec": None}, ["web page"]),
    ],
)
def test_one_fault_is_one_finding_that_names_it_and_its_cure(change, words) -> None:
    texts = told(replace(CLIP, **change))
    assert len(texts) == 1, texts
    for word in words:
        assert any(word in text for text in texts), texts


@pytest.mark.parametrize(("count", "refused"), [(16 * 1024**2, False), (16 * 1024**2 + 1, True)])
def test_an_image_has_at_most_16_mb(count, refused) -> None:
    assert bool(told(replace(PICTURE, bytes=count), "character", "image")) is refused


@pytest.mark.parametrize(
    ("size", "refused"),
    [((500, 1000), False), ((1000, 500), False), ((499, 1000), True), ((1001, 500), True)],
)
def test_a_characters_image_is_at_most_twice_as_long_as_wide(size, refused) -> None:
    width, height = size
    assert bool(told(replace(PICTURE, width=width, height=height), "character", "image")) is refused


@pytest.mark.parametrize("seconds", [3.0, 30.0, 30.04])
def test_the_bounds_of_a_reference_belong_to_it(seconds) -> None:
    assert told(replace(CLIP, duration_s=seconds)) == []


def test_only_a_reference_has_a_length() -> None:
    assert told(replace(CLIP, duration_s=90.0), "character") == []


def test_a_local_file_is_not_judged_by_headers() -> None:
    assert told(replace(CLIP, content_type=None, supports_head=None, status=None, local=True)) == []


@pytest.mark.parametrize(
    ("head", "container"),
    [
        (b"\x89PNG\r\n\x1a\n", "png"),
        (b"\xff\xd8\xff\xe0", "jpeg"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "webp"),
        (b"GIF89a", "gif"),
        (b"\0\0\0\x18ftypheic", "heic"),
        (b"\0\0\0\x18ftypavif", "avif"),
        (b"\0\0\0\x18ftypisom", "mp4"),
        (b"\0\0\0\x18ftypqt  ", "mov"),
        (b"\0\0\0\x18ftyp3gp4", "3gp"),
        (b"\0\0\0\x08wide", "mov"),
        (b"\x1aE\xdf\xa3\x9fB\x82\x84webm", "webm"),
        (b"\x1aE\xdf\xa3\x9fB\x82\x88matroska", "mkv"),
        (b"RIFF\0\0\0\0AVI LIST", "avi"),
        (b"OggS", "ogg"),
        (b"BM6", "bmp"),
        (b"II*\0", "tiff"),
        (b"\n <!DOCTYPE HTML>", "html"),
        (b"#EXTM3U", None),
        (b"", None),
    ],
)
def test_formats_are_told_by_their_first_bytes(head, container) -> None:
    assert sniff(head).container == container


def test_no_cut_of_a_header_breaks_the_reader() -> None:
    webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0"
    assert (sniff(webp).width, sniff(webp).height) == (640, 480)
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc0\x00\x11\x08\x01\xe0\x02\x80\x03"
    assert (sniff(jpeg).width, sniff(jpeg).height) == (640, 480)
    for whole in (webp, jpeg):
        for end in range(len(whole)):
            sniff(whole[:end])


@pytest.mark.parametrize(
    "address",
    [
        "https://a.example/take%20one%3B%20rm%20-rf.mp4?sig=canary",
        "https://a.example/-y.mp4",
        "https://a.example/concat%3Aa%7Cb.mp4",
        "https://a.example/$(id).mp4",
        "https://a.example/",
        "https://[",
        "/home/me/it's.mov",
        "C:\\clips\\take.mov",
        "data:image/png;base64,AAAA",
    ],
)
def test_a_mending_line_holds_names_and_no_signature_options_or_commands(address) -> None:
    for line in (mend.recode(address), mend.trim(address, 30), mend.shrink_video(address, 10**7, 12.0)):
        words = shlex.split(line)
        assert words[:2] == ["ffmpeg", "-i"]
        assert not words[2].startswith("-")
        assert words[-1].endswith(".mp4")
        assert words[-1] != words[2]
        assert "canary" not in line


def test_a_url_is_shown_without_its_query() -> None:
    assert shown("https://a.example/b.mp4?sig=canary#x") == "https://a.example/b.mp4?…"
    found = Inspection("https://a.example/b.mp4?sig=canary", "reference", CLIP)
    assert "canary" not in f"{found}{found!r}{found.to_dict()}"


def test_ok_is_open_only_where_nothing_was_found_and_no_answer_came() -> None:
    wrong = (Finding("reference", None, "is wrong", "Mend it."),)
    doubtful = (Finding("reference", None, "is odd", "Look.", severity="warning"),)
    assert Inspection("u").ok is True
    assert Inspection("u", findings=doubtful).ok is True
    assert Inspection("u", findings=wrong).ok is False
    assert Inspection("u", unreachable="no answer in time").ok is None
    assert Inspection("u", findings=wrong, unreachable="no answer in time").ok is False
