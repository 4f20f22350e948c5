"""What the notebook itself tells: Tab, Shift+Tab, ``?``, and the page that an error names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from jupyter_client.manager import start_new_kernel
from kernels import Kernel
from lab import environment

SETUP = """
%load_ext cometact_nb
import cometact_nb as act
import types
hero, clip = "https://a.example/h.png", "https://a.example/r.mp4"
sandbox = types.SimpleNamespace(character=hero, reference=clip)
"""


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("help")
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder), env=environment(folder))
    made = Kernel(client)
    assert made.run(SETUP)["status"] == "ok"
    yield made
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def hovered(kernel: Kernel, code: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", kernel.hover(code))


@pytest.mark.parametrize(
    ("code", "signature", "told"),
    [
        ("act.submit(", "expression_intensity: 'int | None' = None", "UnconfirmedError: sent"),
        ("act.sweep(seed=[1], ", "replicates: 'int' = 1", "every\n"),
        ("act.panel(", "character: 'str | PathLike[str] | MediaRef | None' = None", "fields of"),
        ("act.use_sandbox(", "unless_key: 'bool' = False", "then 12"),
        ("act.ActTwoRequest(", "seed: 'int | None' = None", "0–4294967295"),
        ("act.Task.wait", "timeout_s: 'float | None' = None", "seconds to wait"),
        ("act.errors.TaskFailed", "code: 'str | None' = None", "SAFETY.INPUT"),
    ],
)
def test_hovering_shows_the_signature_and_what_it_means(
    kernel: Kernel, code: str, signature: str, told: str
) -> None:
    shown = hovered(kernel, code)
    assert signature in shown
    assert told in shown


def test_the_magic_s_help_is_the_same_however_it_is_asked_for(kernel: Kernel) -> None:
    printed = kernel.run("%act_two --help")["outputs"][0]["text"]
    assert max(map(len, printed.splitlines())) < 110  # no page that shows it has to break a line
    assert "--expression-intensity" in printed
    assert printed.strip() in hovered(kernel, "%act_two")


def test_tab_completes_public_names_fields_and_topics(kernel: Kernel) -> None:
    public = kernel.complete("act.")
    assert {"act.submit", "act.ActTwoRequest", "act.errors"} <= set(public)
    assert not any(name.startswith("act._") for name in public)
    assert "act.submit(expression_intensity=" in kernel.complete("act.submit(expr")
    assert "act.sweep(replicates=" in kernel.complete("act.sweep(repl")
    assert kernel.complete("%act_two guide lost") == ["%act_two guide lost-answer"]


def test_an_error_names_the_page_that_says_more(kernel: Kernel) -> None:
    told = kernel.run("act.submit(character='https://a.b/c.png', reference='https://a.b/d.mp4', seed=-1)")
    (line, *_) = told["outputs"][-1]["traceback"]
    assert line.endswith('More: act.guide("requests")')
    (line, *_) = kernel.run("%act_two guide sweep")["outputs"][-1]["traceback"]
    assert line.endswith("Did you mean 'sweeps'?")  # the page of settings would say nothing about it
    shown = kernel.run('act.guide("requests")')["outputs"][-1]["data"]
    assert shown["text/markdown"].startswith("# Requests")
    by_magic = kernel.run("%act_two guide requests")["outputs"][-1]["data"]
    assert by_magic["text/markdown"] == shown["text/markdown"]


def test_help_is_the_parser_s_own(kernel: Kernel) -> None:
    for code in ("%act_two", "%act_two --help", "%act_two?", "%act_two sandbox --help"):
        reply = kernel.client.execute(code, reply=True, timeout=30)
        payload = json.dumps(reply["content"].get("payload", []))
        told = payload + kernel.run(code)["text"]
        assert "--speed" in told if "sandbox" in code else "--expression-intensity" in told


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("%act_two --exp", "%act_two --expression-intensity"),
        ("%act_two --ratio 1280:7", "%act_two --ratio 1280:720"),
        ("%act_two --ratio=12", "%act_two --ratio=1280:720"),
        ("%act_two -c x -a 9", "%act_two -c x -a 960:960"),
        ("%act_two -e ", "%act_two -e 5"),
        ("%act_two -e 1,3,", "%act_two -e 1,3,5"),
        ("%act_two --ratio=1280:720,96", "%act_two --ratio=1280:720,960:960"),
        ("%act_two -c x --max", "%act_two -c x --max-cost"),
        ("%act_two --body-control o", "%act_two --body-control off"),
        ("%act_two --moderation l", "%act_two --moderation low"),
        ("%act_two -c x --character-type i", "%act_two -c x --character-type image"),
        ("task = %act_two --se", "task = %act_two --seed"),
        ("x = 1\ntask = %act_two --se", "x = 1\ntask = %act_two --seed"),
        ("for i in [1]:\n    %act_two --se", "for i in [1]:\n    %act_two --seed"),
        ("%%act_two --dry", "%%act_two --dry-run"),
        ("%act_two sand", "%act_two sandbox"),
        ("%act_two  sand", "%act_two  sandbox"),
        ("%act_two sandbox --sp", "%act_two sandbox --speed"),
        ("%act_two -c $her", "%act_two -c $hero"),
        ("%act_two -c $hero?x=$cli", "%act_two -c $hero?x=$clip"),
        ("%act_two -c $sandbox.chara", "%act_two -c $sandbox.character"),
    ],
)
def test_options_values_and_variables_are_completed(kernel: Kernel, code: str, expected: str) -> None:
    matches = kernel.complete(code)
    assert expected in matches
    assert not any(match.endswith("abs") for match in matches)


def test_a_whole_option_is_all_that_completes_it(kernel: Kernel) -> None:
    assert kernel.complete("%act_two --ratio 1280:7") == ["%act_two --ratio 1280:720"]


def test_the_body_of_a_cell_is_left_to_ipython(kernel: Kernel) -> None:
    assert not any("--seed" in match for match in kernel.complete("%%act_two\n--se"))


def test_other_lines_are_left_to_ipython(kernel: Kernel) -> None:
    assert "print" in kernel.complete("prin")
