"""Samples that one sandbox has rendered and the next need not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cometact_nb.sandbox.drawing import sample_cache


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    sample_cache.folder.cache_clear()
    yield tmp_path
    sample_cache.folder.cache_clear()


def test_a_sample_is_rendered_once_and_each_name_has_its_own(cache: Path) -> None:
    assert sample_cache.cached_sample("a.png", lambda: b"first") == b"first"
    assert sample_cache.cached_sample("a.png", lambda: b"second") == b"first"
    assert sample_cache.cached_sample("b.png", lambda: b"third") == b"third"
    assert {path.name for path in cache.rglob("*") if path.is_file()} == {"a.png", "b.png"}


def test_a_rendering_that_fails_leaves_nothing(cache: Path) -> None:
    def fail() -> bytes:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        sample_cache.cached_sample("a.png", fail)
    assert sample_cache.cached_sample("a.png", lambda: b"whole") == b"whole"


def test_where_nothing_can_be_kept_samples_are_rendered_all_the_same(cache: Path) -> None:
    (cache / "cometact_nb").write_text("a file where a folder should be")
    assert sample_cache.cached_sample("a.png", lambda: b"first") == b"first"
    assert sample_cache.cached_sample("a.png", lambda: b"second") == b"second"
