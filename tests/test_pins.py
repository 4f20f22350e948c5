"""``constraints.txt`` and ``pyproject.toml`` agree, so that the README's command installs the same next year."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LINES = [
    line for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines() if not line.startswith("#")
]
PINS = [Requirement(line) for line in LINES]
PYTHONS = ["3.11.7", "3.12.1", "3.13.0", "3.14.0"]


def versions(name: str, python: str) -> list[str]:
    """What the constraints allow for a package on a Python."""
    environment: dict[str, Any] = dict(default_environment())
    of_python = {
        **environment,
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
    }
    return [
        str(pin.specifier).removeprefix("==")
        for pin in PINS
        if canonicalize_name(pin.name) == canonicalize_name(name)
        and (pin.marker is None or pin.marker.evaluate(of_python))
    ]


def asked(extra: str) -> Iterator[Requirement]:
    """What an extra asks for, with the extras that it takes in."""
    for text in PROJECT["project"]["optional-dependencies"][extra]:
        wanted = Requirement(text)
        if wanted.name == PROJECT["project"]["name"]:
            for inner in sorted(wanted.extras):
                yield from asked(inner)
        else:
            yield wanted


def direct() -> list[Requirement]:
    basic = [*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"]]
    return [*map(Requirement, basic), *asked("test"), *asked("bench"), *asked("mutants")]


def test_a_constraint_is_a_name_a_version_and_perhaps_a_marker_and_no_address() -> None:
    odd = [line for line in LINES if not re.fullmatch(r"[a-z0-9-]+==[0-9][0-9a-z.]*( ; [^:/@]+)?", line)]
    assert LINES
    assert not odd


@pytest.mark.parametrize("python", PYTHONS)
def test_whatever_the_project_asks_for_is_pinned_within_its_range(python: str) -> None:
    wrong = {
        str(wanted): pinned
        for wanted in direct()
        if len(pinned := versions(wanted.name, python)) != 1 or not wanted.specifier.contains(pinned[0])
    }
    assert not wrong, "python -m tests --pin"


def test_what_a_pinned_package_asks_for_is_pinned_too() -> None:
    """Seen on what is installed here; a package in another version than the pinned one says nothing."""
    python = default_environment()["python_full_version"]
    loose = set()
    for distribution in metadata.distributions():
        if versions(distribution.name, python) != [distribution.version]:
            continue
        for wanted in map(Requirement, distribution.requires or []):
            if wanted.marker is None or wanted.marker.evaluate({"extra": ""}):
                loose.update({wanted.name} if not versions(wanted.name, python) else set())
    assert not loose, "python -m tests --pin"
