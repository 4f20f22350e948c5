"""Hosts that mean no good, byte for byte: what leaves this machine, on which connection, and what is taken in."""

from __future__ import annotations

import asyncio
import gzip
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from raw_host import answer, serving, with_client

from cometact_nb.api import flow
from cometact_nb.api.client import Client, Download
from cometact_nb.api.connections import ASK_PATIENCE, CREATE_PATIENCE, Patience
from cometact_nb.domain.service import Endpoint, Secret

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
        yield b""  # type: ignore[unreachable]

    with serving(script) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        endpoint = Endpoint(host.url, Secret("k"))
        outcome = with_client(lambda client: client.create(endpoint, {}))
    assert isinstance(outcome, flow.Lost)
    assert len(host.requests) == 1


ID = b'{"id": "5b91e444-c232-deaf-a4d7-8aef3e57336b"}'


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        HEAD + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(ID), ID),  # no last chunk
        HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(ID) + 100, ID),
        HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(ID) + 1, ID[:-1]),  # its last bracket, too
        HEAD + b"Content-Length: 900\r\n\r\n" + ID[:-1] + b', "status": "PEND',
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 900\r\n\r\n" + gzip.compress(ID),
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 900\r\n\r\n" + gzip.compress(ID)[:-4],
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 900\r\n\r\n" + ID,  # which it is not
        HEAD + b"Content-Encoding: br\r\nContent-Length: 900\r\n\r\n" + ID,
    ],
)
def test_an_id_that_came_before_the_answer_broke_off_is_kept(sent: bytes) -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield sent
        raise ConnectionResetError

    with serving(script) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        outcome = with_client(lambda client: client.create(Endpoint(host.url, Secret("k")), {}))
    assert flow.judge_create(outcome, 0) == flow.Created("5b91e444-c232-deaf-a4d7-8aef3e57336b")
    assert len(host.requests) == 1


def test_half_an_id_is_none_and_what_had_come_is_kept() -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield HEAD + b"Content-Length: 46\r\n\r\n" + ID[:30]
        raise ConnectionResetError

    with serving(script) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        outcome = with_client(lambda client: client.create(Endpoint(host.url, Secret("k")), {}))
    verdict = flow.judge_create(outcome, 0)
    assert isinstance(verdict, flow.Doubtful)
    assert verdict.answer == ID[:30].decode()


@pytest.mark.parametrize("host_name", ["a" * 70 + ".example.com", "exa mple.com", "xn--\u00fc.example.com"])
def test_an_address_that_nobody_can_have_is_nothing_sent_and_not_tried_again(host_name: str) -> None:
    endpoint = Endpoint(f"https://{host_name}", Secret("k"))
    outcome = with_client(lambda client: client.create(endpoint, {}))
    assert isinstance(outcome, flow.NotSent)


