"""The panel in a real kernel, spoken to as a browser does: over the comm protocol."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.manager import start_new_kernel
from lab import environment
from nbclient import NotebookClient

CANARY = "sk-canary-51c8e0"
WIDGET = "application/vnd.jupyter.widget-view+json"
SETUP = """
%load_ext cometact_nb
import cometact_nb as act
sandbox = act.use_sandbox(75, url={url!r})
"""


class Page:
    """What a browser page knows of a kernel: the state of its widgets, and what was put out."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.models: dict[str, dict[str, Any]] = {}
        self.heard: list[str] = []
        self.outputs: list[dict[str, Any]] = []
        self.everything: list[str] = []

    def run(self, code: str) -> dict[str, Any]:
        request = self.client.execute(code, allow_stdin=False)
        self._until(lambda message: _is_idle(message, request))
        return self.client.get_shell_msg(timeout=30)["content"]  # type: ignore[no-any-return]

    def value(self, expression: str) -> Any:
        self.outputs.clear()
        self.run(f"import json as _j; print(_j.dumps({expression}))")
        return json.loads("".join(out["text"] for out in self.outputs if "text" in out))

    @property
    def form(self) -> str:
        """The newest form's model."""
        return [
            name
            for name, state in self.models.items()
            if state.get("_anywidget_id", "").endswith("PanelWidget")
        ][-1]

    @property
    def shown(self) -> dict[str, Any]:
        return self.models[self.form]["shown"]  # type: ignore[no-any-return]

    def set(self, **values: Any) -> None:
        state = {"values": {**self.models[self.form]["values"], **values}}
        self.models[self.form].update(state)
        self._comm({"method": "update", "state": state, "buffer_paths": []})

    def send(self, kind: str, **content: Any) -> None:
        self._comm({"method": "custom", "content": {"type": kind, "number": 1, **content}})

    def click(self, token: int | None = None) -> None:
        shown = self.shown
        values = self.models[self.form]["values"]
        self.send("submit", token=token or shown["token"], target=shown["target"], values=values)

    def until(self, happened) -> None:
        deadline = time.monotonic() + 30
        while not happened():
            assert time.monotonic() < deadline, f"it did not happen within 30 s: {self.shown}"
            self._read(0.2)

    def _comm(self, data: dict[str, Any]) -> None:
        message = self.client.session.msg("comm_msg", {"comm_id": self.form, "data": data})
        self.client.shell_channel.send(message)

    def _until(self, ended) -> None:
        while not ended(self._read(60)):
            pass

    def _read(self, timeout_s: float) -> dict[str, Any]:
        from queue import Empty

        try:
            message = self.client.get_iopub_msg(timeout=timeout_s)
        except Empty:
            return {}
        content = message["content"]
        self.everything.append(json.dumps(content, default=str))
        match message["msg_type"]:
            case "comm_open":
                self.models[content["comm_id"]] = content["data"]["state"]
            case "comm_msg":
                data = content["data"]
                if data["method"] == "custom":
                    self.heard.append(data["content"]["type"])
                elif content["comm_id"] in self.models:
                    self.models[content["comm_id"]].update(data["state"])
            case "stream" | "display_data" | "execute_result" | "error" | "update_display_data":
                self.outputs.append(content)
        return message  # type: ignore[no-any-return]


def _is_idle(message: dict[str, Any], request: str) -> bool:
    return (
        message.get("msg_type") == "status"
        and message["content"]["execution_state"] == "idle"
        and message["parent_header"].get("msg_id") == request
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("panel")


@pytest.fixture(scope="module")
def page(shared_sandbox, folder) -> Iterator[Page]:
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder), env=environment(folder))
    made = Page(client)
    assert made.run(SETUP.format(url=shared_sandbox.base_url))["status"] == "ok"
    yield made
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def panel(page, sandbox) -> Page:
    assert (
        page.run("panel = act.panel(character=sandbox.character, reference=sandbox.reference)")["status"]
        == "ok"
    )
    page.until(lambda: page.shown.get("valid"))
    return page


