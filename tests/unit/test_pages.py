"""Addresses that are pages by their shape alone, and the files beside them that are not."""

from __future__ import annotations

from typing import Any

import pytest

from cometact_nb import image
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.errors import RequestError

PAGES = [
    "https://github.com/someone/stuff/blob/main/talk.mp4",
    "https://github.com/someone/stuff/blob/main/a/b/talk.mp4?raw=true",
    "https://gitlab.com/group/stuff/-/blob/main/talk.mp4",
    "https://bitbucket.org/someone/stuff/src/main/talk.mp4",
    "https://huggingface.co/datasets/someone/stuff/blob/main/talk.mp4",
    "https://drive.google.com/file/d/1AbCdEfGh/view?usp=sharing",
    "https://drive.google.com/open?id=1AbCdEfGh",
    "https://photos.app.goo.gl/abc",
    "https://www.dropbox.com/s/abc/talk.mp4?dl=0",
    "https://www.dropbox.com/scl/fi/abc/talk.mp4?rlkey=secret&dl=0",
    "https://1drv.ms/v/s!abc",
    "https://onedrive.live.com/?id=abc",
    "https://firm.sharepoint.com/:v:/g/abc",
    "https://we.tl/t-abc",
    "https://wetransfer.com/downloads/abc",
    "https://www.icloud.com/iclouddrive/abc",
    "https://app.box.com/s/abc",
    "https://www.youtube.com/watch?v=abc",
    "https://m.youtube.com/shorts/abc",
    "https://youtu.be/abc",
    "https://vimeo.com/123456",
    "https://www.tiktok.com/@someone/video/1",
    "https://www.instagram.com/reel/abc/",
    "https://x.com/someone/status/1",
    "https://commons.wikimedia.org/wiki/File:Talk.webm",
    "HTTPS://WWW.YouTube.com/watch?v=abc",
]
FILES = [
    "https://raw.githubusercontent.com/someone/stuff/main/talk.mp4",
    "https://media.githubusercontent.com/media/someone/stuff/main/talk.mp4",
    "https://someone.github.io/blob/main/talk.mp4",
    "https://dl.dropboxusercontent.com/s/abc/talk.mp4",
    "https://upload.wikimedia.org/wikipedia/commons/a/ab/Talk.webm",
    "https://example.com/watch/talk.mp4",
    "https://notyoutube.com/watch.mp4",
    "https://cdn.example.com/https://www.youtube.com/watch.mp4",
    "https://huggingface.co/datasets/someone/stuff/resolve/main/talk.mp4",
]


@pytest.mark.parametrize("page", PAGES)
def test_a_link_for_sharing_is_refused_as_a_page_with_what_to_give_instead(page: str) -> None:
    for field in ("reference", "character"):
        fields: dict[str, Any] = {
            "character": "https://a.example/a.png",
            "reference": "https://a.example/b.mp4",
            field: page,
        }
        with pytest.raises(RequestError, match="is the address of a page at ") as caught:
            ActTwoRequest(**fields)
        (finding,) = caught.value.findings
        assert "act.image" not in str(finding)
        assert "secret" not in finding.cure
        assert finding.cure.startswith(("Its direct form", "Get the file and host it"))


@pytest.mark.parametrize("page", PAGES)
def test_allow_unlisted_sends_a_page_all_the_same(page: str) -> None:
    request = ActTwoRequest(character=image(page), reference="https://a.example/b.mp4", allow_unlisted=True)
    assert request.character.uri == page


@pytest.mark.parametrize("address", FILES)
def test_a_file_at_the_same_sites_is_no_page(address: str) -> None:
    ActTwoRequest(character="https://a.example/a.png", reference=address)


def test_github_gives_the_direct_address_in_full() -> None:
    with pytest.raises(
        RequestError, match=r"https://raw\.githubusercontent\.com/someone/stuff/main/talk\.mp4"
    ):
        ActTwoRequest(character="https://a.example/a.png", reference=PAGES[0])
