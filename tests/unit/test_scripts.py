"""The views' scripts: joined to one text for a page, they stay the modules that they are."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from cometact_nb.views.base.scripts import joined, styles

VIEWS = Path(__file__).parents[2] / "cometact_nb" / "views"
ENTRIES = (
    "task/status.js",
    "panel/panel.js",
    "sweep/sweep.js",
    "gallery/gallery.js",
    "pairs/pairs.js",
    "history/history.js",
    "report/report.js",
)
MODULES = sorted(path.relative_to(VIEWS).as_posix() for path in VIEWS.rglob("*.js"))
_STATEMENT = re.compile(r"^(?:import|export)\b.*", re.MULTILINE)
_DOCS = re.compile(r"/\*\*.*?\*/", re.DOTALL)


def statements(text: str) -> list[str]:
    """What imports or exports in a module, comments left out."""
    return _STATEMENT.findall(_DOCS.sub("", text))


def imports(name: str) -> set[str]:
    """The modules that one imports, itself and through others."""
    here, found = VIEWS / name, {name}
    for path in re.findall(r'^import [^"]*"([^"]+)";', here.read_text("utf-8"), re.MULTILINE):
        other = (here.parent / path).resolve().relative_to(VIEWS.resolve()).as_posix()
        found |= {other} | imports(other)
    return found


@pytest.mark.parametrize("entry", ENTRIES)
def test_a_joined_script_is_one_valid_module(entry: str, tmp_path: Path) -> None:
    text = joined(entry)
    left = [line for line in statements(text) if line != "export default {"]
    assert left == [], "the joiner does not read this form of import or export"
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node here to read it")
    module = tmp_path / "module.mjs"
    module.write_text(text, "utf-8")
    subprocess.run([node, "--check", str(module)], check=True, capture_output=True, text=True)


@pytest.mark.parametrize("entry", ENTRIES)
def test_each_module_is_joined_once_and_below_what_imports_it(entry: str) -> None:
    text = joined(entry)
    wanted = imports(entry) - {entry}
    names = re.findall(r"^const (m_\w+) = \(\(\) => \{$", text, re.MULTILINE)
    assert sorted(names) == sorted("m_" + re.sub(r"\W", "_", name.removesuffix(".js")) for name in wanted)
    for use in re.finditer(r"^const \{ [\w,\s]+ \} = (m_\w+);$", text, re.MULTILINE):
        assert text.index(f"const {use[1]} = (() => {{") < use.start()


@pytest.mark.parametrize("entry", ENTRIES)
def test_the_names_of_one_module_never_meet_those_of_another(entry: str) -> None:
    """Whatever stands outside of a function is a module, or the entry's own."""
    text = joined(entry)
    own = text[text.rfind("})();\n") + 6 if "})();\n" in text else 0 :]
    outside = re.sub(
        r"^const m_\w+ = \(\(\) => \{\n.*?^\}\)\(\);\n", "", text, flags=re.MULTILINE | re.DOTALL
    )
    assert outside == own
    declared = re.findall(r"^(?:const|let|class|(?:async )?function) (\w+)", outside, re.MULTILINE)
    assert len(declared) == len(set(declared))


def test_every_module_is_reached_from_a_page() -> None:
    reached = set().union(*map(imports, ENTRIES))
    assert reached == set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_and_exports_only_in_the_forms_that_are_read(name: str) -> None:
    text = (VIEWS / name).read_text("utf-8")
    read = re.compile(
        r'import \{( [\w,\s]+ )?(\} from "\.[\w./]+";)?|export (async )?(function|class|const|let) \w+.*'
    )
    default = {"export default {"} if name in ENTRIES else set()
    assert [line for line in statements(text) if not read.fullmatch(line) and line not in default] == []
    assert "import(" not in _DOCS.sub("", text)
    assert not re.search(r"^import \{[^}]*\bas\b", text, re.MULTILINE), "a name is imported as it is called"


def test_the_types_stay_out_of_the_page() -> None:
    for entry in ENTRIES:
        assert "@param" not in joined(entry)
        assert "@import" not in joined(entry)


@pytest.mark.parametrize("name", MODULES)
def test_text_becomes_html_in_one_place_only(name: str) -> None:
    """See the comment there: what goes through it was escaped by Python."""
    text = (VIEWS / name).read_text("utf-8")
    writes = re.findall(
        r"innerHTML|outerHTML\s*=[^=]|insertAdjacentHTML|document\.write|setHTML|createContextualFragment|DOMParser",
        text,
    )
    assert writes == (["innerHTML"] if name == "base/html.js" else [])


def test_styles_come_one_after_the_other() -> None:
    both = styles("task/status.css", "sweep/sweep.css")
    assert both.index(styles("task/status.css")) < both.index(styles("sweep/sweep.css"))
