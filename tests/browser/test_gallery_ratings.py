"""A user with the gallery in JupyterLab: rates, blind and openly, by round and rater; and finds the ratings without a kernel."""

from __future__ import annotations

import json
import os
import re
import signal
from typing import TYPE_CHECKING

import pytest
from gallery_page import CLIPS, READY, picker
from playing import play
from present import present

if TYPE_CHECKING:
    from lab import Notebook
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser


def test_a_blind_rating_hides_what_is_what_until_it_is_revealed_and_reaches_python(
    faces: Notebook, gallery: Locator
) -> None:
    page = gallery.page
    gallery.get_by_role("button", name="Rate blind").click()
    gallery.get_by_text("0 of 4 rated").wait_for()
    clips = gallery.locator(".scroll")
    assert clips.locator(".tile").evaluate_all("tiles => tiles.indexOf(document.activeElement)") == 0
    numbers = [
        int(present(tile.get_attribute("aria-label")).removeprefix("Clip ").split(",")[0])
        for tile in clips.locator(".tile").all()
    ]
    assert numbers == [1, 2, 3, 4]  # cells that have failed have none of these
    assert "Clip" in clips.inner_text()
    assert not re.search(
        "exaggerated|subtle|seed|hero", clips.evaluate("node => node.outerHTML"), re.IGNORECASE
    )
    order = clips.locator(".tile").evaluate_all("tiles => tiles.map(tile => tile.dataset.cell)")
    for place in range(CLIPS):
        clips.locator(".tile").nth(place).focus()
        page.keyboard.press(str(place + 2))
    gallery.get_by_text("4 of 4 rated").wait_for()
    assert faces.value("sum(r['blind'] for r in sweep.to_rows())") == "4"
    faces.save()
    faces.reload()
    gallery.scroll_into_view_if_needed()
    page.wait_for_function(READY, arg=CLIPS)
    assert clips.locator(".tile").evaluate_all("tiles => tiles.map(tile => tile.dataset.cell)") == order
    gallery.get_by_role("button", name="Reveal").click()
    gallery.get_by_role("row", name=re.compile("Seed 1 .* 2")).wait_for()
    assert "exaggerated" in clips.inner_text()
    gallery.get_by_role("button", name="Done").click()
    told = json.loads(
        faces.value(
            "__import__('json').dumps([[r['cell'] - 1, r['stars'], r['blind']] for r in sweep.to_rows() if r['stars']])",
        )
    )
    assert sorted(told) == sorted([int(cell), place + 2, True] for place, cell in enumerate(order))


def test_rounds_and_raters_are_kept_apart_and_summed_up(faces: Notebook, gallery: Locator) -> None:
    page = gallery.page
    rater = gallery.get_by_role("textbox", name="Rater")
    first = gallery.get_by_role("group", name=re.compile("subtle, Seed 1, SUCCEEDED"))
    rater.fill("Ann")
    rater.press("Tab")
    gallery.get_by_text("You rate as Ann in round 1 now").or_(first).first.wait_for()
    gallery.get_by_role("button", name="New round").click()
    first.get_by_role("button", name="5 stars").click()
    gallery.get_by_role("button", name="New round").click()
    picker(gallery, "Round").locator("option", has_text="3 · Ann").wait_for(state="attached")
    page.wait_for_function(
        "node => !node.classList.contains('on')", arg=first.locator(".star").first.element_handle()
    )
    first.get_by_role("button", name="2 stars").click()
    gallery.get_by_text("Ratings by round and rater").click()
    for round_, mean in ((2, "5.0"), (3, "2.0")):
        gallery.get_by_role(
            "row", name=re.compile(rf"^{round_} Ann .* {re.escape(mean)} \(1\) – 0")
        ).wait_for()
    lines = "[(r['round'], r['stars']) for r in sweep.ratings() if r['rater'] == 'Ann']"
    assert faces.value(lines) == "[(2, 5), (3, 2)]"
    assert first.locator(".star.on").count() == 2
    chosen = picker(gallery, "Round").locator("option", has_text="2 · Ann").get_attribute("value")
    picker(gallery, "Round").select_option(value=chosen)
    page.wait_for_function(
        "node => node.classList.contains('on')", arg=first.locator(".star").nth(4).element_handle()
    )
    gallery.get_by_text("Ratings by round and rater").click()


def test_stars_a_favourite_and_a_note_reach_python(faces: Notebook, gallery: Locator) -> None:
    page = gallery.page
    one = gallery.get_by_role("group", name=re.compile("exaggerated, Seed 2, SUCCEEDED"))
    one.focus()
    page.keyboard.press("0")  # whatever it was given before
    one.get_by_role("button", name="3 stars").click()
    page.keyboard.press("f")
    page.keyboard.press("n")
    page.keyboard.type("<b>best</b> so far")
    page.keyboard.press("Escape")
    one.get_by_text("<b>best</b> so far").wait_for()
    row = "[r for r in sweep.to_rows() if r['stars'] == 3 and not r['blind']][0]"
    assert faces.value(f"{row}['favourite'], {row}['note'], {row}['seed']") == "True <b>best</b> so far 2"


def test_a_rating_that_a_kernel_did_not_live_to_keep_is_taken_back_and_none_is_taken_after(
    faces: Notebook, gallery: Locator
) -> None:
    one = gallery.get_by_role("group", name=re.compile("exaggerated, Seed 1, SUCCEEDED"))
    before = one.locator(".stars .on").count()
    star = "5 stars" if before == 4 else "4 stars"
    pid = int(faces.value("__import__('os').getpid()"))
    os.kill(pid, signal.SIGSTOP)  # as busy as a kernel can be
    one.get_by_role("button", name=star).click()
    gallery.get_by_text("The kernel is busy").wait_for()
    assert one.get_by_role("button", name=star).evaluate("node => node === document.activeElement")
    faces.restart_kernel()
    gallery.get_by_text("Your rating was not kept. The kernel has ended.").wait_for()
    gallery.get_by_text("act.sweep_by_name(").wait_for()
    assert one.locator(".stars .on").count() == before
    assert gallery.get_by_text("kernel is busy").count() == 0
    assert one.get_by_role("button", name=star).is_disabled()
    assert gallery.get_by_role("button", name="Rate blind").count() == 0
    # The star that was clicked takes no focus any more: its tile has it, where keys play on and rate no more.
    assert one.evaluate("node => node === document.activeElement")
    faces.page.keyboard.press("1")
    assert one.locator(".stars .on").count() == before


def test_without_its_kernel_the_record_is_seen_and_plays(faces: Notebook) -> None:
    # As it was saved, and, once the server was asked, as it is now.
    record = faces.cell(1).locator(".cometact-gallery-record:visible")
    assert record.count() == 0
    faces.save()
    assert len(json.dumps(faces.lab.saved(faces.name)["cells"][1]["outputs"])) < 40_000
    faces.restart_kernel()
    faces.reload()
    record.first.wait_for()
    assert "★★★" in record.first.inner_text()
    play(record.first.locator("video").first)
