"""The splitter and the expansion of a magic line."""

from __future__ import annotations

import ast
import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.error import UsageError
from IPython.core.inputtransformer2 import TransformerManager

from cometact_nb.domain import writers
from cometact_nb.domain.knobs import KNOBS, RATIOS
from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.text import forms
from cometact_nb.domain.text.line import request_fields, request_parser
from cometact_nb.domain.text.line_words import WordError, expand, split
from cometact_nb.entry.magic.options import naming_options, parse
from cometact_nb.errors import RequestError


class Thing:
    url = "https://a.b/thing.png"

    @property
    def broken(self) -> None:
        raise OSError("two\nlines")


REF = MediaRef("image", "https://a.b/asset")
NAMES = {
    "hero": "https://a.b/hero.png",
    "n": 7,
    "thing": Thing(),
    "clips": ["one", "two words"],
    "v": "x y",
    "ref": REF,
    "off": False,
    "unset": None,
}


def words(line: str) -> list[object]:
    return [value for word in split(line) for value in expand(word, NAMES)]


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
        ("--seed=$n", ["--seed", 7]),
        ("--seed={n + 1}", ["--seed", 8]),
        ("--character=$hero", ["--character=https://a.b/hero.png"]),
        ("--character=$hero?x={n}", ["--character=https://a.b/hero.png?x=7"]),
        ("$hero/$n.mp4", ["https://a.b/hero.png/7.mp4"]),
        ("-c $hero;", ["-c", "https://a.b/hero.png"]),
        ("-e 4 ;", ["-e", "4"]),
        ("'two words';  ", ["two words"]),
        ("{clips[0]};", ["one"]),
        ("https://a.b/c;", ["https://a.b/c;"]),
        ("https://a.b/c; -n", ["https://a.b/c;", "-n"]),
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


@pytest.mark.parametrize("line", ["$ref", "{ref}", "--character=$ref", "--character={ ref }"])
def test_a_lone_variable_is_the_object_itself(line: str) -> None:
    assert words(line)[-1] is REF


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("$missing", "missing is not defined"),
        ("pre-$missing.png", "missing is not defined"),
        ("--seed=$missing", "missing is not defined"),
        ('"$missing"', "missing is not defined"),
        ("$thing.broken", "broken failed: OSError: two lines"),
        ("{1/0}", "ZeroDivisionError"),
        ("{nothing}", "NameError"),
        ("'open", "not closed"),
        ("{open", "not closed"),
        ("$thing.nothing", "no attribute 'nothing'"),
        ("{thing.brokn}", r"Did you mean 'broken'\?"),
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


def read(cell: str) -> str:
    """What IPython gives the magic of the first line of a cell that a second line follows."""
    tree = ast.parse(TransformerManager().transform_cell(cell))
    first, second = tree.body
    assert ast.unparse(second) == "print(1)"
    assert isinstance(first, ast.Expr | ast.Assign)
    call: Any = first.value
    assert call.func.attr == "run_line_magic"
    assert call.args[0].value == "act_two"
    return str(call.args[1].value)


@pytest.mark.parametrize("before", ["", "task = "])
@given(LEGAL)
def test_ipython_hands_over_a_url_of_any_legal_characters(before: str, tail: str) -> None:
    url = f"https://a.b/x{tail}"
    assert words(read(f"{before}%act_two -c {url} -n\nprint(1)\n")) == ["-c", url, "-n"]


@given(st.text(max_size=40))
def test_no_line_breaks_the_splitter(line: str) -> None:
    with contextlib.suppress(WordError):
        words(line)


@given(st.text(min_size=1, max_size=40).filter(lambda text: text.isprintable()))
def test_a_quoted_word_comes_back(text: str) -> None:
    assert words(writers.quote(text)) == [text]


ODD = "?;'\"#!$&()[]{}\\~%"
URLS = LEGAL.map(lambda tail: f"https://host.example/x{tail}") | st.sampled_from(
    ["https://h.example/a$hero.png", "https://h.example/{x}.mp4", "https://h.example/a.mp4#t=1"]
    + [f"https://h.example/a{char}" for char in ODD]
)
KNOB_VALUES = {
    "body_control": st.booleans(),
    "expression_intensity": st.integers(1, 5),
    "seed": st.integers(0, 4294967295),
    "ratio": st.sampled_from([*RATIOS, "1920:1080", "-1:1", "1 : 1"]),
    "public_figure_threshold": st.sampled_from(["auto", "low"]),
}


def requests() -> st.SearchStrategy[ActTwoRequest]:
    knobs = {knob.name: st.none() | KNOB_VALUES[knob.name] for knob in KNOBS}
    return st.builds(
        lambda kind, one, two, given: ActTwoRequest(
            MediaRef(kind, one), MediaRef("video", two), **given, allow_unlisted=True
        ),
        st.sampled_from(["image", "video"]),
        URLS,
        URLS | st.just("https://h.example/clip.png"),
        st.fixed_dictionaries(knobs),
    )


