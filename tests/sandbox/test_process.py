"""The sandbox as a process: it starts quickly, tells where it is, and ends without a word."""

from __future__ import annotations

import json
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from cometact_nb.sandbox.scenarios import SCENARIOS

COMMAND = [sys.executable, "-m", "cometact_nb.sandbox"]


@contextmanager
def running(*options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def told(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def test_it_tells_in_one_line_where_it_listens() -> None:
    with running("--json") as process:
        info = told(process)
        assert httpx.get(f"{info['base_url']}/sandbox/info", timeout=60).json()["samples"] == info["samples"]
        assert info["pid"] == process.pid
        assert set(info["samples"]) == {"characters", "character_videos", "references"}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, None], ids=["SIGTERM", "SIGINT", "stdin"])
def test_it_ends_at_once_and_silently_while_it_renders(how: Any) -> None:
    with running("--json", "--stop-with-stdin") as process:
        info = told(process)
        headers = {"Authorization": "Bearer k", "X-Runway-Version": "2024-11-06"}
        body = {
            "model": "act_two",
            "character": {"type": "image", "uri": info["samples"]["characters"][0]},
            "reference": {"type": "video", "uri": info["samples"]["references"][0]},
        }
        # One client: to read certificates takes longer than a request.
        with httpx.Client(base_url=info["base_url"], headers=headers, timeout=60, verify=False) as client:
            for seed in range(60):  # two minutes of rendering
                answer = client.post("/runwayml/v1/character_performance", json={**body, "seed": seed})
                assert answer.status_code == 200
        assert process.stdin is not None
        assert process.stderr is not None
        if how is None:
            process.stdin.close()
        else:
            process.send_signal(how)
        assert process.wait(60) == 0
        assert process.stderr.read() == ""


def test_only_loopback_is_served() -> None:
    for host in ("0.0.0.0", "::", "example.com"):
        assert subprocess.run([*COMMAND, "--host", host], capture_output=True, check=False).returncode == 2


@pytest.mark.parametrize(
    "options",
    [("--scenario", "no-such"), ("--scenario", "http-503@2"), ("--speed", "0"), ("--speed", "nan"),
     ("--scenario", "rate-limited:form=never")],
)  # fmt: skip
def test_a_wrong_option_is_named(options: Any) -> None:
    done = subprocess.run([*COMMAND, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert options[0] in done.stderr


def test_without_json_it_speaks_to_people_and_its_example_works() -> None:
    with running() as process:
        assert process.stdout is not None
        lines = [process.stdout.readline()]
        while "curl" not in lines[-1]:
            lines.append(process.stdout.readline())
            assert lines[-1], "it ended"
        assert lines[0].startswith("SANDBOX at http://127.0.0.1:")
        assert "Nothing is billed" in lines[0]
        words = shlex.split(lines[-1].partition("curl ")[2])
        headers = dict(word.split(": ", 1) for word in words if ": " in word and word[0] != "{")
        answer = httpx.post(words[0], headers=headers, content=words[-1], timeout=60)
        assert set(answer.json()) == {"id"}


@pytest.mark.parametrize("module", ["av", "PIL", "tornado"])
def test_without_its_extra_it_says_so_at_the_start(module: str) -> None:
    """Not once for each task that it cannot draw."""
    hide = (
        "import sys, importlib.util as u; real = u.find_spec;"
        f"u.find_spec = lambda name, *more: None if name == {module!r} else real(name, *more);"
        "from cometact_nb.sandbox.__main__ import main; sys.argv = ['sandbox', '--json']; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", hide], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"The sandbox needs {module}. Install it with: pip install 'cometact_nb[sandbox]'\n"


def test_the_table_of_scenarios_can_be_printed() -> None:
    listed = subprocess.run([*COMMAND, "--list-scenarios"], capture_output=True, text=True, check=True).stdout
    for scenario in SCENARIOS.values():
        assert f"{scenario.name:20}{scenario.description}" in listed
