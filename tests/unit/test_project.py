"""Where a project keeps its clips and its history is said once, in the project."""

from __future__ import annotations

from pathlib import Path

import pytest

from cometact_nb.errors import ConfigError
from cometact_nb.handles.config import Config
from cometact_nb.handles.project import project_settings


def settings(folder: Path, **environ: str) -> Config:
    return Config.from_environment(environ, home=folder, folder=folder)


@pytest.mark.parametrize(
    ("name", "head"),
    [("cometact_nb.toml", ""), ("pyproject.toml", "[project]\nname = 'x'\n[tool.cometact_nb]\n")],
)
def test_a_project_s_file_is_found_from_a_notebook_s_folder_upwards(
    tmp_path: Path, name: str, head: str
) -> None:
    (tmp_path / name).write_text(f'{head}output_dir = "data/clips"\nhistory = "history.sqlite"\n')
    notebooks = tmp_path / "notebooks" / "deep"
    notebooks.mkdir(parents=True)
    config = settings(notebooks)
    assert config.output_dir == tmp_path / "data" / "clips"
    assert config.history == str(tmp_path / "history.sqlite")


def test_the_environment_goes_before_the_project_and_the_call_before_both(tmp_path: Path) -> None:
    (tmp_path / "cometact_nb.toml").write_text('output_dir = "project"\nhistory = ":memory:"\n')
    config = settings(tmp_path, COMETACT_NB_OUTPUT_DIR="environment")
    assert (config.output_dir, config.history) == (Path("environment"), ":memory:")
    assert config.changed(output_dir="call").output_dir == Path("call")


def test_the_nearest_file_counts_and_none_outside_of_the_repository(tmp_path: Path) -> None:
    (tmp_path / "cometact_nb.toml").write_text('output_dir = "outside"\n')
    repository, inner = tmp_path / "repo", tmp_path / "repo" / "inner"
    inner.mkdir(parents=True)
    assert project_settings(inner) == {"output_dir": str(tmp_path / "outside")}
    (repository / ".git").mkdir()
    assert project_settings(inner) == {}
    (repository / "pyproject.toml").write_text('[tool.cometact_nb]\noutput_dir = "s3://bucket/clips"\n')
    (inner / "pyproject.toml").write_text("[project]\n")  # says nothing about it
    assert project_settings(inner) == {"output_dir": "s3://bucket/clips"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('api_key = "sk-1"', "sets 'api_key'. A project's file sets output_dir, history and look"),
        ('base_url = "https://elsewhere.example.com"', "sets 'base_url'"),
        ("max_spend = 1000", "sets 'max_spend'"),
        ("output_dir = 3", "sets output_dir to 3"),
        ('output_dir = ""', "sets output_dir to ''"),
        ("output_dir = [[[", "not valid TOML"),
    ],
)
def test_what_a_project_cannot_say_is_one_clear_error(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "cometact_nb.toml").write_text(text)
    with pytest.raises(ConfigError, match=r"cometact_nb\.toml") as caught:
        settings(tmp_path)
    assert said in str(caught.value)
    assert "sk-1" not in str(caught.value)


@pytest.mark.parametrize("url", ["s3://key:secret@bucket/x", "https://a.b/c?sig=secret", "gs://b/x#secret"])
def test_a_url_with_a_secret_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Config().changed(output_dir=url)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("memory://clips/", "memory://clips"),
        ("file:///data/my%20clips", Path("/data/my clips")),
        ("~/clips", Path.home() / "clips"),
        ("C:/clips", Path("C:/clips")),
        ("a//b", Path("a/b")),
    ],
)
def test_a_folder_is_a_path_or_a_url(given: str, kept: str | Path) -> None:
    assert Config().changed(output_dir=given).output_dir == kept
