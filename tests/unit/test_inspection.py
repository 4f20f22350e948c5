"""The rules from facts to findings, and the first bytes of formats."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from cometact_nb.domain.inspection.facts import Inspection, MediaFacts, Role
from cometact_nb.domain.inspection.findings import CODECS, findings
from cometact_nb.domain.inspection.sniff import sniff
from cometact_nb.domain.media import Finding, MediaType
from cometact_nb.views.task.inspection import inspection_html

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


def told(facts: MediaFacts, role: Role = "reference", declared: MediaType | None = "video") -> list[str]:
    return [str(finding) for finding in findings(role, facts, declared)]


def test_what_is_right_brings_no_findings() -> None:
    assert told(CLIP) == []
    assert told(CLIP, "character") == []
    assert told(PICTURE, "character", "image") == []
    assert told(MediaFacts()) != []  # nothing known: at least the type is missing


@pytest.mark.parametrize("codec", sorted(CODECS))
def test_the_vendors_codecs_pass(codec: str) -> None:
    assert told(replace(CLIP, codec=codec)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"codec": "mpeg4"}, ["coded as mpeg4", "H.264 in MP4"]),
        ({"codec": ""}, ["no video stream"]),
        ({"bytes": 33 * 1024**2 + 1}, ["34.6 MB", "up to 32 MB", "lower bit rate"]),
        ({"bytes": 0}, ["empty (0 bytes)"]),
        ({"duration_s": 2.9}, ["2.9 s", "3–30 s", "longer performance"]),
        ({"duration_s": 31.0}, ["31 s", "Cut it to less than 30 s"]),
        ({"duration_s": None}, ["how long it is"]),
        ({"content_type": "application/octet-stream"}, ["application/octet-stream", "video/mp4"]),
        ({"content_type": None}, ["Content-Type"]),
        ({"announced": False, "bytes": None}, ["Content-Length"]),
        ({"supports_head": False}, ["HEAD"]),
        ({"redirected_to": "b.example"}, ["redirects to b.example"]),
        ({"status": 403}, ["HTTP 403", "RunwayML API/"]),
        ({"container": "mkv", "content_type": "video/x-matroska"}, ["MKV", "MP4, MOV and WebM"]),
        ({"container": "html", "content_type": "text/html", "codec": None}, ["web page"]),
        ({"broken": "9 bytes are promised, 5 are there"}, ["breaks off", "9 bytes", "Upload it again"]),
        ({"broken": "it has no index (moov)"}, ["no index", "finish the file first"]),
        ({"head_bytes": 0}, ["2,000,000 bytes by GET", "HEAD says 0"]),
        ({"head_bytes": 1999}, ["HEAD says 1,999"]),
        ({"head_status": 206}, ["answers HEAD with HTTP 206"]),
        ({"encoding": "gzip"}, ["Content-Encoding: gzip"]),
        ({"codec": "", "cover": True}, ["sound with a cover picture"]),
        ({"whole_s": 31.0}, ["8 s of picture in a file of 31 s"]),
        ({"container": "mpeg", "content_type": "video/mp2t"}, ["MPEG", "MP4, MOV and WebM"]),
        (
            {"container": None, "other": "lfs", "codec": None},
            ["Git LFS pointer", "serves the file's content"],
        ),
    ],
)
def test_one_fault_is_one_finding_that_names_it_and_its_cure(
    change: dict[str, Any], words: list[str]
) -> None:
    texts = told(replace(CLIP, **change))
    assert len(texts) == 1, texts
    for word in words:
        assert any(word in text for text in texts), texts


@pytest.mark.parametrize(("count", "refused"), [(16 * 1024**2, False), (16 * 1024**2 + 1, True)])
def test_an_image_has_at_most_16_mb(count: int, refused: bool) -> None:
    assert bool(told(replace(PICTURE, bytes=count), "character", "image")) is refused


@pytest.mark.parametrize(
    ("size", "refused"),
    [((500, 1000), False), ((1000, 500), False), ((499, 1000), True), ((1001, 500), True)],
)
def test_a_characters_image_is_at_most_twice_as_long_as_wide(size: tuple[int, int], refused: bool) -> None:
    width, height = size
    assert bool(told(replace(PICTURE, width=width, height=height), "character", "image")) is refused


@pytest.mark.parametrize("seconds", [3.0, 30.0, 30.04])
def test_the_bounds_of_a_reference_belong_to_it(seconds: float) -> None:
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
        (b"FLV\x01\x05", "flv"),
        (b"0&\xb2u\x8ef\xcf\x11", "wmv"),
        ((b"G" + bytes(187)) * 3, "mpeg"),
        (b"", None),
    ],
)
def test_first_bytes_decide_the_format(head: bytes, container: str | None) -> None:
    assert sniff(head).container == container


@pytest.mark.parametrize(
    ("head", "other"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "lfs"),
        (b"../.git/annex/objects/ab/cd/SHA256E-s1--00.mp4/SHA256E-s1--00.mp4\n", "annex"),
        (b"/annex/objects/SHA256E-s1--00.mp4\n", "annex"),
        (b"#EXTM3U\n#EXTINF:4,\nseg0.ts\n", "playlist"),
        (b"\xef\xbb\xbf#EXTM3U\n", "playlist"),
        (b'<?xml version="1.0"?>\n<MPD xmlns="urn">', "playlist"),
        (b"[playlist]\nFile1=a.mp4", "playlist"),
        (b'{"error": "expired"}', "json"),
        (b"[]", "json"),
        (b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>', "xml"),
        (b"<Error><Code>NoSuchKey</Code></Error>", "xml"),
        (b'<svg xmlns="http://www.w3.org/2000/svg">', "svg"),
        (b'<?xml version="1.0"?><svg>', "svg"),
        (b"data:video/mp4;base64,AAAA", "data"),
        (b"Not found", "text"),
        (b"\xff\xfen\0o\0", "text"),
        ("nicht verfügbar".encode("latin-1"), "text"),
        (b"PK\x03\x04\x14", "zip"),
        (b"\x1f\x8b\x08", "gzip"),
        (b"%PDF-1.7", "pdf"),
        (b"ID3\x04", "sound"),
        (b"RIFF\0\0\0\0WAVEfmt ", "sound"),
        (b"\0\x01\x02\x03 nothing known", None),
        (b"", None),
        (b"  \n", None),
    ],
)
def test_what_is_no_media_file_is_named(head: bytes, other: str | None) -> None:
    found = sniff(head)
    assert (found.container, found.other) == (None, other)


@pytest.mark.parametrize(
    "head",
    [
        b"<!-- saved --><head><title>Sign in</title></head>",
        b"<html><body>",
        b"\r\n <script>location = 1</script>",
        b'<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0">',
        b"<!-- a --><div>",
    ],
)
def test_a_web_page_is_known_however_it_begins(head: bytes) -> None:
    assert sniff(head).container == "html"


def test_no_cut_of_a_header_breaks_the_reader() -> None:
    webp = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0"
    assert (sniff(webp).width, sniff(webp).height) == (640, 480)
    jpeg = b"\xff\xd8\xff\xe0\x00\x04ab\xff\xff\xc0\x00\x11\x08\x01\xe0\x02\x80\x03"
    assert (sniff(jpeg).width, sniff(jpeg).height) == (640, 480)
    for whole in (webp, jpeg):
        for end in range(len(whole)):
            sniff(whole[:end])


def test_no_cure_is_a_line_for_a_shell_that_nobody_has_run() -> None:
    facts = [
        replace(CLIP, codec="mpeg4", bytes=10**9, duration_s=99.0),
        replace(CLIP, duration_s=None),
        replace(PICTURE, container="heic", width=4000, bytes=10**9),
    ]
    for one in facts:
        for text in told(one) + told(one, "character", "image"):
            assert "ffmpeg" not in text


def test_a_finding_says_whether_its_rule_is_the_vendors_word_or_was_seen() -> None:
    by_basis = {
        "vendor": findings("character", replace(PICTURE, width=3000), "image"),
        "seen": findings("reference", replace(CLIP, duration_s=31.0), "video"),
    }
    for basis, found in by_basis.items():
        assert [finding.basis for finding in found] == [basis]
    vendor, seen = (Inspection("u", findings=found) for found in by_basis.values())
    assert "the vendor would say: character is 3000×960" in str(vendor)
    assert vendor.verdict == "the vendor would refuse it, by its pages"
    assert "seen here: reference lasts 31 s" in str(seen)
    assert seen.verdict == "against the vendor's rules, as seen here"
    open_question = Inspection("u", unchecked=("Codec: no time.",))
    assert "not looked at: Codec: no time." in str(open_question)
    assert open_question.verdict == "ok, as far as it was looked at"
    assert {finding["basis"] for finding in vendor.to_dict()["findings"]} == {"vendor"}
    assert "the vendor would say" in inspection_html(vendor)
    assert "<script>" not in inspection_html(Inspection("<script>"))


def test_a_url_is_shown_without_its_query() -> None:
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
