"""``%act_two history``, ``show``, ``resume`` and ``cancel`` in real kernels, one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kernels import Kernel, running
from services import SandboxProcess, new_session, submit

SETUP = """
%load_ext cometact_nb
import cometact_nb as act
sandbox = act.use_sandbox(75, url={url!r})
hero, clip = sandbox.character, sandbox.reference
"""
HEAVY = ["httpx", "cometact_nb.engine.engine", "cometact_nb.handles.session", "ipywidgets", "av"]


@pytest.fixture(scope="module")
def left(tmp_path_factory: pytest.TempPathFactory, shared_sandbox: SandboxProcess) -> dict[str, str]:
    """What an earlier kernel left: a finished task, one that runs, and a request whose answer was lost."""
    folder = tmp_path_factory.mktemp("left")
    session = new_session(folder, shared_sandbox)
    done = submit(session, shared_sandbox, seed=7).wait(60)
    with pytest.raises(Exception, match="outcome is unknown"):
        submit(session, shared_sandbox, character=shared_sandbox.playing("lost-answer"))
    runs = submit(session, shared_sandbox, character=shared_sandbox.playing("never-ends"))
    session.close()
    assert done.id is not None
    assert runs.id is not None
    return {"folder": str(folder), "done": done.id, "runs": runs.id}


class FreshKernel(Kernel):
    """A kernel, what it said when the extension was loaded, and which heavy modules that loaded."""

    greeting: dict[str, Any]
    loaded: list[str]


@pytest.fixture(scope="module")
def kernel(left: dict[str, str], shared_sandbox: SandboxProcess) -> Iterator[FreshKernel]:
    with running(Path(left["folder"])) as client:
        made = FreshKernel(client)
        made.greeting = made.run("%load_ext cometact_nb")
        made.loaded = made.value(f"[m for m in {HEAVY!r} if m in __import__('sys').modules]")
        assert made.run(SETUP.format(url=shared_sandbox.base_url))["status"] == "ok"
        yield made


def test_a_fresh_kernel_says_in_one_line_what_has_not_ended_and_loads_nothing_heavy(
    kernel: FreshKernel,
) -> None:
    (said,) = kernel.greeting["outputs"]
    assert said["text"] == "cometact_nb: the history has 1 unfinished task. %act_two resume takes them up.\n"
    assert kernel.loaded == []
    assert kernel.run("%reload_ext cometact_nb")["outputs"] == []  # this kernel knows its tasks


def test_a_line_mends_the_links_of_a_notebook_or_says_in_a_line_why_not(
    kernel: FreshKernel, left: dict[str, str]
) -> None:
    name = "moved.ipynb"
    empty = '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
    (Path(left["folder"]) / name).write_text(empty)
    assert f"{name} had to be changed" in kernel.run(f"%act_two relink {name}")["text"]
    (message,) = kernel.run("%act_two relink nowhere.ipynb")["outputs"]
    assert "%act_two relink: " in str(message)
    assert "nowhere.ipynb cannot be read (No such file or directory)." in str(message)


def test_a_history_that_is_missing_or_broken_does_not_keep_the_extension_from_loading(tmp_path: Path) -> None:
    code = """
import os
for content in (None, b"no database" * 500):
    path = os.environ["COMETACT_NB_HISTORY"]
    if content:
        open(path, "wb").write(content)
    %reload_ext cometact_nb
    print(os.path.exists(path))
"""
    with running(tmp_path) as client:
        told = Kernel(client).run(code)
    assert (told["status"], "".join(out["text"] for out in told["outputs"])) == ("ok", "False\nTrue\n")


def test_the_history_is_shown_once_and_is_a_value(kernel: FreshKernel, left: dict[str, str]) -> None:
    told = kernel.run("rows = %act_two history --status finished --since 1d --limit 10")
    live, shown = [out["data"] for out in told["outputs"] if "text/html" in out.get("data", {})]
    assert "application/vnd.jupyter.widget-view+json" in live
    assert "SUCCEEDED" in shown["text/html"]
    assert "seed 7" in shown["text/plain"]
    assert kernel.value("[row.id for row in rows if row.id]") == [left["done"]]
    again = kernel.run("%act_two history --text " + left["done"][:8])
    assert (
        sum("text/html" in out.get("data", {}) for out in again["outputs"]) == 2
    )  # the table and its record
    assert kernel.value("len(_)") == 1
    assert "No task of the history fits" in kernel.run("act.history(text='nowhere')")["text"]


def test_a_task_is_shown_by_the_beginning_of_its_id(kernel: FreshKernel, left: dict[str, str]) -> None:
    told = kernel.run(f"task = %act_two show {left['done'][:6]}")
    assert "SUCCEEDED" in told["text"]
    assert kernel.value("task.id") == left["done"]


def test_everything_is_taken_up_in_a_line_and_a_task_is_cancelled_by_its_id(
    kernel: FreshKernel, left: dict[str, str], shared_sandbox: SandboxProcess
) -> None:
    posts = shared_sandbox.posts()
    told = kernel.run("%act_two resume")
    assert told["outputs"][0]["text"] == (
        "Resumed: 1 task watched on; 1 request UNCONFIRMED, for you to settle.\n"
    )
    assert "cancel" in kernel.run(f"%act_two cancel {left['runs'][:8]}")["text"]
    kernel.run(
        f"import contextlib\nwith contextlib.suppress(act.errors.TaskCancelled):\n    act.task('{left['runs']}').wait(60)"
    )
    assert kernel.value(f"act.task('{left['runs']}').status") == "CANCELLED"
    assert "has ended already" in kernel.run(f"%act_two cancel {left['runs'][:8]}")["text"]
    assert shared_sandbox.posts() == posts


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("history --status DONE", "status='DONE' is no status"),
        ("history --since soon", "since='soon' is no moment"),
        ("history --limit none", "limit='none'"),
        ("history --stauts FAILED", "Did you mean --status?"),
        ("show", "which task?"),
        ("show zzzz", "no task whose id starts with 'zzzz'"),
        ("cancel ../etc", "is no task id"),
        ("resme", "Did you mean %act_two resume?"),
    ],
)
def test_a_mistake_is_one_message(kernel: FreshKernel, line: str, told: str) -> None:
    answer = kernel.run(f"%act_two {line}")
    assert answer["status"] == "error"
    assert told in answer["text"]
    assert "Traceback" not in answer["text"]


def test_ids_statuses_and_commands_are_completed(kernel: FreshKernel, left: dict[str, str]) -> None:
    for code, expected in {
        "%act_two hist": "%act_two history",
        "%act_two history --sta": "%act_two history --status",
        "%act_two history --status SUCC": "%act_two history --status SUCCEEDED",
        "%act_two history --status=unf": "%act_two history --status=unfinished",
        f"%act_two show {left['done'][:5]}": f"%act_two show {left['done']}",
        f"t = %act_two cancel {left['runs'][:5]}": f"t = %act_two cancel {left['runs']}",
    }.items():
        assert expected in kernel.complete(code)


def test_help_is_each_parser_s_own(kernel: FreshKernel) -> None:
    for command in ("history", "show", "resume", "cancel"):
        assert f"%act_two {command}" in kernel.run(f"%act_two {command} --help")["text"]
