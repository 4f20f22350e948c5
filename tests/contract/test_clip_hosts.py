"""Hosts of clips and inputs that mean no good, byte for byte: what is taken in, and what is never joined, unpacked or followed."""

from __future__ import annotations

import gzip
import logging
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from raw_host import Host, answer, serving, with_client

from cometact_nb.api import flow
from cometact_nb.api.client import Client
from cometact_nb.domain.task import ClipInfo, Status, TaskState
from cometact_nb.engine.fetch import Fetcher
from cometact_nb.engine.job import SystemClock
from cometact_nb.errors import ClipError

CLIP = b"\0\0\0\x18ftypisom" + b"x" * 50_000


# --- the clip's host -----------------------------------------------------------------------------


def fetch(
    host: Host, folder: Path, *, base_url: str | None = None, fresh: tuple[str, ...] = (), **limits: Any
) -> ClipInfo:
    url = f"{host.url}/clip.mp4?token=1"
    state = TaskState(
        key="local-1",
        id="task-1",
        status=Status.SUCCEEDED,
        base_url=host.url if base_url is None else base_url,
        output_urls=(url,),
    )

    async def again() -> tuple[str, ...]:
        return fresh or (url,)

    async def work(client: Client) -> ClipInfo:
        fetcher = Fetcher(client, SystemClock(), random.random, time_scale=1e-5, **limits)
        return await fetcher.clip(state, 0, folder, again)

    return with_client(work)


def test_a_host_that_trickles_for_ever_is_given_up(tmp_path: Path) -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 90000\r\n\r\n"
        while not host.ending.wait(0.02):
            yield b"x"

    with serving(script) as host, pytest.raises(ClipError, match="took too long"):
        fetch(host, tmp_path, attempt_s=0.1)
    assert list(tmp_path.iterdir()) == []


def test_headers_that_trickle_for_ever_are_given_up(tmp_path: Path) -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while not host.ending.wait(0.02):
            yield b"X-More: 1\r\n"

    with serving(script) as host, pytest.raises(ClipError, match="took too long"):
        fetch(host, tmp_path, attempt_s=0.1)


def test_what_a_host_packs_is_never_unpacked(tmp_path: Path) -> None:
    bomb = gzip.compress(CLIP + b"\0" * 30_000_000)
    packed = answer(bomb, Content_Type="video/mp4", Content_Encoding="gzip")
    with serving(lambda *_: iter([packed])) as host, pytest.raises(ClipError, match="compressed"):
        fetch(host, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", ["9" * 5000, "\u00b2", "-1", "1e3"])
def test_a_number_in_a_header_that_is_none_is_no_crash(tmp_path: Path, number: str) -> None:
    def script(connection: int, count: int, head: str) -> Iterator[bytes]:
        if connection == 1:
            yield answer(CLIP[:100], "206 Partial Content", Content_Range=f"bytes 0-99/{number}")
        else:
            yield answer(CLIP, Content_Type="video/mp4")

    with serving(script) as host:
        assert fetch(host, tmp_path, attempt_s=5).bytes in {100, len(CLIP)}


def test_two_files_are_never_joined_into_one(tmp_path: Path) -> None:
    other = CLIP[:20] + b"y" * (len(CLIP) - 20)

    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        if len(host.requests) == 1:  # breaks off in the middle
            yield answer(CLIP, ETag='"one"')[:20_000]
            raise ConnectionResetError
        if "range: bytes=" in head.lower():
            start = int(head.lower().split("range: bytes=")[1].split("-")[0])
            told = f"bytes {start}-{len(CLIP) - 1}/{len(CLIP)}"
            yield answer(other[start:], "206 Partial Content", ETag='"two"', Content_Range=told)
        else:
            yield answer(other, ETag='"two"')

    with serving(script) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        info = fetch(host, tmp_path)
    assert Path(info.path).read_bytes() == other


def test_a_file_that_has_become_shorter_is_fetched_from_its_beginning(tmp_path: Path) -> None:
    short = CLIP[:5000]

    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        if len(host.requests) == 1:
            yield answer(CLIP)[:20_000]
            raise ConnectionResetError
        yield answer(b"", "416 Range Not Satisfiable") if "range:" in head.lower() else answer(short)

    with serving(script) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        assert Path(fetch(host, tmp_path).path).read_bytes() == short


@pytest.mark.parametrize("base_url", ["https://api.cometapi.com", "https://gateway.example.com"])
def test_a_real_service_s_link_to_this_machine_is_not_followed(tmp_path: Path, base_url: str) -> None:
    with serving(lambda *_: iter([answer(CLIP)])) as host, pytest.raises(ClipError, match="not https"):
        fetch(host, tmp_path, base_url=base_url)
    assert host.requests == []


def test_the_signature_of_a_redirected_link_stands_in_no_debug_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        if "again" in head:
            yield answer(CLIP)
        else:
            yield answer(b"", "302 Found", Location=f"{host.url}/clip.mp4?again=1&token=SIGNED-CANARY")

    with serving(script) as host:
        assert fetch(host, tmp_path).bytes == len(CLIP)
    assert "clip.mp4" in caplog.text
    assert "SIGNED-CANARY" not in caplog.text


def test_what_is_read_of_an_input_is_as_long_as_asked_for_however_it_is_packed() -> None:
    bomb = gzip.compress(b"\0" * 30_000_000)
    with serving(lambda *_: iter([answer(bomb, Content_Encoding="gzip")])) as host:
        outcome = with_client(lambda client: client.read_range(f"{host.url}/a.png", 0, 1000, 10))
    assert isinstance(outcome, flow.Answer)
    assert outcome.content == bomb[:1000]
