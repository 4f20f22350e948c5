"""What a panel says of files of this machine, and how it prepares the part that its page chose."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from files import image_bytes, video_bytes
from messages import receive
from present import present
from waiting import until

from cometact_nb.errors import RequestError
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import Task
from cometact_nb.views.panel.panel import Panel

if TYPE_CHECKING:
    from services import SandboxProcess

WHOLE = {"start_s": None, "end_s": None, "crop": None, "turn": None}


class Page:
    """Stands for a page: it sends the panel messages, and keeps those that it gets."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.got: list[tuple[dict[str, Any], list[bytes]]] = []
        panel.controller.form.send = self._take

    def _take(self, content: dict[str, Any], buffers: list[bytes] | None = None) -> None:
        self.got.append((content, buffers or []))

    def send(self, **content: object) -> None:
        receive(self.panel.controller.form, {"number": 1, **content})

    def last(self, kind: str) -> tuple[dict[str, Any], list[bytes]] | None:
        return next((one for one in reversed(self.got) if one[0]["type"] == kind), None)

    def file(self) -> dict[str, Any]:
        """The description of the only file."""
        own = self.last("own")
        files: list[dict[str, Any]] = own[0]["files"] if own is not None else []
        return files[0] if files else {}

    def waits(self, stage: str) -> dict[str, Any]:
        until(lambda: self.file().get("stage") == stage)
        return self.file()

    def said(self) -> dict[str, Any]:
        said: dict[str, Any] = self.panel.controller.form.shown["said"]
        return said


def notes(page: Page, field: str) -> list[str]:
    """The sentences beside a field, "" for the whole form."""
    assert page.panel.session.flush(10)
    return [note["text"] for note in page.panel.controller.form.shown["findings"].get(field, [])]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def page(folder: Path, session: Session) -> Page:
    return Page(Panel(session))


def put(page: Page, **values: str) -> None:
    page.panel.controller.form.values = {**page.panel.values, **values}


@pytest.fixture
def clip(tmp_path: Path) -> Callable[..., str]:
    def write(seconds: float, size: tuple[int, int] = (320, 240)) -> str:
        (tmp_path / "talk.mp4").write_bytes(video_bytes(seconds=seconds, size=size))
        return "talk.mp4"

    return write


def test_a_path_in_the_form_is_looked_at_and_described(page: Page, clip: Callable[..., str]) -> None:
    put(page, reference=clip(5))
    file = page.waits("new")
    assert {name: file[name] for name in ("role", "address", "kind", "width", "height", "able")} == {
        "role": "reference",
        "address": "talk.mp4",
        "kind": "video",
        "width": 320,
        "height": 240,
        "able": True,
    }
    assert file["duration_s"] == pytest.approx(5, abs=0.2)
    assert file["changes"] == ["Location, device and other personal data in the file are left out."]
    put(page, reference="https://a.example/r.mp4")
    until(lambda: page.file() == {})


def test_the_part_is_prepared_and_takes_the_file_s_place_and_can_be_changed(
    page: Page, clip: Callable[..., str], tmp_path: Path
) -> None:
    before = clip(5)
    put(page, reference=before)
    page.waits("new")
    page.send(type="prepare", role="reference", address=before, **{**WHOLE, "start_s": 1.0, "end_s": 4.5})
    file = page.waits("prepared")
    assert "Cut to 1–4.5 s of 5 s." in file["changes"]
    until(lambda: page.panel.values["reference"] != before)
    result = page.panel.values["reference"]
    assert Path(result).parent == Path("act_two_inputs")  # beside the notebook, named from there
    assert page.panel.session.inspect(tmp_path / result, "reference").facts.duration_s == pytest.approx(
        3.5, abs=0.05
    )
    assert page.file()["stage"] == "prepared"  # the result is the same file, and not looked at as another
    page.send(type="reopen", role="reference")
    page.waits("new")
    assert page.panel.values["reference"] == before


def test_a_page_that_is_loaded_later_gets_the_part_that_was_chosen(
    page: Page, clip: Callable[..., str]
) -> None:
    before = clip(5)
    put(page, reference=before)
    assert page.waits("new")["cut"] is None
    part = {"start_s": 1.5, "end_s": None, "crop": [0.1, 0, 1, 1], "turn": 90}
    page.send(type="choose", role="reference", address=before, **part)
    page.send(type="choose", role="reference", address="another.mp4", **WHOLE)
    page.got.clear()
    page.send(type="hello")
    assert page.waits("new")["cut"] == part


