"""nbclassic, the interface of Notebook 6. Run by ``python -m tests --matrix nbclassic`` alone."""

from __future__ import annotations

import pytest
from lab import Lab

pytestmark = pytest.mark.browser

SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(speed=30)"
READY = "() => window.Jupyter?.notebook?.kernel?.is_connected()"
RUN = "index => Jupyter.notebook.execute_cells([index])"
MOVED = """async video => {
    await video.play();
    await new Promise(done => video.addEventListener('timeupdate', done, {once: true}));
    return video.currentTime > 0 && video.videoWidth;
}"""


@pytest.fixture
def classic(browser, tmp_path):
    server = Lab(tmp_path, module="nbclassic")
    name = server.write(
        "classic.ipynb", [SETUP, "%act_two -c {sandbox.character} -r {sandbox.reference} -e 4"]
    )
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(server.url(name))
    page.wait_for_function(READY, timeout=60_000)
    yield page
    page.close()
    server.stop()


def test_a_card_lives_and_ends_in_a_playing_video(classic) -> None:
    for index in (0, 1):
        classic.evaluate(RUN, index)
    output = classic.locator(".cell").nth(1).locator(".output_area")
    output.get_by_role("button", name="Cancel").wait_for(timeout=60_000)
    video = output.locator("video[controls]")
    video.wait_for(timeout=60_000)
    assert video.evaluate(MOVED) == 1280
