"""A clip is rendered once for all who wait for it, and for nobody else."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from cometact_nb.sandbox.drawing import workshop
from cometact_nb.sandbox.drawing.workshop import Workshop

HERE, THERE = "http://127.0.0.1:1/samples", "https://example.com"


def body(seed: int = 0, character: str = f"{HERE}/hero.png", **more: object) -> dict[str, Any]:
    return {
        "character": {"type": "image", "uri": character},
        "reference": {"type": "video", "uri": f"{HERE}/smile.mp4"},
        "seed": seed,
        **more,
    }


@pytest.fixture
def shop() -> Iterator[Workshop]:
    made = Workshop()
    yield made
    made.close()


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []

    def render(what: dict[str, Any], wanted: Callable[[], bool]) -> bytes:
        seen.append(what)
        if what["seed"] == 13:
            raise OSError("no room")
        return b"clip"

    monkeypatch.setattr(workshop, "render_clip", render)
    return seen


def test_requests_that_look_alike_share_a_clip(shop: Workshop, rendered: list[dict[str, Any]]) -> None:
    alike = [body(), body(ratio="1280:720", expressionIntensity=3, bodyControl=False)]
    alike += [body(character=f"http://localhost:9/samples/hero.png?{n}") for n in range(2)]
    orders = [shop.clip(one) for one in alike]
    assert {order.future.result(30) for order in orders} == {b"clip"}
    assert len(rendered) == 1
    # A foreign file that happens to have a sample's name is no sample.
    shop.clip(body(character=f"{THERE}/samples/hero.png?scenario=lost-answer&a=1")).future.result(30)
    assert rendered[1]["character"] == f"{THERE}/samples/hero.png?a=1"


def test_a_rehearsed_fault_changes_no_foreign_character(
    shop: Workshop, rendered: list[dict[str, Any]]
) -> None:
    for query in ("", "?scenario=lost-answer", "?scenario=http-503x2&scenario=late-output"):
        shop.clip(body(character=f"{THERE}/me.png{query}")).future.result(30)
    assert len(rendered) == 1


def test_what_failed_is_tried_again(
    shop: Workshop, rendered: list[dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        order = shop.clip(body(13))
        assert order.future.exception(30)
        assert order.failed()
        shop.drop(order)
    assert len(rendered) == 2
    assert "no room" in capsys.readouterr().err


def test_rendering_ends_with_the_last_task_that_waits(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    began, ended = threading.Event(), threading.Event()

    def render(what: dict[str, Any], wanted: Callable[[], bool]) -> bytes:
        began.set()
        while wanted():
            threading.Event().wait(0.001)
        ended.set()
        return b""

    monkeypatch.setattr(workshop, "render_clip", render)
    first, second = shop.clip(body()), shop.clip(body())
    assert began.wait(30)
    shop.drop(first)
    assert not ended.is_set()
    shop.drop(second)
    assert ended.wait(30)
    assert shop.clip(body()) is not first


def test_only_so_many_bytes_are_kept_for_nobody(
    shop: Workshop, rendered: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workshop, "CACHE_BYTES", 8)
    for seed in range(4):
        order = shop.clip(body(seed))
        order.future.result(30)
        shop.drop(order)
    for seed in (3, 2):
        shop.drop(shop.clip(body(seed)))
    assert len(rendered) == 4
    shop.clip(body(0)).future.result(30)
    assert len(rendered) == 5
