"""The panel in a real kernel, spoken to as a browser does: over the comm protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from kernels import Page, is_idle, running
from lab import environment
from nbclient import NotebookClient

if TYPE_CHECKING:
    from services import SandboxProcess

CANARY = "sk-canary-51c8e0"
WIDGET = "application/vnd.jupyter.widget-view+json"
VIEW_MIME = "application/vnd.cometact-nb.view+json"
SETUP = """
%load_ext cometact_nb
import cometact_nb as act
sandbox = act.use_sandbox(75, url={url!r})
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("panel")


@pytest.fixture(scope="module")
def page(shared_sandbox: SandboxProcess, folder: Path) -> Iterator[Page]:
    with running(folder) as client:
        made = Page(client)
        assert made.run(SETUP.format(url=shared_sandbox.base_url))["status"] == "ok"
        yield made


@pytest.fixture
def panel(page: Page, sandbox: SandboxProcess) -> Page:
    assert (
        page.run("panel = act.panel(character=sandbox.character, reference=sandbox.reference)")["status"]
        == "ok"
    )
    page.until(lambda: page.shown.get("valid"))
    return page


def test_the_magic_and_the_function_show_one_panel_and_return_it(page: Page) -> None:
    for code in ("act.panel(seed=7)", "%act_two panel --seed 7 -e 4"):
        page.outputs.clear()
        assert page.run(code)["status"] == "ok"
        data = [out["data"] for out in page.outputs if "data" in out]
        assert [WIDGET in bundle for bundle in data] == [True, False]  # the form, and its record
        assert page.value("_.values['seed']") == 7
    assert page.value("_.values['expression_intensity']") == 4
    assert page.run("%act_two panel --wait")["ename"] == "UsageError"
    assert page.run("%act_two panel -o form")["status"] == "ok"
    assert page.value("form.tasks") == []


def test_editing_tells_at_once_what_is_wrong(panel: Page) -> None:
    panel.set(expression_intensity=9, seed="many")
    panel.until(lambda: {"expression_intensity", "seed"} <= set(panel.shown["findings"]))
    assert not panel.shown["valid"]
    panel.set(expression_intensity=4, seed=7)
    panel.until(lambda: panel.shown["valid"])
    assert panel.value("panel.request.params") == {"expression_intensity": 4, "seed": 7}
    assert "--seed 7" in panel.shown["code"]["Magic"]


def test_the_record_follows_what_is_typed(panel: Page) -> None:
    panel.outputs.clear()
    panel.set(seed="-4")

    def record() -> str:
        updates = [out for out in panel.outputs if out["kind"] == "update_display_data"]
        return updates[-1]["data"]["text/html"] if updates else ""

    panel.until(lambda: "What was typed into the form; it was not submitted" in record())
    assert "-4" in record()
    panel.set(seed=5)
    panel.until(lambda: "--seed 5" in record())  # some seconds later: it is not sent at each key
    assert "What was typed" not in record()


def test_a_double_click_is_one_post_and_the_card_lies_below(panel: Page, sandbox: SandboxProcess) -> None:
    panel.set(seed=8)
    token = panel.shown["token"]
    panel.click(token)
    panel.click(token)
    panel.click(token)
    panel.until(lambda: panel.shown["token"] > token)
    assert sandbox.posts() == 1
    assert panel.value("len(panel.tasks)") == 1
    cards = [state for state in panel.models.values() if state.get("live", {}).get("id")]
    panel.until(lambda: any(card["live"]["label"] == "SUCCEEDED" for card in cards))
    panel.click(token)  # a message that was long on its way
    panel.click()
    panel.until(lambda: panel.shown["token"] == token + 2)
    assert sandbox.posts() == 2


