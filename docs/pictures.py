"""Takes the pictures of the pages anew, in a real JupyterLab on the sandbox: ``python docs/pictures.py``.

Needs the extra ``test`` and Chromium, as the browser tests do. Look at what it made before you commit it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "support"))

from lab import FLAGS, Lab, Notebook, chromium
from playwright.sync_api import sync_playwright

if TYPE_CHECKING:
    from collections.abc import Callable

IMAGES = Path(__file__).parent / "images"
SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox()"
MAGIC = (
    "%act_two -c {sandbox.character} -r {sandbox.references[2]}"
    " --expression-intensity 4 --body-control --seed 7"
)
SWEEP = """sweep = act.sweep(
    character=sandbox.character, reference=sandbox.reference,
    expression_intensity=[1, 3, 5], seed=range(7, 11), name="how lively",
)
sweep.run()"""
FACES = """sweep = act.sweep(
    character=sandbox.character, reference=sandbox.references[2],
    expression_intensity=[1, 3, 5], seed=[1, 2, 3], name="how lively",
)
_ = sweep.run().wait()
for cell, stars in zip(sweep.cells[:3 * 3:3], (2, 4, 5)):
    sweep.rate(cell, stars=stars, favourite=stars == 5)"""
PANEL = """panel = act.panel(character=sandbox.character, reference=sandbox.references[2])
panel.load({"expression_intensity": [1, 3, 5], "body_control": [True, False],
            "character": sandbox.character, "reference": sandbox.references[2]})"""
#: Frame 45 of a clip: the smile or the wave is at its height.
AT_S, FRAME = 1.9, 45
DONE = ".cell[data-kind=d] img"


def finished(notebook: Notebook) -> None:
    """A task that has ended."""
    _run(notebook, MAGIC)
    video = notebook.cell(1).locator("video[controls]")
    video.wait_for(timeout=60_000)
    seen = video.element_handle()
    seen.evaluate(f"v => {{ v.pause(); v.controls = false; v.currentTime = {AT_S}; }}")  # as while it plays
    notebook.page.wait_for_function("v => v.readyState > 2 && !v.seeking", arg=seen)
    notebook.cell(2).locator(".cm-content").click()
    notebook.page.screenshot(path=IMAGES / "finished.png")


def sweep(notebook: Notebook) -> None:
    """A sweep of twelve, half of it done."""
    _run(notebook, SWEEP)
    view = notebook.cell(1).locator(".cometact-sweep")
    view.locator(DONE).nth(5).wait_for(timeout=60_000)
    view.screenshot(path=IMAGES / "sweep.png")


def gallery(notebook: Notebook) -> None:
    """Nine clips at the same frame, some of them rated, two marked for comparison."""
    _run(notebook, FACES)
    notebook.type(2, "gallery = sweep.gallery()\ngallery")
    notebook.run(2)
    page = notebook.page
    page.locator(".tile video").nth(5).wait_for(timeout=60_000)
    page.get_by_label("Frame", exact=True).fill(str(FRAME))
    for index in (3, 6):
        page.locator(f".tile[data-cell='{index}'] button.icon.compare").click()
    page.wait_for_function(
        "f => document.querySelector('.cometact-gallery').frameLock.frame === f"
        " && [...document.querySelectorAll('.tile video')].every(v => v.readyState > 2 && !v.seeking)",
        arg=FRAME,
    )
    notebook.cell(2).locator(".cm-content").evaluate("node => node.scrollIntoView()")
    page.screenshot(path=IMAGES / "gallery.png")


def panel(notebook: Notebook) -> None:
    """The panel in its sweep mode, and the sweep that it bought."""
    _run(notebook, PANEL)
    output = notebook.cell(1).locator(".jp-OutputArea-output").first
    output.get_by_role("button", name="Submit").or_(output.get_by_role("button", name="Buy")).first.click()
    output.locator(DONE).nth(4).wait_for(timeout=60_000)
    output.screenshot(path=IMAGES / "panel.png")


def _run(notebook: Notebook, second: str) -> None:
    """The setup and a second cell."""
    notebook.open()
    notebook.page.evaluate("() => window.jupyterapp.commands.execute('application:toggle-left-area')")
    for index, text in enumerate((SETUP, second)):
        notebook.type(index, text)
        notebook.run(index)
        if not index:
            notebook.finished(index)


def _take(browser: Any, lab: Lab, take: Callable[[Notebook], None], size: tuple[int, int]) -> None:
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    take(Notebook(page, lab, lab.write(f"{take.__name__}.ipynb", ["", "", ""])))
    page.close()


def main(names: list[str]) -> None:
    """Take the pictures with these names, or all."""
    known = {finished: (1280, 800), sweep: (1280, 1400), gallery: (1280, 860), panel: (1065, 2200)}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        whole = {"COMETACT_NB_SANDBOX_CLIP_S": "30", "COMETACT_NB_SANDBOX_SPEED": "12"}
        lab = Lab(Path(folder), **whole)
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        try:
            for take, size in known.items():
                if not names or take.__name__ in names:
                    _take(browser, lab, take, size)
        finally:
            browser.close()
            lab.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
