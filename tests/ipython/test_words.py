"""The splitter and the expansion of a magic line."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.domain import forms
from cometact_nb.domain.media import MediaRef, infer_type
from cometact_nb.domain.request import KNOBS, RATIOS, ActTwoRequest
from cometact_nb.magic_options import field_values, parse, request_parser
from cometact_nb.magic_words import WordError, expand, split


class Thing:
    url = "https://a.b/thing.png"


NAMES = {"hero": "https://a.b/hero.png", "n": 7, "thing": Thing, "clips": ["one", "two words"], "v": "x y"}


def words(line: str) -> list[object]:
    return [expand(word, NAMES) for word in split(line)]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("", []),
        ("   ", []),
        ("-c a -r b", ["-c", "a", "-r", "b"]),
        ("'two words' x", ["two words", "x"]),
        ('"two words" x', ["two words", "x"]),
        ("$hero", ["https://a.b/hero.png"]),
        ("$n", [7]),
        ("{n + 1}", [8]),
        ("{clips[1]} end", ["two words", "end"]),
        ("{ {'a': '}'}['a'] }", ["}"]),
        ("$thing.url", ["https://a.b/thing.png"]),
        ("$v", ["x y"]),  # a value with a space stays one word
        ("pre-$n.png", ["pre-7.png"]),
        ("pre-{n}-post", ["pre-7-post"]),
        ("$hero?x=$n", ["https://a.b/hero.png?x=7"]),
        ("'$hero'", ["$hero"]),
        ('"$n of {n}"', ["7 of 7"]),
        ("$$hero {{n}}", ["$hero", "{n}"]),
        ("--seed=$n", ["--seed=7"]),
        ("--output='a b'", ["--output=a b"]),
        ("it's fine", ["it's", "fine"]),
        ("https://a.b/c#frag", ["https://a.b/c#frag"]),
        ("-c x # a comment", ["-c", "x"]),
        ("# all comment", []),
        ("https://a.b/c?q=$undefined", ["https://a.b/c?q=$undefined"]),
        (r"'it\'s' 'back\\slash'", ["it's", "back\\slash"]),
        (r"C:\clips\hero.png", [r"C:\clips\hero.png"]),
    ],
)
def test_a_line_becomes_words(line: str, expected: list[object]) -> None:
    assert words(line) == expected


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("$missing", "missing is not defined"),
        ("{1/0}", "ZeroDivisionError"),
        ("{nothing}", "NameError"),
        ("'open", "not closed"),
        ("{open", "not closed"),
        ("$thing.nothing", "no attribute 'nothing'"),
        ("'a'b", "space is missing"),
    ],
)
def test_what_cannot_be_read_is_one_clear_error(line: str, told: str) -> None:
    with pytest.raises(WordError, match=told):
        words(line)


LEGAL = st.text(alphabet="abcXYZ019-._~:/?#[]@!&'()*+,;=%", min_size=0, max_size=30)


@given(LEGAL)
def test_a_url_of_any_legal_characters_survives_unquoted(tail: str) -> None:
    url = f"https://a.b/x{tail}"
    assert words(f"-c {url} -n") == ["-c", url, "-n"]


@given(st.text(max_size=40))
def test_no_line_breaks_the_splitter(line: str) -> None:
    with contextlib.suppress(WordError):
        words(line)


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable()))
def test_a_quoted_word_comes_back(text: str) -> None:
    assert words(forms.quote(text)) == [text]


URLS = LEGAL.map(lambda tail: f"https://host.example/x{tail}") | st.sampled_from(
    ["https://h.example/a$b.png", "https://h.example/{x}.mp4", "https://h.example/a.mp4#t=1"]
)
KNOB_VALUES = {
    "body_control": st.booleans(),
    "expression_intensity": st.integers(1, 5),
    "seed": st.integers(0, 4294967295),
    "ratio": st.sampled_from(RATIOS),
    "public_figure_threshold": st.sampled_from(["auto", "low"]),
}


def requests() -> st.SearchStrategy[ActTwoRequest]:
    knobs = {knob.name: st.none() | KNOB_VALUES[knob.name] for knob in KNOBS}
    return st.builds(
        lambda kind, one, two, given: ActTwoRequest(MediaRef(kind, one), MediaRef("video", two), **given),
        st.sampled_from(["image", "video"]),
        URLS,
        URLS.filter(lambda url: infer_type(url) != "image"),
        st.fixed_dictionaries(knobs),
    )


@given(requests())
def test_a_request_survives_its_way_through_every_form(request: ActTwoRequest) -> None:
    assert ActTwoRequest.from_json(request.to_json()) == request
    assert forms.from_text(request.to_curl()) == request
    names: dict[str, object] = {}
    exec(request.to_python(), names)
    assert names["request"] == request
    line = request.to_magic().removeprefix("%act_two ")
    options = parse(request_parser(), words(line))
    fields = field_values(options)
    if options.character_type:
        fields["character"] = MediaRef(options.character_type, fields["character"])
    assert ActTwoRequest(**fields) == request
