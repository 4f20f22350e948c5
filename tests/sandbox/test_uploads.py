"""The sandbox takes inputs with a key, and serves them as a store would: HEAD, a part, a media type."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from PIL import Image

from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from sandbox_api import Api

PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
KEY = {"Authorization": "Bearer sandbox-key"}


def put(api: Api, name: str = "me.png", mime: str = "image/png", content: bytes = PICTURE) -> httpx.Response:
    return api.http.put(f"/inputs/{name}", content=content, headers={**KEY, "Content-Type": mime})


def test_an_input_is_served_whole_in_parts_and_by_its_head(api: Api) -> None:
    assert put(api).status_code == 201
    head = api.http.head("/inputs/me.png")
    assert (head.headers["content-type"], head.headers["content-length"]) == ("image/png", str(len(PICTURE)))
    assert api.http.get("/inputs/me.png").content == PICTURE
    part = api.http.get("/inputs/me.png", headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, PICTURE[10:20])
    assert api.http.delete("/inputs/me.png", headers=KEY).status_code == 200
    assert api.http.head("/inputs/me.png").status_code == 404
    assert api.http.delete("/inputs/me.png", headers=KEY).status_code == 200


@pytest.mark.parametrize(
    ("name", "mime", "content", "status"),
    [
        ("me.gif", "image/gif", PICTURE, 415),
        ("me.png", "application/octet-stream", PICTURE, 415),
        ("me.png", "image/png", b"", 413),
        ("%2e%2e", "image/png", PICTURE, 404),
        (".hidden", "image/png", PICTURE, 404),
        ("a" * 201, "image/png", PICTURE, 404),
    ],
)
def test_what_no_store_would_take_for_an_input_is_refused(
    api: Api, name: str, mime: str, content: bytes, status: int
) -> None:
    assert put(api, name, mime, content).status_code == status


def test_an_input_needs_a_key_and_comes_from_no_web_page(api: Api) -> None:
    typed = {"Content-Type": "image/png", "Authorization": "none"}
    assert api.http.put("/inputs/me.png", content=PICTURE, headers=typed).status_code == 401
    page = {**typed, **KEY, "Origin": "https://evil.example"}
    assert api.http.put("/inputs/me.png", content=PICTURE, headers=page).status_code == 403
    assert api.http.delete("/inputs/me.png", headers=typed).status_code == 401
    assert api.http.head("/inputs/me.png").status_code == 404


def test_an_input_outlives_the_sandbox_s_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    picture = io.BytesIO()
    Image.new("RGB", (320, 320), "teal").save(picture, "PNG")
    (tmp_path / "me.png").write_bytes(picture.getvalue())
    session = Session()
    sandbox = session.use_sandbox()
    assert sandbox is not None
    try:
        url = session.publish("me.png").url
        before = httpx.get(url).content
        sandbox.stop()
        sandbox = session.use_sandbox()
        assert sandbox is not None
        assert httpx.get(url).content == before
    finally:
        if sandbox is not None:
            sandbox.stop()
        session.close()
