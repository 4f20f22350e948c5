"""What is built is what people install: its contents, its metadata, and that it works without any extra."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
import zipfile
from email.message import Message
from email.parser import Parser
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from certificates import without_ours
from lab import environment
from labextension import EXTENSION, shared_data
from packaging.requirements import Requirement

import cometact_nb as act

if TYPE_CHECKING:
    from services import SandboxProcess

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def told(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode())


def distributions_without_extras() -> set[str]:
    """What installing the bare package brings, by what is installed here."""
    wanted, seen = {"cometact_nb"}, set()
    while wanted:
        name = wanted.pop()
        seen.add(name)
        for line in metadata.requires(name) or []:
            needed = Requirement(line)
            if (needed.marker is None or needed.marker.evaluate({"extra": ""})) and needed.name not in seen:
                wanted.add(needed.name)
    return seen - {"cometact_nb"}


class Installed:
    """A virtual environment with the wheel and nothing but what it requires.

    Args:
        folder: where it is made.
        wheel: installed by pip; what it requires is linked from the environment of the tests.
    """

    def __init__(self, folder: Path, wheel: Path) -> None:
        venv.create(folder, with_pip=False)
        self.bin = folder / ("Scripts" if os.name == "nt" else "bin")
        command = [sys.executable, "-m", "pip", "--python", str(self.bin / "python"), "install"]
        subprocess.run([*command, "-q", "--no-deps", "--no-index", str(wheel)], check=True)
        (packages,) = folder.glob("lib/python*/site-packages")
        for name in distributions_without_extras():
            distribution = metadata.distribution(name)
            for top in {file.parts[0] for file in distribution.files or [] if file.parts[0] != ".."}:
                source = Path(str(distribution.locate_file(top)))
                if source.exists() and top != "__pycache__" and not (packages / top).exists():
                    (packages / top).symlink_to(source)

    def run(self, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.bin / words[0]), *words[1:]],
            capture_output=True,
            text=True,
            check=False,
            cwd=folder,
            env=environment(folder, XDG_STATE_HOME=str(folder / "state")),  # no sandbox of another test
        )


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return Installed(tmp_path_factory.mktemp("bare") / "venv", wheel)


def test_the_wheel_holds_the_whole_package_its_guide_and_its_tutorials(names: set[str]) -> None:
    package = [path for path in (ROOT / "cometact_nb").rglob("*") if path.is_file()]
    ours = {str(path.relative_to(ROOT)) for path in package if "__pycache__" not in path.parts}
    guide = {f"cometact_nb/docs/{path.name}" for path in (ROOT / "docs" / "guide").glob("*.md")}
    tutorials = {f"cometact_nb/notebooks/{path.name}" for path in (ROOT / "notebooks").glob("*.ipynb")}
    assert "cometact_nb/py.typed" in ours
    assert len(guide) > 5
    assert len(tutorials) > 2
    beside = {f"cometact_nb-{act.__version__}.data/data/{target}" for target in shared_data().values()}
    assert {name for name in names if ".dist-info/" not in name} == ours | guide | tutorials | beside
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in names)


def test_the_wheel_says_what_it_is(told: Message) -> None:
    assert told["Name"] == "cometact_nb"
    assert told["Version"] == act.__version__
    assert told["License-Expression"] == "BSD-3-Clause"
    assert told["Requires-Python"] == ">=3.11"
    assert {"video", "sandbox", "demo"} <= set(told.get_all("Provides-Extra", []))
    text = told.get_payload()
    assert isinstance(text, str)
    assert text.startswith("# cometact_nb")


def test_the_wheel_requires_no_extra_and_bounds_each_of_its_libraries_from_below(told: Message) -> None:
    lines = [Requirement(line) for line in told.get_all("Requires-Dist", [])]
    bare = {line.name for line in lines if line.marker is None}
    assert bare == {
        "anywidget",
        "h11",
        "httpx",
        "ipython",
        "ipywidgets",
        "markupsafe",
        "msgspec",
        "nest-asyncio2",
        "platformdirs",
    }
    assert all(line.specifier for line in lines if line.name != "cometact_nb")


def test_the_version_is_one_that_the_changelog_knows() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    (newest, *_) = re.findall(r"^## (\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert act.__version__ == newest


def test_jupyterlab_finds_the_extension_enabled(wheel: Path, installed: Installed, tmp_path: Path) -> None:
    share = installed.bin.parent / "share" / "jupyter"
    assert (installed.bin.parent / EXTENSION / "package.json").is_file()
    command = [sys.executable, "-m", "jupyterlab.labextensions", "list"]
    env = environment(tmp_path, JUPYTER_PATH=str(share), NO_COLOR="1")
    run = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    (line,) = [
        line for line in (run.stdout + run.stderr).splitlines() if "cometact_nb" in line and "v" in line
    ]
    assert re.search(rf"cometact_nb v{act.__version__}.* enabled .*OK", re.sub(r"\x1b\[\d+m", "", line)), line


SUBMIT = """
import sys, cometact_nb as act
sandbox = act.use_sandbox(75, url=sys.argv[1])
clip = act.submit(character=sandbox.character, reference=sandbox.reference).wait(60).clip
print(clip.path.stat().st_size == clip.bytes, clip.width, clip.poster)
try:
    clip.frames()
except act.errors.ConfigError as error:
    print(error)
try:
    act.use_sandbox()
except act.errors.ConfigError as error:
    print(error)
print(act.guide("lost-answer").text.splitlines()[0])
print([name for name in ("av", "PIL", "numpy", "tornado", "nbclient") if name in sys.modules])
"""


def test_without_extras_it_submits_and_says_what_the_rest_needs(
    installed: Installed, shared_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    run = installed.run("python", "-c", SUBMIT, shared_sandbox.base_url, folder=tmp_path)
    assert run.returncode == 0, run.stderr
    whole, frames, sandbox, guide, loaded = run.stdout.splitlines()
    assert whole == "True None None"
    assert "pip install 'cometact_nb[video]'" in frames
    assert "pip install 'cometact_nb[sandbox]'" in sandbox
    assert guide == "## Lost answer"
    assert loaded == "[]"


def test_without_extras_the_commands_say_what_they_need(installed: Installed, tmp_path: Path) -> None:
    told = installed.run("cometact-nb", "--version", folder=tmp_path)
    assert told.stdout.strip() == f"cometact_nb {act.__version__}"
    demo = installed.run("cometact-nb", "demo", folder=tmp_path)
    assert (demo.returncode, "pip install 'cometact_nb[demo]'" in demo.stderr) == (3, True)
    sandbox = installed.run("cometact-nb", "sandbox", folder=tmp_path)
    assert (sandbox.returncode, "Traceback" in sandbox.stderr) == (3, False), sandbox.stderr
    assert "pip install 'cometact_nb[sandbox]'" in sandbox.stdout + sandbox.stderr


@pytest.mark.skipif(
    not os.environ.get("COMETACT_NB_CLEAN_INSTALL"), reason="COMETACT_NB_CLEAN_INSTALL=1 runs it"
)
def test_a_clean_environment_installs_the_wheel_and_runs_the_demo(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=True)
    python = tmp_path / "venv" / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "-q", f"{wheel}[demo]"]
    subprocess.run(install, env=without_ours(), check=True)
    run = subprocess.run(
        [str(python.with_name("cometact-nb")), "demo", "--no-lab"],
        cwd=tmp_path,
        env=environment(tmp_path),
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    assert list((tmp_path / "cometact-demo" / "act_two_outputs").glob("*.mp4"))
