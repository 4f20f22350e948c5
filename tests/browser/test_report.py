"""A report opened from the disk in a browser that has no network: it plays in step, and breaks no rule of its own."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pytest
from axe import findings
from present import present
from reports import finished_sweep
from services import SandboxProcess

from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

READY = """() => { const videos = [...document.querySelectorAll('.tile video')];
    return videos.length === 2 && videos.every(video => video.readyState > 2); }"""
LOCK = "document.querySelector('.cometact-gallery').frameLock"
SPREAD = f"""async () => {{
    let most = 0;
    for (let count = 0; count < 30; count++) {{
        await new Promise(requestAnimationFrame);
        const times = [...{LOCK}.players.keys()].map(video => video.currentTime);
        most = Math.max(most, Math.max(...times) - Math.min(...times));
    }}
    return [{LOCK}.players.size, most];
}}"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    sandbox = SandboxProcess(clip_s=0.5)
    sweep = finished_sweep(tmp_path_factory.mktemp("sweep"), sandbox)
    yield sweep.export(tmp_path_factory.mktemp("report") / "report")
    assert isinstance(sweep.session, Session)
    sweep.session.close()
    sandbox.stop()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 400)])
def test_it_plays_from_the_disk_in_step_and_can_be_read_by_all(
    browser: Browser, report: Path, scheme: Literal["light", "dark"], width: int
) -> None:
    # The checker is put in from outside the page, whose own rules would not let it in.
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=False, offline=True
    )
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(report.as_uri())
    page.wait_for_function(READY)
    assert "pwned" not in page.title().partition("<")[0]
    page.get_by_role("button", name="Play").click()
    page.wait_for_function(f"() => {LOCK}.frame > 6 && {LOCK}.running().length === 2")
    count, spread = page.evaluate(SPREAD)
    assert count == 2
    assert spread < 1 / 24
    page.get_by_role("button", name="Pause").click()
    for tile in page.locator(".tile:not(.empty)").all():
        tile.get_by_role("button", name="Choose for comparison").click()
    page.get_by_role("button", name="Compare", exact=False).first.click()
    divider = page.get_by_role("slider", name="Divider")
    divider.press("ArrowRight")
    assert divider.get_attribute("aria-valuenow") == "52"
    page.keyboard.press("Escape")
    assert page.get_by_role("button", name="Rate blind").count() == 0
    page.get_by_text("Tasks and checksums").click()
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert said == []
    found = findings(page, "body")
    assert not found, json.dumps(found, indent=1)
    page.close()


def test_a_clip_that_is_shorter_than_the_longest_says_when_it_has_ended(
    browser: Browser, report: Path, tmp_path: Path
) -> None:
    copy = shutil.copytree(report.parent, tmp_path / "report") / "index.html"
    html = copy.read_text("utf-8")
    copy.write_text(re.sub(r'"duration": [\d.]+', '"duration": 0.25', html, count=1), "utf-8")  # of 0.5 s
    page = browser.new_page()
    page.goto(copy.as_uri())
    page.wait_for_function(READY)
    ended = page.locator(".tile").get_by_text("ended", exact=True)
    for frame, many in ((5, 0), (6, 1), (11, 1), (0, 0)):
        page.evaluate(f"frame => {LOCK}.seek(frame)", frame)
        assert ended.filter(visible=True).count() == many
    for tile in page.locator(".tile:not(.empty)").all():
        tile.get_by_role("button", name="Choose for comparison").click()
    page.get_by_role("button", name="Compare", exact=False).first.click()
    page.evaluate(f"() => {LOCK}.seek(8)")
    assert page.locator(".names").get_by_text("ended", exact=True).filter(visible=True).count() == 1
    page.close()


def test_without_scripts_the_results_and_the_clips_are_there(browser: Browser, report: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.as_uri())
    assert page.get_by_role("row").filter(has_text="SUCCEEDED").count() == 4
    assert page.get_by_text("Without scripts").is_visible()
    assert present(page.get_by_role("link", name="cell-001").get_attribute("href")).startswith("clips/")
    context.close()
