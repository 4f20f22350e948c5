"""What a request may hold, and how it is told what it may not."""

from __future__ import annotations

import json
from enum import IntEnum, StrEnum
from fractions import Fraction
from pathlib import Path
from typing import Any

import knob_types
import pandas as pd
import pytest

import cometact_nb as act
from cometact_nb.domain.text import forms
from cometact_nb.errors import RequestError

SAMPLE = json.loads((Path(__file__).parents[1] / "wire" / "create-request.json").read_text())
HERO, CLIP = "https://a.example/hero.png", "https://a.example/talk.mp4"


def make(**fields: Any) -> act.ActTwoRequest:
    return act.ActTwoRequest(**{"character": HERO, "reference": CLIP, **fields})


def findings(**fields: Any) -> str:
    with pytest.raises(RequestError) as caught:
        make(**fields)
    return str(caught.value)


def test_the_documented_body_round_trips_exactly() -> None:
    assert act.ActTwoRequest.from_json(SAMPLE).to_json() == SAMPLE
    assert act.ActTwoRequest.from_json(json.dumps(SAMPLE)).to_json() == SAMPLE


def test_what_is_not_set_is_not_sent() -> None:
    assert make().to_json() == {
        "model": "act_two",
        "character": {"type": "image", "uri": HERO},
        "reference": {"type": "video", "uri": CLIP},
    }
    assert make(body_control=False, seed=0).to_json()["bodyControl"] is False
    assert make(body_control=False, seed=0).to_json()["seed"] == 0


@pytest.mark.parametrize(
    ("url", "kind"),
    [("x.png", "image"), ("x.JPG", "image"), ("x.jpeg?a=b", "image"), ("x.webp#f", "image"), ("x.mp4", "video"),
     ("x.MOV", "video"), ("x.webm", "video")],
)  # fmt: skip
def test_the_extension_decides_the_type(url: str, kind: str) -> None:
    assert make(character=f"https://a.example/{url}").character.type == kind


def test_a_type_can_be_said() -> None:
    assert make(character=act.image("https://a.example/asset/17")).character.type == "image"
    assert make(character=act.video("https://a.example/asset/17")).character.type == "video"
    assert "act.image(url) or act.video(url)" in findings(character="https://a.example/asset/17")


@pytest.mark.parametrize(
    "character",
    [
        f"{scheme}://me:se@cret@{host}/{name}"
        for scheme in ("https", "http", "ftp")
        for host in ("a.example", "93.184.216.34")
        for name in ("hero.png", "hero.gif", "hero", "he ro.png")
    ],
)
def test_a_password_in_an_address_is_repeated_in_no_error(character: str) -> None:
    with pytest.raises(RequestError) as caught:
        make(character=character)
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"character": None}, "character is missing"),
        ({"reference": None}, "reference is missing"),
        ({"character": 7}, "character=7 is neither a URL"),
        ({"character": "hero.png"}, "is a local file"),
        ({"character": "/home/me/hero.png"}, "is a local file"),
        ({"character": "C:\\hero.png"}, "is a local file"),
        ({"character": "ftp://a.example/hero.png"}, "is no web address"),
        ({"character": "javascript:alert(1)"}, "is no web address"),
        ({"character": "http://a.example/hero.png"}, "is not https"),
        ({"character": "https://93.184.216.34/hero.png"}, "by IP address"),
        ({"character": "https://[2001:db8::1]/hero.png"}, "by IP address"),
        ({"character": "https://a.example/he ro.png"}, "%20"),
        ({"character": "https://user:pass@a.example/hero.png"}, "user name or password"),
        ({"character": "https://a.example/" + "x" * 2048 + ".png"}, "2048"),
        ({"character": act.image("https://a.example/hero.GIF?x=1")}, "is a GIF"),
        ({"character": "https://a.example/hero.gif"}, "is a GIF"),
        ({"character": "https:///hero.png"}, "not a complete URL"),
        ({"reference": "https://a.example/hero.png"}, "the reference is the clip of a performance"),
        ({"reference": act.image(CLIP)}, "the reference is the clip of a performance"),
        ({"character": "data:image/png;base64,AAAA"}, "CometAPI documents https URLs only"),
        ({"character": "runway://abc"}, "CometAPI documents https URLs only"),
        ({"expression_intensity": 0}, "expression_intensity=0 is outside 1–5"),
        ({"expression_intensity": 6}, "expression_intensity=6 is outside 1–5"),
        ({"expression_intensity": 3.0}, "expression_intensity=3.0 is float, not a whole number"),
        ({"expression_intensity": "lively"}, "expression_intensity='lively' is text, not a whole number"),
        ({"expression_intensity": "9"}, "expression_intensity=9 is outside 1–5"),
        ({"expression_intensity": True}, "expression_intensity=True is bool, not a whole number"),
        ({"seed": "abc"}, "seed='abc' is text, not a whole number. Give an integer from 0 to 4294967295"),
        ({"seed": "1.5"}, "seed='1.5' is text, not a whole number"),
        ({"seed": "-1"}, "seed=-1 is outside 0–4294967295"),
        ({"seed": "²"}, "is text, not a whole number"),
        ({"character": pd.NA}, "character is missing"),
        ({"seed": -1}, "seed=-1 is outside 0–4294967295"),
        ({"seed": 4294967296}, "seed=4294967296 is outside"),
        ({"seed": 1.5}, "seed=1.5"),
        ({"body_control": 1}, "body_control=1 is not True or False"),
        ({"body_control": "on"}, "body_control='on' is not True or False"),
        ({"ratio": "16:9"}, "'1280:720' is the nearest"),
        ({"ratio": "1080x1920"}, "'720:1280' is the nearest"),
        ({"ratio": "wide"}, "is none of 1280:720"),
        ({"ratio": "²:1"}, "is none of 1280:720"),
        ({"ratio": "0:1"}, "is none of 1280:720"),
        ({"ratio": "9" * 5000 + ":1"}, "is none of 1280:720"),
        ({"public_figure_threshold": "high"}, "is neither 'auto' nor 'low'"),
        ({"promptImage": HERO}, "promptImage is image-to-video; Act-Two takes character"),
        ({"prompt_text": "smile"}, "no text prompt"),
        ({"duration": 5}, "as long as its reference"),
        ({"intensity": 3}, "The field is expression_intensity"),
        ({"sede": 3}, "Did you mean seed?"),
        ({"zzz": 3}, "There are: character, reference"),
        ({"self": 3}, "self is no field"),
    ],
)
def test_a_wrong_value_s_message_names_the_field_the_value_and_the_cure(
    fields: dict[str, Any], told: str
) -> None:
    assert told in findings(**fields)


