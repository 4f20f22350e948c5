"""A task shown in a real kernel: what ends up in the notebook, and where there is none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest
from attended import AttendedClient

HERE = Path(__file__).parent
WIDGET = "application/vnd.jupyter.widget-view+json"
VIEW_MIME = "application/vnd.cometact-nb.view+json"
SETUP = f"""
import sys
sys.path.insert(0, {str(HERE)!r})
from pathlib import Path
import msgspec
from states import *
from cometact_nb.handles.config import Config
from cometact_nb.domain.task import TaskState
from cometact_nb.engine.engine import new_key
from cometact_nb.engine.job import Job
from cometact_nb.handles.session import Session
from cometact_nb.handles.task import task_of
from cometact_nb.views.task.show import show

session = Session(Config(history=":memory:"))

def tell(task, *happened):
    async def work():
        for event in happened:
            session.engine.apply(task.job, event)
    session.run(work())

def begin(*happened):
    job = Job(TaskState(key=new_key()), session.config.endpoint, Path("clips").resolve())
    task = task_of(session, session.register(job))
    tell(task, *happened)
    return task

clip = msgspec.structs.replace(CLIP, path=str(Path("clips/a.mp4").resolve()), poster=None)
done = [seen(Status.RUNNING, progress=0.5), seen(Status.SUCCEEDED, output_urls=(SIGNED,)), saved(clip)]
task = begin(intended(), ACCEPTED)
"""


def run(folder: Path, *cells: str) -> list[list[dict[str, Any]]]:
    """The outputs of ``cells`` in a fresh kernel."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in (SETUP, *cells)])
    AttendedClient(notebook, timeout=60, resources={"metadata": {"path": str(folder)}}).execute()
    return [cell.outputs for cell in notebook.cells[1:]]


def test_an_unfinished_task_is_a_widget_and_below_it_a_record_that_says_when_it_was_made(
    tmp_path: Path,
) -> None:
    ((live, record),) = run(tmp_path, "show(task)")
    assert set(live["data"]) == {WIDGET, VIEW_MIME, "text/html", "text/plain"}
    assert set(record["data"]) == {VIEW_MIME, "text/html", "text/plain"}
    described = record["data"][VIEW_MIME]
    assert live["data"][VIEW_MIME] == described | {"model_id": live["data"][WIDGET]["model_id"]}
    assert (described["version"], described["kind"], described["id"][:8]) == (1, "task", "5b91e444")
    assert "5b91e444" in described["stem"]
    assert not Path(described["folder"]).is_absolute()
    assert 'class="cometact-record"' in record["data"]["text/html"]  # which a live view beside it hides
    for said in ("PENDING", "5b91e444", "As of 20", "act.task("):
        assert said in record["data"]["text/html"]
    assert "PENDING" in record["data"]["text/plain"]


def test_the_record_follows_its_task(tmp_path: Path) -> None:
    begin = "task = begin(intended())\nshow(task)"
    accepted = "tell(task, ACCEPTED)\nassert session.flush(10)"
    (_, record), _ = run(tmp_path, begin, accepted)
    assert "5b91e444" in record["data"]["text/html"]
    assert "PENDING" in record["data"]["text/plain"]


def test_when_the_task_ends_while_its_cell_waits_the_card_is_frozen(tmp_path: Path) -> None:
    ((gone, output),) = run(tmp_path, "show(task)\ntell(task, *done)\nassert session.flush(10)")
    assert gone["data"] == {"text/html": "", "text/plain": ""}
    assert set(output["data"]) == {VIEW_MIME, "text/html", "text/plain"}
    assert output["data"][VIEW_MIME]["final"]
    assert [output["data"][VIEW_MIME][name] for name in ("folder", "stem")] == ["clips", "a"]
    assert 'src="clips/a.mp4"' in output["data"]["text/html"]
    assert "cometact-record" not in output["data"]["text/html"]  # the live card of another task hides it not
    assert "SECRET-SIGNATURE" not in json.dumps(output)


def test_when_the_task_ends_during_another_cell_the_first_cells_card_is_frozen(tmp_path: Path) -> None:
    (_, shown), other = run(tmp_path, "show(task)", "tell(task, *done)\nassert session.flush(10)")
    assert 'src="clips/a.mp4"' in shown["data"]["text/html"]
    assert not other