def test_clicks_on_a_busy_kernel_are_heard_when_it_is_free_and_send_once(
    panel: Page, sandbox: SandboxProcess
) -> None:
    token = panel.shown["token"]
    panel.messages.clear()
    busy = panel.client.execute("import time; time.sleep(1)")
    panel.click(token)
    panel.click(token)
    panel.read_until(lambda message: is_idle(message, busy))
    panel.until(lambda: panel.shown["token"] == token + 1 and len(panel.heard) >= 3)
    assert sorted(panel.heard) == ["heard", "heard", "not taken"]
    assert sandbox.posts() == 1


def test_the_record_tells_of_the_submission_when_its_task_has_ended(panel: Page) -> None:
    panel.outputs.clear()
    panel.click()
    panel.until(
        lambda: any("SUCCEEDED" in out.get("data", {}).get("text/plain", "") for out in panel.outputs)
    )
    (last, *_) = [out["data"] for out in reversed(panel.outputs) if "text/html" in out.get("data", {})]
    assert "The last request" in last["text/html"]
    assert "<video" in last["text/html"]
    assert WIDGET not in last  # the live form is not drawn anew


def test_pasted_code_fills_the_form(panel: Page, sandbox: SandboxProcess) -> None:
    panel.send("paste", text=f"%act_two -c {sandbox.character} -r {sandbox.reference} -e 5 -a 960:960")
    panel.until(lambda: panel.models[panel.form]["values"]["ratio"] == "960:960")
    assert panel.value("panel.request.params") == {"expression_intensity": 5, "ratio": "960:960"}


def test_nonsense_from_a_page_is_ignored(panel: Page, sandbox: SandboxProcess) -> None:
    token = panel.shown["token"]
    for wrong in (str(token), True, 10**9, None, [token]):
        panel.send("submit", values={}, token=wrong)
    panel.send("submit", values=7, token=token)
    panel.send("upload", role="nobody", name=7, size="x", offset=None)
    panel.send("nothing-known")
    assert panel.value("len(panel.tasks)") == 0
    assert sandbox.posts() == 0
    panel.click()  # it still works
    panel.until(lambda: panel.shown["token"] == token + 1 and sandbox.posts() > 0)
    assert sandbox.posts() == 1


def test_the_key_is_in_no_message_output_history_or_state(page: Page, folder: Path) -> None:
    page.run("%xmode Verbose")
    page.run("act.leave_sandbox(); panel = act.panel(character='https://a.example/h.png')")
    page.send("hello")
    page.until(lambda: page.shown.get("key") is False)
    page.everything.clear()
    page.send("key", key=CANARY)
    page.until(lambda: page.shown["key"])
    page.send("key", key=f"two words {CANARY}")
    page.until(lambda: page.shown["said"]["place"] == "key")
    assert page.value(f"act.session().config.api_key.reveal() == {CANARY[::-1]!r}[::-1]")
    page.run("panel.submit()")
    page.run("%tb")
    page.run("panel, panel.values, vars(panel), panel.controller.form.get_state(), act.session().config")
    page.run("from ipywidgets import Widget; Widget.get_manager_state()")
    page.run("get_ipython().history_manager.writeout_cache()")
    page.run(SETUP.split("\n")[-2].format(url="http://127.0.0.1:1"))
    assert len(page.everything) > 20
    assert CANARY not in "".join(page.everything)
    for path in folder.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path


def test_a_notebook_that_ran_without_a_page_keeps_a_readable_record(
    tmp_path: Path, shared_sandbox: SandboxProcess
) -> None:
    cells = [
        SETUP.format(url=shared_sandbox.base_url),
        "panel = act.panel(character=sandbox.character, reference=sandbox.reference, seed=7)",
        "panel.submit().wait()",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(
        notebook, timeout=60, store_widget_state=True, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env=environment(tmp_path))
    live, record = notebook.cells[1].outputs
    assert WIDGET not in live["data"]
    assert set(record["data"]) == {VIEW_MIME, "text/html", "text/plain"}
    for fact in ("The last request", "--seed 7", "SUCCEEDED", 'src="act_two_outputs/'):
        assert fact in record["data"]["text/html"]
    assert len(json.dumps(record)) < 20_000