def test_a_clip_is_cropped(page: Page, clip: Callable[..., str]) -> None:
    before = clip(4)
    put(page, reference=before)
    page.waits("new")
    page.send(type="prepare", role="reference", address=before, **{**WHOLE, "crop": [0, 0, 0.5, 1]})
    file = page.waits("prepared")
    assert "Cropped to 160×240." in file["changes"]


def test_in_a_sweep_one_line_is_replaced(page: Page, clip: Callable[..., str]) -> None:
    before = clip(4)
    page.panel.load({"reference": ["https://a.example/one.mp4", before]})
    page.waits("new")
    page.send(type="prepare", role="reference", address=before, **WHOLE)
    page.waits("prepared")
    until(lambda: "act_two_inputs/" in page.panel.values["axes"]["reference"])
    assert page.panel.values["axes"]["reference"].splitlines()[0] == "https://a.example/one.mp4"


def test_what_cannot_be_prepared_is_said_beside_its_field_and_can_be_tried_again(
    page: Page, clip: Callable[..., str]
) -> None:
    before = clip(2)
    put(page, reference=before)
    file = page.waits("new")
    assert file["changes"] == []  # of so short a clip nothing can be prepared
    page.send(type="prepare", role="reference", address=before, **WHOLE)
    until(lambda: page.said()["kind"] == "error")
    assert page.said()["place"] == "reference"
    assert "3–30 s" in page.said()["text"]
    assert page.waits("new")["address"] == before


@pytest.mark.parametrize(
    "cut", [{"crop": "all"}, {"turn": 45}, {"start_s": "soon"}, {"start_s": 4.0, "end_s": 1.0}]
)
def test_a_part_that_is_none_is_an_error_and_no_crash(
    page: Page, clip: Callable[..., str], cut: dict[str, object]
) -> None:
    before = clip(4)
    put(page, reference=before)
    page.waits("new")
    page.send(type="prepare", role="reference", address=before, **{**WHOLE, **cut})
    until(lambda: page.said()["kind"] == "error")
    assert page.waits("new")["address"] == before


def test_a_preparation_can_be_stopped(page: Page, clip: Callable[..., str], tmp_path: Path) -> None:
    before = clip(30, size=(960, 720))  # so much that the word to stop comes in time
    put(page, reference=before)
    page.waits("new")
    page.send(type="prepare", role="reference", address=before, **{**WHOLE, "turn": 90})
    page.send(type="stop", role="reference")
    page.waits("new")
    assert page.panel.values["reference"] == before
    assert page.said()["kind"] != "error"
    assert list(tmp_path.glob("act_two_inputs/*")) == []


def test_a_picture_is_cropped_and_turned(page: Page, tmp_path: Path) -> None:
    (tmp_path / "hero.png").write_bytes(image_bytes(size=(640, 200)))
    put(page, character="hero.png")
    file = page.waits("new")
    assert (file["kind"], file["width"], file["height"]) == ("image", 640, 200)
    assert any("aspect ratio" in change for change in file["changes"])
    page.send(
        type="prepare",
        role="character",
        address="hero.png",
        **{**WHOLE, "crop": [0, 0.25, 1, 0.5], "turn": 90},
    )
    page.waits("prepared")
    until(lambda: page.panel.values["character"] != "hero.png")
    facts = page.panel.session.inspect(tmp_path / page.panel.values["character"], "character").facts
    assert (facts.width, facts.height) == (200, 160)  # a quarter of 200 × 640


def test_a_page_that_cannot_decode_a_file_gets_pictures_of_it(page: Page, clip: Callable[..., str]) -> None:
    before = clip(4)
    page.send(type="frames", view="v", role="reference", address=before, count=4)
    until(lambda: page.last("frames") is not None)
    answer, pictures = page.last("frames") or ({}, [])
    assert (answer["view"], answer["address"], len(pictures)) == ("v", before, 4)
    assert answer["at"] == pytest.approx([0.5, 1.5, 2.5, 3.5], abs=0.2)
    assert all(picture.startswith(b"\xff\xd8\xff") for picture in pictures)
    page.got.clear()
    page.send(type="frames", view="v", role="reference", address="/etc/passwd", count=-3)
    until(lambda: page.last("frames") is not None)
    assert (page.last("frames") or ({}, []))[1] == []


