"""A user who compares pairs in JupyterLab, by keyboard, without knowing what the clips are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from axe import findings
from services import SandboxProcess

if TYPE_CHECKING:
    from lab import Notebook

pytestmark = pytest.mark.browser

SETUP = """import cometact_nb as act
sandbox = act.use_sandbox(75, url={url!r})
sweep = act.sweep(character=sandbox.character, reference=sandbox.reference, expression_intensity=[1, 5], seed=[1, 2],
                  name="pairs").run(canary=False).wait()
sweep.compare()"""
READY = """() => { const lock = document.querySelector('.cometact-pairs').frameLock;
    return lock.players.size === 2 && !document.querySelector('.cometact-pairs .answers [aria-disabled=true]'); }"""


@pytest.fixture(scope="module")
def short_clips() -> Iterator[SandboxProcess]:
    process = SandboxProcess(clip_s=2)
    yield process
    process.stop()


def test_pairs_are_answered_by_keyboard_blind_taken_back_and_summed_up(
    notebook: Notebook, short_clips: SandboxProcess
) -> None:
    page = notebook.page
    notebook.type(0, SETUP.format(url=short_clips.base_url))
    notebook.run(0)
    view = notebook.cell(0).locator(".cometact-pairs")
    view.get_by_text("0 answered, 6 pairs").wait_for()
    page.wait_for_function(READY)
    assert not re.search(
        "exaggerated|subtle|intensity|seed|hero", view.evaluate("node => node.outerHTML"), re.IGNORECASE
    )
    view.get_by_label("Rater").fill("Ann")
    view.get_by_label("Rater").press("Tab")
    page.wait_for_function(READY)
    view.focus()
    for number, (key, word) in enumerate((("ArrowLeft", "left"), ("ArrowRight", "right"), ("=", "alike")), 1):
        page.wait_for_function(READY)
        page.keyboard.press(key)
        view.get_by_text(f"{number} answered, 6 pairs").wait_for()
        view.get_by_text(f"Kept: {word}.").wait_for()
        assert view.evaluate("node => node.contains(document.activeElement)")
    page.keyboard.press("Backspace")
    view.get_by_text("2 answered, 6 pairs").wait_for()
    page.wait_for_function(READY)
    view.get_by_role("button", name="Right is better").click()
    view.get_by_text("3 answered, 6 pairs").wait_for()
    page.wait_for_function(READY)
    assert findings(page, ".cometact-pairs") == []
