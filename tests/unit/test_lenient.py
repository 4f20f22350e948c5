"""JSON that is not quite JSON, or without its end: as much of it is read as stands there for certain."""

from __future__ import annotations

import tracemalloc

import pytest

from cometact_nb.api import lenient


@pytest.mark.parametrize(
    ("body", "whole"),
    [
        (b'{"a": [1, {"b": "c"}], "d": "e', {"a": [1, {"b": "c"}]}),
        (b'{"a": "x", "b"', {"a": "x"}),
        (b'{"a": "x", "b":', {"a": "x"}),
        (b'{"a": "x\\"}", "b": 12', {"a": 'x"}'}),
        (b'{"a": "x\\\\", "b": 12', {"a": "x\\"}),
        (b'{"a": {"b": "c"}', {"a": {"b": "c"}}),
        (b'[["a", "b', [["a"]]),
        (b'{"a": "b"', {"a": "b"}),
        (b'\xef\xbb\xbf{"a": "b", "c": "\xff', {"a": "b"}),
        (b"[1, 2", [1]),
        (b'{"a": "b"x', {"a": "b"}),
        (b"7", 7),
        (b"", None),
        (b"{", None),
        (b"]", None),
        (b'"half', None),
        (b'{"id": "x", "m": ' + b"[" * 50_000 + b"]" * 40_000, {"id": "x"}),
        (b"[" * 50_000 + b"]" * 50_000, None),
        (b'{"m": "two\nlines", "id": "x"}', {"m": "two\nlines", "id": "x"}),
        (b'{"n": ' + b"9" * 5000 + b', "id": "x"}', {"n": float("inf"), "id": "x"}),
        (b'{"n": -' + b"9" * 5000 + b', "id": "x"', {"n": float("-inf"), "id": "x"}),
    ],
)  # fmt: skip
def test_of_json_without_its_end_the_whole_members_are_read(body: bytes, whole: object) -> None:
    assert lenient.decode_cut_off(body) == whole


def test_whole_json_is_read_as_it_is_with_a_byte_order_mark_nan_or_foreign_bytes() -> None:
    assert lenient.decode(b'{"a": 1}') == lenient.decode_cut_off(b'{"a": 1}') == {"a": 1}
    assert lenient.decode(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}
    assert str(lenient.decode(b'{"a": NaN}')) == "{'a': nan}"
    assert lenient.decode(b'{"a": "\xe9"}') == {"a": "\N{REPLACEMENT CHARACTER}"}
    assert lenient.decode(b"<p>") is None
    assert lenient.decode(b"[" * 100_000) is None


def test_the_end_of_a_body_that_broke_off_is_looked_for_a_little_way_back_and_not_beyond_100000() -> None:
    members = ", ".join(f'"k{number}": {number}' for number in range(20_000))
    cut = lenient.decode_cut_off(f'{{"id": "x", {members}'.encode())
    assert cut["id"] == "x"
    assert len(f'{{"id": "x", {members}'[:100_000].split(", ")) - 1 == len(cut)
    assert lenient.decode_cut_off(b'{"a": 1, "d": nul, "e": nul, "f": nu') == {"a": 1}
    assert lenient.decode_cut_off(b'{"a": 1, "e": nul, "f": nul, "g": nul,') is None


def test_an_object_may_come_as_a_text_or_alone_in_a_list() -> None:
    assert lenient.as_object({"a": 1}) == {"a": 1}
    assert lenient.as_object(' {"a": 1}') == {"a": 1}
    assert lenient.as_object([{"a": 1}]) == lenient.as_object('[{"a": 1}]') == {"a": 1}
    for other in ([], [{"a": 1}, {"b": 2}], "a", "", 7, None, '"{}"', ["x"]):
        assert lenient.as_object(other) is None


def test_half_characters_are_replaced() -> None:
    assert lenient.clean("a\ud800b\N{GRINNING FACE}") == "a?b\N{GRINNING FACE}"


def test_brackets_without_end_cost_neither_time_nor_memory() -> None:
    """Half a million closing places with all their brackets would be gigabytes."""
    tracemalloc.start()
    for body in (
        b"[" * 500_000 + b"]" * 499_999,
        b'{"a":' * 100_000,
        b'{"a":[' * 50_000 + b'],"b":' * 30_000,
    ):
        assert lenient.decode_cut_off(body) is None
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 20_000_000
