"""Hosts that mean no good, byte for byte: what leaves this machine, on which connection, and what is taken in."""

from __future__ import annotations

import asyncio
import gzip
import logging
import random
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cometact_nb.api import flow
from cometact_nb.api.client import Client
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import ClipInfo, Status, TaskState
from cometact_nb.errors import ClipError
from cometact_nb.fetch import Fetcher
from cometact_nb.job import SystemClock

CLIP = b"\0\0\0\x18ftypisom" + b"x" * 50_000
#: (number of the connection, number of the request on it, the request's head) -> the answer in pieces
Script = Callable[[int, int, str], Iterator[bytes]]


class Host:
    """A server that says whatever bytes it is told to, and its books."""

    def __init__(self, script: Script) -> None:
        self.requests: list[tuple[int, int, str]] = []
        self.ending = threading.Event()
        self._connections = 0
        self._script = script
        host = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                host._connections += 1
                connection, number = host._connections, 0
                while (head := self._head()) and not host.ending.is_set():
                    number += 1
                    host.requests.append((connection, number, head))
                    for piece in host._script(connection, number, head):
                        try:
                            self.wfile.write(piece)
                        except OSError:
                            return

            def _head(self) -> str:
                lines = []
                try:
                    while (line := self.rfile.readline().decode("latin-1")).strip():
                        lines.append(line)
                    length = next(
                        (int(x.split(":")[1]) for x in lines if x.lower().startswith("content-length")), 0
                    )
                    self.rfile.read(length)
                except OSError:
                    return ""
                return "".join(lines)

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@contextmanager
def serving(script: Script) -> Iterator[Host]:
    host = Host(script)
    thread = threading.Thread(target=host.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield host
    host.ending.set()
    host.server.shutdown()
    host.server.server_close()
    thread.join(10)


def answer(content: bytes, status: str = "200 OK", **headers: str) -> bytes:
    told = {"Content-Length": str(len(content)), **{k.replace("_", "-"): v for k, v in headers.items()}}
    head = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + content


def with_client(work) -> object:
    async def run() -> object:
        client = Client()
        try:
            return await work(client)
        finally:
            await client.aclose()

    return asyncio.run(run())


# --- the paid request ----------------------------------------------------------------------------


def test_the_paid_request_never_leaves_on_a_connection_that_was_kept() -> None:
    """A gateway may close a kept connection at the moment it is used again: the request would be in doubt."""

    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield answer(b'{"id": "task-1", "status": "RUNNING"}', Content_Type="application/json")

    async def work(client: Client) -> None:
        endpoint = Endpoint(host.url, Secret("sk-canary"))
        await client.retrieve(endpoint, "task-1")
        await client.retrieve(endpoint, "task-1")
        for _ in range(2):
            assert isinstance(await client.create(endpoint, {}), flow.Answer)
        await client.retrieve(endpoint, "task-1")

    with serving(script) as host:
        with_client(work)
    posts = [number for _, number, head in host.requests if head.startswith("POST")]
    assert posts == [1, 1]  # each the first on its connection
    polls = {connection for connection, _, head in host.requests if head.startswith("GET")}
    assert len(polls) == 1  # polls cost nothing, so theirs is kept


def test_a_post_that_the_service_closes_without_a_word_is_in_doubt_and_sent_once() -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        raise ConnectionResetError
        yield b""

    with serving(script) as host:
        host.server.handle_error = lambda *_: None
        endpoint = Endpoint(host.url, Secret("k"))
        outcome = with_client(lambda client: client.create(endpoint, {}))
    assert isinstance(outcome, flow.Lost)
    assert len(host.requests) == 1


@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect", "303 See Other"])
def test_a_redirect_takes_neither_the_paid_request_nor_the_key_anywhere(status) -> None:
    with serving(lambda *_: iter([answer(b'{"id": "x"}')])) as elsewhere:
        redirect = answer(b"", status, Location=f"{elsewhere.url}/runwayml/v1/character_performance")
        with serving(lambda *_: iter([redirect])) as host:
            endpoint = Endpoint(host.url, Secret("sk-canary"))
            outcome = with_client(lambda client: client.create(endpoint, {}))
    assert isinstance(flow.judge_create(outcome, 0), flow.Declined)
    assert (len(host.requests), len(elsewhere.requests)) == (1, 0)


@pytest.mark.parametrize(
    "name", ["../../v1/keys", "..", ".", "a/b", "a?x=1", "a#b", "a b", "ü", "%2e%2e", "a\r\nX: y"]
)
def test_an_id_stays_one_segment_of_the_path(name) -> None:
    with serving(lambda *_: iter([answer(b"{}")])) as host:
        endpoint = Endpoint(host.url, Secret("k"))
        with_client(lambda client: client.retrieve(endpoint, name))
    for _, _, head in host.requests:
        path = head.split("\r\n")[0].split(" ")[1]
        assert path.startswith("/runwayml/v1/tasks/")
        assert path.removeprefix("/runwayml/v1/tasks/").strip(".")
        assert path.count("/") == 4
        assert "?" not in path
        assert "\nX:" not in head


# --- the clip's host -----------------------------------------------------------------------------


def fetch(host: Host, folder: Path, *, base_url: str | None = None, fresh=(), **limits: float) -> ClipInfo:
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
        fetcher = Fetcher(client, SystemClock(), random.random, time_scale=1e-3, **limits)
        return await fetcher.clip(state, 0, folder, again)

    return with_client(work)


def test_a_host_that_trickles_for_ever_is_given_up(tmp_path) -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: video/mp4\r\nContent-Length: 90000\r\n\r\n"
        while not host.ending.wait(0.02):
            yield b"x"

    with serving(script) as host, pytest.raises(ClipError, match="took too long"):
        fetch(host, tmp_path, attempt_s=0.1)
    assert list(tmp_path.iterdir()) == []


def test_headers_that_trickle_for_ever_are_given_up(tmp_path) -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        while not host.ending.wait(0.02):
            yield b"X-More: 1\r\n"

    with serving(script) as host, pytest.raises(ClipError, match="took too long"):
        fetch(host, tmp_path, attempt_s=0.1)


def test_what_a_host_packs_is_never_unpacked(tmp_path) -> None:
    bomb = gzip.compress(CLIP + b"\0" * 30_000_000)
    packed = answer(bomb, Content_Type="video/mp4", Content_Encoding="gzip")
    with serving(lambda *_: iter([packed])) as host, pytest.raises(ClipError, match="compressed"):
        fetch(host, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", ["9" * 5000, "\u00b2", "-1", "1e3"])
def test_a_number_in_a_header_that_is_none_is_no_crash(tmp_path, number) -> None:
    def script(connection: int, count: int, head: str) -> Iterator[bytes]:
        if connection == 1:
            yield answer(CLIP[:100], "206 Partial Content", Content_Range=f"bytes 0-99/{number}")
        else:
            yield answer(CLIP, Content_Type="video/mp4")

    with serving(script) as host:
        assert fetch(host, tmp_path, attempt_s=5).bytes in {100, len(CLIP)}


def test_two_files_are_never_joined_into_one(tmp_path) -> None:
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
        host.server.handle_error = lambda *_: None
        info = fetch(host, tmp_path)
    assert Path(info.path).read_bytes() == other


def test_a_file_that_has_become_shorter_is_fetched_from_its_beginning(tmp_path) -> None:
    short = CLIP[:5000]

    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        if len(host.requests) == 1:
            yield answer(CLIP)[:20_000]
            raise ConnectionResetError
        yield answer(b"", "416 Range Not Satisfiable") if "range:" in head.lower() else answer(short)

    with serving(script) as host:
        host.server.handle_error = lambda *_: None
        assert Path(fetch(host, tmp_path).path).read_bytes() == short


@pytest.mark.parametrize("base_url", ["https://api.cometapi.com", "https://gateway.example.com"])
def test_a_real_service_s_link_to_this_machine_is_not_followed(tmp_path, base_url) -> None:
    with serving(lambda *_: iter([answer(CLIP)])) as host, pytest.raises(ClipError, match="not https"):
        fetch(host, tmp_path, base_url=base_url)
    assert host.requests == []


def test_the_signature_of_a_redirected_link_stands_in_no_debug_log(tmp_path, caplog) -> None:
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