def test_the_magic_and_the_function_show_one_panel_and_return_it(page) -> None:
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


def test_editing_tells_at_once_what_is_wrong(panel) -> None:
    panel.set(expression_intensity=9, seed="many")
    panel.until(lambda: {"expression_intensity", "seed"} <= set(panel.shown["findings"]))
    assert not panel.shown["valid"]
    panel.set(expression_intensity=4, seed=7)
    panel.until(lambda: panel.shown["valid"])
    assert panel.value("panel.request.params") == {"expression_intensity": 4, "seed": 7}
    assert "--seed 7" in panel.shown["code"]["Magic"]


def test_a_double_click_is_one_post_and_the_card_lies_below(panel, sandbox) -> None:
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


def test_clicks_on_a_busy_kernel_are_heard_when_it_is_free_and_send_once(panel, sandbox) -> None:
    token = panel.shown["token"]
    panel.heard.clear()
    busy = panel.client.execute("import time; time.sleep(1)")
    panel.click(token)
    panel.click(token)
    panel._until(lambda message: _is_idle(message, busy))
    panel.until(lambda: panel.shown["token"] == token + 1)
    assert sorted(panel.heard) == ["heard", "heard", "not taken"]
    assert sandbox.posts() == 1


def test_the_record_tells_of_the_submission_when_its_task_has_ended(panel) -> None:
    panel.outputs.clear()
    panel.click()
    panel.until(
        lambda: any("SUCCEEDED" in out.get("data", {}).get("text/plain", "") for out in panel.outputs)
    )
    (last, *_) = [out["data"] for out in reversed(panel.outputs) if "text/html" in out.get("data", {})]
    assert "The last request" in last["text/html"]
    assert "<video" in last["text/html"]
    assert WIDGET not in last  # the live form is not drawn anew


def test_pasted_code_fills_the_form(panel, sandbox) -> None:
    panel.send("paste", text=f"%act_two -c {sandbox.character} -r {sandbox.reference} -e 5 -a 960:960")
    panel.until(lambda: panel.models[panel.form]["values"]["ratio"] == "960:960")
    assert panel.value("panel.request.params") == {"expression_intensity": 5, "ratio": "960:960"}


def test_nonsense_from_a_page_is_ignored(panel, sandbox) -> None:
    token = panel.shown["token"]
    for wrong in (str(token), True, 10**9, None, [token]):
        panel.send("submit", values={}, token=wrong)
    panel.send("submit", values=7, token=token)
    panel.send("upload", role="nobody", name=7, size="x", offset=None)
    panel.send("nothing-known")
    assert panel.value("len(panel.tasks)") == 0
    assert sandbox.posts() == 0
    panel.click()  # it still works
    panel.until(lambda: panel.shown["token"] == token + 1)
    assert sandbox.posts() == 1


def test_the_key_is_in_no_message_output_history_or_state(page, folder) -> None:
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
    page.run("panel, panel.values, vars(panel), panel._form.get_state(), act.session().config")
    page.run("from ipywidgets import Widget; Widget.get_manager_state()")
    page.run("get_ipython().history_manager.writeout_cache()")
    page.run(SETUP.split("\n")[-2].format(url="http://127.0.0.1:1"))
    assert len(page.everything) > 20
    assert CANARY not in "".join(page.everything)
    for path in folder.rglob("*"):
        assert not path.is_file() or CANARY.encode() not in path.read_bytes(), path


def test_a_notebook_that_ran_without_a_page_keeps_a_readable_record(tmp_path, shared_sandbox) -> None:
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
    assert WIDGET in live["data"]
    assert set(record["data"]) == {"text/html", "text/plain"}
    for fact in ("The last request", "--seed 7", "SUCCEEDED", 'src="act_two_outputs/'):
        assert fact in record["data"]["text/html"]
    assert len(json.dumps(record)) < 20_000
