"""Outputs that were saved while their task ran, opened later in a Lab that has the package's extension."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from lab import Lab, Notebook
from present import present

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = pytest.mark.browser

SETUP = "%load_ext cometact_nb\nimport cometact_nb as act\nsandbox = act.use_sandbox(speed={speed})"
MAGIC = "%act_two -c {sandbox.character} -r {sandbox.reference} -e 4"
SPENT = "(name) => performance.getEntriesByName(name, 'measure').map(one => one.duration)"
ROUTES = "**/cometact-nb/api/**"
PLAYS = "() => [...document.querySelectorAll('video[controls]')].some(v => v.checkVisibility() && v.readyState >= 3 && v.videoWidth === 1280)"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    server = Lab(tmp_path_factory.mktemp("lab"))
    yield server
    server.stop()


def begin(notebook: Notebook, speed: float) -> None:
    notebook.type(0, SETUP.format(speed=speed))
    notebook.run(0)
    notebook.finished(0)
    notebook.type(1, MAGIC)
    notebook.run(1)
    notebook.cell(1).get_by_role("button", name="Cancel").wait_for()


@pytest.fixture(scope="module")
def both(new_page: Callable[[Lab], Page], lab: Lab) -> tuple[str, str]:
    """A notebook as it was saved while its task ran, and after the end."""
    page = new_page(lab)
    notebook = Notebook(page, lab, lab.write("first.ipynb", [""] * 3))
    notebook.open()
    begin(notebook, speed=8)
    notebook.save()
    text = (lab.folder / notebook.name).read_text()
    assert "RUNNING" in text or "PENDING" in text
    notebook.cell(1).locator("video[controls]").wait_for()
    notebook.save()
    page.close()
    return text, (lab.folder / notebook.name).read_text()


@pytest.fixture(scope="module")
def saved(both: tuple[str, str]) -> str:
    """The first of them."""
    return both[0]


@pytest.fixture
def later(
    new_page: Callable[[Lab], Page], lab: Lab, saved: str, request: pytest.FixtureRequest
) -> Iterator[Notebook]:
    """The same notebook in a page that knows none of its kernels; not yet open."""
    page = new_page(lab)
    name = (
        re.sub(r"\W+", "_", request.node.name)[-50:] + ".ipynb"
    )  # a bracket in an address is no part of a path
    (lab.folder / name).write_text(saved)
    yield Notebook(page, lab, name)
    page.close()


def test_a_card_that_was_saved_while_its_task_ran_is_finished_and_plays(later: Notebook) -> None:
    later.open()
    later.page.wait_for_function(PLAYS)
    assert later.cell(1).get_by_text("SUCCEEDED").is_visible()
    assert later.cell(1).get_by_role("button", name="Cancel").count() == 0
    assert not later.cell(1).get_by_text("Error displaying widget").is_visible()
    assert not later.cell(1).get_by_text("As of 20").is_visible()
    assert len(later.page.evaluate(SPENT, "cometact_nb:load")) == 1
    assert len(later.page.evaluate(SPENT, "cometact_nb:activate")) == 1


@pytest.mark.parametrize("status", [403, 404])
def test_without_the_servers_part_the_files_beside_the_notebook_say_it(later: Notebook, status: int) -> None:
    later.page.route(ROUTES, lambda route: route.fulfill(status=status, body=""))
    later.open()
    ended = later.cell(1).locator(".cometact-ended")
    ended.get_by_text("SUCCEEDED").wait_for()
    later.page.wait_for_function(PLAYS)
    assert "1280 × 720" in present(ended.text_content())


def test_without_server_part_and_files_the_record_stands_with_its_time(later: Notebook, lab: Lab) -> None:
    moved = lab.folder / "elsewhere"
    moved.mkdir()
    (lab.folder / later.name).rename(moved / later.name)
    later.name = f"elsewhere/{later.name}"
    later.page.route(ROUTES, lambda route: route.fulfill(status=404, body=""))
    with later.page.expect_response(re.compile("/cometact-nb/api/tasks/")):
        later.open()
    assert later.cell(1).get_by_text("As of 20").is_visible()
    assert not later.cell(1).get_by_text("Error displaying widget").is_visible()


def test_an_untrusted_notebook_gets_its_html_and_nothing_is_asked(later: Notebook, lab: Lab) -> None:
    path = Path(lab.folder / later.name)
    foreign = json.loads(path.read_text())
    foreign["cells"][2]["source"] = "# another's"
    path.write_text(json.dumps(foreign))
    asked: list[str] = []
    later.page.on("request", lambda request: asked.append(request.url))
    later.open()
    later.cell(1).get_by_text("As of 20").wait_for()
    assert later.cell(1).get_by_role("button", name="Insert below").count() == 0
    assert not [url for url in asked if "/cometact-nb/api/tasks/" in url]


def test_when_its_kernel_goes_the_history_takes_over_and_offers_the_line_that_goes_on(
    new_page: Callable[[Lab], Page], lab: Lab
) -> None:
    page = new_page(lab)
    notebook = Notebook(page, lab, lab.write("goes.ipynb", [""] * 3))
    notebook.open()
    begin(notebook, speed=1)
    notebook.restart_kernel()
    note = notebook.cell(1).locator(".cometact-gone").filter(has_text="From this server's history")
    note.wait_for()
    assert notebook.cell(1).get_by_role("button", name="Cancel").count() == 0
    line = present(note.locator("code").text_content())
    assert re.fullmatch(r'act\.task\("[0-9a-f-]{36}"\)', line)
    note.get_by_role("button", name="Insert below").click()
    note.get_by_text("Nothing was run").wait_for()
    assert line in present(notebook.cell(2).locator(".cm-content").text_content())
    assert notebook.cell(2).locator(".jp-OutputArea-output").count() == 0
    page.close()


def test_where_the_extension_is_disabled_everything_is_as_without_it(
    new_page: Callable[[Lab], Page], both: tuple[str, str], tmp_path: Path
) -> None:
    plain = Lab(tmp_path, extension=False)
    try:
        page = new_page(plain)
        for name, text in zip(("plain.ipynb", "final.ipynb"), both, strict=True):
            (plain.folder / name).write_text(text)
        notebook = Notebook(page, plain, "plain.ipynb")
        notebook.open()
        notebook.cell(1).get_by_text("As of 20").wait_for()
        assert page.evaluate(SPENT, "cometact_nb:activate") == []
        final = Notebook(page, plain, "final.ipynb")
        final.open()
        video = final.cell(1).locator("video[controls]")
        page.wait_for_function("v => v.error !== null", arg=video.element_handle())
        assert final.cell(1).get_by_text("%act_two relink").is_visible()
        page.close()
    finally:
        plain.stop()
