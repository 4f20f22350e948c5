"""Two machines that bring a file of one name to a store: one gets the name, and nobody's file is replaced or half there."""

from __future__ import annotations

import os
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fsspec
import pytest
from fsspec.implementations.local import LocalFileSystem
from fsspec.implementations.memory import MemoryFileSystem

from cometact_nb.store.clips.remote_folder import RemoteFolder


class Forgetful(LocalFileSystem):  # type: ignore[misc]
    """A folder whose listing is old: it says of every name that it is free, as caches of object stores may."""

    protocol = ("forgetful", "file")
    cachable = False

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        return super()._strip_protocol(str(path).replace("forgetful://", "file://"))

    def exists(self, path: str, **_: Any) -> bool:
        return False


fsspec.register_implementation("forgetful", Forgetful, clobber=True)

#: Stores to try: an address of a new, empty folder. S3 and SFTP come from the lane that has servers for them.
STORES: dict[str, Callable[[Path], str]] = {
    "a folder": lambda folder: folder.as_uri(),
    "memory": lambda folder: f"memory://{folder.name}",
    **(
        {"the given one": lambda folder: os.environ["STORE_URL"] + folder.name}
        if "STORE_URL" in os.environ
        else {}
    ),
}


@pytest.fixture(params=STORES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    MemoryFileSystem.store.clear()
    folder = tmp_path / f"clips-{uuid.uuid4().hex[:8]}"
    folder.mkdir()
    return STORES[request.param](folder)


def files(folder: Path, count: int) -> list[Path]:
    made = [folder / f"{number}.bin" for number in range(count)]
    for number, path in enumerate(made):
        path.write_bytes(bytes([number]) * 300_000)
    return made


def test_of_many_that_bring_one_name_at_once_one_gets_it_whole(url: str, tmp_path: Path) -> None:
    mine, start, won = files(tmp_path, 6), threading.Barrier(6), []

    def bring(path: Path) -> None:
        folder = RemoteFolder(url)
        start.wait()
        try:
            folder.bring(path, "clip.mp4")
        except FileExistsError:
            return
        won.append(path)

    threads = [threading.Thread(target=bring, args=(path,)) for path in mine]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(won) == 1
    assert RemoteFolder(url).read("clip.mp4") == won[0].read_bytes()
    assert set(RemoteFolder(url).files()) == {"clip.mp4"}


def test_a_name_that_was_taken_meanwhile_stays_whose_it_is(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "clip.mp4").write_bytes(b"theirs")
    (mine,) = files(tmp_path, 1)
    with pytest.raises(FileExistsError):
        RemoteFolder(f"forgetful://{tmp_path}/clips").bring(mine, "clip.mp4")
    assert [path.read_bytes() for path in (tmp_path / "clips").iterdir()] == [b"theirs"]


def test_what_may_be_replaced_is(url: str, tmp_path: Path) -> None:
    first, second = files(tmp_path, 2)
    folder = RemoteFolder(url)
    folder.bring(first, "clip.json")
    folder.bring(second, "clip.json", replace=True)
    assert folder.read("clip.json") == second.read_bytes()
    assert set(folder.files()) == {"clip.json"}
