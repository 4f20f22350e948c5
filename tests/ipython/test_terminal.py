"""IPython in a terminal, and Python without IPython."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pexpect
import pytest
from lab import environment

if TYPE_CHECKING:
    from services import SandboxProcess


def test_a_terminal_shows_a_line_of_progress_and_where_the_clip_is(
    tmp_path: Path, shared_sandbox: SandboxProcess
) -> None:
    program = str(Path(sys.executable).with_name("ipython"))
    shell = pexpect.spawn(
        program,
        ["--simple-prompt", "--no-banner", "--colors=NoColor"],
        env={**environment(tmp_path), "TERM": "xterm"},
        cwd=str(tmp_path),
        encoding="utf-8",
        timeout=60,
        dimensions=(50, 200),
    )
    shell.expect(r"In \[1\]: ")
    shell.sendline("%load_ext cometact_nb")
    shell.expect(r"In \[2\]: ")
    shell.sendline(f"%act_two sandbox --speed 30 --url {shared_sandbox.base_url}")
    shell.expect(r"In \[3\]: ")
    shell.sendline(f"task = %act_two -c {shared_sandbox.character} -r {shared_sandbox.reference} --wait")
    shell.expect(r"RUNNING \d+ %")
    shell.expect("SUCCEEDED")
    shell.expect(r"In \[4\]: ")
    shell.sendline("task")
    shell.expect(r"act_two_outputs/\S+\.mp4")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.close()
    assert shell.exitstatus == 0


class Tmux:
    """IPython with its real line editor, on a screen of 100 × 30 that can be read."""

    def __init__(self, folder: Path) -> None:
        self._command = ["tmux", "-S", str(folder / "tmux"), "-f", "/dev/null"]
        self._env = {**environment(folder), "TERM": "screen-256color", "LANG": "C.UTF-8"}
        ipython = Path(sys.executable).with_name("ipython")
        self.call("new-session", "-d", "-x", "100", "-y", "30", "-c", str(folder), f"{ipython} --no-banner")

    def call(self, *words: str) -> str:
        done = subprocess.run(
            [*self._command, *words], env=self._env, capture_output=True, text=True, check=True
        )
        return done.stdout

    def type(self, line: str) -> None:
        self.call("send-keys", "-l", line)
        self.call("send-keys", "Enter")

    def until(self, wanted: Callable[[str], bool]) -> str:
        """The screen, as soon as it shows what is wanted."""
        deadline = time.monotonic() + 60
        while True:
            screen = self.call("capture-pane", "-p")
            if wanted(screen):
                return screen
            assert time.monotonic() < deadline, screen


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    screen = Tmux(tmp_path)
    yield screen
    screen.call("kill-server")


def test_on_a_real_screen_the_progress_is_one_line_that_is_drawn_over_itself(
    tmux: Tmux, shared_sandbox: SandboxProcess
) -> None:
    tmux.until(lambda screen: "In [1]:" in screen)
    tmux.type(f"import cometact_nb as act; s = act.use_sandbox(30, url={shared_sandbox.base_url!r})")
    tmux.until(lambda screen: "In [2]:" in screen)
    tmux.type("%load_ext cometact_nb")
    tmux.until(lambda screen: "In [3]:" in screen)
    tmux.type("task = %act_two -c {s.character} -r {s.reference} --wait")
    screen = tmux.until(lambda screen: "In [4]:" in screen)
    assert screen.count("✓ SUCCEEDED") == 1
    assert "RUNNING" not in screen
    tmux.type("task")
    assert "act_two_outputs/" in tmux.until(lambda screen: ".mp4" in screen)


def test_a_plain_script_needs_no_ipython_and_ends_by_itself(
    tmp_path: Path, shared_sandbox: SandboxProcess
) -> None:
    script = (
        "import sys, cometact_nb as act\n"
        f"s = act.use_sandbox(75, url={shared_sandbox.base_url!r})\n"
        "print(act.submit(character=s.character, reference=s.reference).wait(60).clip.path)\n"
        "print('IPython' in sys.modules, 'ipywidgets' in sys.modules)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    path, modules = run.stdout.splitlines()
    assert Path(path).exists()
    assert modules == "False False"
    assert run.stderr == ""
