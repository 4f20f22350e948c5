"""A request as text, and the texts that people paste back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import cometact_nb as act
from cometact_nb.domain import writers
from cometact_nb.domain.knobs import KNOBS
from cometact_nb.domain.text import forms
from cometact_nb.errors import RequestError

SAMPLE = json.loads((Path(__file__).parents[1] / "wire" / "create-request.json").read_text())
HERO, CLIP = "https://a.example/hero.png", "https://a.example/talk.mp4"
BODY = json.dumps({"character": {"type": "image", "uri": HERO}, "reference": {"type": "video", "uri": CLIP}})
CANARY = "sk-canary-52c0"


def make(**fields: Any) -> act.ActTwoRequest:
    return act.ActTwoRequest(**{"character": HERO, "reference": CLIP, **fields})


def test_every_field_has_an_option() -> None:
    assert list(writers.OPTIONS) == ["character", "reference", *(knob.name for knob in KNOBS)]
    names = [name for names in writers.OPTIONS.values() for name in names]
    assert len(set(names)) == len(names)


def test_the_documented_body_comes_back_from_every_form() -> None:
    request = act.ActTwoRequest.from_json(SAMPLE)
    assert act.ActTwoRequest(**forms.fields_from_text(json.dumps(SAMPLE))).to_json() == SAMPLE
    assert act.ActTwoRequest(**forms.fields_from_text(request.to_curl())).to_json() == SAMPLE
    names: dict[str, act.ActTwoRequest] = {}
    exec(request.to_python(), names)
    assert names["request"].to_json() == SAMPLE


def test_curl_is_the_documented_call() -> None:
    command = make(seed=7).to_curl()
    assert "POST https://api.cometapi.com/runwayml/v1/character_performance" in command
    assert "X-Runway-Version: 2024-11-06" in command
    assert "Authorization: Bearer $COMETAPI_KEY" in command


def test_a_quote_in_a_url_survives_the_shell() -> None:
    request = make(character="https://a.example/it's.png")
    assert act.ActTwoRequest(**forms.fields_from_text(request.to_curl())) == request


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (HERO, HERO),
        ("https://a.example/x?a=1&b=%20,;:@!*()[]~c", "https://a.example/x?a=1&b=%20,;:@!*()[]~c"),
        ("two words", "'two words'"),
        ("it's", r"'it\'s'"),
        ("a$b", "'a$b'"),
        ("a{b}", "'a{b}'"),
        ("a#b", "'a#b'"),
        ("back\\slash", r"'back\\slash'"),
        ("https://a.example/x?", "'https://a.example/x?'"),
        ("https://a.example/x;", "'https://a.example/x;'"),
        ("", "''"),
    ],
)
def test_a_word_is_quoted_where_it_must_be_and_only_there(text: str, quoted: str) -> None:
    assert writers.quote(text) == quoted


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({}, f"-c {HERO} -r {CLIP}"),
        ({"character": act.image("https://a.example/17")}, f"-c https://a.example/17 --character-type image -r {CLIP}"),
        ({"reference": "https://a.example/17"}, f"-c {HERO} -r https://a.example/17"),
        ({"reference": act.video(HERO)}, f"-c {HERO} -r {HERO} --reference-type video"),
        ({"body_control": False}, f"-c {HERO} -r {CLIP} --body-control off"),
        ({"seed": 0}, f"-c {HERO} -r {CLIP} --seed 0"),
        ({"ratio": "-1:1", "allow_unlisted": True}, f"-c {HERO} -r {CLIP} --ratio=-1:1 --allow-unlisted"),
    ],
)  # fmt: skip
def test_a_magic_line_says_what_is_set_and_nothing_else(fields: dict[str, Any], line: str) -> None:
    assert make(**fields).to_magic() == f"%act_two {line}"


TOML = f"""
character = "{HERO}"
reference = {{type = "video", uri = "{CLIP}"}}  # how it moves
expressionIntensity = 4
[contentModeration]
publicFigureThreshold = "low"
"""


def test_toml_is_read_like_json() -> None:
    assert act.ActTwoRequest(**forms.fields_from_text(TOML)) == make(
        expression_intensity=4, public_figure_threshold="low"
    )


@pytest.mark.parametrize(
    "command",
    [
        f"curl x -d '{BODY}'",
        f"  $ curl x -d'{BODY}'",
        f"curl x --data-binary '{BODY}' # note",
        f"curl -H 'Authorization: Bearer {CANARY}' x \\\n  --data-raw '\n{BODY}\n'\n",
        f"curl.exe x ^\n -d {json.dumps(BODY)}",
        f"curl x --data-raw $'{BODY}'",
        f"curl 'x?$' -H \"a: $'b\" -d$'\\n{BODY}\\x20' --compressed",
    ],
)
def test_a_pasted_curl_command_gives_its_body_only(command: str) -> None:
    request = act.ActTwoRequest(**forms.fields_from_text(command))
    assert request == make()
    assert CANARY not in repr(request)


@pytest.mark.parametrize(
    ("quoted", "address"),
    [
        (r"it\'s", "it's"),
        (r"now\u0021", "now!"),
        (r"gr\u00fc\xc3\x9f", "grüß"),
        (r"\ud83d\ude00", "😀"),
        (r"\U0001f600", "😀"),
        (r"a\\u0021", "a!"),  # what JSON itself escaped
        (r"\101\142", "Ab"),
    ],
)
def test_what_a_browser_copies_as_curl_is_unquoted_as_bash_does(quoted: str, address: str) -> None:
    body = BODY.replace("hero", quoted)
    request = act.ActTwoRequest(**forms.fields_from_text(f"curl 'x' -H 'a: b' --data-raw $'{body}'"))
    assert request == make(character=f"https://a.example/{address}.png")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "is empty"),
        ("curl x -d @body.json", "data from a file, which is not read"),
        ("curl x --data=@body.json", "data from a file, which is not read"),
        ("curl x --data-binary @-", "data from standard input"),
        ("cat body.json | curl x -d@-", "is neither JSON"),
        ("curl x -d @- <<'EOF'\n{}\nEOF", "data from standard input"),
        ('curl x -d @- <<EOF\n{"a": "it\'s"}\nEOF', "data from standard input"),
        ("curl x -d $'{", "stops early"),
        (r"curl x -d $'\UFFFFFFFF'", "is garbled"),
        (r"curl x -d $'\xff'", "is garbled"),
        (r"curl x -d $'\ud83d'", "is garbled"),
        ('{"character": {"type": "image", "uri": "x", "crop": 1}}', "character.crop is no field"),
        ("hello", "is neither JSON, TOML nor a curl command"),
        ("{", "is not valid JSON"),
        ('{"a":' * 5000, "is not valid JSON"),
        ("a = " + "[" * 5000, "is neither JSON, TOML"),
        ("curl x", "without data"),
        ("curl x -d '{", "stops early"),
        (f"curl -H 'Authorization: Bearer {CANARY}' x", "without data"),
        (f"curl -H 'Authorization: Bearer {CANARY} x -d {{}}", "stops early"),
        (f"Authorization: Bearer {CANARY}", "is neither JSON, TOML"),
        (f'{{"Authorization": "Bearer {CANARY}"}}', "Authorization is no field"),
        (f'token = "{CANARY}"', "token is no field"),
        ("curl x -d '[1]'", "character is missing"),
    ],
)
def test_an_error_about_an_unreadable_command_does_not_repeat_it(text: str, told: str) -> None:
    with pytest.raises(RequestError) as caught:
        act.ActTwoRequest(**forms.fields_from_text(text))
    assert told in str(caught.value)
    assert CANARY not in str(caught.value)
