"""A user with the gallery in JupyterLab: plays clips in step, compares two, rates blind; measured in the page itself."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from axe import findings
from lab import Lab, Notebook
from present import present
from services import SandboxProcess

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

SETUP = """import cometact_nb as act
sandbox = act.use_sandbox(75, url={url!r})
inputs = dict(character=sandbox.character, reference=sandbox.reference)
sweep = act.sweep(reference=sandbox.reference, expression_intensity=[1, 5], seed=[1, 2], name="faces",
                  character=[sandbox.character, sandbox.character + "?scenario=unknown-failure"])
running = sweep.run(canary=False)"""
#: Clips of two characters by two intensities by two seeds; those of the second character fail.
CLIPS = 4
CLIP_S, FPS = 2, 24
FRAME_S = 1 / FPS
LAST = CLIP_S * FPS - 1
READY = """count => { const videos = [...document.querySelectorAll('.cometact-gallery .tile video')];
    return videos.length === count && videos.every(video => video.readyState > 2 && !video.seeking); }"""
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


@pytest.fixture(scope="module")
def short_clips() -> Iterator[SandboxProcess]:
    process = SandboxProcess(clip_s=CLIP_S)
    yield process
    process.stop()


@pytest.fixture(scope="module")
def faces(new_page: Callable[[Lab], Page], lab: Lab, short_clips: SandboxProcess) -> Iterator[Notebook]:
    """A notebook whose second cell shows the gallery of a sweep that has ended."""
    page = new_page(lab)
    page.set_default_timeout(60_000)
    opened = Notebook(page, lab, lab.write("faces.ipynb", [""] * 24))
    opened.open()
    opened.type(0, SETUP.format(url=short_clips.base_url))
    opened.run(0)
    opened.finished(0)
    opened.type(1, "gallery = sweep.gallery('expression_intensity', 'seed'); gallery")
    opened.run(1)
    page.wait_for_function(READY, arg=CLIPS)
    opened.cell(1).get_by_text(f"{CLIPS} of {2 * CLIPS} clips · {CLIPS} failed").wait_for()
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


def value(notebook: Notebook, expression: str) -> str:
    """What the kernel prints for an expression, asked in the next cell that was not used."""
    index = notebook.used = max(notebook.used, 1) + 1
    notebook.type(index, f"print('=', {expression}, '=')")
    notebook.run(index)
    output = notebook.cell(index).locator(".jp-OutputArea").get_by_text(re.compile("= .* ="))
    output.wait_for(timeout=30_000)
    return output.inner_text().strip()[2:-2]


def picker(gallery: Locator, name: str) -> Locator:
    return gallery.get_by_role("combobox", name=name, exact=True)


def play(gallery: Locator) -> None:
    gallery.get_by_role("button", name="Play").click()
    gallery.page.wait_for_function(PLAYING)


def settled(gallery: Locator, pictures: int = 40) -> tuple[bool, int, float]:
    """Whether it plays, how many clips, and how far apart they are once they have found together.

    A machine that is short of time shows pictures late for a while: the lock is asked to close that, not to prevent it.
    """
    for _ in range(6):
        playing, count, spread = gallery.page.evaluate(SPREAD, pictures)
        if spread < FRAME_S:
            break
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
    assert value(faces, "sum(r['blind'] for r in sweep.to_rows())") == "4"
    faces.save()
    page.reload()
    faces.ready()
    gallery.scroll_into_view_if_needed()
    page.wait_for_function(READY, arg=CLIPS)
    assert clips.locator(".tile").evaluate_all("tiles => tiles.map(tile => tile.dataset.cell)") == order
    gallery.get_by_role("button", name="Reveal").click()
    gallery.get_by_role("row", name=re.compile("Seed 1 .* 2")).wait_for()
    assert "exaggerated" in clips.inner_text()
    gallery.get_by_role("button", name="Done").click()
    told = json.loads(
        value(
            faces,
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
    assert value(faces, lines) == "[(2, 5), (3, 2)]"
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
    assert value(faces, f"{row}['favourite'], {row}['note'], {row}['seed']") == "True <b>best</b> so far 2"


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


def test_a_rating_that_a_kernel_did_not_live_to_keep_is_taken_back_and_none_is_taken_after(
    faces: Notebook, gallery: Locator
) -> None:
    one = gallery.get_by_role("group", name=re.compile("exaggerated, Seed 1, SUCCEEDED"))
    before = one.locator(".stars .on").count()
    star = "5 stars" if before == 4 else "4 stars"
    pid = int(value(faces, "__import__('os').getpid()"))
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
    page = faces.page
    record = faces.cell(1).locator(".cometact-gallery-record")
    assert not record.is_visible()
    faces.save()
    assert len(json.dumps(faces.lab.saved(faces.name)["cells"][1]["outputs"])) < 40_000
    faces.restart_kernel()
    page.reload()
    faces.ready()
    record.wait_for()
    assert "★★★" in record.inner_text()
    video = record.locator("video").first
    video.evaluate("node => node.load()")
    page.wait_for_function("node => node.readyState > 0", arg=video.element_handle())
