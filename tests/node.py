"""``python -m tests.node``: types, lint, format and tests of the views' scripts, where node is there.

Users need no node: the package ships its scripts as they are written. What checks them is pinned in
``tests/frontend/package-lock.json``.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

FRONTEND = Path(__file__).parent / "frontend"
SCRIPTS = [Path(__file__).parents[1] / "cometact_nb" / name for name in ("views", "entry/lab")]
#: Since then node reads a module as what its text is, without a package.json beside it.
NEEDED = (20, 19)
NO_NODE = """\
The frontend's checks need node {0}.{1} or newer with npm, and here is {2}.{3}
  Debian, Ubuntu:  sudo apt-get install nodejs npm
  elsewhere:       https://nodejs.org"""


def here() -> str:
    """What there is, in words: ``v20.19.2``, ``v20.19.2 without npm``, ``no node``."""
    name = shutil.which("node")
    if name is None:
        return "no node"
    version = subprocess.run([name, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return version if shutil.which("npm") else f"{version} without npm"


def node() -> str | None:
    """Node, if it and npm are there and new enough."""
    version = re.fullmatch(r"v(\d+)\.(\d+).*", here())
    is_enough = version is not None and (int(version[1]), int(version[2])) >= NEEDED
    return shutil.which("node") if is_enough and shutil.which("npm") else None


def install_node() -> bool:
    """Install Debian's node, where that may be done."""
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        return False
    wanted = [apt, "install", "-q", "-y", "--no-install-recommends", "nodejs", "npm"]
    return not subprocess.call([apt, "update", "-q"]) and not subprocess.call(wanted)


def install() -> bool:
    """Install what the lock file pins, unless it is there."""
    lock, done = FRONTEND / "package-lock.json", FRONTEND / "node_modules" / ".package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return True
    npm = shutil.which("npm") or "npm"
    return subprocess.call([npm, "ci", "--no-audit", "--no-fund"], cwd=FRONTEND) == 0


def main() -> int:
    """Run all of them; those that fail say why."""
    name, wanted = node(), bool(os.environ.get("CI"))
    if name is None and wanted and install_node():
        name = node()
    if name is None:
        print(NO_NODE.format(*NEEDED, here(), "" if wanted else " They are skipped."))
        return int(wanted)
    if not install():
        return 1
    tools = FRONTEND / "node_modules"
    commands = (
        [str(tools / "typescript" / "bin" / "tsc")],
        [
            str(tools / "@biomejs" / "biome" / "bin" / "biome"),
            "ci",
            ".",
            *(os.path.relpath(folder, FRONTEND) for folder in SCRIPTS),
        ],
        ["--test"],
    )
    failed = [command for command in commands if subprocess.call([name, *command], cwd=FRONTEND)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
