"""A user with the history in JupyterLab: filters it, shows, loads, resumes, cancels and finds a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from axe import findings
from present import present

if TYPE_CHECKING:
    from lab import Notebook
    from playwright.sync_api import Locator

pytestmark = pytest.mark.browser

SETUP = """
import cometact_nb as act
act.configure(history="of-this-test.sqlite")  # the other tests' tasks are none of its own
sandbox = act.use_sandbox(speed=75)
inputs = dict(reference=sandbox.reference)
done = act.submit(character=sandbox.characters[1], **inputs, seed=7).wait()
runs = act.submit(character=sandbox.character + "?scenario=never-ends", **inputs)
stopped = act.submit(character=sandbox.character + "?scenario=slow-task", **inputs)
async def stop():
    from cometact_nb.domain.events import WatchEnded
    session = act.session()
    stopped.job.watcher.cancel()  # a poll under way would begin the watch anew
    session.engine.apply(stopped.job, WatchEnded(at=session.engine.now(), reason="the key was refused"))
act.session().run(stop())
"""


@pytest.fixture
def cell(notebook: Notebook) -> Locator:
    """A cell that shows a history of three tasks: one stopped, one that runs, one done."""
    notebook.type(0, SETUP)
    notebook.run(0)
    notebook.finished(0)
    notebook.type(1, "act.history()")
    notebook.run(1)
    cell = notebook.cell(1)
    rows = cell.locator(".cometact-history li")
    rows.nth(2).wait_for()
    return cell


def filters_narrow(table: Locator, rows: Locator) -> None:
    table.get_by_label("Status").select_option("finished")
    table.get_by_text("1 task · ").wait_for()
    rows.nth(1).wait_for(state="detached")
    assert "seed 7" in rows.inner_text()
    table.get_by_label("Status").select_option("")
    rows.nth(2).wait_for()
    table.get_by_label("Text").fill("nowhere")
    table.get_by_text("No task of the history fits").wait_for()
    table.get_by_label("Text").fill("")
    table.get_by_label("Begun").select_option("1h")
    rows.nth(2).wait_for()


def posters_come_when_seen(rows: Locator) -> None:
    rows.nth(2).scroll_into_view_if_needed()  # its poster comes when it is seen
    rows.nth(2).locator("img").wait_for()
    assert rows.nth(2).locator("img").evaluate("image => image.complete && image.naturalWidth <= 224")


def buttons_act(cell: Locator, table: Locator, rows: Locator) -> None:
    rows.nth(0).get_by_role("button", name="Resume").click()
    table.get_by_text("is watched again; nothing was sent").wait_for()
    rows.nth(0).get_by_role("button", name="Resume").wait_for(state="detached")
    rows.nth(0).locator(".tag", has_text="SUCCEEDED").wait_for()  # the table follows

    rows.nth(1).get_by_role("button", name="Show").click()
    card = cell.locator(".cometact")
    card.get_by_text("RUNNING").wait_for()
    cancel = rows.nth(1).get_by_role("button", name="Cancel")
    cancel.click()
    cancel.get_by_text("Really cancel?").click()
    rows.nth(1).locator(".tag", has_text="CANCELLED").wait_for()
    card.get_by_text("CANCELLED", exact=True).wait_for()

    rows.nth(2).get_by_role("button", name="Load").click()
    panel = cell.locator(".cometact-panel")
    panel.wait_for()
    assert panel.get_by_label("Seed", exact=True).input_value() == "7"

    rows.nth(2).get_by_role("button", name="File").click()
    assert rows.nth(2).locator(".file code").inner_text().endswith(".mp4")
    folder = rows.nth(2).get_by_role("link", name="Open its folder in JupyterLab")
    assert present(folder.get_attribute("href")).endswith("/lab/tree/act_two_outputs")


def test_a_history_is_filtered_acted_on_and_kept(notebook: Notebook, cell: Locator) -> None:
    table = cell.locator(".cometact-history")
    rows = table.locator("li")
    filters_narrow(table, rows)
    posters_come_when_seen(rows)
    buttons_act(cell, table, rows)
    assert findings(notebook.page, ".cometact-history") == []

    table.get_by_role("button", name="Close what is open below").click()
    cell.locator(".cometact-panel").wait_for(state="detached")
    record = cell.locator(".cometact-history-record")
    assert not record.is_visible()
    notebook.save()
    outputs = notebook.lab.saved(notebook.name)["cells"][1]["outputs"]
    assert len(json.dumps(outputs)) < 12_000
    notebook.restart_kernel()
    notebook.reload()
    record.wait_for()
    assert "CANCELLED" in record.inner_text()
    record.locator("img").first.scroll_into_view_if_needed()
    poster = record.locator("img").first.element_handle()
    notebook.page.wait_for_function("image => image.complete && image.naturalWidth > 0", arg=poster)
