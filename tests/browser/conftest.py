"""One browser and one JupyterLab for all browser tests."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from lab import FLAGS, Lab, Notebook, chromium

if TYPE_CHECKING:
    from playwright.sync_api import Browser


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
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


@pytest.fixture
def notebook(browser: Browser, lab: Lab, request: pytest.FixtureRequest) -> Iterator[Notebook]:
    """An empty notebook, open in a page of 1280 × 800, with a kernel of its own."""
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    name = lab.write(f"{request.node.name[:60]}.ipynb", [""] * 8)
    opened = Notebook(page, lab, name)
    opened.open()
    yield opened
    page.close()
