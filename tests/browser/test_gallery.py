"""A user with the gallery in JupyterLab: plays clips in step, steps, compares two, lays them out; measured in the page itself."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from axe import findings
from gallery_page import CLIP_S, CLIPS, FPS, READY, picker
from lab import WAIT_MS
from present import present

if TYPE_CHECKING:
    from lab import Notebook
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

FRAME_S = 1 / FPS
LAST = CLIP_S * FPS - 1
TIMES = """() => { const {players, fps} = document.querySelector('.cometact-gallery').frameLock;
    return [...players.keys()].map(video => video.currentTime * fps); }"""
#: The largest difference between the times of two clips, seconds, over so many pictures of the page.
SPREAD = """async pictures => {
    const lock = document.querySelector('.cometact-gallery').frameLock;
    let most = 0;
    for (let count = 0; count < pictures; count++) {
        await new Promise(requestAnimationFrame);
        const times = [...lock.players.keys()].filter(video => !video.ended).map(video => video.currentTime);
        most = Math.max(most, Math.max(...times) - Math.min(...times));
    }
    return [lock.playing, lock.players.size, most];
}"""
PLAYING = """() => { const lock = document.querySelector('.cometact-gallery').frameLock;
    return lock.playing && lock.frame > 8 && lock.frame < 40 && lock.running().length === lock.players.size; }"""
AT = "frame => { const lock = document.querySelector('.cometact-gallery').frameLock; return lock.frame === frame && !lock.seeking; }"


def play(gallery: Locator) -> None:
    gallery.get_by_role("button", name="Play").click()
    gallery.page.wait_for_function(PLAYING)


def settled(gallery: Locator, pictures: int = 40) -> tuple[bool, int, float]:
    """Whether it plays, how many clips, and how far apart they are once they have found together.

    A machine that is short of time shows pictures late for a while: the lock is asked to close that, not to prevent it.
    """
    deadline = time.monotonic() + WAIT_MS / 1000
    while True:
        playing, count, spread = gallery.page.evaluate(SPREAD, pictures)
        if spread < FRAME_S or time.monotonic() > deadline:
            return playing, count, spread


def test_clips_play_within_one_frame_of_each_other_also_after_a_seek_and_slower(gallery: Locator) -> None:
    play(gallery)
    playing, count, spread = settled(gallery)
    assert (playing, count) == (True, CLIPS)
    assert spread < FRAME_S
    gallery.get_by_role("slider", name="Frame").fill("2")
    gallery.page.wait_for_function(PLAYING)
    assert settled(gallery)[2] < FRAME_S
    gallery.get_by_label("Speed").select_option("0.5")
    assert settled(gallery)[2] < FRAME_S
    gallery.get_by_label("Speed").select_option("1")
    gallery.get_by_role("button", name="Pause").click()
    gallery.page.wait_for_function(
        "() => { const l = document.querySelector('.cometact-gallery').frameLock; return !l.playing && !l.seeking; }"
    )
    assert len(set(gallery.page.evaluate(TIMES))) == 1


def test_steps_and_seeks_show_the_same_frame_of_every_clip(gallery: Locator) -> None:
    page = gallery.page
    gallery.locator(".tile").first.focus()
    for key, frame in ((".", 1), (".", 2), (",", 1), ("End", LAST), (".", LAST), ("Home", 0), (",", 0)):
        page.keyboard.press(key)
        page.wait_for_function(AT, arg=frame)
        # At its last picture a clip may say that it is at its end.
        assert page.evaluate(TIMES) == pytest.approx(
            [frame + 0.5] * CLIPS, abs=0.51 if frame == LAST else 0.01
        )
    scrubber = gallery.get_by_role("slider", name="Frame")
    scrubber.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function(AT, arg=1)
    for frame in range(10, 40, 3):  # as a drag does: only the last one counts
        scrubber.fill(str(frame))
    page.wait_for_function(AT, arg=37)
    assert page.evaluate(TIMES) == pytest.approx([37.5] * CLIPS, abs=0.01)
    assert scrubber.get_attribute("aria-valuetext") == "Frame 38 of 48"


def test_it_goes_on_from_the_start_when_it_loops_and_rests_at_the_end_when_not(gallery: Locator) -> None:
    page = gallery.page
    gallery.evaluate("node => node.frameLock.seek(42)")
    page.wait_for_function(AT, arg=42)
    gallery.locator(".tile").first.focus()
    page.keyboard.press("l")
    page.keyboard.press("k")
    page.wait_for_function(AT, arg=LAST)
    gallery.get_by_role("button", name="Play").wait_for()
    page.keyboard.press("l")
    gallery.evaluate("node => node.frameLock.seek(42)")
    page.wait_for_function(AT, arg=42)
    page.keyboard.press("k")
    page.wait_for_function(PLAYING)
    page.keyboard.press("k")


def test_comparing_without_two_clips_says_what_to_choose_where_the_click_was(gallery: Locator) -> None:
    gallery.get_by_role("button", name="Compare", exact=True).click()
    said = gallery.get_by_text("Choose two clips to compare")
    said.wait_for()
    assert present(said.bounding_box())["y"] < present(gallery.locator(".scroll").bounding_box())["y"]
    choose = gallery.get_by_role("button", name="Choose for comparison")
    choose.nth(0).click()
    choose.nth(1).click()
    said.wait_for(state="hidden")
    choose.nth(0).click()  # the gallery as it was
    choose.nth(1).click()


def test_three_by_four_clips_are_seen_whole_at_a_laptops_size_and_larger_on_the_full_screen(
    faces: Notebook, gallery: Locator
) -> None:
    page = gallery.page
    faces.type(
        23,
        "wide = act.sweep(**inputs, expression_intensity=[1, 3, 5], seed=[1, 2, 3, 4]).look().gallery(); wide",
    )
    faces.run(23)
    wide = faces.cell(23).locator(".cometact-gallery")
    wide.locator(".tile").nth(11).wait_for()
    wide.evaluate("node => node.scrollIntoView({block: 'start'})")
    scroll = wide.locator(".scroll")
    assert scroll.evaluate(
        "node => [node.scrollWidth - node.clientWidth, node.scrollHeight - node.clientHeight]"
    ) == [0, 0]
    assert present(wide.bounding_box())["height"] < 800 - 90  # below the Lab's own bars
    width = present(wide.locator(".tile").first.bounding_box())["width"]
    assert "Seed 4" in scroll.inner_text()
    assert scroll.inner_text().count("Expression intensity") == 3
    picker(wide, "Size").select_option("large")
    scroll.evaluate("node => { node.scrollLeft = 200; node.scrollTop = 200; }")
    label, first = wide.locator(".row > .label").nth(1), wide.locator(".column").nth(1)
    assert present(label.bounding_box())["x"] == pytest.approx(
        present(scroll.bounding_box())["x"], abs=1
    )  # they stay
    assert present(first.bounding_box())["y"] == pytest.approx(present(scroll.bounding_box())["y"], abs=1)
    picker(wide, "Size").select_option("fit")
    wide.get_by_role("button", name="Full screen").click()
    page.wait_for_function("() => document.fullscreenElement")
    tile = "([node, width]) => node.getBoundingClientRect().width > width"
    page.wait_for_function(tile, arg=[wide.locator(".tile").first.element_handle(), width])
    page.evaluate("() => document.exitFullscreen()")
    page.wait_for_function("() => !document.fullscreenElement")
    faces.type(23, "None")
    faces.run(23)
    wide.wait_for(state="detached")


def test_the_reference_plays_in_step_beside_the_clips(gallery: Locator) -> None:
    page = gallery.page
    gallery.get_by_role("button", name="Reference").click()
    page.wait_for_function(
        f"() => document.querySelector('.cometact-gallery').frameLock.players.size === {CLIPS + 1}"
    )
    play(gallery)
    playing, count, spread = settled(gallery)
    assert (playing, count) == (True, CLIPS + 1)
    assert spread < FRAME_S
    gallery.get_by_role("button", name="Pause").click()
    gallery.get_by_role("button", name="Reference").click()
    assert gallery.locator(".references video").count() == 0


def test_clips_are_left_out_by_status_and_favourite(gallery: Locator) -> None:
    picker(gallery, "Status").select_option("FAILED")
    gallery.get_by_text("0 of 4 are shown.").wait_for()
    assert gallery.locator(".tile").count() == 0
    picker(gallery, "Status").select_option("")
    gallery.page.wait_for_function(READY, arg=CLIPS)
    one = gallery.locator(".tile").nth(1)
    one.focus()
    gallery.page.keyboard.press("f")
    gallery.get_by_label("Favourites only").check()
    gallery.get_by_text("1 of 4 are shown.").wait_for()
    gallery.get_by_label("Favourites only").uncheck()
    gallery.page.wait_for_function(READY, arg=CLIPS)
    one.focus()
    gallery.page.keyboard.press("f")  # as it was


def test_two_clips_are_compared_with_a_divider_by_mouse_and_keyboard(gallery: Locator) -> None:
    page = gallery.page
    for name in ("1 · subtle, Seed 1", "5 · exaggerated, Seed 1"):
        gallery.get_by_role(
            "group", name=re.compile(f"Character hero.png \\(1\\), Expression intensity {name}")
        ).focus()
        page.keyboard.press("c")
    page.keyboard.press("w")
    divider = gallery.get_by_role("slider", name=re.compile("Divider"))
    divider.wait_for()
    page.wait_for_function("() => document.querySelector('.cometact-gallery').frameLock.players.size === 2")
    assert "subtle, Seed 1 on its left" in present(divider.get_attribute("aria-label"))
    page.keyboard.press("ArrowLeft")
    assert divider.get_attribute("aria-valuenow") == "48"
    box = present(gallery.locator(".pair").bounding_box())
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 60, steps=3)
    page.mouse.up()
    assert divider.get_attribute("aria-valuenow") == "25"
    play(gallery)
    playing, count, spread = settled(gallery, 30)
    assert (playing, count) == (True, 2)
    assert spread < FRAME_S
    page.keyboard.press("k")
    gallery.get_by_role("radio", name="Difference").check()
    assert (
        gallery.locator(".pair video.b").evaluate("node => getComputedStyle(node).mixBlendMode")
        == "difference"
    )
    page.keyboard.press("Escape")
    gallery.locator("div.compare").wait_for(state="hidden")
    page.wait_for_function(
        f"() => document.querySelector('.cometact-gallery').frameLock.players.size === {CLIPS}"
    )


def test_cells_without_a_clip_say_why_and_axes_can_be_laid_out_anew(gallery: Locator) -> None:
    picker(gallery, "Rows").select_option("character")
    failed = gallery.locator(".tile", has_text="MOON.PHASE")
    failed.first.wait_for()
    assert failed.count() == 2
    assert "<script>" in failed.first.inner_text()
    assert gallery.locator("script").count() == 0
    picker(gallery, "Rows").select_option("")
    gallery.page.wait_for_function(READY, arg=CLIPS)
    assert gallery.locator(".tile").count() == 2 * CLIPS
    heights = gallery.locator(".tools").evaluate_all("all => all.map(tools => tools.offsetHeight)")
    assert max(heights) < 2 * 24  # one line of buttons, however small the tile
    picker(gallery, "Seed").select_option("1")
    assert gallery.locator(".tile").count() == CLIPS
    picker(gallery, "Seed").select_option("")
    picker(gallery, "Rows").select_option("expression_intensity")
    picker(gallery, "Columns").select_option("seed")
    gallery.page.wait_for_function(READY, arg=CLIPS)


def test_clips_far_from_sight_are_let_go_and_come_back(gallery: Locator) -> None:
    page = gallery.page
    picker(gallery, "Rows").select_option("")
    style = page.add_style_tag(
        content=".cometact-gallery .flow { display: block; } .cometact-gallery .tile { margin-bottom: 3000px; }"
    )
    few = "node => { const n = node.querySelectorAll('.tile video').length; return n > 0 && n < 3; }"
    page.wait_for_function(few, arg=gallery.element_handle())
    gallery.locator(".tile").nth(3).evaluate("node => node.scrollIntoView({block: 'nearest'})")
    page.wait_for_function(
        "node => node.querySelector('video')", arg=gallery.locator(".tile").nth(3).element_handle()
    )
    page.wait_for_function(
        "node => !node.querySelector('video')", arg=gallery.locator(".tile").nth(0).element_handle()
    )
    style.evaluate("node => node.remove()")
    picker(gallery, "Rows").select_option("expression_intensity")
    page.wait_for_function(READY, arg=CLIPS)


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_bars_anyone_in_either_theme_nor_at_400_pixels(gallery: Locator, theme: str) -> None:
    page = gallery.page
    page.evaluate(f"() => window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})")
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    gallery.get_by_text("Keys", exact=True).click()
    for width in (1280, 530):
        page.set_viewport_size({"width": width, "height": 900})
        found = findings(page, ".cometact-gallery")
        assert not found, json.dumps(found, indent=1)
    assert 300 < present(gallery.bounding_box())["width"] <= 420
    assert gallery.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.set_viewport_size({"width": 1280, "height": 800})
    gallery.get_by_text("Keys", exact=True).click()
