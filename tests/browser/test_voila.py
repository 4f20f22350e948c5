"""Voilà, in a lane of its own: the views are live, a final card shows its poster, and with ``file_allowlist`` its clip."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pages_server import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytest.importorskip("voila", reason="the lane `voila` has it")
pytestmark = pytest.mark.browser

CELLS = [
    "import cometact_nb as act\nsandbox = act.use_sandbox()",
    "inputs = dict(character=sandbox.character, reference=sandbox.reference)",
    "act.panel(**inputs)",
    "task = act.submit(**inputs, seed=7)\ntask.wait()\ntask",
    "sweep = act.sweep(**inputs, seed=[1, 2], name='in voila')\n_ = sweep.run().wait()",
    "sweep.gallery()",
    "act.history()",
]
ALLOWED = r"--VoilaConfiguration.file_allowlist=['.*\.(png|jpg|mp4)']"


def write(folder: Path) -> None:
    folder.mkdir()
    cells: list[dict[str, Any]] = [
        {
            "cell_type": "code",
            "id": f"cell-{i}",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": one,
        }
        for i, one in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "views.ipynb").write_text(json.dumps(notebook))


@pytest.mark.parametrize("options", [(), (ALLOWED,)], ids=["as it is", "with its clips allowed"])
def test_views_are_live_and_a_final_card_shows_a_poster_or_its_clip(
    browser: Browser, tmp_path: Path, options: tuple[str, ...]
) -> None:
    write(tmp_path / "work")
    command = ("voila", "views.ipynb", "--no-browser", "--Voila.ip=127.0.0.1", "--port={port}")
    with serving(tmp_path, *command, *options) as address:
        page = browser.new_page(viewport={"width": 1280, "height": 2400})
        page.goto(address, timeout=180_000)
        tiles = page.locator(".cometact-gallery .tile video")
        tiles.nth(1).wait_for(timeout=180_000)  # by messages, so without the server's leave
        page.wait_for_function("() => document.querySelector('.cometact-gallery .tile video').readyState > 1")
        page.locator(".cometact-panel .primary.ready").wait_for(timeout=60_000)
        page.locator(".cometact-history").get_by_text("SUCCEEDED").nth(2).wait_for(timeout=60_000)
        card = page.locator("video[src*=act_two_outputs][src*=seed-7]")
        assert (card.get_attribute("poster") or "").startswith("data:image/jpeg")
        if options:
            page.wait_for_function("video => video.readyState > 0", arg=card.element_handle())
        page.close()
