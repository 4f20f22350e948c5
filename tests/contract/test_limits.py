"""Four real kernels at one limit buy together exactly what fits."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from present import present

if TYPE_CHECKING:
    from services import SandboxProcess

KERNEL = """
import sys
import cometact_nb as act
from cometact_nb.errors import BudgetError
url, character, reference, number = sys.argv[1:]
act.configure(api_key="sk-test-0000000000", base_url=url, price=0.4, history="history.sqlite", look="never",
              max_spend=4.15, max_spend_per="project")
act.session().engine.call(__import__("asyncio").sleep(0)).result()
print("ready", flush=True)
sys.stdin.readline()
bought = 0
while bought < 100:
    try:
        act.submit(character=character, reference=reference, seed=1000 * int(number) + bought)
    except BudgetError as error:
        assert "max_spend=$4.15" in str(error), error
        break
    bought += 1
print(bought, flush=True)
act.session().close()
"""


def test_four_kernels_at_the_limit_of_a_project_buy_exactly_what_fits(
    tmp_path: Path, sandbox: SandboxProcess
) -> None:
    (tmp_path / "cometact_nb.toml").write_text("")
    place = [sandbox.base_url, sandbox.character, sandbox.reference]
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", KERNEL, *place, str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
        )
        for number in range(4)
    ]
    for kernel in kernels:
        assert present(kernel.stdout).readline() == "ready\n"
    for kernel in kernels:
        present(kernel.stdin).write("\n")
        present(kernel.stdin).flush()
    bought = [int(present(kernel.stdout).readline()) for kernel in kernels]
    for kernel in kernels:
        kernel.communicate(timeout=60)
    assert sum(bought) == 10  # 10 × $0.40 = $4.00, and an eleventh would be $4.40
    assert sandbox.posts() == 10
