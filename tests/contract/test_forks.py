"""A kernel that forks: the child has a session of its own, the parent's goes on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from services import SandboxProcess

KERNEL = """
import os, sys
import cometact_nb as act
folder, url = sys.argv[1:]
act.configure(history=folder + "/history.sqlite", output_dir=folder + "/clips")
sandbox = act.use_sandbox(75, url=url)
first = act.submit(character=sandbox.character + "?scenario=throttled", reference=sandbox.reference)
ended = act.submit(character=sandbox.character, reference=sandbox.reference).wait(60)
leaves = os.fork()
if leaves == 0:
    sys.exit()
print("rc", os.waitpid(leaves, 0)[1])
running = act.submit(character=sandbox.character + "?scenario=throttled", reference=sandbox.reference)
child = os.fork()
if child == 0:
    for work in (running.wait, running.cancel, running.refresh):
        try:
            work()
        except act.errors.ActTwoError as error:
            print(error, flush=True)
    print("at once", ended.wait().clip is not None and ended.session.flush(), flush=True)
    print("found", act.task(first.id).id == first.id, act.task(first.id).status)
    print("child", act.submit(character=sandbox.character, reference=sandbox.reference).wait(60).status, flush=True)
    sys.exit()
print("rc", os.waitpid(child, 0)[1])
print("parent", act.submit(character=sandbox.character, reference=sandbox.reference).wait(60).status)
print("first", first.wait(60).status)
"""


def test_a_forked_kernel_neither_hangs_nor_disturbs_its_parent(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    command = [sys.executable, "-W", "ignore", "-c", KERNEL, str(tmp_path), sandbox.base_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stdout.splitlines()
    assert lines.count("rc 0") == 2
    assert {"child SUCCEEDED", "parent SUCCEEDED", "first SUCCEEDED"} <= set(lines)
    assert sum("was made before this process was forked" in line for line in lines) == 3
    assert any(line.startswith("found True") for line in lines)
    assert "at once True" in lines
    assert sandbox.posts() == 5
