"""A user with files of their own in the panel: records a reference, cuts a clip and crops a picture, without a mouse."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from files import image_bytes, video_bytes
from present import present
from web_folder import web_folder

if TYPE_CHECKING:
    from lab import Notebook
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

PANEL = "import cometact_nb as act\npanel = act.panel()"
#: A service that is no sandbox to the kernel, and a place for files.
PAID = """import cometact_nb as act
service, key = act.use_sandbox().base_url, act.session().config.api_key.reveal()
act.leave_sandbox()
act.configure(base_url=service, api_key=key, {here})
panel = act.panel()"""
#: Waits until the kernel has what the page chose.
KEPT = """import asyncio
while not all((one.cut or {}).get(what) for one, what in zip(panel.controller._own._own.values(), ("turn", "crop"))):
    await asyncio.sleep(0.05)
print("= chosen =")"""
#: Lets a test see whether the camera is on.
CAMERA = """() => {
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    window.cameras = [];
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await real(wanted);
        window.cameras.push(stream);
        return stream;
    };
}"""
LIVE = "() => window.cameras.flatMap(one => one.getTracks()).filter(one => one.readyState === 'live').length"


def begin(notebook: Notebook) -> Locator:
    notebook.type(1, PANEL)
    notebook.run(1)
    form = notebook.cell(1).locator(".cometact-panel")
    form.wait_for()
    return form


def file_for(form: Locator, role: str) -> Locator:
    return form.get_by_role("group", name=f"Your file for the {role}")


def open_for_changes(form: Locator, role: str) -> None:
    """Wait until the kernel has looked at a file: before that nothing can be chosen."""
    file_for(form, role).get_by_role("button", name="Prepare").wait_for()


def prepared(form: Locator, role: str) -> None:
    file_for(form, role).get_by_text("Prepared. This was changed:").wait_for()


def facts(notebook: Notebook, *roles: str) -> list[list[float | None]]:
    """Width, height and seconds of inputs, as the doctor sees them."""
    looks = ", ".join(f"act.inspect(panel.values['{role}'], '{role}').facts" for role in roles)
    ask = f"[[one.width, one.height, one.duration_s] for one in ({looks},)]"
    notebook.type(2, f"import json\nprint('=', json.dumps({ask}), '=')")
    notebook.run(2)
    output = notebook.cell(2).locator(".jp-OutputArea").get_by_text(re.compile("= .* ="))
    output.wait_for()
    answer: list[list[float | None]] = json.loads(output.inner_text().strip()[2:-2])
    return answer


def test_a_reference_is_recorded_kept_and_prepared_and_the_camera_goes_off(notebook: Notebook) -> None:
    form = begin(notebook)
    form.get_by_role("button", name="Record…").click()
    form.get_by_text("The browser did not allow the camera.").wait_for()
    assert form.get_by_role("button", name="Local file… as reference").is_visible()

    notebook.page.context.grant_permissions(["camera", "microphone"])
    notebook.page.evaluate(CAMERA)
    form.get_by_role("button", name="Record…").click()
    form.get_by_role("button", name="Start recording").click()
    form.get_by_text(re.compile(r"● (3\.[4-9]|[4-9]\.|[12]\d\.)")).wait_for()
    assert notebook.page.evaluate(LIVE) == 2
    form.get_by_role("button", name="Stop", exact=True).click()
    form.get_by_text("The camera is off.").wait_for()
    assert notebook.page.evaluate(LIVE) == 0
    recording = form.get_by_label("Record a reference").locator("video")
    assert recording.evaluate("node => getComputedStyle(node).transform") == "none"
    form.get_by_role("button", name="Use this recording").click()

    editor = file_for(form, "reference")
    editor.get_by_role("slider", name="Start of the part").wait_for()
    (path,) = notebook.lab.folder.glob("recording-*")
    assert form.get_by_label("Reference", exact=True).input_value() == path.name
    editor.get_by_role("button", name="Prepare").click()
    prepared(form, "reference")
    ((width, height, seconds),) = facts(notebook, "reference")
    assert present(width) > present(height) > 0
    assert 3 <= present(seconds) <= 30
    assert path.exists()


def test_a_part_of_a_clip_and_of_a_picture_is_chosen_by_keyboard_and_prepared(
    notebook: Notebook, tmp_path: Path
) -> None:
    form = begin(notebook)
    (tmp_path / "talk.mp4").write_bytes(video_bytes(34.0, size=(128, 96)))
    (tmp_path / "wide.png").write_bytes(image_bytes(size=(900, 300)))
    keyboard = notebook.page.keyboard
    form.locator("input[type=file]").nth(1).set_input_files(tmp_path / "talk.mp4")
    start = form.get_by_role("slider", name="Start of the part")
    end = form.get_by_role("slider", name="End of the part")
    open_for_changes(form, "reference")
    assert end.get_attribute("aria-valuenow") == "30"  # of 34: no longer part is legal
    start.focus()
    for key in ("PageUp", "ArrowRight", "Shift+ArrowLeft"):
        keyboard.press(key)
    assert start.get_attribute("aria-valuetext") == "2.45 seconds, the part has 27.55 seconds"
    keyboard.press("Tab")
    keyboard.press("Home")
    assert end.get_attribute("aria-valuetext") == "3 seconds, the part has 3 seconds"
    keyboard.press("ArrowRight")
    form.get_by_role("button", name=re.compile("^Submit")).click()
    form.get_by_text("Nothing was sent: you chose a part of your file for the reference").wait_for()
    editor = file_for(form, "reference")
    assert editor.get_by_role("button", name="Prepare").evaluate("node => node === document.activeElement")
    editor.get_by_role("button", name="Turn clockwise").click()
    editor.get_by_role("button", name="Prepare").click()

    form.locator("input[type=file]").nth(0).set_input_files(tmp_path / "wide.png")
    side = form.get_by_role("slider", name="Left side")
    open_for_changes(form, "character")
    form.get_by_text("The whole picture has 3.").wait_for()
    side.focus()
    keyboard.press("PageUp")
    assert "percent from the left" in (side.get_attribute("aria-valuetext") or "")
    file_for(form, "character").get_by_role("button", name="Prepare").click()
    prepared(form, "reference")
    prepared(form, "character")
    clip, (width, height, _) = facts(notebook, "reference", "character")
    assert clip == [96, 128, pytest.approx(3.5, abs=0.05)]
    assert height == 300
    assert 0.5 <= present(width) / 300 < 2


def test_a_heic_and_the_frame_of_a_clip_are_there_after_a_reload_as_they_were_chosen(
    notebook: Notebook, tmp_path: Path
) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    from PIL import Image

    pillow_heif.from_pillow(Image.new("RGB", (300, 400), "teal")).save(tmp_path / "me.heic", quality=60)
    (tmp_path / "talk.mp4").write_bytes(video_bytes(5.0, size=(320, 240)))
    form = begin(notebook)
    for number, name in enumerate(("me.heic", "talk.mp4")):
        form.locator("input[type=file]").nth(number).set_input_files(tmp_path / name)
    open_for_changes(form, "character")
    open_for_changes(form, "reference")
    still = file_for(form, "character").get_by_role("img", name="Picture of your file")
    assert still.evaluate("node => [node.width, node.height]") == [300, 400]  # the browser decodes no HEIC
    left = file_for(form, "reference").get_by_role("slider", name="Left side")
    left.focus()
    for key in ("PageUp", "PageUp", "ArrowRight", "ArrowRight", "Shift+ArrowRight"):
        notebook.page.keyboard.press(key)
    assert left.get_attribute("aria-valuetext") == "24.2 percent from the left"
    file_for(form, "reference").get_by_text("Width : height of the part is 1.01.").wait_for()
    file_for(form, "character").get_by_role("button", name="Turn clockwise").click()
    notebook.type(2, KEPT)
    notebook.run(2)
    notebook.cell(2).locator(".jp-OutputArea").get_by_text("= chosen =").wait_for()

    notebook.save()
    notebook.page.reload()
    notebook.ready()
    form = notebook.cell(1).locator(".cometact-panel")
    open_for_changes(form, "reference")
    left = file_for(form, "reference").get_by_role("slider", name="Left side")
    assert left.get_attribute("aria-valuetext") == "24.2 percent from the left"
    turned = file_for(form, "character").get_by_role("img", name="Picture of your file")
    notebook.page.wait_for_function("node => node.width === 400", arg=turned.element_handle())
    for role in ("character", "reference"):
        file_for(form, role).get_by_role("button", name="Prepare").click()
        prepared(form, role)
    picture, clip = facts(notebook, "character", "reference")
    assert picture[:2] == [400, 300]
    assert clip[:2] == [242, 240]


def test_files_become_public_only_after_a_word_of_their_user_s(notebook: Notebook, tmp_path: Path) -> None:
    (tmp_path / "me.png").write_bytes(image_bytes(size=(400, 400)))
    (tmp_path / "talk.mp4").write_bytes(video_bytes(4.0))
    with web_folder(tmp_path / "www") as web:
        here = f"publish_to={str(web.folder)!r}, publish_base={web.base!r}"
        notebook.type(1, PAID.format(here=here))
        notebook.run(1)
        form = notebook.cell(1).locator(".cometact-panel")
        form.wait_for()
        for number, (role, name) in enumerate((("character", "me.png"), ("reference", "talk.mp4"))):
            form.locator("input[type=file]").nth(number).set_input_files(tmp_path / name)
            open_for_changes(form, role)
            file_for(form, role).get_by_role("button", name="Prepare").click()
            prepared(form, role)
        asked = form.get_by_role("group", name="What becomes public")
        asked.get_by_text(re.compile(r"anyone with the link can see that until act\.unpublish")).wait_for()
        word = asked.get_by_role("checkbox")
        form.get_by_role("button", name=re.compile("^Submit")).click()
        form.get_by_text("Nothing was sent: say first whether files of yours may become public.").wait_for()
        assert word.evaluate("node => node === document.activeElement")
        assert not list(web.folder.iterdir())
        notebook.page.keyboard.press("Space")
        form.get_by_role("button", name=re.compile("^Submit")).click()
        form.get_by_text("Accepted.").wait_for()
        assert not asked.is_visible()
        assert len(list(web.folder.iterdir())) == 2
