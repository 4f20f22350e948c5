"""A clip is fetched for as long as its link lives, on a virtual clock against a scripted store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from virtual_clock import VirtualClock

from cometact_nb.api.client import Client
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.fetch import Fetcher
from cometact_nb.errors import ClipError

VIDEO = b"\0\0\0\x18ftypisom" + b"x" * 5000
HOUR = 3600.0
HTML = {"content-type": "text/html"}

Answer = Callable[[httpx.Request], httpx.Response]


class Broken(httpx.AsyncByteStream):
    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        raise httpx.ReadError("cut")


def lose(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadError("reset")


def refuse_connections(request: httpx.Request) -> httpx.Response:
    raise httpx.ConnectError("refused")


def be_silent(request: httpx.Request) -> httpx.Response:
    raise httpx.ReadTimeout("slow")


def cut_at_once(request: httpx.Request) -> httpx.Response:
    return httpx.Response(200, stream=Broken(VIDEO[:1000]), headers={"content-length": str(len(VIDEO))})


def answer_with(status: int, **more: object) -> Answer:
    return lambda _: httpx.Response(status, **more)  # type: ignore[arg-type]


class Store:
    """Answers badly until a moment of the clock, then with the video."""

    def __init__(self, clock: VirtualClock, bad: Answer, until_s: float) -> None:
        self.clock, self.bad, self.until_s = clock, bad, until_s
        self.times: list[float] = []
        self.tokens: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.times.append(self.clock.monotonic())
        self.tokens.append(request.url.params.get("token", ""))
        if self.clock.monotonic() < self.until_s:
            return self.bad(request)
        return httpx.Response(200, content=VIDEO, headers={"content-type": "video/mp4"})


class Fetch:
    """One fetch, and what was said meanwhile."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store, self.folder = store, folder
        self.said: list[str] = []
        self.renewed = 0

    async def _fresh(self) -> tuple[str, ...]:
        self.renewed += 1
        return (f"https://cdn.example.com/clip.mp4?token={self.renewed}",)

    def run(self, scale: float = 1.0) -> Path:
        async def work() -> Path:
            client = Client(httpx.MockTransport(self.store))
            fetcher = Fetcher(client, self.store.clock, lambda: 0.5, scale, tell=self.said.append)
            state = TaskState(
                key="local-1",
                id="task-1",
                status=Status.SUCCEEDED,
                output_urls=("https://cdn.example.com/clip.mp4?token=0",),
            )
            try:
                return Path((await fetcher.clip(state, 0, self.folder, self._fresh)).path)
            finally:
                await client.aclose()

        return asyncio.run(work())


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


#: What a busy store does, whole hours long.
BUSY = {
    "503": answer_with(503),
    "500": answer_with(500),
    "502 with a page": answer_with(502, text="<html>", headers=HTML),
    "429": answer_with(429),
    "a reset": lose,
    "no answer": be_silent,
    "no connection": refuse_connections,
}


@pytest.mark.parametrize("bad", BUSY.values(), ids=BUSY)
@pytest.mark.parametrize("hours", [0.02, 1, 20])
def test_a_store_that_is_busy_is_asked_again_for_a_day(
    clock: VirtualClock, tmp_path: Path, bad: Callable[..., Any], hours: float
) -> None:
    store = Store(clock, bad, hours * HOUR)
    fetch = Fetch(store, tmp_path)
    assert fetch.run().read_bytes() == VIDEO
    assert clock.monotonic() < hours * HOUR + 700
    assert len(store.times) < 15 + hours * 12
    assert "cannot be fetched yet" in fetch.said[0]
    assert "trying again in" in fetch.said[0]


#: What a store does with a link that has expired, or with a maintenance page.
REFUSING = {
    **{str(status): answer_with(status) for status in (400, 401, 403, 404, 410)},
    "a page": answer_with(200, text="<html>Maintenance</html>", headers=HTML),
    "JSON": answer_with(200, json={"error": "busy"}),
    "packed": answer_with(200, content=b"x", headers={"content-encoding": "br"}),
    "cut at once": cut_at_once,
    "a redirect to http": answer_with(302, headers={"location": "http://cdn.example.com/x.mp4"}),
}


@pytest.mark.parametrize("bad", REFUSING.values(), ids=REFUSING)
def test_a_store_that_gives_something_else_for_ten_minutes_loses_no_clip(
    clock: VirtualClock, tmp_path: Path, bad: Callable[..., Any]
) -> None:
    fetch = Fetch(Store(clock, bad, 600), tmp_path)
    assert fetch.run().read_bytes() == VIDEO


@pytest.mark.parametrize("bad", REFUSING.values(), ids=REFUSING)
def test_a_store_that_never_gives_the_video_is_given_up_and_says_why(
    clock: VirtualClock, tmp_path: Path, bad: Callable[..., Any]
) -> None:
    fetch = Fetch(Store(clock, bad, 1e9), tmp_path)
    with pytest.raises(ClipError, match="could not be fetched"):
        fetch.run()
    assert 1800 < clock.monotonic() < 3600
    assert list(tmp_path.iterdir()) == []


def test_an_expired_link_is_renewed_and_tried_at_once(clock: VirtualClock, tmp_path: Path) -> None:
    class Expiring(Store):
        def __call__(self, request: httpx.Request) -> httpx.Response:
            answer = super().__call__(request)
            return answer if self.tokens[-1] == "1" else httpx.Response(403)

    store = Expiring(clock, lose, 0)
    fetch = Fetch(store, tmp_path)
    assert fetch.run().read_bytes() == VIDEO
    assert (fetch.renewed, store.tokens) == (1, ["0", "1"])
    assert clock.monotonic() == 0


def test_a_clip_that_comes_in_small_pieces_with_breaks_arrives(clock: VirtualClock, tmp_path: Path) -> None:
    def piece(request: httpx.Request) -> httpx.Response:
        start = int(request.headers.get("range", "bytes=0-")[6:-1])
        headers = {
            "content-type": "video/mp4",
            "content-range": f"bytes {start}-{len(VIDEO) - 1}/{len(VIDEO)}",
        }
        return httpx.Response(206, stream=Broken(VIDEO[start : start + 50]), headers=headers)

    store = Store(clock, piece, 1e9)
    with pytest.raises(ClipError):
        Fetch(Store(clock, cut_at_once, 1e9), tmp_path / "never").run()
    fetch = Fetch(store, tmp_path)
    store.until_s = clock.monotonic() + 60
    assert fetch.run().read_bytes() == VIDEO
    assert len(store.times) > 20


def test_a_sandbox_s_clock_shortens_all_of_it(clock: VirtualClock, tmp_path: Path) -> None:
    fetch = Fetch(Store(clock, answer_with(404), 1e9), tmp_path)
    with pytest.raises(ClipError):
        fetch.run(scale=0.01)
    assert clock.monotonic() < 36


def test_a_folder_that_takes_nothing_is_said_at_once(clock: VirtualClock, tmp_path: Path) -> None:
    for folder in (tmp_path / ("a" * 300), Path("/sys/clips"), Path("/dev/null/x")):
        with pytest.raises((ClipError, OSError)):
            Fetch(Store(clock, lose, 0), folder).run()
    assert clock.monotonic() == 0
