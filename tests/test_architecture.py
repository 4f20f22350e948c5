"""The shape of the package beyond what `lint-imports` reads: who may use a library, and modules named by text.

The order of the rooms stands in pyproject.toml (`[tool.importlinter]`); the README's "How it is built" draws it.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "cometact_nb"
#: The rooms from low to high; `api` and `store` are one floor.
FLOORS = {
    "errors": 0,
    "domain": 1,
    "api": 2,
    "store": 2,
    "engine": 3,
    "handles": 4,
    "views": 5,
    "entry": 6,
    "__init__": 7,
}
#: Who alone may use a library, and why: one place to replace it, one place that touches the disk or the page.
OWNERS = {
    "httpx": {"api/client.py", "api/connections.py", "api/direct.py"},
    "h11": {"api/direct.py"},
    "sqlite3": {
        "store/journal/history.py",
        "store/journal/migrate.py",
        "store/journal/peek.py",
        "sandbox/shelf.py",
    },
    "ipywidgets": {"views"},
    "anywidget": {"views"},
    "markupsafe": {"views/base/html.py"},
    "IPython": {"views", "entry/magic"},
    "nest_asyncio2": {"engine/waits.py"},
    "scipy": {"domain/sweep/effects.py"},
    "choix": {"domain/sweep/strengths.py"},
    "dlib": {"store/clips/faces.py"},
    "face_recognition_models": {"store/clips/faces.py"},
    "av": {
        "store/clips/faces.py",
        "store/clips/film.py",
        "store/clips/measures.py",
        "store/clips/player.py",
        "store/clips/video.py",
        "store/clips/probe.py",
        "store/inputs",
        "sandbox",
    },
    "pillow_heif": {"store/inputs/picture.py"},
    "tornado": {"sandbox", "entry/server"},
    "jupyter_server": {"entry/server"},
    "jupyter_core": {"entry/server"},
    "traitlets": {"views", "entry/server"},
    "fsspec": {"store/clips/remote_folder.py"},
}
FILES = sorted(PACKAGE.rglob("*.py"))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """All of a module's syntax, outer nodes first; read once for all tests of it."""
    return tuple(ast.walk(ast.parse(path.read_text("utf-8"))))


@cache
def imports(path: Path) -> list[str]:
    """Every module a file imports, inside functions too, leaving out what only type checkers see."""
    typing_only = {
        id(node)
        for block in nodes(path)
        if isinstance(block, ast.If) and "TYPE_CHECKING" in ast.unparse(block.test)
        for child in block.body
        for node in ast.walk(child)
    }
    found = []
    for node in nodes(path):
        if id(node) in typing_only:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def named_by_text(path: Path) -> list[str]:
    """The modules that a file imports by their name in a text."""
    calls = [node for node in nodes(path) if isinstance(node, ast.Call)]
    dynamic = [call for call in calls if ast.unparse(call.func).endswith("import_module")]
    return [ast.unparse(call.args[0]).strip("f'\"") for call in dynamic]


def room(name: str) -> str:
    return name.split(".")[1] if name.count(".") else "__init__"


def test_the_rooms_stand_in_their_order() -> None:
    told = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-logo"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_named_by_text_stands_below_too(path: Path) -> None:
    here = path.relative_to(PACKAGE).with_suffix("").parts[0]
    for name in named_by_text(path):
        if name.startswith("cometact_nb."):
            assert FLOORS[room(name)] <= FLOORS[here], f"{path.name} imports {name}, which is above it"


@pytest.mark.parametrize("library", sorted(OWNERS))
def test_a_library_is_used_only_where_it_belongs(library: str) -> None:
    for path in FILES:
        used = any(name.split(".")[0] == library for name in imports(path))
        place = str(path.relative_to(PACKAGE))
        owned = any(place == owner or place.startswith(f"{owner}/") for owner in OWNERS[library])
        assert owned or not used, f"{place} imports {library}"


def test_no_two_classes_share_a_name() -> None:
    places: dict[str, list[str]] = {}
    for path in FILES:
        for node in nodes(path):
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, []).append(f"{path.relative_to(PACKAGE)}:{node.lineno}")
    assert not {name: where for name, where in places.items() if len(where) > 1}


def texts(path: Path) -> list[str]:
    """The texts in a file's code, docstrings left out."""
    docs = {id(node.value) for node in nodes(path) if isinstance(node, ast.Expr)}
    constants = [node for node in nodes(path) if isinstance(node, ast.Constant) and id(node) not in docs]
    return [node.value for node in constants if isinstance(node.value, str)]


#: They read HTML, and write no tag: a key may stand in a server's page, a link in a saved output.
READ_HTML = {"domain/redact.py", "domain/text/notebook_links.py"}


#: The sandbox plays a web page where a clip should be.
CLIENT = [path for path in FILES if not path.is_relative_to(PACKAGE / "sandbox")]