def test_every_display_of_a_task_is_frozen(tmp_path: Path) -> None:
    for live, record in run(
        tmp_path, "show(task)", "show(task)\ntell(task, *done)\nassert session.flush(10)"
    ):
        assert WIDGET not in live["data"]
        assert "SUCCEEDED" in record["data"]["text/plain"]


def test_a_task_that_has_ended_is_plain_html_at_once(tmp_path: Path) -> None:
    ((gone, output),) = run(tmp_path, "tell(task, *done)\nshow(task)")
    assert set(gone["data"]) == set(output["data"]) - {VIEW_MIME} == {"text/html", "text/plain"}


def test_the_card_of_a_lost_answer_stays_live_since_its_buttons_settle_it(tmp_path: Path) -> None:
    lost = "task = begin(intended(), events.Unconfirmed(at=NOW, reason='the connection was reset'))"
    ((live, record),) = run(tmp_path, f"{lost}\nshow(task)")
    assert WIDGET in live["data"]
    assert "UNCONFIRMED" in record["data"]["text/plain"]


def test_a_task_that_goes_on_after_all_is_live_again_and_frozen_again(tmp_path: Path) -> None:
    stopped = "task = begin(intended(), ACCEPTED, events.WatchEnded(at=NOW, reason='refused'))\nshow(task)"
    go_on = "tell(task, events.WatchBegan(at=NOW))\nassert session.flush(10)"
    ((frozen, _),) = run(tmp_path, stopped)
    assert WIDGET not in frozen["data"]
    (live, _), _ = run(tmp_path, stopped, go_on)
    assert WIDGET in live["data"]
    (again, record), *_ = run(tmp_path, stopped, go_on, "tell(task, *done)\nassert session.flush(10)")
    assert WIDGET not in again["data"]
    assert "SUCCEEDED" in record["data"]["text/plain"]


def test_freezing_can_be_turned_off(tmp_path: Path) -> None:
    ((live, record),) = run(
        tmp_path, "session.configure(freeze=False)\nshow(task)\ntell(task, *done)\nassert session.flush(10)"
    )
    assert WIDGET in live["data"]
    assert "SUCCEEDED" in record["data"]["text/plain"]


def test_one_execution_of_a_cell_shows_a_task_once_if_asked_to(tmp_path: Path) -> None:
    twice = "show(task, once_per_cell=True)\nshow(task, once_per_cell=True)"
    assert [len(outputs) for outputs in run(tmp_path, twice, twice, "show(task)\nshow(task)")] == [2, 2, 4]


def test_outside_a_notebook_a_task_is_text_and_no_widget_library_is_loaded(tmp_path: Path) -> None:
    code = SETUP + "show(task)\nprint([name for name in ('IPython', 'ipywidgets') if name in sys.modules])"
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.startswith("Act-Two 5b91e444 · PENDING")
    assert told.stdout.rstrip().endswith("[]")


@pytest.mark.parametrize("module", ["card", "text", "preview", "show"])
def test_views_are_imported_without_the_widget_libraries(module: str) -> None:
    code = (
        f"import sys, cometact_nb.views.task.{module}\n"
        "assert not {'IPython', 'ipywidgets', 'anywidget', 'httpx', 'sqlite3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


LISTENERS = """
listeners = set()
def counted(callback, add=task.add_listener):
    listeners.add(callback)
    remove = add(callback)
    def leave():
        listeners.discard(callback)
        remove()
    return leave
task.add_listener = counted
"""


def test_a_hundred_outputs_of_a_task_have_one_listener_and_all_of_them_follow(tmp_path: Path) -> None:
    outputs, printed = run(
        tmp_path,
        f"{LISTENERS}\nfor _ in range(100):\n    show(task)",
        "tell(task, *done)\nassert session.flush(10)\nprint(len(listeners))",
    )
    assert printed[0]["text"] == "1\n"
    assert len(outputs) == 200
    assert sum("SUCCEEDED" in output["data"]["text/plain"] for output in outputs) == 100
    assert not any(WIDGET in output["data"] for output in outputs)


def test_a_card_that_a_front_end_closes_listens_no_more(tmp_path: Path) -> None:
    ((printed,),) = run(
        tmp_path,
        f"{LISTENERS}\nfor _ in range(100):\n    task._display_().close()\nprint(len(listeners))",
    )
    assert printed["text"] == "0\n"
