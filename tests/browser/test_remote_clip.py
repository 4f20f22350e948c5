"""A clip at a store: it plays while its kernel lives, and is honestly told of when nothing can play it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from playing import play

if TYPE_CHECKING:
    from lab import Notebook

pytestmark = pytest.mark.browser

SETUP = (
    "import cometact_nb as act\nsandbox = act.use_sandbox(speed=60)\n"
    "act.configure(output_dir='memory://bucket/clips')\n%load_ext cometact_nb"
)


def test_it_plays_while_its_kernel_lives_and_leaves_its_first_frame_and_address(notebook: Notebook) -> None:
    notebook.type(0, SETUP)
    notebook.run(0)
    notebook.finished(0)
    notebook.type(1, "%act_two -c {sandbox.character} -r {sandbox.reference} -e 4")
    notebook.run(1)
    video = notebook.cell(1).locator(".cometact video[controls]")
    video.wait_for()
    assert play(video)[0] == 1280
    record = notebook.cell(1).locator(".cometact-record")
    picture = record.locator("img[alt='An early frame']")
    picture.wait_for(state="attached")
    assert not record.is_visible()
    assert notebook.cell(1).get_by_text("memory://bucket/clips/").first.is_visible()

    notebook.save()
    assert len(json.dumps(notebook.lab.saved(notebook.name)["cells"][1]["outputs"])) < 40_000
    notebook.restart_kernel()
    notebook.reload()
    record.wait_for()
    assert record.get_by_text("memory://bucket/clips/").is_visible()
    assert picture.evaluate("node => node.naturalWidth") > 300
