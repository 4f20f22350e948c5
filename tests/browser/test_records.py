"""What a notebook keeps of each view fits pages of 400 px, and uses the width of wide ones."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from present import present
from services import new_session

from cometact_nb.handles.history import find_history
from cometact_nb.views.gallery import record as gallery
from cometact_nb.views.gallery.facts import first_choice
from cometact_nb.views.history import record as history
from cometact_nb.views.panel import record as panel
from cometact_nb.views.sweep import record as sweeps
from cometact_nb.views.task.card import card_html

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page
    from services import SandboxProcess

pytestmark = pytest.mark.browser

#: Widths of an output in JupyterLab, where the page has 400 and 1920 px.
NARROW, WIDE = 284, 1740
#: The elements that scroll sideways, or whose content stands beyond the page.
BEYOND = """() => [...document.querySelectorAll('body *')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 0.5 || e.scrollWidth > e.clientWidth + 1 && e.clientWidth
        && ['auto', 'scroll'].includes(getComputedStyle(e).overflowX))
    .map(e => e.outerHTML.slice(0, 200))"""
SIDES = """() => { const tops = [...document.querySelectorAll('li')].map(e => Math.round(e.getBoundingClientRect().top));
    return Math.max(...tops.map(top => tops.filter(one => one === top).length)); }"""
#: The least room between a clip's picture and the lower end of its player, which the controls fill.
BELOW = """() => Math.min(...[...document.querySelectorAll('video')].map(
    v => v.clientHeight - v.clientWidth * 9 / 16))"""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, shared_sandbox: SandboxProcess) -> dict[str, str]:
    """The records of a finished sweep of twelve cells, by the view's name."""
    folder = tmp_path_factory.mktemp("records")
    shared_sandbox.reset()
    session = new_session(folder, shared_sandbox)
    axes: dict[str, Any] = {"seed": [1, 2, 3, 4], "expression_intensity": [1, 3, 5], "name": "of_twelve" * 9}
    sweep = session.sweep(character=shared_sandbox.character, reference=shared_sandbox.reference, **axes)
    sweep.run().wait(120)
    for cell in sweep.cells:
        sweep.rate(cell, stars=3, note="a_note_without_a_blank" * 5)
    now, rows = time.time(), find_history(session)
    made: dict[str, str] = {
        "sweep": sweeps.record_html(sweep, folder=folder),
        "gallery": gallery.record_html(sweep, first_choice(sweep, None, None)),
        "history": history.record_html(rows, rows.query, now=now, folder=folder),
        "panel": panel.record_html(
            sweep.cells[0].request, [], [("Character", "https://a.example/" + "long" * 60)], now=now, folder=folder,
            sandbox=True,
        ),
        "card": card_html(present(sweep.cells[0].job).state, now=now, notebook_dir=folder, sandbox=True),
    }  # fmt: skip
    session.close()
    return made


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    made = browser.new_page()
    yield made
    made.close()


@pytest.mark.parametrize("view", ["sweep", "gallery", "history", "panel", "card"])
def test_a_record_fits_a_narrow_page_and_fills_a_wide_one(
    page: Page, records: dict[str, str], view: str
) -> None:
    page.set_content(f"<body style='margin:0'>{records[view]}</body>")
    for width, most in ((NARROW, 2), (WIDE, 4)):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate(BEYOND) == []
        if view in {"sweep", "gallery"}:
            assert page.evaluate(SIDES) == most
    if view == "gallery":
        assert page.locator("video[poster]").count() == 12
        for width in (NARROW, WIDE):
            page.set_viewport_size({"width": width, "height": 800})
            assert 50 <= page.evaluate(BELOW) <= 56
