"""A user in JupyterLab: types the magic, watches, plays the video, cancels, reloads, restarts."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playing import play
from present import present
from waiting import until

if TYPE_CHECKING:
    from lab import Notebook

pytestmark = pytest.mark.browser

SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(speed={speed})"
#: A clip's width and height.
SIZE = (1280, 720)
MAGIC = "%act_two -c {sandbox.character} -r {sandbox.reference} --expression-intensity 4 --seed 7"


def begin(notebook: Notebook, magic: str = MAGIC, speed: float = 30) -> None:
    notebook.type(0, SETUP.format(speed=speed))
    notebook.run(0)
    notebook.finished(0)
    notebook.type(1, magic)
    notebook.run(1)


def test_the_magic_leads_to_a_video_that_survives_reload_restart_and_a_move(
    notebook: Notebook,
) -> None:
    begin(notebook)
    card = notebook.cell(1).locator(".jp-OutputArea-output").first
    card.get_by_role("button", name="Cancel").wait_for()  # live
    video = notebook.cell(1).locator("video[controls]")
    video.wait_for()
    assert play(video) == SIZE
    assert notebook.cell(1).locator("video[controls]").count() == 1

    notebook.save()
    outputs = notebook.lab.saved(notebook.name)["cells"][1]["outputs"]
    assert len(json.dumps(outputs)) < 12_000
    gone, output = outputs
    assert "".join(gone["data"]["text/html"]) == ""
    assert 'src="act_two_outputs/' in "".join(output["data"]["text/html"])
    assert "application/vnd.jupyter.widget-view+json" not in output["data"]

    notebook.reload()
    assert play(notebook.cell(1).locator("video[controls]")) == SIZE

    notebook.restart_kernel()
    notebook.reload()
    assert play(notebook.cell(1).locator("video[controls]")) == SIZE

    moved = notebook.lab.folder / "moved"
    moved.mkdir()
    notebook.name = f"moved/{(notebook.lab.folder / notebook.name).rename(moved / 'moved.ipynb').name}"
    notebook.open()
    notebook.cell(1).get_by_text("it plays from where this server's history knows it").wait_for()
    video = notebook.cell(1).locator("video[controls]")
    assert present(video.get_attribute("poster")).startswith("data:image/jpeg;base64,")
    assert play(video) == SIZE


def test_a_card_that_ended_while_the_page_was_closed_still_plays(notebook: Notebook) -> None:
    ended = notebook.lab.folder / "act_two_outputs"
    before = set(ended.glob("*.mp4"))
    begin(notebook, speed=15)
    notebook.cell(1).get_by_role("button", name="Cancel").wait_for()
    notebook.save()
    notebook.page.goto("about:blank")
    until(lambda: set(ended.glob("*.mp4")) - before)
    notebook.open()
    # The record may be the first to know, from the history; the live view, whose kernel lives, takes its place.
    video = notebook.cell(1).locator(".cometact-live video[controls]")
    video.wait_for()
    assert play(video) == SIZE
    assert notebook.cell(1).locator("video[controls]").count() == 1


def test_cancel_is_asked_twice_and_then_ends_the_task(notebook: Notebook) -> None:
    begin(notebook, speed=2)
    cell = notebook.cell(1)
    cell.get_by_role("button", name="Cancel").click()
    cell.get_by_role("button", name="Really cancel").click()
    cell.get_by_text("Cancelled", exact=False).first.wait_for()
    notebook.type(2, "print(act.session().tasks()[0].status, len(act.session().tasks()))")
    notebook.run(2)
    notebook.cell(2).locator(".jp-OutputArea").get_by_text("CANCELLED 1").wait_for()


def test_the_card_moves_while_the_kernel_is_busy(notebook: Notebook) -> None:
    begin(notebook, speed=15)
    notebook.cell(1).get_by_role("button", name="Cancel").wait_for()
    notebook.type(
        2,
        "n = 0\nwhile not act.session().tasks()[0].clip:\n    n += sum(range(10_000))\nprint('end of loop')",
    )
    notebook.run(2)
    notebook.cell(1).locator("video[controls]").wait_for()
    notebook.cell(2).locator(".jp-OutputArea").get_by_text("end of loop").wait_for()


def test_a_mistake_is_one_message_and_nothing_is_sent(notebook: Notebook) -> None:
    begin(notebook, magic="%act_two -c {sandbox.character} -r {sandbox.reference} --expression-intensity 9")
    output = notebook.cell(1).locator(".jp-OutputArea-output").first
    output.wait_for()
    text = output.inner_text()
    assert "1–5" in text
    assert "Traceback" not in text
    notebook.type(2, "print('tasks:', len(act.session().tasks()))")
    notebook.run(2)
    notebook.cell(2).locator(".jp-OutputArea").get_by_text("tasks: 0").wait_for()
