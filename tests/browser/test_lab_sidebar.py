"""A user with the Lab's sidebar: finds tasks, opens clips, inserts lines, and uses files of the browser."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import httpx
import pytest
from axe import findings
from lab import Lab, Notebook
from PIL import Image
from present import present
from waiting import until

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = pytest.mark.browser

SETUP = """
import cometact_nb as act
sandbox = act.use_sandbox(speed=75)
inputs = dict(reference=sandbox.reference)
done = act.submit(character=sandbox.characters[1], **inputs, seed=7).wait()
runs = act.submit(character=sandbox.character + "?scenario=never-ends", **inputs)
name = "how lively <img src=x onerror='window.hostile = 1'>"
sweep = act.sweep(character=sandbox.character, **inputs, seed=[1, 2], name=name)
_ = sweep.run().wait()
sweep.gallery()
"""
ROUTES = "**/cometact-nb/api/**"
PLAYS = "() => [...document.querySelectorAll('.cometact-lab-viewer video')].some(v => v.checkVisibility() && v.videoWidth === 1280 && v.currentTime > 0)"
#: Without the command's result: to hand over a whole widget takes half a minute.
EXECUTE = "async ([command, options]) => void (await window.jupyterapp.commands.execute(command, options))"


def execute(page: Page, command: str, **options: str) -> None:
    page.evaluate(EXECUTE, [command, options])


@pytest.fixture(scope="module")
def own_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A Lab whose history no other test writes."""
    server = Lab(tmp_path_factory.mktemp("sidebar"))
    Image.new("RGB", (640, 480), "#889").save(server.folder / "my face.png")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def opened(own_lab: Lab, new_page: Callable[[Lab], Page]) -> Iterator[Notebook]:
    """A notebook that made three videos and a task that runs, with the sidebar beside it."""
    page = new_page(own_lab)
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    notebook = Notebook(page, own_lab, own_lab.write("beside.ipynb", [""] * 3))
    notebook.open()
    notebook.type(0, SETUP)
    notebook.run(0)
    notebook.finished(0)
    execute(page, "cometact_nb:sidebar")
    page.locator(".cometact-lab li").first.wait_for()
    yield notebook
    assert errors == []
    assert page.evaluate("() => window.hostile") is None
    page.close()


@pytest.fixture
def side(opened: Notebook) -> Locator:
    execute(opened.page, "cometact_nb:sidebar")
    side = opened.page.locator(".cometact-lab")
    side.get_by_label("Search the tasks").fill("")
    side.get_by_role("tab", name="All").click()
    side.locator("li").nth(3).wait_for()
    return side


def cells(notebook: Notebook) -> list[str]:
    return notebook.page.locator(".jp-Notebook .jp-Cell .cm-content").all_inner_texts()


def test_the_sidebar_lists_searches_and_is_used_by_keyboard(opened: Notebook, side: Locator) -> None:
    page = opened.page
    assert findings(page, ".cometact-lab") == []
    assert side.locator(".money summary").inner_text().startswith("Spent today: about $0.00")
    side.get_by_role("tab", name="All").press("ArrowLeft")
    side.get_by_role("tab", name="Today", selected=True).wait_for()
    side.get_by_role("tab", name="Today").press("Home")
    side.locator("li").nth(1).wait_for(state="detached")
    assert "RUNNING" in side.locator("li").inner_text()
    side.get_by_role("tab", name="Running").press("End")
    side.locator("li", has_text="how lively").wait_for()
    side.get_by_role("tab", name="All").click()
    side.locator("li").nth(3).wait_for()
    side.get_by_label("Search the tasks").fill("how lively")
    side.locator("li").nth(2).wait_for(state="detached")
    side.get_by_label("Search the tasks").fill("nowhere")
    side.get_by_text("Nothing of the history fits").wait_for()
    side.get_by_label("Search the tasks").fill("")
    side.locator("li").nth(3).wait_for()
    side.locator("li .open").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Tab")
    focused = "() => [document.activeElement.textContent, document.activeElement.closest('li').dataset.at]"
    assert page.evaluate(focused) == ["Insert", "1"]


def test_a_click_plays_the_clip_in_the_main_area(opened: Notebook, side: Locator) -> None:
    page = opened.page
    side.locator("li", has_text="seed 7").locator(".open").click()
    page.wait_for_function(PLAYS)
    assert findings(page, ".cometact-lab-viewer") == []
    viewer = page.locator(".cometact-lab-viewer:visible")
    assert "SUCCEEDED" in viewer.inner_text()
    side.locator("li", has_text="RUNNING").locator(".open").click()
    viewer.locator(".cometact").get_by_text("RUNNING").first.wait_for()
    assert viewer.get_by_role("button", name="Cancel").count() == 0, "that needs a kernel"
    side.get_by_role("tab", name="Sweeps").click()
    side.get_by_label("Search the tasks").fill("bought lively")
    side.locator("li", has_text="BOUGHT").locator(".open").click()
    viewer.locator(".tile").nth(1).wait_for()


def stars_of(lab: Lab) -> list[int]:
    """The stars of each rating that the history has, as the server says."""
    with httpx.Client(
        base_url=f"{lab.base_url}/cometact-nb/api/",
        headers={"Authorization": f"token {lab.TOKEN}"},
        trust_env=False,
    ) as http:
        (sweep,) = http.get("sweeps").json()["sweeps"]
        cells = http.get(f"galleries/{sweep['key']}").json()["cells"]
    return [rating["stars"] for cell in cells for rating in cell["ratings"]]


