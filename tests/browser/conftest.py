"""One browser and one JupyterLab for all browser tests."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import gallery_page
import pytest
import sandboxes
from lab import FLAGS, Lab, Notebook, chromium
from services import SandboxProcess

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Locator, Page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    path = chromium()
    if path is None:
        message = "Chromium is missing: install Debian's chromium or set CHROMIUM (python -m tests does it)."
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        if firefox := os.environ.get(
            "COMETACT_NB_LANE_FIREFOX"
        ):  # over WebDriver BiDi: no build of Playwright's own
            opened = playwright.firefox.launch(executable_path=firefox, channel="moz-firefox")
        else:
            opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="session")
def new_page(browser: Browser) -> Iterator[Callable[[Lab], Page]]:
    """Opens a page of 1280 × 800; all pages of a Lab share what it sent them, as a user's do."""
    contexts: dict[str, BrowserContext] = {}

    def open_page(lab: Lab) -> Page:
        if lab.base_url not in contexts:
            contexts[lab.base_url] = browser.new_context(viewport={"width": 1280, "height": 800})
        return contexts[lab.base_url].new_page()

    yield open_page
    for context in contexts.values():
        context.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture
def notebook(new_page: Callable[[Lab], Page], lab: Lab, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """An empty notebook in a page of its own, with a kernel and a sandbox of its own."""
    states = lab.states()
    title = re.sub(r"\W+", "_", request.node.name)[-60:]  # a bracket in an address is no part of a path
    opened = Notebook(new_page(lab), lab, lab.write(f"{title}.ipynb", [""] * 8))
    opened.open()
    yield opened
    opened.page.close()
    lab.end_kernel(opened.name)
    for state in lab.states() - states:
        sandboxes.end(state)


@pytest.fixture(scope="session")
def short_clips() -> Iterator[SandboxProcess]:
    process = SandboxProcess(clip_s=gallery_page.CLIP_S)
    yield process
    process.stop()


@pytest.fixture(scope="session")
def faces(new_page: Callable[[Lab], Page], lab: Lab, short_clips: SandboxProcess) -> Iterator[Notebook]:
    """A notebook whose second cell shows the gallery of a sweep that has ended."""
    page = new_page(lab)
    opened = Notebook(page, lab, lab.write("faces.ipynb", [""] * 24))
    opened.open()
    opened.type(0, gallery_page.SETUP.format(url=short_clips.base_url))
    opened.run(0)
    opened.finished(0)
    opened.type(1, "gallery = sweep.gallery('expression_intensity', 'seed'); gallery")
    opened.run(1)
    page.wait_for_function(gallery_page.READY, arg=gallery_page.CLIPS)
    counts = f"{gallery_page.CLIPS} of {2 * gallery_page.CLIPS} clips · {gallery_page.CLIPS} failed"
    opened.cell(1).get_by_text(counts).wait_for()
    opened.save()
    yield opened
    page.close()


@pytest.fixture
def gallery(faces: Notebook) -> Iterator[Locator]:
    """The gallery as it is when nothing was done to it."""
    shown = faces.cell(1).locator(".cometact-gallery")
    shown.scroll_into_view_if_needed()
    shown.evaluate("node => { node.frameLock.pause(); return node.frameLock.seek(0); }")
    yield shown
    if shown.locator(".compare:not([hidden])").get_by_role("button", name="Back to the gallery").count():
        shown.get_by_role("button", name="Back to the gallery").click()