def test_one_error_names_everything_that_is_wrong() -> None:
    told = findings(reference=None, expression_intensity=9, seed=-1, ratio="1:1", promptImage="x")
    assert len(told.splitlines()) == 5


def test_a_key_given_by_mistake_is_not_repeated() -> None:
    told = findings(api_key="sk-canary")
    assert "COMETAPI_KEY" in told
    assert "canary" not in told


@pytest.mark.parametrize("name", ["Authorization", "token", "key", "x_api_key"])
def test_what_stands_under_an_unknown_name_is_not_repeated(name: str) -> None:
    assert "canary" not in findings(**{name: "Bearer sk-canary"})


def test_a_long_value_is_cut() -> None:
    assert len(findings(character="x" * 100_000)) < 1000
    assert len(findings(**{"x" * 100_000: 1})) < 1000


class Level(IntEnum):
    LIVELY = 4


class Shape(StrEnum):
    WIDE = "1280:720"


def test_integers_of_other_libraries_are_integers() -> None:
    class Int64:
        def __index__(self) -> int:
            return 4

    request = make(expression_intensity=Int64(), seed=Int64())
    assert request.to_json()["expressionIntensity"] == 4
    assert type(request.seed) is int
    assert repr(make(expression_intensity=Level.LIVELY).expression_intensity) == "4"
    assert repr(make(ratio=Shape.WIDE).ratio) == "'1280:720'"
    assert "seed=" in findings(seed=Fraction(1, 2))


def test_the_hatch_lets_through_what_is_not_listed_and_warns() -> None:
    request = make(ratio="1920:1080", character="data:image/png;base64,AAAA", allow_unlisted=True)
    assert request.to_json()["ratio"] == "1920:1080"
    assert {finding.field for finding in request.warnings} == {"ratio", "character"}
    assert "5 MB" in findings(character="data:image/png;base64," + "A" * 5 * 1024**2, allow_unlisted=True)
    assert "outside 1–5" in findings(expression_intensity=6, allow_unlisted=True)


@pytest.mark.parametrize("text", ["7", " 7 ", "+7", "007"])
def test_digits_are_taken_for_a_number_wherever_one_is_wanted(text: str) -> None:
    assert make(seed=text).to_json()["seed"] == 7
    assert make(expression_intensity="4") == make(expression_intensity=4)
    assert act.ActTwoRequest.from_json({**make().to_json(), "seed": text}).seed == 7


def test_what_pandas_calls_missing_was_not_given() -> None:
    request = make(seed=pd.NA, ratio=pd.NA, body_control=pd.NA, expression_intensity=pd.NaT)
    assert request == make()


def test_body_control_on_a_video_character_is_doubtful_and_allowed() -> None:
    (warning,) = make(character="https://a.example/hero.mp4", body_control=True).warnings
    assert warning.field == "body_control"
    assert make(body_control=True).warnings == ()


