"""IPython in a terminal, and Python without IPython."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pexpect
from lab import environment


def test_a_terminal_shows_a_line_of_progress_and_where_the_clip_is(tmp_path, shared_sandbox) -> None:
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


def test_a_plain_script_needs_no_ipython_and_ends_by_itself(tmp_path, shared_sandbox) -> None:
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
