"""Each scenario of a clip's link does on the wire what the table says of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest
from broken import read_into

if TYPE_CHECKING:
    from sandbox_api import Api

# --- the clip --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status", "kind"),
    [("forbidden-output", 403, "application/json"), ("html-output", 200, "text/html"),
     ("not-a-video", 200, "video/mp4"), ("redirect-output", 302, "text/html"), ("expired-output", 403, "application/json")],
)  # fmt: skip
def test_a_link_leads_elsewhere_as_asked(api: Api, name: str, status: int, kind: str) -> None:
    (url,) = api.finished(name)["output"]
    answer = api.plain.get(url)
    assert (answer.status_code, answer.headers["content-type"].partition(";")[0]) == (status, kind)
    assert answer.content[4:8] != b"ftyp"
    if name == "redirect-output":
        assert api.plain.get(url, follow_redirects=True).content[4:8] == b"ftyp"


def test_the_store_of_the_clips_is_busy_for_a_while(api: Api) -> None:
    (url,) = api.finished("store-busy:seconds=60")["output"]
    assert api.plain.get(url).status_code == 503
    deadline = time.monotonic() + 60
    while (answer := api.plain.get(url)).status_code == 503:
        assert time.monotonic() < deadline
    assert answer.content[4:8] == b"ftyp"


@pytest.mark.parametrize("name", ["cut-output", "truncated-output", "short-output"])
def test_a_download_breaks_off_as_asked(api: Api, name: str) -> None:
    task_id = api.started(name)
    (url,) = api.ended(task_id)[-1]["output"]
    announced = int(api.plain.head(url).headers["content-length"])
    came = bytearray()
    with api.plain.stream("GET", url) as answer, pytest.raises(httpx.RemoteProtocolError):
        read_into(came, answer)
    assert 0 < len(came) < announced
    if name == "cut-output":
        rest = api.plain.get(url, headers={"Range": f"bytes={len(came)}-"})
        assert (rest.status_code, len(came) + len(rest.content)) == (206, announced)


def test_a_download_never_ends(api: Api) -> None:
    (url,) = api.finished("endless-output")["output"]
    with api.plain.stream("GET", url) as answer:
        assert "content-length" not in answer.headers
        came = 0
        for chunk in answer.iter_bytes():
            came += len(chunk)
            if came > 30_000_000:
                break
    assert came > 30_000_000
    assert api.create().status_code == 200
