"""Input inspection over real sockets: a host that serves real files, well or badly."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from files import Host, image_bytes, video_bytes
from inspecting import KEY, errors, only_error
from present import present

import cometact_nb as act
from cometact_nb.domain.service import Secret
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session


@pytest.fixture
def session(tmp_path: Path, host: Host) -> Iterator[Session]:
    """A session whose service is on this machine, as on the sandbox, and that has a key to lose."""
    made = Session(
        Config(base_url=host.base_url, api_key=Secret(KEY), history=str(tmp_path / "history.sqlite"))
    )
    yield made
    made.close()


def test_a_good_clip_is_ok_and_its_facts_are_read_from_its_headers(
    session: Session, host: Host, clip: bytes
) -> None:
    found = session.inspect(host.add("clip.mp4", clip), "reference")
    assert found.ok is True
    assert found.findings == ()
    facts = found.facts
    assert (facts.container, facts.codec, facts.width, facts.height) == ("mp4", "h264", 64, 48)
    assert (facts.duration_s, facts.fps, facts.aspect) == (4.0, 5.0, 1.333)
    assert (facts.content_type, facts.bytes) == ("video/mp4", len(clip))
    assert (facts.supports_head, facts.supports_range, facts.redirected_to) == (True, True, None)


def test_the_role_is_inferred_from_what_the_file_is(session: Session, host: Host, clip: bytes) -> None:
    assert session.inspect(host.add("clip.mp4", clip)).role == "reference"
    assert session.inspect(host.add("hero.png", image_bytes(), "image/png")).role == "character"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_images_tell_their_size(session: Session, host: Host, kind: str) -> None:
    content = image_bytes(kind, (640, 480))
    found = session.inspect(host.add(f"hero.{kind.lower()}", content, f"image/{kind.lower()}"), "character")
    assert found.ok is True
    assert (found.facts.width, found.facts.height, found.facts.container) == (640, 480, kind.lower())


@pytest.mark.parametrize(
    ("codec", "container", "kind", "name"),
    [
        ("libvpx", "webm", "video/webm", "vp8"),
        ("libvpx-vp9", "webm", "video/webm", "vp9"),
        ("libx264", "mov", "video/quicktime", "h264"),
        ("libx265", "mp4", "video/mp4", "hevc"),
    ],
)
def test_the_vendors_codecs_are_fine(
    session: Session, host: Host, codec: str, container: str, kind: str, name: str
) -> None:
    more: dict[str, Any] = {"x265-params": "log-level=none"} if codec == "libx265" else {}
    found = session.inspect(
        host.add(f"a.{container}", video_bytes(codec=codec, container=container, **more), kind)
    )
    assert found.ok is True, str(found)
    assert found.facts.codec == name


def test_another_codec_is_refused_with_what_mends_it(session: Session, host: Host) -> None:
    told = only_error(session.inspect(host.add("clip.mp4", video_bytes(codec="mpeg4")), "reference"))
    assert "coded as mpeg4" in told
    assert "H.264 in MP4" in told


def test_a_codec_that_nobody_here_knows_is_refused_as_another_is(session: Session, host: Host) -> None:
    content = video_bytes(4).replace(b"avc1", b"zzz1")
    assert "coded as unknown" in only_error(session.inspect(host.add("clip.mp4", content), "reference"))


@pytest.mark.parametrize(("seconds", "cure"), [(1, "Record a longer"), (31, "less than 30 s")])
def test_a_reference_lasts_3_to_30_seconds(session: Session, host: Host, seconds: int, cure: str) -> None:
    url = host.add("clip.mp4", video_bytes(seconds))
    told = only_error(session.inspect(url, "reference"))
    assert f"lasts {seconds} s" in told
    assert cure in told
    assert session.inspect(url, "character").ok is True


@pytest.mark.parametrize(
    "served", ["application/octet-stream", "binary/octet-stream", "text/plain", "video/webm", None]
)
def test_a_wrong_content_type_is_refused(
    session: Session, host: Host, clip: bytes, served: str | None
) -> None:
    told = only_error(session.inspect(host.add("clip.mp4", clip, served), "reference"))
    assert "Serve it as video/mp4" in told


def test_an_inspection_calls_a_web_page_one(session: Session, host: Host) -> None:
    page = host.add("clip.mp4", b"<!DOCTYPE html><html>Sign in</html>", "text/html; charset=utf-8")
    assert "web page" in only_error(session.inspect(page, "reference"))


def test_an_inspection_follows_no_redirect_and_shows_nothing_of_its_query(
    session: Session, host: Host, clip: bytes
) -> None:
    host.add("real.mp4", clip)
    url = host.add("short", b"", head=302, get=302, location="https://cdn.example.com/real.mp4?sig=canary")
    found = session.inspect(url, "reference")
    assert "redirects to cdn.example.com" in only_error(found)
    assert found.facts.redirected_to == "cdn.example.com"
    assert "canary" not in f"{found}{found!r}{json.dumps(found.to_dict())}"
    assert [path for _, path, _ in host.requests] == ["/short"]


@pytest.mark.parametrize("status", [403, 405, 501])
def test_an_inspection_names_a_host_that_refuses_head_and_looks_at_its_clip_all_the_same(
    session: Session, host: Host, clip: bytes, status: int
) -> None:
    found = session.inspect(host.add("clip.mp4", clip, head=status), "reference")
    assert "HEAD" in only_error(found)
    assert found.facts.supports_head is False
    assert found.facts.duration_s == 4.0


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_inspection_says_that_nobody_may_fetch_a_file(session: Session, host: Host, status: int) -> None:
    found = session.inspect(host.add("clip.mp4", b"no", "text/plain", head=status, get=status), "reference")
    assert f"HTTP {status}" in only_error(found)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_host_in_trouble_leaves_the_question_open(session: Session, host: Host, status: int) -> None:
    found = session.inspect(host.add("clip.mp4", b"", head=status, get=status), "reference")
    assert found.ok is None
    assert str(status) in present(found.unreachable)


def test_an_inspection_says_that_the_length_is_missing(session: Session, host: Host, clip: bytes) -> None:
    found = session.inspect(host.add("clip.mp4", clip, length=False), "reference")
    assert "Content-Length" in only_error(found)
    assert found.facts.bytes == len(clip)


def test_an_inspection_says_that_a_file_is_empty(session: Session, host: Host) -> None:
    assert any("0 bytes" in text for text in errors(session.inspect(host.add("clip.mp4", b""), "reference")))


def test_an_image_is_no_reference_and_a_video_no_image(session: Session, host: Host, clip: bytes) -> None:
    assert "is an image" in only_error(
        session.inspect(host.add("a.png", image_bytes(), "image/png"), "reference")
    )
    url = host.add("b.mp4", clip)
    assert "would be sent as image" in only_error(session.inspect(act.image(url), "character"))
    unnamed = session.inspect(host.add("c", clip), "character")
    assert unnamed.ok is True
    assert "act.video(url)" in unnamed.findings[0].cure


def test_a_gif_and_a_panorama_are_refused(session: Session, host: Host) -> None:
    told = only_error(session.inspect(host.add("a.gif", image_bytes("GIF"), "image/gif"), "character"))
    assert "Save it as PNG or JPEG" in told
    told = only_error(
        session.inspect(host.add("b.png", image_bytes("PNG", (900, 300)), "image/png"), "character")
    )
    assert "between 0.5 and 2" in told


def test_a_file_object_of_the_probe_reads_what_is_there(clip: bytes) -> None:
    from cometact_nb.store.clips.probe import probe

    assert probe(io.BytesIO(clip), "mp4").codec == "h264"
