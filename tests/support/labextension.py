"""The Lab extension as the wheel lays it, made from the source, since an editable install would hold old copies.

``python tests/support/labextension.py`` writes the list of its scripts and style sheets in pyproject.toml anew.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "cometact_nb"
LAB = PACKAGE / "entry" / "lab"
EXTENSION = "share/jupyter/labextensions/cometact_nb"
#: The files of the extension that are no scripts, and where they go.
FIXED = {
    "cometact_nb/entry/lab/package.json": f"{EXTENSION}/package.json",
    "cometact_nb/entry/lab/install.json": f"{EXTENSION}/install.json",
    "cometact_nb/entry/lab/schema/plugin.json": f"{EXTENSION}/schemas/cometact_nb/plugin.json",
}
#: What a script reaches: by an import, also one that comes later, or by the address of a style sheet.
_REACHES = re.compile(r"""(?:from |import\(|new URL\()"(?P<path>\.{1,2}/[\w./-]+\.(?:js|css))\"""")
_DOCS = re.compile(r"/\*\*.*?\*/", re.DOTALL)  # imports of types
_TABLE = re.compile(r"(?<=\[tool\.hatch\.build\.targets\.wheel\.shared-data\]\n).*?(?=\n\n|\Z)", re.DOTALL)


def shared_data() -> dict[str, str]:
    """What pyproject.toml lays beside the package: paths here, and below the environment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    table: dict[str, str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["shared-data"]
    return table


def reached() -> dict[str, str]:
    """What it should lay there for the extension: its scripts, and all that they import."""
    todo, seen = [LAB / "remote.js", LAB / "plugin.js"], set()
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        if path.suffix == ".js":
            links = _REACHES.finditer(_DOCS.sub("", path.read_text("utf-8")))
            todo += [(path.parent / link["path"]).resolve() for link in links]
    scripts = {
        path.relative_to(ROOT).as_posix(): f"{EXTENSION}/static/{path.relative_to(PACKAGE).as_posix()}"
        for path in sorted(seen)
    }
    return FIXED | scripts


def assemble(folder: Path) -> dict[str, str]:
    """Lay the extension and the server's settings into ``folder``; return the variables that lead Jupyter there."""
    for source, target in shared_data().items():
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / source, path)
    return {
        "JUPYTER_PATH": str(folder / "share" / "jupyter"),
        "JUPYTER_CONFIG_PATH": str(folder / "etc" / "jupyter"),
    }


def main() -> None:
    """Write the list anew; what is not the extension's stays."""
    path = ROOT / "pyproject.toml"
    others = {source: target for source, target in shared_data().items() if EXTENSION not in target}
    lines = [f'"{source}" = "{target}"' for source, target in (others | reached()).items()]
    path.write_text(_TABLE.sub(lambda _: "\n".join(lines), path.read_text("utf-8"), count=1), "utf-8")


if __name__ == "__main__":
    main()
