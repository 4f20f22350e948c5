"""What a panel's form means, without a widget."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from states import BODY, STATES

from cometact_nb.domain.inspection.facts import Inspection, Role
from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.text.paste import fields_from_paste
from cometact_nb.errors import RequestError
from cometact_nb.views.base.html import forms
from cometact_nb.views.base.once import Gate
from cometact_nb.views.panel.drawing import about_form
from cometact_nb.views.panel.files import LocalFiles, is_local
from cometact_nb.views.panel.form import EMPTY, by_field, field_named, normal, request_of
from cometact_nb.views.panel.load import values_of

REQUEST = ActTwoRequest.from_json(BODY)
UNTOLD = ActTwoRequest(
    character=MediaRef("video", "https://a.example/get?id=7"),
    reference="https://a.example/it's $5 {not} #2.mp4".replace(" ", "%20"),
    body_control=False,
    expression_intensity=1,
    seed=0,
    ratio="720:1280",
    public_figure_threshold="auto",
)
UNLISTED = ActTwoRequest(
    character="https://a.example/h.png",
    reference="https://a.example/r.mp4",
    ratio="1920:1080",
    allow_unlisted=True,
)
NO_LOOKS: dict[Role, dict[str, Inspection | None]] = {"character": {}, "reference": {}}


def load(thing: Any) -> ActTwoRequest:
    return request_of(values_of(thing))


@pytest.mark.parametrize("request_", [REQUEST, UNTOLD, UNLISTED], ids=["plain", "untold", "unlisted"])
@pytest.mark.parametrize("form", ["Magic", "Python", "curl", "JSON"])
def test_every_form_of_code_comes_back_as_the_same_request(request_: ActTwoRequest, form: str) -> None:
    values = values_of(forms(request_)[form])
    assert request_of({**values, "allow_unlisted": request_.allow_unlisted}) == request_


@pytest.mark.parametrize("request_", [REQUEST, UNTOLD, UNLISTED])
def test_a_request_a_mapping_and_a_task_come_back_too(request_: ActTwoRequest) -> None:
    assert load(request_) == request_
    values = values_of(request_.to_json())
    assert request_of({**values, "allow_unlisted": True}) == request_
    assert load(STATES["SUCCEEDED"]) == REQUEST


@pytest.mark.parametrize(
    "text",
    [
        "task = %act_two -c https://a.example/h.png -r https://a.example/r.mp4 -e 4 --wait  # a note",
        "%act_two panel -c https://a.example/h.png -r https://a.example/r.mp4 --intensity 4",
        '%%act_two -e 4\n{"character": "https://a.example/h.png", "reference": "https://a.example/r.mp4"}',
        "hero = 'https://a.example/h.png'\ntask = act.submit(hero, 'https://a.example/r.mp4', expression_intensity=4)",
        'character = "https://a.example/h.png"\nreference = "https://a.example/r.mp4"\nexpression_intensity = 4',
        """curl -H 'Authorization: Bearer sk-canary' -d '{"character": "https://a.example/h.png",
        "reference": "https://a.example/r.mp4", "expressionIntensity": 4}' https://api.cometapi.com""",
    ],
)
def test_what_people_paste_is_understood(text: str) -> None:
    assert load(text) == ActTwoRequest(
        character="https://a.example/h.png", reference="https://a.example/r.mp4", expression_intensity=4
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("%act_two -c $hero -r https://a.example/r.mp4", "not in the text"),
        ("%act_two -c {open('/etc/passwd').read()} -r x", "not in the text"),
        ("%act_two ''", "unrecognized"),
        ("%act_two --nonsense 4", "unrecognized"),
        ("act.submit(character=__import__('os').getcwd())", "only running it would tell"),
        ("x = [x]\nact.submit(seed=x)", "only running it would tell"),
        ("x = image(x)\nact.submit(character=x)", "only running it would tell"),
        (f"act.submit(seed={'-' * 900}x)", "too many parts|not valid Python"),
        ("act.submit(character=", "not valid Python"),
        ("act.submit()", "holds no"),
        ("{]", "JSON"),
        ("hello there", "neither JSON, TOML nor a curl"),
        ('{"prompt": "a hero"}', "no text prompt"),
        ('{"model": "gen4"}', "another model"),
        ("", "is empty"),
    ],
)
def test_what_is_no_request_is_refused_with_a_reason_and_never_run(text: str, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        values_of(text)


@pytest.mark.parametrize("thing", [None, 7, STATES["NOT_FOUND"], object()])
def test_a_thing_without_a_request_is_refused(thing: Any) -> None:
    with pytest.raises(RequestError, match="not known here"):
        values_of(thing)


def test_values_out_of_bounds_fill_the_form_and_have_a_note_beside_their_fields() -> None:
    values = values_of({"expressionIntensity": 9, "seed": -1, "character": "https://a.example/h.png"})
    with pytest.raises(RequestError) as refused:
        request_of(values)
    told = by_field(refused.value.findings)
    assert {name: notes[0]["kind"] for name, notes in told.items()} == {
        "reference": "todo",
        "expression_intensity": "error",
        "seed": "error",
    }
    assert told["seed"][0]["text"].startswith("Is outside 0–4294967295")


@pytest.mark.parametrize("given", [{}, {"character": 7, "seed": "", "character_type": "gif", "more": 1}])
def test_whatever_a_browser_sends_becomes_the_form_s_own_shape(given: dict[str, int | str]) -> None:
    assert normal(given) == EMPTY


def test_the_type_is_inferred_and_may_be_corrected() -> None:
    values = {**EMPTY, "character": "https://a.example/clip.mp4", "reference": "https://a.example/r.mp4"}
    assert request_of(values).character.type == "video"
    assert request_of({**values, "character_type": "image"}).character.type == "image"


def test_body_control_says_that_it_changes_nothing_for_a_video() -> None:
    values = {**EMPTY, "character": "https://a.example/clip.mp4", "reference": "https://a.example/r.mp4"}
    assert "changes nothing" in about_form(values, (), NO_LOOKS, None, sandbox=False)["moot"]["body_control"]
    values["character_type"] = "image"
    assert about_form(values, (), NO_LOOKS, None, sandbox=False)["moot"]["body_control"] == ""


@pytest.mark.parametrize(
    ("url", "sandbox", "shown"),
    [
        ("https://a.example/h.png", False, True),
        ("http://127.0.0.1:9/h.png", False, False),
        ("http://127.0.0.1:9/h.png", True, True),
        ("http://a.example/h.png", True, False),
        ("javascript:alert(1)//h.png", True, False),
        ("data:image/png;base64,AAAA", True, False),
    ],
)
def test_only_https_and_the_sandbox_s_own_files_are_previewed(url: str, sandbox: bool, shown: bool) -> None:
    values = {**EMPTY, "character": url}
    (preview,) = about_form(values, (), NO_LOOKS, None, sandbox=sandbox)["previews"]["character"]
    assert bool(preview["url"]) is shown


@pytest.mark.parametrize(
    ("param", "field"),
    [
        ("character.uri", "character"),
        ("expressionIntensity", "expression_intensity"),
        ("contentModeration.publicFigureThreshold", "public_figure_threshold"),
        ("publicFigureThreshold", "public_figure_threshold"),
        ("model", ""),
        (None, ""),
    ],
)
def test_the_field_that_an_answer_names_is_found(param: str | None, field: str) -> None:
    assert field_named(param) == field


def test_a_token_lets_one_submission_through() -> None:
    gate = Gate()
    first = gate.token
    assert gate.take(first)
    assert not gate.take(first)  # a double click
    assert not gate.take()  # another view, while it is sent
    gate.release()
    assert not gate.take(first)  # the second click, late
    assert gate.take(gate.token)


# --- files ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "local"),
    [
        ("hero.png", True),
        ("./clips/a.mp4", True),
        ("~/a.mov", True),
        ("/data/a", True),
        ("C:\\clips\\a.mp4", True),
        ("upload:hero.png", True),
        ("https://a.example/h.png", False),
        ("runway://x.png", False),
        ("data:image/png;base64,AA", False),
        ("her", False),
        ("", False),
    ],
)
def test_a_path_and_a_url_are_not_confused(address: str, local: bool) -> None:
    assert is_local(address) is local