@given(requests())
def test_a_request_survives_its_way_through_every_form(request: ActTwoRequest) -> None:
    assert ActTwoRequest.from_json(request.to_json(), allow_unlisted=True) == request
    assert ActTwoRequest(**forms.fields_from_text(request.to_curl()), allow_unlisted=True) == request
    names: dict[str, object] = {}
    exec(request.to_python(), names)
    assert names["request"] == request
    line = read(f"{request.to_magic()}\nprint(1)\n")
    fields: dict[str, Any] = fields_of(line)
    assert ActTwoRequest(**fields) == request


def fields_of(line: str, below: dict[str, object] | None = None) -> dict[str, object]:
    return request_fields(parse(request_parser(), words(line)), below)


URL = "https://a.b/x.png"


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"-c {URL}", {"character": URL}),
        (f"--character {URL}", {"character": URL}),
        (f"-r {URL}", {"reference": URL}),
        (f"--reference={URL}", {"reference": URL}),
        ("-b", {"body_control": True}),
        ("-b off", {"body_control": False}),
        ("--body-control ON", {"body_control": True}),
        ("--no-body-control", {"body_control": False}),
        ("-b $off", {"body_control": False}),
        ("-b maybe", {"body_control": "maybe"}),
        ("-e 4", {"expression_intensity": 4}),
        ("-e4", {"expression_intensity": 4}),
        ("--expression-intensity $n", {"expression_intensity": 7}),
        ("--intensity=2", {"expression_intensity": 2}),
        ("-e 1,3,5", {"expression_intensity": [1, 3, 5]}),
        ("-s 7", {"seed": 7}),
        ("--seed -1", {"seed": -1}),
        ("-s $unset", {}),
        ("-a 960:960", {"ratio": "960:960"}),
        ("--ratio 1584:672", {"ratio": "1584:672"}),
        ("-m low", {"public_figure_threshold": "low"}),
        ("--public-figure-threshold auto", {"public_figure_threshold": "auto"}),
        ("--moderation auto", {"public_figure_threshold": "auto"}),
        ("--allow-unlisted", {"allow_unlisted": True}),
        (f"-c {URL} --character-type video", {"character": MediaRef("video", URL)}),
        ("-c $ref --character-type video", {"character": MediaRef("video", REF.uri)}),
        (f"-r {URL} --reference-type video", {"reference": MediaRef("video", URL)}),
        ("-c $ref", {"character": REF}),
        ("", {}),
    ],
)
def test_every_option_says_its_field(line: str, expected: dict[str, object]) -> None:
    assert fields_of(line) == expected


def test_the_line_overrides_the_body_and_adds_to_it() -> None:
    below = {"character": {"type": "image", "uri": URL}, "seed": 1, "ratio": "960:960"}
    assert fields_of("-s 2 -e 3 --character-type video", below) == {
        "character": MediaRef("video", URL),
        "seed": 2,
        "ratio": "960:960",
        "expression_intensity": 3,
    }


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("-c x --refrence y", "Did you mean --reference?"),
        ("--promptImage x", "promptImage is image-to-video; Act-Two takes character"),
        ("-c x —seed 4", "Did you mean --seed?"),
        ("-seed 4", "-seed has one dash. Did you mean --seed?"),
        ("-ratio=1:1", "-ratio has one dash. Did you mean --ratio?"),
        ("--see 4", "unrecognized arguments: --see 4. Did you mean --seed?"),
        ("-c x y", "unrecognized arguments: y. A URL goes after -c or -r"),
        ("-c x $thing", "(Thing object)"),
        ("-e", "-e/--expression-intensity/--intensity: expected one argument"),
        ("-c x " + "y" * 5000, "yyy."),
    ],
)
def test_a_misspelt_line_is_one_short_usage_error(line: str, told: str) -> None:
    with pytest.raises(UsageError) as caught:
        fields_of(line)
    assert type(caught.value) is UsageError  # a subclass would show a traceback
    assert told in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1
    assert len(str(caught.value)) < 400


def test_a_finding_names_the_option_and_keeps_one_line_each() -> None:
    with pytest.raises(RequestError) as caught:
        ActTwoRequest("https://a.b/asset", None, expression_intensity=9, ratio="16:9")
    told = str(naming_options(caught.value)).splitlines()
    assert [line.rsplit(" ", 1)[1] for line in told] == [
        "(-c/--character)",
        "(-r/--reference)",
        "(-e/--expression-intensity)",
        "(-a/--ratio)",
    ]
    assert "--character-type image or video" in told[0]
    assert "--allow-unlisted" in told[3]
