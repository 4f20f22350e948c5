"""A user with a sweep in JupyterLab: watches it, looks into a cell, pauses, cancels, reloads, and finds it kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from axe import findings
from playing import play
from present import present
from waiting import until

if TYPE_CHECKING:
    from lab import Notebook
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

SETUP = (
    "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(speed={speed})\n"
    "act.configure(max_in_flight={at_once});"
)
SWEEP = (
    "sweep = act.sweep(character={character}, reference=sandbox.reference, expression_intensity=[1, 5], seed={seeds})\n"
    "sweep.run(canary=False)"
)
#: Without being asked to: a click on its cell has opened it.
MOVES = "video => video.currentTime > 0.1"


def begin(
    notebook: Notebook,
    speed: float = 60,
    character: str = "sandbox.character",
    seeds: str = "[1, 2]",
    at_once: int = 5,
) -> Locator:
    notebook.type(0, SETUP.format(speed=speed, at_once=at_once))
    notebook.run(0)
    notebook.finished(0)
    notebook.type(1, SWEEP.format(character=character, seeds=seeds))
    notebook.run(1)
    view = notebook.cell(1).locator(".cometact-sweep")
    view.wait_for()
    return view


def test_a_grid_appears_progresses_plays_a_cell_and_survives_reload_and_restart(notebook: Notebook) -> None:
    view = begin(notebook, speed=20)
    cells = view.locator("td .cell")
    assert cells.count() == 4
    assert view.get_by_role("rowheader", name="5 · exaggerated").is_visible()
    hidden = "band => Math.max(band.scrollHeight - band.clientHeight, band.scrollWidth - band.clientWidth)"
    assert (
        view.locator(".band").evaluate(hidden) <= 1
    )  # a pixel may be rounding; no scroll bar beside a grid that fits
    record = notebook.cell(1).locator(".cometact-sweep-record")
    assert not record.first.is_visible()
    first = view.locator('.cell[data-kind="d"]').first
    first.wait_for()
    first.locator("img").wait_for()
    first.click()
    video = view.locator(".details video[data-clip]")
    video.wait_for()
    until(lambda: video.evaluate(MOVES))
    assert video.evaluate("video => video.videoWidth") == 1280
    notebook.page.keyboard.press("Escape")
    view.locator(".details").wait_for(state="hidden")

    view.wait_for(state="detached")  # frozen
    record.get_by_text("4 done").wait_for()
    notebook.save()
    notebook.restart_kernel()
    notebook.reload()
    assert record.locator("img").count() == 4
    record.locator("summary").first.click()
    video = record.locator("video").first
    play(video)
    outputs = notebook.lab.saved(notebook.name)["cells"][1]["outputs"]
    assert len(json.dumps(outputs)) < 4 * 6000


def test_a_reload_in_the_middle_shows_the_sweep_as_it_is_then(notebook: Notebook) -> None:
    view = begin(notebook, speed=5, character="sandbox.character + '?scenario=never-ends'")
    view.locator('.cell[data-kind="r"]').first.wait_for()
    notebook.save()
    notebook.reload()
    view.locator('.cell[data-kind="r"]').first.wait_for()
    view.get_by_role("button", name="Cancel").click()
    view.get_by_role("button", name="Really cancel?").click()
    view.get_by_text("CANCELLED", exact=True).wait_for()


def test_pause_go_on_and_retry_ask_where_money_is_at_stake_and_keys_reach_everything(
    notebook: Notebook,
) -> None:
    page = notebook.page
    character = "sandbox.character + '?scenario=internal'"
    # Minutes for all of it, so that there is something to pause, however slow the page is; then the rest fast.
    view = begin(notebook, character=character, seeds="range(4)", speed=4, at_once=1)
    view.get_by_role("button", name="Pause").click()
    view.get_by_text("PAUSED").wait_for()
    notebook.type(2, "act.use_sandbox(speed=60)\nact.configure(max_in_flight=5);")
    notebook.run(2)
    notebook.finished(2)
    view.get_by_role("button", name="Go on with").click()
    view.get_by_text("FINISHED").wait_for()
    retry = view.get_by_role("button", name="Retry 8 cells")
    retry.focus()
    page.keyboard.press("Enter")
    view.get_by_text("This pays for them again").wait_for()
    page.keyboard.press("Escape")
    view.get_by_text("This pays for them again").wait_for(state="hidden")
    assert retry.evaluate("button => button === document.activeElement")

    view.locator('.cell[tabindex="0"]').focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    focused = page.evaluate("() => document.activeElement.getAttribute('aria-label')")
    assert focused == "Cell 6: Expression intensity 5 · exaggerated · Seed 1. failed"
    page.keyboard.press("Enter")
    view.locator(".details").get_by_text("The service failed").wait_for()
    page.keyboard.press("Escape")
    assert page.evaluate("() => document.activeElement.dataset.cell") == "5"

    retry.click()
    view.get_by_role("button", name="Really retry 8 cells?").click()
    view.get_by_text("RUNNING").wait_for()
    view.get_by_text("FINISHED").wait_for()
    notebook.type(2, "print(len({task.id for task in act.session().tasks()}))")
    notebook.run(2)
    notebook.cell(2).locator(".jp-OutputArea").get_by_text("16").wait_for()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_nothing_bars_anyone_in_either_theme_nor_at_400_pixels(notebook: Notebook, theme: str) -> None:
    page = notebook.page
    page.evaluate(f"() => window.jupyterapp.commands.execute('apputils:change-theme', {{theme: '{theme}'}})")
    view = begin(
        notebook, character="[sandbox.character, sandbox.character + '?scenario=internal']", seeds="[1]"
    )
    view.locator('.cell[data-kind="f"]').first.wait_for()
    view.locator('.cell[data-kind="f"]').first.click()
    view.locator(".details").get_by_text("The service failed").wait_for()
    view.get_by_role("button", name="Retry").click()
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    for width in (1280, 530):
        page.set_viewport_size({"width": width, "height": 900})
        found = findings(page, ".cometact-sweep")
        assert not found, json.dumps(found, indent=1)
    box = present(view.bounding_box())
    assert 300 < box["width"] <= 420
    assert view.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.evaluate(
        "() => window.jupyterapp.commands.execute('apputils:change-theme', {theme: 'JupyterLab Light'})"
    )
