"""Notebook 7, with the versions that are installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab import Lab, Notebook
from playing import play

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(speed=30)"


@pytest.fixture
def seven(browser: Browser, tmp_path: Path) -> Iterator[Notebook]:
    server = Lab(tmp_path, module="notebook")
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    opened = Notebook(page, server, server.write("seven.ipynb", [""] * 3))
    opened.open()
    yield opened
    page.close()
    server.stop()


def test_a_card_lives_ends_in_a_playing_video_and_survives_its_kernel(seven: Notebook) -> None:
    seven.type(0, SETUP)
    seven.run(0)
    seven.finished(0)
    seven.type(1, "%act_two -c {sandbox.character} -r {sandbox.reference} -e 4")
    seven.run(1)
    seven.cell(1).get_by_role("button", name="Cancel").wait_for()
    video = seven.cell(1).locator("video[controls]")
    video.wait_for()
    assert play(video)[0] == 1280
    seven.save()
    seven.restart_kernel()
    seven.page.reload()
    seven.ready()
    video.wait_for()
    assert play(video)[0] == 1280
