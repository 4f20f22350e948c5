"""Polls share few connections, which live as long as they can be used, and read whatever a host may send."""

from __future__ import annotations

import asyncio
import gc
import socket
import threading
from collections.abc import Iterator

import pytest
from raw_host import answer, serving, with_client

from cometact_nb.api import flow
from cometact_nb.api.client import Client
from cometact_nb.domain.service import Endpoint, Secret

TASK = b'{"id": "task-1", "status": "RUNNING"}'
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def polled(url: str, times: int = 1, at_once: int = 1) -> list[flow.Outcome]:
    """Poll one after another, or several at once each time."""

    async def work(client: Client) -> list[flow.Outcome]:
        endpoint, outcomes = Endpoint(url, Secret("sk-canary")), []
        for _ in range(times):
            outcomes += await asyncio.gather(*(client.retrieve(endpoint, "task-1") for _ in range(at_once)))
        return outcomes

    return with_client(work)


@pytest.mark.parametrize("at_once", [1, 6])
def test_polls_that_overlap_keep_their_connections(at_once: int) -> None:
    together = threading.Barrier(at_once)

    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        together.wait(20)
        yield answer(TASK)

    with serving(script) as host:
        outcomes = polled(host.url, times=4, at_once=at_once)
        assert all(isinstance(outcome, flow.Answer) and outcome.content == TASK for outcome in outcomes)
        assert host.connections == at_once


@pytest.mark.parametrize(
    ("sent", "is_kept"),
    [
        ([answer(TASK)], True),
        ([answer(TASK)[:20], answer(TASK)[20:60], answer(TASK)[60:]], True),
        ([HEAD + b"Transfer-Encoding: chunked\r\n\r\n5\r\n" + TASK[:5] + b"\r\n",
          b"%x\r\n" % len(TASK[5:]) + TASK[5:] + b"\r\n0\r\n\r\n"], True),
        ([b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", answer(TASK)], True),
        ([answer(TASK, Connection="close")], False),
        ([answer(TASK) + b"HTTP/1.1 200 OK\r\n"], False),
    ],
    ids=["whole", "in pieces", "chunked", "with a hint before", "closed", "with more behind"],
)  # fmt: skip
def test_a_connection_is_used_again_only_after_an_answer_that_leaves_it_clean(
    sent: list[bytes], is_kept: bool
) -> None:
    with serving(lambda *_: iter(sent)) as host:
        outcomes = polled(host.url, times=2)
        assert [outcome.content for outcome in outcomes if isinstance(outcome, flow.Answer)] == [TASK, TASK]
        assert host.connections == (1 if is_kept else 2)


def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield HEAD + b"\r\n" + TASK
        raise ConnectionAbortedError  # ends the connection

    with serving(script) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        (outcome,) = polled(host.url)
    assert isinstance(outcome, flow.Answer)
    assert outcome.content == TASK


def test_a_connection_that_the_host_closed_while_it_was_idle_costs_no_poll() -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield answer(TASK)
        raise ConnectionAbortedError

    async def work(client: Client) -> list[flow.Outcome]:
        endpoint = Endpoint(host.url, Secret("sk-canary"))
        first = await client.retrieve(endpoint, "task-1")
        await asyncio.to_thread(closed.wait, 20)
        return [first, await client.retrieve(endpoint, "task-1")]

    closed = threading.Event()
    with serving(script) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        shut = host.server.shutdown_request

        def shut_and_say(request: object) -> None:
            shut(request)  # type: ignore[arg-type]
            closed.set()

        host.server.shutdown_request = shut_and_say  # type: ignore[method-assign]
        outcomes = with_client(work)
    assert all(isinstance(outcome, flow.Answer) for outcome in outcomes)
    assert host.connections == 2


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "the connection broke (RemoteProtocolError)"),
        (b"HTTP/1.1 2", "the connection broke (RemoteProtocolError)"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "the connection broke (RemoteProtocolError)"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 40_000, "the connection broke (RemoteProtocolError)"),
    ],
    ids=["nothing", "half a line", "another protocol", "an endless head"],
)
def test_an_answer_that_is_none_fails_the_poll_in_words(sent: bytes, reason: str) -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield sent
        raise ConnectionAbortedError

    with serving(script) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        assert polled(host.url) == [flow.Lost(reason)]


def test_an_endless_body_is_read_up_to_a_megabyte() -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield HEAD + b"Content-Length: 999999999\r\n\r\n"
        while True:
            yield b" " * 65536

    with serving(script) as host:
        (outcome,) = polled(host.url)
    assert isinstance(outcome, flow.Answer)
    assert len(outcome.content) == 1_000_000


@pytest.mark.parametrize("turns", range(12))
def test_a_kernel_that_ends_while_it_connects_leaves_no_socket_open(turns: int) -> None:
    """After so many turns of its loop; an open socket warns when it goes, and a warning is an error here."""

    async def work(client: Client) -> None:
        polling = asyncio.create_task(client.retrieve(Endpoint(url, Secret("sk-canary")), "task-1"))
        for _ in range(turns):
            await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await asyncio.wait({polling})

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        with_client(work)
    gc.collect()
