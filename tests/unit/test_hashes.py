"""A file's hash is that of its content at any moment, though a file that stays the same is read once."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from cometact_nb.store.inputs.hashes import content_hash, note_hash
from cometact_nb.store.inputs.target import OwnFile

LONG_AGO = 1_600_000_000


def written(path: Path, content: bytes, at: float = LONG_AGO) -> Path:
    path.write_bytes(content)
    os.utime(path, (at, at))
    return path


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def test_a_file_that_changes_under_the_same_size_and_time_has_another_hash(tmp_path: Path) -> None:
    path = written(tmp_path / "a.bin", b"first")
    assert content_hash(path) == sha256(b"first")
    assert content_hash(written(path, b"other")) == sha256(b"other")


def test_a_file_that_was_written_here_is_not_read_again_as_long_as_it_stays_the_same(tmp_path: Path) -> None:
    path = written(tmp_path / "a.bin", bytes(3 * 1024**2))
    note_hash(path, "known")
    pieces: list[int] = []
    assert content_hash(path, lambda: pieces.append(1)) == "known"
    assert not pieces
    copy = tmp_path / "copy.bin"
    copy.write_bytes(path.read_bytes())
    assert content_hash(copy, lambda: pieces.append(1)) == sha256(bytes(3 * 1024**2))
    assert len(pieces) == 3


def test_a_hash_of_a_file_that_is_gone_is_not_remembered(tmp_path: Path) -> None:
    note_hash(tmp_path / "none.bin", "known")
    with pytest.raises(FileNotFoundError):
        content_hash(tmp_path / "none.bin")


def test_a_file_to_publish_is_compared_with_its_hash_when_it_is_read_for_a_store(tmp_path: Path) -> None:
    path = written(tmp_path / "a.bin", b"first")
    note_hash(path, sha256(b"other"))
    own = OwnFile(path)
    assert own.sha256 == sha256(b"other")
    with pytest.raises(OSError, match="the file changed"):
        own.md5()
    note_hash(path, sha256(b"first"))
    assert OwnFile(path).md5() == hashlib.md5(b"first", usedforsecurity=False).digest()