def test_a_recording_is_in_the_form_under_the_name_that_it_keeps(page: Page, tmp_path: Path) -> None:
    content = video_bytes(seconds=4, size=(320, 240))
    upload = {"type": "upload", "view": "v", "role": "reference", "name": "recording.mp4", "recorded": True}
    receive(
        page.panel.controller.form,
        {**upload, "size": len(content), "offset": 0, "number": 1},
        [memoryview(content)],
    )
    file = page.waits("new")
    answer = page.last("kept")
    assert answer is not None
    assert answer[0]["view"] == "v"
    assert answer[0]["address"] == page.panel.values["reference"] == file["address"]
    assert (tmp_path / file["address"]).read_bytes() == content


def test_an_upload_that_is_refused_is_said_and_the_page_stops_sending(page: Page) -> None:
    upload = {"type": "upload", "view": "v", "role": "character", "name": "notes.txt", "size": 9, "offset": 0}
    receive(page.panel.controller.form, {**upload, "recorded": False, "number": 1}, [memoryview(b"abc")])
    until(lambda: page.last("kept") is not None)
    assert (page.last("kept") or ({}, []))[0]["address"] == ""
    until(lambda: page.said()["place"] == "character")
    assert "is of a kind that is no input" in page.said()["text"]


def test_a_new_page_hears_how_the_files_stand(page: Page, clip: Callable[..., str]) -> None:
    put(page, reference=clip(4))
    page.waits("new")
    page.got.clear()
    page.send(type="hello")
    assert page.waits("new")["address"] == "talk.mp4"


def test_a_prepared_file_goes_to_the_sandbox_with_its_request_and_not_before(
    page: Page, clip: Callable[..., str], sandbox: SandboxProcess
) -> None:
    before = clip(4)
    put(page, character=sandbox.character, reference=before)
    page.waits("new")
    (note,) = notes(page, "reference")
    assert note.startswith(
        "Is a file of this machine; CometAPI documents https URLs only. Prepare it, and it"
    )
    assert note.endswith("gets one, or tick “Try it all the same”.")
    page.send(type="prepare", role="reference", address=before, **WHOLE)
    page.waits("prepared")
    until(lambda: page.panel.controller.form.shown["valid"])
    (public,) = notes(page, "")
    assert public.startswith("With the request talk-")
    assert public.endswith(" goes to the sandbox on this machine.")
    assert page.panel.controller.form.shown["consent"] == ""
    link = page.panel.request.reference.uri
    assert link in page.panel.controller.form.shown["code"]["Magic"]
    assert httpx.get(link, verify=False).status_code == 404  # nothing is there yet
    task = page.panel.submit()
    assert isinstance(task, Task)
    assert present(task.request).reference.uri == link
    assert httpx.get(link, verify=False).status_code == 200
    assert sandbox.posts() == 1
    until(lambda: notes(page, "") == [])


def test_without_a_place_a_prepared_file_is_sent_inside_the_request_if_that_is_ticked(
    page: Page, clip: Callable[..., str], sandbox: SandboxProcess
) -> None:
    session = page.panel.session
    session.leave_sandbox()
    session.configure(base_url=sandbox.base_url, api_key="sk-canary-71c2")  # stands for the paid service
    before = clip(4)
    put(page, character=sandbox.character, reference=before)
    page.waits("new")
    page.send(type="prepare", role="reference", address=before, **WHOLE)
    page.waits("prepared")
    until(lambda: any('act.guide("own-files")' in text for text in notes(page, "reference")))
    page.panel.controller.form.values = {**page.panel.values, "allow_unlisted": True}
    assert page.panel.request.reference.uri.startswith("data:video/mp4;base64,")


def test_a_prepared_file_that_was_removed_is_one_clear_error(
    page: Page, clip: Callable[..., str], sandbox: SandboxProcess
) -> None:
    before = clip(4)
    put(page, character=sandbox.character, reference=before)
    page.waits("new")
    page.send(type="prepare", role="reference", address=before, **WHOLE)
    page.waits("prepared")
    until(lambda: page.panel.controller.form.shown["valid"])
    Path(page.panel.values["reference"]).unlink()
    with pytest.raises(RequestError, match=r"is not there any more\. Prepare it again"):
        page.panel.submit()
    assert sandbox.posts() == 0


def test_messages_about_no_file_change_nothing(page: Page) -> None:
    for kind in ("prepare", "stop", "reopen"):
        page.send(type=kind, role="nobody")
        page.send(type=kind, role="reference", address="gone.mp4")
    assert page.panel.session.flush(10)
    assert page.file() == {}
