"""The files of the Lab extension: what pyproject.toml lays beside the package is what its scripts import."""

from __future__ import annotations

import json

from labextension import LAB, reached, shared_data

import cometact_nb as act


def test_exactly_the_scripts_that_the_extension_imports_are_laid_beside_the_package() -> None:
    ours = {source: target for source, target in shared_data().items() if "/labextensions/" in target}
    assert ours == reached(), "python tests/support/labextension.py writes the list anew"
    assert not [source for source in ours if source.endswith(".py")]


def test_the_extension_has_the_version_of_the_package() -> None:
    assert json.loads((LAB / "package.json").read_text())["version"] == act.__version__
