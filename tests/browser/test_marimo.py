"""marimo, in a lane of its own: every view is drawn live where a cell ends in it, and clips play."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from pages_server import serving
from playing import play

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytest.importorskip("marimo", reason="the lane `marimo` has it")
pytestmark = pytest.mark.browser

NOTEBOOK = """import marimo
app = marimo.App()

@app.cell
def _():
    import cometact_nb as act
    sandbox = act.use_sandbox()
    inputs = {"character": sandbox.character, "reference": sandbox.reference}
    return act, inputs

@app.cell
def _(act, inputs):
    act.panel(**inputs)

@app.cell
def _(act, inputs):
    task = act.submit(**inputs, seed=7)
    task

@app.cell
def _(act, inputs):
    sweep = act.sweep(**inputs, seed=[1, 2], name="in marimo")
    sweep.run()
    return (sweep,)

@app.cell
def _(sweep):
    sweep.gallery()

@app.cell
def _(act, sweep):
    act.history()
"""
MUTE = "videos => { for (const video of videos) video.muted = true; }"
#: Whether no two texts below the slider overlap.
APART = """ends => {
    const texts = [...ends.querySelectorAll('span')].flatMap(span => [...span.childNodes]).filter(node => node.data);
    const boxes = texts.map(node => {
        const range = document.createRange();
        range.selectNode(node);
        return range.getBoundingClientRect();
    });
    return boxes.every((one, at) => boxes.slice(at + 1).every(other =>
        one.right <= other.left || other.right <= one.left || one.bottom <= other.top || other.bottom <= one.top));
}"""


@pytest.fixture(scope="module")
def page(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("marimo")
    (folder / "work").mkdir()
    (folder / "work" / "views.py").write_text(NOTEBOOK)
    command = ("marimo", "run", "views.py", "--headless", "--no-token", "--host", "127.0.0.1", "-p", "{port}")
    with serving(folder, *command) as address:
        made = browser.new_page(viewport={"width": 1280, "height": 2400})
        made.goto(address)
        made.locator(".cometact-panel").wait_for(timeout=180_000)
        yield made
        made.close()


def test_card_sweep_gallery_and_history_are_live_and_their_clips_play(page: Page) -> None:
    card = page.locator(".cometact")
    card.locator("video").wait_for(timeout=180_000)
    page.locator("video").evaluate_all(MUTE)
    assert play(card.locator("video"))[0] == 1280
    page.locator(".cometact-sweep").get_by_text("2 done").wait_for(timeout=180_000)
    tiles = page.locator(".cometact-gallery .tile video")
    tiles.nth(1).wait_for(timeout=180_000)
    tiles.evaluate_all(MUTE)
    assert play(tiles.first)[0] == 1280
    page.locator(".cometact-history").get_by_text("SUCCEEDED").nth(2).wait_for(timeout=60_000)


def test_the_panel_is_ready_to_submit_and_its_labels_stand_apart(page: Page) -> None:
    panel = page.locator(".cometact-panel")
    ends = panel.locator(".ends")
    for width in (1280, 400):
        page.set_viewport_size({"width": width, "height": 2400})
        assert ends.evaluate(APART)
    page.set_viewport_size({"width": 1280, "height": 2400})
    panel.locator(".primary.ready").wait_for(timeout=60_000)