def test_a_saved_gallery_shows_without_its_kernel_what_was_rated_later(
    opened: Notebook, side: Locator, new_page: Callable[[Lab], Page]
) -> None:
    page, lab = opened.page, opened.lab
    assert side.is_visible()
    execute(page, "docmanager:open", path=opened.name)
    opened.save()
    (lab.folder / "later.ipynb").write_text((lab.folder / opened.name).read_text())
    opened.cell(0).locator(".cometact-gallery").get_by_role("button", name="4 stars").first.click()
    until(lambda: stars_of(lab) == [4])
    later = Notebook(new_page(lab), lab, "later.ipynb")
    later.page.goto(lab.url(later.name))
    gallery = later.cell(0).locator(".cometact-gallery")
    gallery.get_by_text("★★★★").wait_for(timeout=60_000)
    assert gallery.locator(".tile").count() == 2
    line = present(later.cell(0).locator(".cometact-gone code").text_content())
    assert line.startswith("act.sweep_by_name(")
    assert line.endswith("resume=False).gallery()")
    later.page.close()


NO_ANSWERS = {
    0: "does not answer",
    403: "token may have expired",
    404: "has no part of",
    500: "could not answer",
}


def test_a_server_that_does_not_answer_is_said_and_what_was_known_stays(
    opened: Notebook, side: Locator
) -> None:
    page, alert, statuses = opened.page, side.get_by_role("alert"), list(NO_ANSWERS)
    count = side.locator("li").count()
    page.route(
        ROUTES,
        lambda route: route.fulfill(status=statuses[0], body="") if statuses[0] else route.abort(),
    )
    while statuses:
        side.get_by_role("button", name="Refresh").click()
        alert.filter(has_text=NO_ANSWERS[statuses[0]]).wait_for()
        assert side.locator("li").count() == count
        del statuses[0]
    page.unroute(ROUTES)
    side.get_by_role("button", name="Refresh").click()
    alert.wait_for(state="hidden")


def test_the_keeper_is_switched_and_the_settings_count_at_once(opened: Notebook, side: Locator) -> None:
    page, keeper = opened.page, side.get_by_role("switch", name="Keep watching without a kernel")
    assert not keeper.is_checked()
    keeper.check()
    side.locator(".keeper").get_by_text("It is on").or_(
        side.locator(".keeper").get_by_text("It watches")
    ).wait_for()
    keeper.uncheck()
    side.locator(".keeper").get_by_text("It is off").wait_for()
    execute(page, "settingeditor:open", query="Act-Two")
    choice = page.locator(".jp-SettingsPanel").get_by_role("checkbox", name="Sidebar")
    choice.uncheck()
    side.wait_for(state="detached")
    choice.check()
    page.locator("[data-id='cometact_nb-sidebar']").wait_for()


def test_lines_are_inserted_and_dragged_and_not_run(opened: Notebook, side: Locator) -> None:
    page = opened.page
    execute(page, "docmanager:open", path=opened.name)
    opened.cell(1).locator(".cm-content").click()
    row = side.locator("li", has_text="seed 7")
    row.get_by_role("button", name="Insert").click()
    side.get_by_text("Inserted into beside.ipynb. Nothing was run.").wait_for()
    line = cells(opened)[1]
    assert line.startswith('act.task("')
    start, end = present(row.locator(".open").bounding_box()), present(opened.cell(2).bounding_box())
    page.mouse.move(start["x"] + 40, start["y"] + 20)
    page.mouse.down()
    page.mouse.move(start["x"] + 70, start["y"] + 30)
    page.mouse.move(end["x"] + 200, end["y"] + 10, steps=4)
    page.mouse.up()
    page.wait_for_function("() => document.querySelectorAll('.jp-Notebook .jp-Cell').length === 4")
    assert cells(opened).count(line) == 2
    assert "[ ]:" in opened.cell(1).locator(".jp-InputPrompt").inner_text()


def choose(page: Page, file: str, item: str) -> None:
    execute(page, "filebrowser:activate")
    page.locator(".jp-DirListing-item", has_text=file).click(button="right")
    page.get_by_role("menuitem", name=item).click()


def test_a_picture_of_the_file_browser_is_examined_and_used(opened: Notebook, side: Locator) -> None:
    page = opened.page
    assert side.is_visible()
    choose(page, "my face.png", "Would Act-Two take it?")
    page.locator(".cometact-lab-doctor .verdict").wait_for()
    page.keyboard.press("Escape")
    page.locator(".cometact-lab-doctor").wait_for(state="detached")

    execute(page, "docmanager:open", path=opened.name)
    opened.cell(0).locator(".cm-content").click()
    choose(page, "my face.png", "Use as Act-Two character")
    page.locator(".jp-Notebook .cm-content", has_text='act.panel(character="my face.png")').wait_for()
    opened.run(1)
    panel = page.locator(".cometact-panel")
    panel.wait_for()
    field = panel.get_by_label("Character", exact=True)
    field.fill("")
    choose(page, "my face.png", "Use as Act-Two character")
    page.wait_for_function("field => field.value === 'my face.png'", arg=field.element_handle())
    page.locator(".jp-DirListing-item", has_text="beside.ipynb").click(button="right")
    assert not page.get_by_role("menuitem", name="Act-Two").count()
    page.keyboard.press("Escape")


def test_the_launcher_makes_notebooks_in_which_nothing_was_run(opened: Notebook, side: Locator) -> None:
    page, folder = opened.page, opened.lab.folder
    assert side.is_visible()
    execute(page, "launcher:create")
    page.locator(".jp-LauncherCard", has_text="Practise in the sandbox").click()
    page.locator(".jp-NotebookPanel:visible .cm-content", has_text="use_sandbox").wait_for()
    made = json.loads((folder / "Untitled.ipynb").read_text())
    assert [cell["execution_count"] for cell in made["cells"]] == [None] * 4
    assert made["metadata"]["kernelspec"]["language"] == "python"
