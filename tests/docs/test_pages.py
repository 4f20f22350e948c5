"""The pages are true: their code runs, and they build without a warning."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from jupyter_client.manager import start_new_kernel
from kernels import Kernel
from lab import environment
from pages import ROOT, blocks, pages

import cometact_nb as act
from cometact_nb import errors
from cometact_nb.entry.guide import topics

if TYPE_CHECKING:
    from services import SandboxProcess

#: What a block may be that is not run: text to look at, and directives of the pages themselves.
TEXT = {"text", "json", "html", "toml"}
WITH_CODE = [path for path in pages() if any(block.language == "python" for block in blocks(path))]


@pytest.fixture(scope="module")
def kernel(shared_sandbox: SandboxProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("pages")
    manager, client = start_new_kernel(kernel_name="python3", cwd=str(folder), env=environment(folder))
    yield Kernel(client)
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.mark.parametrize("path", WITH_CODE, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_code_of_a_page_runs_from_top_to_bottom(
    path: Path, kernel: Kernel, sandbox: SandboxProcess
) -> None:
    kernel.run("%reset -f\nimport cometact_nb\ncometact_nb.leave_sandbox()\n%reset -f")
    for block in blocks(path):
        if block.language != "python" or block.not_run:
            continue
        # As on the page, but on the sandbox that is there already, whose clock runs faster.
        code = block.code.replace("use_sandbox(", f"use_sandbox(75, url={sandbox.base_url!r}, ")
        code = re.sub(r"%act_two sandbox\b", rf"\g<0> --speed 75 --url {sandbox.base_url}", code)
        told = kernel.run(code)
        if block.raises:
            assert told["status"] == "error", f"{block} raises nothing"
            assert block.raises in told["text"], f"{block} raises another error: {told['text']}"
        else:
            assert told["status"] == "ok", f"{block}: {told['text']}"


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_a_block_is_run_or_says_why_not(path: Path) -> None:
    for block in blocks(path):
        if block.language.startswith("{") or block.language in TEXT:
            continue
        assert block.language == "python" or block.not_run, f"{block}: {block.language or 'no language'}"


def test_the_pages_build_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-n", "docs", str(tmp_path)]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert "act_two" in (tmp_path / "reference" / "python.html").read_text("utf-8")


def test_an_error_names_a_page_that_there_is() -> None:
    named = {getattr(errors, name).guide for name in errors.__all__}
    assert {"lost-answer", "failed"} <= named
    assert named - {""} <= set(topics())


def test_a_page_of_the_guide_reads_well_in_a_notebook() -> None:
    for topic in topics():
        text = act.guide(topic).text
        assert text.startswith("#"), topic
        assert not re.search(r"\]\((?!https?:)|\{doc\}|<!--|^!\[", text, re.MULTILINE), (
            f"{topic} has marks in it"
        )
    assert 'act.guide("budgets")' in act.guide("with-a-key").text
    section = act.guide("lost-answer").text
    assert section.startswith("## Lost answer")
    assert "task.resubmit()" in section
    assert "## Refused" not in section


def test_the_list_of_topics_names_each_of_them() -> None:
    listed = repr(act.guide())
    assert all(topic in listed for topic in topics())


def test_the_list_of_topics_is_in_reading_order_and_a_click_opens_each_page() -> None:
    order = re.findall(r"^guide/([\w-]+)$", (ROOT / "docs" / "index.md").read_text("utf-8"), re.MULTILINE)
    assert re.findall(r'^- `act.guide\("([\w-]+)"\)`', repr(act.guide()), re.MULTILINE) == order
    page = act.guide()._repr_markdown_()
    assert re.findall(r'<summary>.*?<code>act.guide\("([\w-]+)"\)</code></summary>', page) == order
    assert page.count("<details>") == page.count("\n</details>") == len(order)
    assert "## Lost answer" in page


def test_a_topic_that_is_none_is_answered_with_the_nearest() -> None:
    with pytest.raises(errors.ConfigError, match="Did you mean 'lost-answer'"):
        act.guide("lost-anser")