def test_a_413_that_comes_before_the_body_was_read_is_a_refusal() -> None:
    def early(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield answer(b"<html>413</html>", "413 Request Entity Too Large", Content_Type="text/html")[:-4]
        raise ConnectionResetError

    with serving(early) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        outcome = with_client(
            lambda client: client.create(Endpoint(host.url, Secret("k")), {"x": "y" * 10**6})
        )
    verdict = flow.judge_create(outcome, 0)
    assert isinstance(verdict, flow.Declined)
    assert "too large" in verdict.message


def test_the_paid_request_waits_longer_for_its_answer_than_a_poll_does() -> None:
    def late(connection: int, number: int, head: str) -> Iterator[bytes]:
        host.ending.wait(0.5)
        yield answer(ID)

    async def work() -> tuple[flow.Outcome, flow.Outcome]:
        client = Client(create=Patience(20, 20), ask=Patience(0.1, 20))
        endpoint = Endpoint(host.url, Secret("k"))
        try:
            return await client.create(endpoint, {}), await client.retrieve(endpoint, "task-1")
        finally:
            await client.aclose()

    with serving(late) as host:
        created, polled = asyncio.run(work())
    assert isinstance(flow.judge_create(created, 0), flow.Created)
    assert polled == flow.Lost("no answer in time")


def test_the_paid_request_waits_120_s_and_nothing_else_waits_longer_than_30() -> None:
    waits: dict[str, float] = {}

    def note(request: httpx.Request) -> httpx.Response:
        waits[request.method] = request.extensions["timeout"]["read"]
        return httpx.Response(200, content=ID)

    async def work() -> None:
        client = Client(httpx.MockTransport(note))
        endpoint = Endpoint("https://api.example.com", Secret("k"))
        await client.create(endpoint, {})
        await client.cancel(endpoint, "task-1")
        await client.head("https://example.com/a.png", 3)
        await client.retrieve(endpoint, "task-1")

    asyncio.run(work())
    assert waits.pop("POST") == 120
    assert CREATE_PATIENCE.whole_s > 120
    assert max(waits.values()) <= 30
    assert ASK_PATIENCE.whole_s <= 60


@pytest.mark.parametrize("version", ["2024\u201111\u201106", "2024-11-06\n", "a\r\nX: y", "\ud800", "\0"])
def test_a_header_that_cannot_be_written_is_nothing_sent(version: str) -> None:
    with serving(lambda *_: iter([answer(ID)])) as host:
        endpoint = Endpoint(host.url, Secret("sk-canary"), runway_version=version)
        outcome = with_client(lambda client: client.create(endpoint, {}))
    assert isinstance(outcome, flow.NotSent)
    assert "runway_version" in outcome.cure
    assert host.requests == []
    assert isinstance(flow.judge_create(outcome, 0), flow.Declined)


@pytest.mark.parametrize("body", [{"x": {1, 2}.__iter__()}, {"x": "\ud800"}])
def test_a_body_that_cannot_be_written_is_nothing_sent(body: dict[str, Any]) -> None:
    with serving(lambda *_: iter([answer(ID)])) as host:
        outcome = with_client(lambda client: client.create(Endpoint(host.url, Secret("k")), body))
    assert isinstance(outcome, flow.NotSent)
    assert host.requests == []


@pytest.mark.parametrize(
    "says", [b"", b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"]
)
def test_what_fails_on_the_way_to_a_proxy_is_nothing_sent(
    monkeypatch: pytest.MonkeyPatch, says: bytes
) -> None:
    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        yield says
        raise ConnectionResetError

    with serving(script) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        monkeypatch.setenv("HTTPS_PROXY", host.url)
        monkeypatch.setenv("NO_PROXY", "localhost,127.0.0.1,::1,[::1],fe80::/10")
        endpoint = Endpoint("https://api.example.com", Secret("sk-canary"))
        outcome = with_client(lambda client: client.create(endpoint, {}))
    assert isinstance(outcome, flow.NotSent)
    assert [head.split(" ")[0] for *_, head in host.requests] == ["CONNECT"]
    assert "sk-canary" not in str(host.requests)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificate")
def test_a_certificate_that_is_not_trusted_names_what_mends_it_and_a_company_s_bundle_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = "req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 2 -subj /CN=localhost"
    subject = ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(["openssl", *words.split(), *subject], cwd=tmp_path, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "c.pem", tmp_path / "k.pem")

    async def create(client: Client) -> flow.Outcome:
        url = host.url.replace("http://127.0.0.1", "https://localhost")
        return await client.create(Endpoint(url, Secret("k")), {})

    with serving(lambda *_: iter([answer(ID)])) as host:
        host.server.socket = context.wrap_socket(host.server.socket, server_side=True)
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        strange = with_client(create)
        for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
            with monkeypatch.context() as patch:
                patch.setenv(name, str(tmp_path / "c.pem"))
                assert isinstance(with_client(create), flow.Answer)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
        assert isinstance(with_client(create), flow.NotSent)  # and no error of its own
    assert isinstance(strange, flow.NotSent)
    assert "not trusted on this machine (self-signed certificate)" in strange.reason
    verdict = flow.judge_create(strange, 0)
    assert isinstance(verdict, flow.Declined)
    assert not verdict.again
    assert "SSL_CERT_FILE" in verdict.message


# --- lanes ---------------------------------------------------------------------------------------

#: What a client is asked for -> the beginning of its request line.
ASKS: dict[str, str] = {
    "create": "POST ",
    "poll": "GET /runwayml/",
    "cancel": "DELETE ",
    "look": "HEAD ",
    "download": "GET /clip",
}


async def ask(client: Client, kind: str, url: str) -> None:
    endpoint = Endpoint(url, Secret("k"))
    if kind == "create":
        await client.create(endpoint, {})
    elif kind == "poll":
        await client.retrieve(endpoint, "task-1")
    elif kind == "cancel":
        await client.retrieve(endpoint, "before-cancel", before_cancel=True)
        await client.cancel(endpoint, "task-1")
    elif kind == "look":
        await client.head(f"{url}/a.png", 20)
    else:
        async with client.download(f"{url}/clip.mp4", sandbox=True) as answer:
            assert isinstance(answer, Download)


@pytest.mark.parametrize("hanging", ASKS)
def test_whatever_hangs_holds_up_nothing_of_another_kind(hanging: str) -> None:
    """40 of one kind hang, more than all its connections; 5 of each other kind are answered meanwhile."""
    hangs = threading.Event()

    def is_of(kind: str, head: str) -> bool:
        return head.startswith(ASKS[kind]) and "before-cancel" not in head

    def script(connection: int, number: int, head: str) -> Iterator[bytes]:
        if is_of(hanging, head):
            hangs.set()
            host.ending.wait(30)
            raise ConnectionResetError
        yield answer(b"" if head.startswith("HEAD") else ID)

    async def work(client: Client) -> None:
        stuck = [asyncio.create_task(ask(client, hanging, host.url)) for _ in range(40)]
        assert await asyncio.to_thread(hangs.wait, 10)
        others = [kind for kind in ASKS if kind != hanging for _ in range(5)]
        async with asyncio.timeout(10):
            await asyncio.gather(*(ask(client, kind, host.url) for kind in others))
        assert not any(task.done() for task in stuck)
        for task in stuck:
            task.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)

    with serving(script) as host:
        host.server.handle_error = lambda *_: None  # type: ignore[method-assign]
        with_client(work)
    heads = [head for *_, head in host.requests]
    counts = {kind: sum(is_of(kind, head) for head in heads) for kind in ASKS}
    assert counts.pop(hanging) < 40
    assert set(counts.values()) == {5}


@pytest.mark.parametrize("kind", ASKS)
def test_a_cookie_goes_nowhere(kind: str) -> None:
    """It would follow a user from host to host of one store, and enough of them make a service refuse a request."""
    cookies = "Set-Cookie: a=1; Path=/\r\nSet-Cookie: b=2; Domain=127.0.0.1; Path=/; Max-Age=999\r\n"
    reply = answer(b'{"id": "task-1"}').replace(b"\r\n", f"\r\n{cookies}".encode(), 1)

    async def work(client: Client) -> None:
        for _ in range(2):
            await ask(client, kind, host.url)

    with serving(lambda *_: iter([reply])) as host:
        with_client(work)
    assert len(host.requests) == (4 if kind == "cancel" else 2)  # it asks first
    assert "cookie" not in "".join(head for *_, head in host.requests).lower()


@pytest.mark.parametrize("status", ["307 Temporary Redirect", "308 Permanent Redirect", "303 See Other"])
def test_a_redirect_takes_neither_the_paid_request_nor_the_key_anywhere(status: str) -> None:
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
def test_an_id_stays_one_segment_of_the_path(name: str) -> None:
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