@pytest.mark.parametrize("path", CLIENT, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_one_module_writes_tags_and_escapes(path: Path) -> None:
    """All others call its ``h``, which escapes what is not HTML yet."""
    if path == PACKAGE / "views" / "base" / "html.py":
        return
    # Not the groups of regular expressions.
    assert [text for text in texts(path) if re.search(r"(?<![Pg])</?[a-z][a-z0-9]*[\s/>]", text)] == []
    if str(path.relative_to(PACKAGE)) in READ_HTML:
        return
    assert not [name for name in imports(path) if name in {"html", "html.escape", "xml.sax.saxutils.escape"}]


def test_the_task_of_a_cell_is_set_in_one_place_and_so_is_the_state_of_a_sweep() -> None:
    writers: dict[str, set[str]] = {"job": set(), "_run": set()}
    for path in (PACKAGE / "handles" / "sweep").rglob("*.py"):
        for function in nodes(path):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in ast.walk(function):
                    if (
                        isinstance(node, ast.Attribute)
                        and isinstance(node.ctx, ast.Store)
                        and node.attr in writers
                    ):
                        writers[node.attr].add(f"{path.stem}.{function.name}")
    assert writers == {"job": {"entries._put"}, "_run": {"runner.__init__", "runner._step"}}


#: Private names of others that tests use: of Python, of ipywidgets and of hypothesis.
NAMES_OF_OTHERS = {
    "_default_executor",
    "_exit",
    "_getframe",
    "_handle_custom_msg",
    "_hypothesis_internal_use_settings",
    "_ready",
    "_scheduled",
}
OUR_TESTS = sorted(Path(__file__).parent.rglob("*.py"))


def private_names(path: Path) -> set[str]:
    """The private names that a file takes from something else than its own ``self``, in texts of code too."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr.startswith("_"):
            if ast.unparse(node.value) not in {"self", "cls", "super()"}:
                found.add(node.attr)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("cometact_nb"):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("setattr"):
            found |= {str(arg.value) for arg in node.args[:2] if isinstance(arg, ast.Constant)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= set(
                re.findall(r"\b(?:panel|session|sweep|task|widget|engine)(?:\(\))?\.(_\w+)", node.value)
            )
    return {name.rpartition(".")[2] for name in found if isinstance(name, str)} - NAMES_OF_OTHERS


@pytest.mark.parametrize("path", OUR_TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_test_knows_what_everybody_may_know(path: Path) -> None:
    # A name between two underscores belongs to IPython's display protocol.
    reached = {name for name in private_names(path) if re.fullmatch("_[A-Za-z](?:.*[^_])?", name)}
    assert reached - {"_version"} == set(), "give the seam a public name, or test through the page"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_state_of_a_sweep_is_named_by_its_enum_and_not_by_its_word(path: Path) -> None:
    compared = [node for node in nodes(path) if isinstance(node, ast.Compare)]
    states = [node for node in compared if ast.unparse(node.left).endswith(("state", ".mark"))]
    assert not [ast.unparse(node) for node in states if re.search(r"['\"]", ast.unparse(node))]


#: Participles that name no thing: a message is no `told`, the rows of a query are no `found`.
PARTICIPLES = {
    *("asked", "begun", "found", "given", "kept", "made", "named", "said"),
    *("seen", "shown", "swept", "taken", "told", "wanted", "written"),
}
#: Traits that pages and saved notebooks know by these names.
TRAITS = {
    ("views/history/widget.py", "asked"),
    ("views/history/widget.py", "told"),
    ("views/panel/widget.py", "shown"),
}


def name_in(node: ast.AST) -> str:
    """The name that a node gives to a variable, parameter, field, function, class or module; empty for others."""
    match node:
        case (
            ast.arg(arg=name) | ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store())
        ):
            return name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return name
        case ast.alias(asname=str(name)):
            return name
    return ""


def test_no_participle_is_the_name_of_a_thing() -> None:
    names = []
    for path in FILES:
        place = str(path.relative_to(PACKAGE))
        for node in nodes(path):
            name = name_in(node)
            is_trait = any(
                place.startswith(f"{Path(file).parent}/") and name == trait for file, trait in TRAITS
            )
            if name.strip("_").lower() in PARTICIPLES and not is_trait:
                names.append(f"{place}:{getattr(node, 'lineno', 0)} {name}")
    assert names == []


def test_no_participle_is_the_name_of_a_thing_in_a_script() -> None:
    """Names that come from elsewhere are no declarations: traits, fields of messages, classes of style sheets."""
    words = "|".join(sorted(PARTICIPLES))
    declared = re.compile(rf"(?:const|let|var|function|get|set) +({words})\b|this\.({words})\b")
    names = [
        f"{path.relative_to(PACKAGE)}:{number} {match[0]}"
        for path in sorted(PACKAGE.rglob("*.js"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        for match in declared.finditer(line.partition("//")[0])
        if not line.lstrip().startswith("*")
    ]
    assert names == []


#: Reference text: a list that is looked things up in, and not read from its beginning to its end.
REFERENCE_TEXT = {"cometact_nb/views/base/wire.d.ts"}
LONGEST_FILE = 400


def test_a_file_has_one_idea_and_at_most_400_lines() -> None:
    lines = {
        str(path.relative_to(ROOT)): len(path.read_text("utf-8").splitlines())
        for folder in ("cometact_nb", "tests", "docs", "findings")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".js", ".ts", ".css", ".sh"} and "node_modules" not in path.parts
    }
    longer = {path for path, count in lines.items() if count > LONGEST_FILE}
    assert longer == REFERENCE_TEXT, "split it by what it is about"


def test_the_top_level_and_git_hold_only_what_belongs_there() -> None:
    """Tests and examples write beside where they run: what they wrote was once committed."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a checkout")
    ignored = subprocess.run(
        ["git", "ls-files", "--ignored", "--cached", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ignored.stdout == ""
    assert {path.split("/")[0] for path in listed.stdout.splitlines()} <= {
        ".ci",
        ".gitignore",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "LICENSE",
        "README.md",
        "cometact_nb",
        "constraints.txt",
        "docs",
        "findings",
        "notebooks",
        "pyproject.toml",
        "tests",
    }
