"""A clip that comes in parts: where each goes on, when it begins anew, and when the next attempt is made."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from virtual_clock import VirtualClock

from cometact_nb.api.client import Client
from cometact_nb.domain.task import ClipInfo, Status, TaskState
from cometact_nb.engine.fetch import Fetcher
from cometact_nb.errors import ClipError

CLIP = b"\0\0\0\x18ftypisom" + bytes(range(256)) * 20
OTHER = CLIP[:12] + b"y" * 5000
URL = "https://cdn.example.com/clip.mp4?token=0"

Answer = httpx.Response | Callable[[httpx.Request], httpx.Response]


class Body(httpx.AsyncByteStream):
    """Some bytes, and then the connection breaks, or stays silent for ever."""

    def __init__(self, content: bytes, *, is_silent: bool = False) -> None:
        self._content, self._is_silent = content, is_silent

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._content
        if self._is_silent:
            await asyncio.Event().wait()
        raise httpx.ReadError("cut")


def whole(content: bytes = CLIP, status: int = 200, **headers: str) -> httpx.Response:
    return httpx.Response(status, content=content, headers={"content-type": "video/mp4", **headers})


def cut(content: bytes, of: int = len(CLIP), **headers: str) -> httpx.Response:
    return httpx.Response(200, stream=Body(content), headers={"content-length": str(of), **headers})


def part(start: int, content: bytes = CLIP, **headers: str) -> httpx.Response:
    there = f"bytes {start}-{len(content) - 1}/{len(content)}"
    return whole(content[start:], 206, **{"content-range": there, **headers})


class Host:
    """Gives the scripted answers one by one, the last one for ever; fetches one clip from itself."""

    def __init__(self, *answers: Answer) -> None:
        self.answers, self.clock = list(answers), VirtualClock()
        self.ranges: list[str] = []
        self.urls: list[str] = []
        self.times: list[float] = []
        self.said: list[str] = []
        self.renewed: list[tuple[str, ...]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.ranges.append(request.headers.get("range", ""))
        self.urls.append(str(request.url))
        self.times.append(self.clock.monotonic())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request) if callable(answer) else answer

    def fetch(
        self, folder: Path | str, *, index: int = 0, urls: tuple[str, ...] = (URL,), **options: Any
    ) -> ClipInfo:
        if options.pop("is_heard", True):
            options["tell"] = self.said.append
        state = TaskState(
            key="local-1",
            id="task-1",
            status=Status.SUCCEEDED,
            output_urls=urls,
            base_url=options.pop("base_url", ""),
        )

        async def fresh() -> tuple[str, ...]:
            return self.renewed.pop(0) if self.renewed else ()

        async def work() -> ClipInfo:
            client = Client(httpx.MockTransport(self))
            fetcher = Fetcher(client, self.clock, lambda: 0.5, **options)
            try:
                return await fetcher.clip(state, index, folder, fresh)
            finally:
                await client.aclose()

        return asyncio.run(work())

    def gaps(self) -> list[float]:
        return [after - before for before, after in zip(self.times, self.times[1:], strict=False)]


def content(clip: ClipInfo) -> bytes:
    return Path(clip.path).read_bytes()


# --- where a part goes on ------------------------------------------------------------------------


def test_a_clip_goes_on_where_it_broke_off(tmp_path: Path) -> None:
    host = Host(cut(CLIP[:1000]), part(1000))
    assert content(host.fetch(tmp_path)) == CLIP
    assert host.ranges == ["", "bytes=1000-"]
    assert host.said == [
        "The clip cannot be fetched yet (the download broke off (ReadError)); trying again in 1 s."
    ]


def test_a_host_that_sends_all_of_it_again_is_taken_at_its_word(tmp_path: Path) -> None:
    host = Host(cut(CLIP[:1000]), whole())
    assert content(host.fetch(tmp_path)) == CLIP
    assert len(host.times) == 2


def test_a_part_that_was_not_asked_for_begins_the_clip_anew(tmp_path: Path) -> None:
    host = Host(cut(CLIP[:1000]), part(500), whole())
    assert content(host.fetch(tmp_path)) == CLIP
    assert host.ranges == ["", "bytes=1000-", ""]
    assert "the server sent another part than was asked for" in host.said[1]


def test_a_part_that_the_host_does_not_have_begins_the_clip_anew(tmp_path: Path) -> None:
    host = Host(cut(CLIP[:1000]), httpx.Response(416), whole())
    assert content(host.fetch(tmp_path)) == CLIP
    assert host.ranges == ["", "bytes=1000-", ""]
    assert "the server does not have that part" in host.said[1]


@pytest.mark.parametrize("name", ["etag", "last-modified"])
def test_parts_of_two_states_of_a_file_are_never_joined(tmp_path: Path, name: str) -> None:
    one: dict[str, Any] = {name: "one"}
    two: dict[str, Any] = {name: "two"}
    host = Host(cut(CLIP[:1000], **one), part(1000, OTHER, **two), whole(OTHER))
    assert content(host.fetch(tmp_path)) == OTHER
    assert host.ranges == ["", "bytes=1000-", ""]


@pytest.mark.parametrize("versions", [("one", "one"), ("", "one"), ("one", "")])
def test_parts_of_the_same_state_of_a_file_are_joined(tmp_path: Path, versions: tuple[str, str]) -> None:
    heads: list[dict[str, Any]] = [{"etag": version} if version else {} for version in versions]
    first, second = heads
    host = Host(cut(CLIP[:1000], **first), part(1000, **second))
    assert content(host.fetch(tmp_path)) == CLIP
    assert host.ranges == ["", "bytes=1000-"]


def test_a_state_is_remembered_through_a_part_that_does_not_name_it(tmp_path: Path) -> None:
    short = httpx.Response(
        206, stream=Body(CLIP[1000:2000]), headers={"content-range": f"bytes 1000-5131/{len(CLIP)}"}
    )
    host = Host(cut(CLIP[:1000], etag="one"), short, part(2000, OTHER, etag="two"), whole(OTHER))
    assert content(host.fetch(tmp_path)) == OTHER
    assert host.ranges[2:] == ["bytes=2000-", ""]


def test_a_clip_that_is_shorter_than_announced_is_read_on(tmp_path: Path) -> None:
    half = whole(CLIP[:100], 206, **{"content-range": f"bytes 0-99/{len(CLIP)}"})
    host = Host(half, part(100))
    assert content(host.fetch(tmp_path)) == CLIP
    assert f"100 of {len(CLIP)} bytes came" in host.said[0]


def test_a_clip_of_unknown_length_is_whole_when_it_ends(tmp_path: Path) -> None:
    class Ended(httpx.AsyncByteStream):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield CLIP

    host = Host(httpx.Response(200, stream=Ended()))
    assert content(host.fetch(tmp_path)) == CLIP
    assert host.said == []


# --- which link ----------------------------------------------------------------------------------


def test_each_output_comes_from_its_own_link(tmp_path: Path) -> None:
    urls = (URL, "https://cdn.example.com/second.mp4?token=2")
    host = Host(lambda _: whole())
    first, second = (host.fetch(tmp_path, index=index, urls=urls) for index in (0, 1))
    assert content(first) == content(second) == CLIP
    assert [Path(clip.path).stem.endswith("_2") for clip in (first, second)] == [False, True]
    assert host.urls == list(urls)
    assert [host.fetch(tmp_path, index=index, urls=urls) for index in (0, 1)] == [first, second]
    assert len(host.urls) == 2  # each was found again


@pytest.mark.parametrize("urls", [(), ("https://cdn.example.com/clip.mp4",)], ids=["no link", "no signature"])
def test_a_link_that_was_not_kept_is_asked_for_first(tmp_path: Path, urls: tuple[str, ...]) -> None:
    host = Host(whole())
    host.renewed = [(URL,)]
    assert content(host.fetch(tmp_path, urls=urls)) == CLIP
    assert host.urls == [URL]


def test_a_link_without_a_signature_is_used_when_the_service_gives_no_other(tmp_path: Path) -> None:
    host = Host(whole())
    assert content(host.fetch(tmp_path, urls=("https://cdn.example.com/clip.mp4",))) == CLIP


def test_a_clip_without_any_link_is_given_up_and_says_so(tmp_path: Path) -> None:
    host = Host(whole())
    with pytest.raises(ClipError, match="could not be fetched"):
        host.fetch(tmp_path, urls=())
    assert host.urls == []


def test_nobody_need_listen_to_what_is_said(tmp_path: Path) -> None:
    host = Host(httpx.Response(503), whole())
    assert content(host.fetch(tmp_path, is_heard=False)) == CLIP


def test_a_refused_link_is_used_on_when_the_service_gives_no_other(tmp_path: Path) -> None:
    host = Host(httpx.Response(403), whole())
    assert content(host.fetch(tmp_path)) == CLIP
    assert host.urls == [URL, URL]
    assert (host.times, host.said) == ([0, 0], [])


def test_a_second_refusal_is_said_and_waited_for(tmp_path: Path) -> None:
    host = Host(httpx.Response(403), httpx.Response(403), whole())
    host.fetch(tmp_path)
    assert host.gaps() == [0, pytest.approx(2.5)]
    assert host.said == ["The clip cannot be fetched yet (its link answered HTTP 403); trying again in 2 s."]


@pytest.mark.parametrize(
    ("base_url", "comes"), [("http://127.0.0.1:8123", True), ("https://api.cometapi.com", False)]
)
def test_a_link_to_this_machine_is_followed_for_a_service_on_this_machine_alone(
    tmp_path: Path, base_url: str, comes: bool
) -> None:
    host, urls = Host(whole()), ("http://127.0.0.1:8123/clip.mp4?token=0",)
    if comes:
        assert content(host.fetch(tmp_path, urls=urls, base_url=base_url)) == CLIP
    else:
        with pytest.raises(ClipError, match="could not be fetched"):
            host.fetch(tmp_path, urls=urls, base_url=base_url)
        assert host.urls == []


# --- when ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503, 599])
def test_a_store_that_says_it_is_busy_is_not_given_up_after_half_an_hour(tmp_path: Path, status: int) -> None:
    host = Host(lambda _: httpx.Response(status) if host.clock.monotonic() < 4000 else whole())
    assert content(host.fetch(tmp_path)) == CLIP


@pytest.mark.parametrize("status", [201, 204, 302, 400, 407, 409, 418, 424, 426, 428, 430, 499])
def test_any_other_answer_is_a_refusal_and_given_up_after_half_an_hour(tmp_path: Path, status: int) -> None:
    host = Host(httpx.Response(status))
    with pytest.raises(
        ClipError, match=rf"the clip could not be fetched: its link answered HTTP {status}|led"
    ):
        host.fetch(tmp_path)
    assert 1800 < host.clock.monotonic() <= 1800 + 450


def test_ten_attempts_come_soon_and_the_others_every_five_to_ten_minutes_for_a_day(tmp_path: Path) -> None:
    host = Host(httpx.Response(503))
    with pytest.raises(ClipError, match="its link answered HTTP 503"):
        host.fetch(tmp_path)
    gaps = host.gaps()
    assert gaps[:10] == [pytest.approx(1.25 * min(2**n, 60)) for n in range(10)]
    assert set(map(round, gaps[10:])) == {450}
    assert 86_400 < host.times[-1] <= 86_400 + 450
    assert host.said[0].endswith("(its link answered HTTP 503); trying again in 1 s.")
    assert host.said[10].endswith("; trying again in 450 s.")


@pytest.mark.parametrize("size", [1, 1000])
def test_what_arrives_makes_the_next_attempt_soon_again(tmp_path: Path, size: int) -> None:
    busy = [httpx.Response(503)] * 12
    host = Host(*busy, cut(CLIP[:size]), httpx.Response(503), part(size))
    assert content(host.fetch(tmp_path)) == CLIP
    assert host.gaps()[11:] == [pytest.approx(450), pytest.approx(1.25), pytest.approx(2.5)]


def test_a_clip_that_breaks_off_at_the_same_byte_is_given_up_after_half_an_hour(tmp_path: Path) -> None:
    host = Host(lambda _: cut(CLIP[:1000]))
    with pytest.raises(ClipError, match="broke off"):
        host.fetch(tmp_path)
    assert 1800 < host.clock.monotonic() <= 1800 + 450


def test_a_clip_of_which_more_arrives_has_half_an_hour_anew(tmp_path: Path) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        now = host.clock.monotonic()
        return cut(CLIP[:1000]) if now < 1500 else cut(CLIP[:2000]) if now < 3000 else whole()

    host = Host(answer)
    assert content(host.fetch(tmp_path)) == CLIP


def test_a_busy_store_in_between_takes_a_refusal_back(tmp_path: Path) -> None:
    """Half an hour of refusals ends it, not one refusal half an hour ago."""

    def answer(_: httpx.Request) -> httpx.Response:
        now = host.clock.monotonic()
        return httpx.Response(404 if now < 60 or 3000 < now < 4000 else 503) if now < 4000 else whole()

    host = Host(answer)
    assert content(host.fetch(tmp_path)) == CLIP


def test_an_attempt_that_hangs_is_broken_off_and_the_next_one_goes_on(tmp_path: Path) -> None:
    silent = httpx.Response(200, stream=Body(CLIP[:1000], is_silent=True))
    host = Host(silent, lambda _: whole())
    assert content(host.fetch(tmp_path, attempt_s=0.05)) == CLIP
    assert "(it took too long)" in host.said[0]


def test_an_attempt_may_take_ten_minutes() -> None:
    client = Client(httpx.MockTransport(Host(whole())))
    assert Fetcher(client, VirtualClock(), lambda: 0.5).attempt_s == 600


def test_a_fast_clock_shortens_the_pauses_and_the_life_of_a_link(tmp_path: Path) -> None:
    host = Host(httpx.Response(503))
    with pytest.raises(ClipError):
        host.fetch(tmp_path, time_scale=0.01)
    assert host.gaps()[0] == pytest.approx(0.0125, abs=1e-4)
    assert 864 < host.times[-1] <= 864 + 4.5


# --- where it goes -------------------------------------------------------------------------------


def test_a_clip_that_is_there_already_is_not_fetched_again(tmp_path: Path) -> None:
    first = Host(whole()).fetch(tmp_path)
    again = Host(httpx.Response(500))
    assert again.fetch(tmp_path) == first
    assert again.urls == []


def test_nothing_is_left_of_a_clip_that_is_none(tmp_path: Path) -> None:
    host = Host(whole(b"<html>no clip at all</html>" * 10))
    with pytest.raises(ClipError, match="is no video"):
        host.fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []
