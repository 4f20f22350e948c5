"""Sample files and clips are served as a storage service would."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from sandbox_api import Api

av = pytest.importorskip("av")

MAGIC = {"image/png": b"\x89PNG", "image/jpeg": b"\xff\xd8", "image/webp": b"RIFF", "video/mp4": b"\0\0\0"}


@pytest.mark.parametrize(
    ("name", "kind"),
    [("hero.png", "image/png"), ("robot.jpg", "image/jpeg"), ("ada.webp", "image/webp"),
     ("hero.mp4", "video/mp4"), ("smile.mp4", "video/mp4")],
)  # fmt: skip
def test_samples_are_what_they_are_called(api: Api, name: str, kind: str) -> None:
    head = api.http.head(f"/samples/{name}?any=query")
    whole = api.http.get(f"/samples/{name}")
    assert head.headers["content-type"] == whole.headers["content-type"] == kind
    assert int(head.headers["content-length"]) == len(whole.content)
    assert head.headers["etag"] == whole.headers["etag"]
    assert whole.headers["access-control-allow-origin"] == "*"
    assert whole.content.startswith(MAGIC[kind])


@pytest.mark.parametrize(("name", "seconds"), [("hero.mp4", 3), ("smile.mp4", 4)])
def test_sample_clips_are_h264_of_their_length(api: Api, name: str, seconds: int) -> None:
    with av.open(io.BytesIO(api.http.get(f"/samples/{name}").content)) as container:
        assert container.duration / 1e6 == pytest.approx(seconds, abs=0.05)
        assert container.streams.video[0].codec_context.name == "h264"


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-0", 206, slice(0, 1)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-5", 206, slice(-5, None)),
        ("bytes=100-99999999", 206, slice(100, None)),
        ("bytes=0-99999999", 200, slice(None)),
        ("bytes=5-2", 200, slice(None)),
        ("bytes=-", 200, slice(None)),
        ("bytes=a-b", 200, slice(None)),
        ("bytes=0-1,5-6", 200, slice(None)),
        ("lines=1-2", 200, slice(None)),
        ("bytes=99999999-", 416, slice(0, 0)),
        ("bytes=-0", 416, slice(0, 0)),
    ],
)
def test_ranges(api: Api, asked: str, status: int, part: Any) -> None:
    whole = api.http.get("/samples/hero.png").content
    answer = api.http.get("/samples/hero.png", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, whole[part])
    assert ("content-range" in answer.headers) == (status != 200)


def test_a_range_of_another_file_s_etag_gives_the_whole_file(api: Api) -> None:
    etag = api.http.head("/samples/hero.png").headers["etag"]
    for wanted, status in ((etag, 206), ('"another"', 200)):
        answer = api.http.get("/samples/hero.png", headers={"Range": "bytes=1-2", "If-Range": wanted})
        assert answer.status_code == status


def test_other_pages_may_read_files_but_not_the_books(api: Api) -> None:
    for path in ("/sandbox/ledger", "/sandbox/info"):
        assert "access-control-allow-origin" not in api.http.get(path).headers


def test_what_is_not_there_is_a_web_page(api: Api) -> None:
    for path in ("/samples/nobody.png", "/v1/chat", "/"):
        assert api.http.get(path).status_code == 404


def test_looking_at_a_link_is_no_download(api: Api) -> None:
    (url,) = api.finished()["output"]
    assert api.http.head(url).status_code == 200
    assert api.ledger()["downloads"] == []
    api.http.get(url, headers={"Range": "bytes=5-"})
    (download,) = api.ledger()["downloads"]
    assert download["range"] == "bytes=5-"
