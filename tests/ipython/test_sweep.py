"""A sweep's live view in a real kernel, spoken to as a browser does: over the comm protocol."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from kernels import Page, running
from lab import environment
from nbclient import NotebookClient

if TYPE_CHECKING:
    from services import SandboxProcess

WIDGET = "application/vnd.jupyter.widget-view+json"
VIEW_MIME = "application/vnd.cometact-nb.view+json"
SETUP = """
%load_ext cometact_nb
import cometact_nb as act
sandbox = act.use_sandbox(75, url={url!r})
act.configure(max_in_flight=4)
def sweep_of(character=sandbox.character, **fields):
    return act.sweep(character=character, reference=sandbox.reference, **fields)
def bad(scenario):
    return f"{{sandbox.character}}?scenario={{scenario}}"
"""


class SweepPage(Page):
    """A page with a sweep on it."""

    @property
    def sweep(self) -> dict[str, Any]:
        return self.models[self.model("SweepWidget")]

    def told(self) -> dict[str, Any]:
        return self.head

    @property
    def head(self) -> dict[str, Any]:
        return self.sweep["head"]  # type: ignore[no-any-return]

    def send(self, kind: str, **content: Any) -> None:
        data = {"method": "custom", "content": {"type": kind, "view": "v", **content}}
        self.comm(self.model("SweepWidget"), data)

    def act(self, what: str, **changes: Any) -> None:
        action = self.head["actions"].get(what, {})
        self.send(
            "act",
            what=what,
            number=1,
            **{"token": self.head["token"], "agreed": action.get("agreed"), **changes},
        )

    def state(self, word: str) -> None:
        self.until(lambda: self.head["state"] == word)

    def answer(self, kind: str) -> tuple[dict[str, Any], list[Any]]:
        """The first message of a type to this view, once it comes."""

        def found() -> list[Any]:
            return [(content, buffers) for content, buffers in self.messages if content["type"] == kind]

        self.until(found)
        return found()[0]  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def kernel(shared_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SweepPage]:
    folder = tmp_path_factory.mktemp("sweep")
    with running(folder) as client:
        made = SweepPage(client)
        assert made.run(SETUP.format(url=shared_sandbox.base_url))["status"] == "ok"
        yield made


@pytest.fixture
def page(kernel: SweepPage, sandbox: SandboxProcess) -> SweepPage:
    kernel.messages.clear()
    kernel.outputs.clear()
    return kernel


def test_a_sweep_at_the_end_of_a_cell_is_one_model_that_comes_alive_and_freezes(
    page: SweepPage, sandbox: SandboxProcess
) -> None:
    page.run("sweep = sweep_of(expression_intensity=[1, 3], seed=[1, 2]); sweep.run()")
    assert [name.get("_anywidget_id", "").endswith("SweepWidget") for name in page.models.values()].count(
        True
    ) == 1
    live, record = [out["data"] for out in page.outputs if "data" in out][:2]
    assert set(live) == {WIDGET, VIEW_MIME, "text/html", "text/plain"}
    assert "4 cells" in record["text/html"]
    assert page.sweep["grid"]["rows"] == "Expression intensity"
    page.state("FINISHED")
    assert [code[0] for code in page.sweep["cells"]] == ["d"] * 4
    page.until(lambda: WIDGET not in page.shown_in(0) and "4 done" in page.shown_in(1)["text/html"])
    frozen = page.shown_in(1)
    assert frozen["text/html"].count("data:image/jpeg") == 4
    assert len(json.dumps(frozen)) < 4 * 6000


def test_a_cell_shows_a_sweep_once(page: SweepPage) -> None:
    for code in ("sweep = sweep_of(seed=[101]); sweep", "sweep.run(); sweep.run()", "sweep.wait(); sweep"):
        page.outputs.clear()
        page.run(code)
        assert [out["kind"] for out in page.outputs].count("display_data") == 2, (
            code
        )  # the view and its record


def test_a_sweep_that_is_run_again_after_its_end_comes_alive_again(page: SweepPage) -> None:
    page.run("sweep = sweep_of(bad('never-ends'), seed=range(110, 116)); sweep.run(canary=False)")
    page.until(lambda: sum(code[0] in "rwt" for code in page.sweep["cells"]) == 4)
    page.run("_ = sweep.cancel().wait()")
    page.until(lambda: WIDGET not in page.shown_in(0) and "CANCELLED" in str(page.outputs))
    page.outputs.clear()
    page.run("_ = sweep.run()")
    page.until(lambda: any(WIDGET in out.get("data", {}) for out in page.outputs))
    page.state("RUNNING")
    page.run("_ = sweep.cancel()")


def test_retry_buys_once_however_often_it_is_clicked(page: SweepPage, sandbox: SandboxProcess) -> None:
    page.run("sweep = sweep_of(bad('internal'), seed=[121, 122]); sweep.run()")
    page.state("FINISHED")
    assert page.head["hint"].startswith("2 of 2 without a clip: The service failed (INTERNAL).")
    assert sandbox.posts() == 2
    token = page.head["token"]
    for _ in range(3):
        page.act("retry", token=token)
    page.until(lambda: page.head["token"] > token and sandbox.posts() == 4)
    page.state("FINISHED")
    page.act("retry", token=token)  # a message that was long on its way
    page.run("sweep.wait()")
    assert sandbox.posts() == 4


def test_a_click_never_buys_more_than_the_page_said(page: SweepPage, sandbox: SandboxProcess) -> None:
    page.run("act.configure(price=0.4); sweep = sweep_of(seed=[131, 132, 133]); sweep")
    assert page.head["actions"]["run"]["agreed"] == pytest.approx(1.2)
    page.run("act.configure(price=0.6)")  # dearer than what is on the page
    page.act("run", agreed=1.2)
    note, _ = page.answer("note")
    assert "more than max_cost=$1.20" in note["text"]
    assert sandbox.posts() == 0
    page.run("act.configure(price=0)")


def test_pause_and_go_on_and_cancel_are_clicks(page: SweepPage, sandbox: SandboxProcess) -> None:
    page.run("sweep = sweep_of(bad('never-ends'), seed=range(140, 148)); sweep.run(canary=False)")
    page.until(lambda: sum(code[0] in "rwt" for code in page.sweep["cells"]) == 4)
    page.until(lambda: sandbox.posts() == 4)
    page.act("pause")
    page.state("PAUSED")
    page.until(lambda: set(page.head["actions"]) == {"run", "cancel"})
    assert sandbox.posts() == 4
    page.act("run")
    page.state("RUNNING")
    page.until(lambda: "cancel" in page.head["actions"] and not page.head["acting"])
    page.act("cancel")
    page.state("CANCELLED")
    page.until(lambda: page.head["counts"] == {"h": 4, "c": 4})
    assert sandbox.posts() == 4


def test_posters_details_and_clips_come_by_message_and_are_in_no_state(page: SweepPage) -> None:
    page.run(
        "act.configure(freeze=False); sweep = sweep_of(expression_intensity=3, seed=[1, 2]); sweep.run()"
    )
    page.state("FINISHED")
    page.run("act.configure(freeze=True)")
    page.send("posters", cells=[0, 1, 99, -1, "x"])
    told, buffers = page.answer("posters")
    assert told["cells"] == [0, 1]
    assert all(bytes(buffer)[:2] == b"\xff\xd8" for buffer in buffers)
    assert sum(len(bytes(buffer)) for buffer in buffers) < 24_000
    page.send("open", cell=1)
    card, _ = page.answer("card")
    assert card["cell"] == 1
    assert card["live"]["label"] == "SUCCEEDED"
    assert "--seed 2" in card["html"]
    page.send("clip", cell=1, index=0, offset=0, size=1 << 19)
    clip, buffers = page.answer("clip")
    assert clip["total"] == len(bytes(buffers[0]))
    assert bytes(buffers[0])[4:8] == b"ftyp"
    assert len(json.dumps(page.sweep["cells"]) + json.dumps(page.head)) < 2000


def test_the_card_of_a_cell_gives_its_request_as_text_and_its_inputs_to_who_asks(page: SweepPage) -> None:
    page.run("act.configure(freeze=False); signed = sandbox.character + '?X-Amz-Signature=SIGNED'")
    page.run("sweep = sweep_of(signed, seed=[151]); sweep.run()")
    page.state("FINISHED")
    page.run("act.configure(freeze=True)")
    page.send("copy", cell=0, form="curl")
    form, _ = page.answer("form")
    assert (form["view"], form["cell"]) == ("v", 0)
    assert "curl" in form["text"]
    assert "X-Amz-Signature=SIGNED" in form["text"]
    page.send("input", cell=0, name="character")
    picture, _ = page.answer("input")
    assert picture["url"].endswith("?X-Amz-Signature=SIGNED")
    assert (picture["view"], picture["cell"], picture["kind"]) == ("v", 0, "image")
    assert "SIGNED" not in json.dumps(page.sweep, default=str)


def test_the_page_hears_of_an_open_cell_as_it_changes(page: SweepPage) -> None:
    page.run("sweep = sweep_of(seed=[161]); sweep")
    page.send("open", cell=0)
    card, _ = page.answer("card")
    assert card["live"] is None
    assert "Not sent" in card["html"]
    page.run("sweep.run()")
    page.until(
        lambda: any(content["type"] == "card" and (content["live"] or {}).get("label") == "SUCCEEDED"
                    for content, _ in page.messages)
    )  # fmt: skip


def test_a_lost_answer_and_a_refusal_for_now_are_in_sight(page: SweepPage, sandbox: SandboxProcess) -> None:
    page.run("lost = bad('lost-answer'); slow = bad('rate-limited:retry_after=600')")
    page.run("sweep = sweep_of([lost, slow], seed=181); sweep.run(canary=False)")
    page.until(lambda: page.head["counts"] == {"t": 1, "u": 1})
    assert "settle it with cell.task.confirm('its id')" in page.head["hint"]
    page.act("cancel")
    page.until(lambda: page.head["counts"] == {"u": 1, "h": 1})
    assert sandbox.posts() == 2


def test_nonsense_from_a_page_is_ignored(page: SweepPage, sandbox: SandboxProcess) -> None:
    page.run("sweep = sweep_of(seed=[171]); sweep")
    wrong: Any
    for wrong in ({"type": "open", "cell": 7}, {"type": "posters", "cells": 7}, {"type": "act"}, [], "x", None,
                  {"type": "act", "what": "run", "token": "1", "number": 1, "agreed": 9},
                  {"type": "act", "what": "dance", "token": page.head["token"], "number": 1}):  # fmt: skip
        page.comm(page.model("SweepWidget"), {"method": "custom", "content": wrong})
    page.send("clip", cell=0, index=0, offset=0, size=10)
    page.send("posters", cells=[0])
    _, buffers = page.answer("posters")
    assert [bytes(buffer) for buffer in buffers] == [b""]
    assert sandbox.posts() == 0


def test_two_hundred_cells_are_a_few_small_messages_a_second(
    page: SweepPage, sandbox: SandboxProcess
) -> None:
    page.run("act.configure(max_in_flight=50)")
    page.run(
        "sweep = sweep_of(bad('internal'), expression_intensity=[1, 2, 3, 4], seed=range(200, 250)); sweep.run(canary=False)"
    )
    page.updates.clear()
    page.everything.clear()
    page.until(lambda: page.head["counts"].get("f", 0) >= 20 and len(page.updates) >= 3)
    took_s = page.updates[-1] - page.updates[0]
    assert len(page.updates) <= 3 * took_s + 3
    records = [content for content in page.everything if "cometact-sweep-record" in content]
    assert len(records) <= 3 + took_s / 5  # that it has begun, and then one every 5 s at the most
    assert max(len(content) for content in page.everything if content not in records) < 12_000
    page.run("_ = sweep.cancel(); act.configure(max_in_flight=4)")


def test_several_values_on_a_line_make_a_sweep_that_is_shown_and_returned(
    page: SweepPage, sandbox: SandboxProcess
) -> None:
    told = page.run(
        "magic = %act_two -c {sandbox.character} -r {sandbox.reference} -e 3 --seed 1:2 --name line"
    )
    assert told["status"] == "ok"
    assert [out["kind"] for out in page.outputs].count("display_data") == 2
    assert page.value("[magic.name, [cell.request.seed for cell in magic.cells]]") == ["line", [1, 2]]
    page.run(
        "%act_two -c {sandbox.character} -r {sandbox.reference} -e 3 --seed 1:2 --name line -o kept -q --wait"
    )
    assert page.value("[kept is magic, dict(kept.counts)]") == [True, {"SUCCEEDED": 2}]
    assert sandbox.posts() <= 2  # fewer when other tests have bought them


def test_a_dry_run_of_several_values_shows_the_plan_and_sends_nothing(
    page: SweepPage, sandbox: SandboxProcess
) -> None:
    page.run(
        "%act_two -c {sandbox.character} -c https://a.example/a,b.png -r {sandbox.reference} -e 1,3,5 -b on,off -n"
    )
    (shown,) = [out["data"] for out in page.outputs if out["kind"] == "display_data"]
    assert "12 cells" in shown["text/html"]
    assert "a,b.png" in shown["text/html"]
    assert sandbox.posts() == 0


LINE = "%act_two -c {sandbox.character} -r {sandbox.reference} --seed 901:908"


@pytest.mark.parametrize(
    ("more", "name", "told"),
    [
        ("", "ApprovalNeeded", "8 cells cost $3.20 (8 × $0.40, configure(price=…)), more than $2.00. Nothing was sent. Look with --dry-run"),
        ("--max-cost 1", "ApprovalNeeded", "more than $1.00. Nothing was sent."),
        ("--max-cost lots", "UsageError", "--max-cost 'lots' is not an amount"),
        ("-e 1,,3", "RequestError", "nothing between two commas"),
        ("-e 1,9", "RequestError", "1–5"),
        ("--replicates 0", "RequestError", "integer ≥ 1"),
        ("--replicates 2,3", "RequestError", "replicates"),
        ("--nested --wait", "UsageError", "--nested is for a single request"),
    ],
)  # fmt: skip
def test_a_line_that_costs_too_much_or_is_wrong_is_one_message_and_sends_nothing(
    page: SweepPage, sandbox: SandboxProcess, more: str, name: str, told: str
) -> None:
    page.run("act.configure(price=0.4)")
    reply = page.run(f"{LINE} {more}")
    assert reply["status"] == "error"
    assert reply["ename"] == name
    assert told in reply["evalue"]
    assert "Traceback" not in json.dumps(page.outputs)
    assert sandbox.posts() == 0
    page.run("act.configure(price=0)")


def test_the_options_of_a_sweep_are_passed_on(page: SweepPage, sandbox: SandboxProcess) -> None:
    page.run("act.configure(price=0.4)")
    page.run("character = bad('internal')")
    page.run(
        "%act_two -c $character -r {sandbox.reference} --seed 911 --replicates 3 --max-cost 0.8 --yes -o few --no-canary"
    )
    page.state("PAUSED")
    assert sandbox.posts() == 2
    assert page.value("[few.problem, few.approved_usd]") == ["its budget of $0.80 is used up", 0.8]
    page.run("act.configure(price=0)")


def test_a_notebook_that_ran_without_a_page_keeps_a_readable_record(
    tmp_path: Path, shared_sandbox: SandboxProcess
) -> None:
    cells = [
        SETUP.format(url=shared_sandbox.base_url),
        "sweep = sweep_of([sandbox.character, bad('internal')], seed=1); sweep.run()",
        "sweep.wait().counts",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute(
        env=environment(tmp_path)
    )
    live, record = notebook.cells[1].outputs
    assert WIDGET not in live["data"]
    for said in ("1 done · 1 failed", "sweep.retry() buys 1 cell again", 'href="act_two_outputs/'):
        assert said in record["data"]["text/html"]
    assert len(json.dumps(record)) < 2 * 6000
