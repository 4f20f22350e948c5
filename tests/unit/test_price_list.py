"""A price list is read in any form, and little of it is believed."""

from __future__ import annotations

import json
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.domain.price import DEFAULT_PRICE, Price
from cometact_nb.domain.price_list import NAMES, PriceList, read
from cometact_nb.domain.service import Secret
from cometact_nb.errors import ConfigError
from cometact_nb.handles import prices
from cometact_nb.handles.config import Config
from cometact_nb.handles.prices import PriceLook, with_list
from cometact_nb.store import price_cache

URL = "https://api.example.com"


def looked(whole: Any) -> PriceList:
    return read(json.dumps(whole).encode(), URL, 1_800_000_000.0, "2027-01-15")


def record(name: str = NAMES[0], **pricing: Any) -> dict[str, Any]:
    return {"id": name, "pricing": {"currency": "USD", **pricing}}


@pytest.mark.parametrize("name", [*NAMES, NAMES[0].upper(), f"runway/{NAMES[1]}"])
@pytest.mark.parametrize(
    "around", [lambda one: [one], lambda one: {"data": [one]}, lambda one: {"a": {"b": [[one]]}}]
)
def test_each_known_name_is_found_wherever_the_list_stands(name: str, around: Any) -> None:
    price = looked(around(record(name, per_request=0.55))).price
    assert (price.usd_per_request, price.kind, price.as_of) == (0.55, "list", "2027-01-15")


def test_a_price_for_a_second_counts_for_the_longest_reference() -> None:
    found = looked([record(per_second=0.05)])
    assert found.price.usd_per_request == pytest.approx(1.5)
    assert "$0.05 per second, for the longest reference of 30 s" in found.note


def test_of_several_prices_the_highest_counts() -> None:
    assert (
        looked([record(per_request=0.3), record("act_two", per_request=0.45)]).price.usd_per_request == 0.45
    )
    assert looked([record(per_request=2.0, per_second=0.05)]).price.usd_per_request == 2.0


@pytest.mark.parametrize("low", [0.000001, 0.04, 0.19])
def test_a_price_of_less_than_half_the_default_lets_no_limit_through_more(low: float) -> None:
    found = looked([record(per_request=low)])
    assert found.price == DEFAULT_PRICE
    assert "less than half of the dated default, which may be a mistake" in found.note
    assert "Estimates use, and limits count, $0.40" in found.note


def test_half_the_default_is_believed_and_of_two_prices_the_higher_decides() -> None:
    assert looked([record(per_request=0.2)]).price.usd_per_request == 0.2
    several = [record(per_request=0.01), record("act_two", per_request=0.35)]
    assert looked(several).price.usd_per_request == 0.35


@pytest.mark.parametrize(
    ("whole", "words"),
    [
        ([record("a-text-model", per_request=1)], "names 1 models, and none as"),
        ([record(per_request=0)], "without a price per request or second"),
        ([record(per_request=-1)], "without a price"),
        ([record(per_request=True)], "without a price"),
        ([record(per_request=1e9)], "without a price"),
        ([record(per_request="soon")], "without a price"),
        ([{"id": NAMES[0]}], "without a price"),
        ([{"id": NAMES[0], "pricing": {"per_request": 0.5}}], "without a price"),
        ([record(per_request=2.9, currency="CNY")], "a price in CNY, which is not converted"),
        ({"models": {"act_two": 0.4}}, "another form than the documented one"),
        ([], "another form"),
        ("text", "another form"),
    ],
)
def test_what_is_not_understood_leaves_the_dated_default_and_says_so(whole: Any, words: str) -> None:
    found = looked(whole)
    assert found.price == DEFAULT_PRICE
    assert words in found.note
    assert found.note.endswith(
        "Estimates use $0.40 (CometAPI model page for act_two, second-hand, 2026-05-01)."
    )


@pytest.mark.parametrize("content", [b"", b"<html>", b"\xff\xfe", b"[" * 100_000, b"[1e999]", b'{"id": NaN'])
def test_bytes_that_are_no_list_raise_nothing(content: bytes) -> None:
    assert read(content, URL, 1.0, "2027-01-15").price == DEFAULT_PRICE


anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=9) | st.sampled_from(NAMES),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["id", "pricing", "per_request", "per_second", "currency", "data"]), inner
        )
    ),
    max_leaves=12,
)


@given(anything)
def test_no_list_makes_a_request_free_or_breaks_anything(whole: Any) -> None:
    price = looked(whole).price
    assert DEFAULT_PRICE.usd_per_request / 2 <= price.usd_per_request <= 30_000
    assert price.estimate(3)


def test_a_look_is_kept_for_a_day_and_only_for_its_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr("time.time", lambda: 1_800_000_100.0)
    price_cache.remember(looked([record(per_request=0.55)]))
    config = with_list(Config().changed(base_url=URL))
    assert config.price.usd_per_request == 0.55
    assert with_list(config.changed(base_url="https://b.example.com")).price == DEFAULT_PRICE
    assert with_list(config.changed(price=0.1)).price == Price(0.1)
    assert with_list(config.changed(price=0.1).changed(price="list")).price.kind == "list"
    for moment in (
        1_800_000_000.0 + 86_401,
        1_799_999_000.0,
    ):  # a day later, and by a clock that was set back
        monkeypatch.setattr("time.time", lambda moment=moment: moment)
        assert with_list(config).price == DEFAULT_PRICE


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"base_url": "https://api.example.com", "at": 1, "day": 2}']
)
def test_a_broken_cache_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    price_cache.remember(looked([record(per_request=0.55)]))
    (kept,) = tmp_path.rglob("*.json")
    kept.write_text(text)
    assert price_cache.recall(URL) is None
    assert with_list(Config().changed(base_url=URL)).price == DEFAULT_PRICE


def test_a_price_word_other_than_list_is_refused() -> None:
    with pytest.raises(ConfigError, match="not an amount"):
        Config().changed(price="cheap")


class Silent:
    """An engine on which no look ever ends."""

    def __init__(self) -> None:
        self.looks = 0

    def call(self, work: Any) -> Future[Any]:
        self.looks += 1
        work.close()
        return Future()


def test_a_silent_list_is_asked_once_in_ten_minutes_also_without_a_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file where a folder should be")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(prices, "WAIT_S", 0.0)
    config = Config().changed(base_url=URL, api_key=Secret("sk-of-the-customer-1234"))
    look, engine = PriceLook(), Silent()
    engines: list[Any] = []

    def start() -> Any:
        engines.append(engine)
        return engine

    for _ in range(5):
        look.wait(start, config)
    assert engine.looks == 1
    look.wait(start, config.changed(base_url="https://b.example.com"))
    assert engine.looks == len(engines) == 2


def test_an_engine_that_cannot_start_stops_no_estimate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    def broken() -> Any:
        raise OSError("The history's disk is full.")

    PriceLook().wait(broken, Config().changed(base_url=URL, api_key=Secret("sk-of-the-customer-1234")))