def test_loopback_addresses_are_for_the_sandbox_and_so_allowed_here() -> None:
    assert make(character="http://127.0.0.1:8000/hero.png").character.type == "image"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({**SAMPLE, "model": "gen4"}, "model='gen4' is another model"),
        ({**SAMPLE, "promptText": "x"}, "no text prompt"),
        ({**SAMPLE, "contentModeration": {"publicFigureThreshold": "auto", "x": 1}}, "contentModeration.x"),
        ({**SAMPLE, "contentModeration": "auto"}, "public_figure_threshold (contentModeration in JSON)"),
        ({**SAMPLE, "character": {"type": "audio", "uri": HERO}}, "has the type 'audio'"),
        ({**SAMPLE, "character": {"uri": 3}}, "neither a URL"),
        ({**SAMPLE, "character": {"type": ["image"], "uri": HERO}}, "has the type ['image']"),
        ({**SAMPLE, "character": {"type": {}, "uri": "data:image/png;base64,A"}}, "https URLs only"),
        ({**SAMPLE, "self": 1}, "self is no field"),
        ({**SAMPLE, "character": {**SAMPLE["character"], "crop": 1}}, "character.crop is no field"),
        ({**SAMPLE, "reference": {**SAMPLE["reference"], "duration": 1}}, "An input has a type and a uri"),
        ({**SAMPLE, 3: 1}, "3 is no field"),
        ('{"a":' * 5000, "is not valid JSON"),
        ({}, "character is missing"),
        ("[1]", "is not a JSON object"),
        ("{", "is not valid JSON"),
    ],
)
def test_a_bad_json_body_raises_what_a_bad_call_raises(body: str | dict[Any, Any], told: str) -> None:
    with pytest.raises(RequestError) as caught:
        act.ActTwoRequest.from_json(body)
    assert told in str(caught.value)


def test_null_means_not_set() -> None:
    bare = {name: SAMPLE[name] for name in ("character", "reference")}
    nulls = {name: None for name in SAMPLE if name not in bare and name != "model"}
    assert act.ActTwoRequest.from_json({**bare, **nulls}) == act.ActTwoRequest.from_json(bare)


def test_a_body_may_name_a_type_or_leave_it_to_the_extension() -> None:
    request = act.ActTwoRequest.from_json({"character": {"uri": HERO}, "reference": {"uri": "https://a.b/c"}})
    assert (request.character.type, request.reference.type) == ("image", "video")


def test_a_body_may_open_the_hatch_itself() -> None:
    body = {**SAMPLE, "ratio": "1920:1080", "allow_unlisted": True}
    assert act.ActTwoRequest.from_json(body).ratio == "1920:1080"


def test_requests_are_values() -> None:
    assert make(seed=1) == make(seed=1)
    assert hash(make(seed=1)) == hash(make(seed=1))
    assert make(seed=1).content_hash == make(seed=1).content_hash != make(seed=2).content_hash
    assert make(seed=1).replace(seed=None) == make()
    with pytest.raises(AttributeError):
        make().seed = 3


def test_a_repr_can_be_run() -> None:
    request = make(character=act.image("https://a.example/asset"), seed=3, ratio="960:960")
    assert eval(repr(request), {"ActTwoRequest": act.ActTwoRequest, "act": act}) == request


def test_curl_holds_the_name_of_the_key_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMETAPI_KEY", "sk-canary")
    command = make().to_curl()
    assert "$COMETAPI_KEY" in command
    assert "canary" not in command


@pytest.mark.parametrize(
    "command",
    [
        """curl https://x -d '{"character": {"type": "image", "uri": "https://a.example/hero.png"}, "reference": {"type": "video", "uri": "https://a.example/talk.mp4"}}'""",
        """$ curl -X POST "https://x" -H "Authorization: Bearer sk" --data='{"character": {"type": "image", "uri": "https://a.example/hero.png"}, "reference": {"type": "video", "uri": "https://a.example/talk.mp4"}}'""",
        """curl --json '{"character": {"type": "image", "uri": "https://a.example/hero.png"}, "reference": {"type": "video", "uri": "https://a.example/talk.mp4"}}' \\\n https://x""",
    ],
)
def test_curl_commands_are_read_in_the_ways_people_write_them(command: str) -> None:
    assert act.ActTwoRequest(**forms.fields_from_text(command)) == make()


def test_one_error_names_another_model_and_all_else_that_is_wrong() -> None:
    with pytest.raises(RequestError) as caught:
        act.ActTwoRequest.from_json({"model": "gen4_turbo", "promptImage": "x", "seed": -1})
    assert {found.field for found in caught.value.findings} >= {"model", "promptImage", "seed", "reference"}


def test_editors_know_the_knobs_of_the_table() -> None:
    assert knob_types.PATH.read_text("utf-8") == knob_types.text(), "run: python tests/support/knob_types.py"
