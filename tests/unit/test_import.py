"""Importing the package is cheap: nothing heavy comes with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import cometact_nb as act

HEAVY = "httpx h11 numpy ipywidgets anywidget msgspec IPython sqlite3 asyncio av PIL tornado nest_asyncio2 platformdirs markupsafe"


#: Each takes more than a tenth of the package's own import; a kernel has loaded them.
SLOW = "pathlib urllib.parse linecache"


def loaded_by(code: str, names: str = HEAVY) -> set[str]:
    script = f"import sys\n{code}\nprint(' '.join(m for m in {names.split()!r} if m in sys.modules))"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_the_package_imports_nothing_heavy() -> None:
    assert loaded_by("import cometact_nb") == set()
    assert loaded_by("import cometact_nb", SLOW) <= loaded_by("pass", SLOW)


def test_making_a_request_needs_no_network_library() -> None:
    made = "import cometact_nb as act; act.ActTwoRequest(character='https://a.b/c.png', reference='https://a.b/d.mp4')"
    assert loaded_by(made) <= {"msgspec"}


def test_every_public_name_is_there_and_documented() -> None:
    for name in act.__all__:
        value = getattr(act, name)
        assert name == "__version__" or value.__doc__, f"{name} has no docstring"


def test_a_name_that_is_none_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="Did you mean 'panel'"):
        getattr(act, "panle")  # noqa: B009  (as a user's typing error, which mypy would report)


def test_no_module_bears_the_name_of_something_public() -> None:
    # Importing it would put the module where the function was, and act.sweeps() would be a module's call.
    package = Path(act.__file__).parent
    modules = {path.stem for path in package.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert modules & set(act.__all__) == {"errors"}