def test_a_file_is_sent_inline_only_when_that_was_asked_for(tmp_path: Path) -> None:
    (tmp_path / "hero.png").write_bytes(b"\x89PNG")
    files = LocalFiles(lambda: tmp_path)
    values = {**EMPTY, "character": "hero.png", "reference": "https://a.example/r.mp4"}
    with pytest.raises(RequestError) as refused:
        request_of(values, files.inline)
    ((note,),) = by_field(refused.value.findings).values()
    assert "documents https URLs only" in note["text"]
    assert "tick" in note["text"]
    request = request_of({**values, "allow_unlisted": True}, files.inline)
    assert request.character == MediaRef("image", "data:image/png;base64,iVBORw==")


def test_a_file_that_changed_is_read_anew(tmp_path: Path) -> None:
    files = LocalFiles(lambda: tmp_path)
    (tmp_path / "hero.png").write_bytes(b"one")
    before = files.inline("hero.png")
    (tmp_path / "hero.png").write_bytes(b"other")
    assert files.inline("hero.png") != before


@pytest.mark.parametrize(
    ("name", "size", "said"),
    [
        ("gone.png", None, "No such file"),
        ("notes.txt", 5, "of a kind the vendor does not take"),
        ("hero.png", 0, "is empty"),
        ("hero.png", 4_000_000, "Runway takes 5 MB"),
        ("clip.mp4", 4_000_000, "Runway takes 5 MB"),
    ],
)
def test_a_file_the_vendor_does_not_take_is_refused(
    tmp_path: Path, name: str, size: int | None, said: str
) -> None:
    if size is not None:
        (tmp_path / name).write_bytes(bytes(size))
    with pytest.raises(RequestError, match=said):
        LocalFiles(lambda: tmp_path).inline(f"./{name}")


@pytest.mark.parametrize(
    "module", ["form", "sweep_form", "load", "files", "drawing", "record", "inspections"]
)
def test_the_form_s_meaning_is_imported_without_the_widget_libraries(module: str) -> None:
    code = (
        f"import sys, cometact_nb.views.panel.{module}\n"
        "assert not {'IPython', 'ipywidgets', 'anywidget', 'httpx', 'sqlite3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_toml_with_a_call_like_word_is_still_toml() -> None:
    fields = fields_from_paste('character = "https://a.example/submit.png"')
    assert isinstance(fields, dict)
    assert fields["character"].endswith("submit.png")
