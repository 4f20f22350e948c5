"""Stores at the edge: one that signs a link for each request, one that refuses, one with parts that were left."""

from __future__ import annotations

import itertools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
from files import image_bytes
from fsspec.implementations.memory import MemoryFileSystem
from web_folder import WebFolder, paid_session

from cometact_nb.errors import PublishError, RequestError
from cometact_nb.handles.session import Session
from cometact_nb.store.inputs.target import FolderTarget, OwnFile, StoreTarget

if TYPE_CHECKING:
    from services import SandboxProcess

pytestmark = pytest.mark.usefixtures("new_user")


class Signing(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A bucket whose files are in a folder that a web server shows; links are signed as Google's are."""

    protocol = ("signing", "gs")
    cachable = False
    web: WebFolder
    count = itertools.count(1)
    #: Seconds from the signature to the end of a link; None for as long as it is asked for.
    lasts_s: int | None = None

    def sign(self, path: str, expiration: int = 100, **options: object) -> str:
        date = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        lasts_s = expiration if self.lasts_s is None else self.lasts_s
        query = f"X-Goog-Date={date}&X-Goog-Expires={lasts_s}&X-Goog-Signature={next(self.count)}"
        return f"{self.web.base}/{self._file(path).name}?{query}"

    def info(self, path: str, **options: object) -> dict[str, Any]:
        return {"name": path, "size": self._file(path).stat().st_size, "type": "file"}

    def put_file(self, lpath: str, rpath: str, *arguments: object, **options: object) -> None:
        shutil.copyfile(lpath, self._file(rpath))

    def rm_file(self, path: str) -> None:
        self._file(path).unlink()

    def _open(self, path: str, mode: str = "rb", **options: object) -> Any:
        return self._file(path).open(mode)

    def _file(self, path: str) -> Path:
        return self.web.folder / path.rpartition("/")[2]


@pytest.fixture
def session(
    tmp_path: Path, sandbox: SandboxProcess, web: WebFolder, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Session]:
    monkeypatch.setattr(Signing, "web", web, raising=False)
    monkeypatch.setattr(Signing, "lasts_s", None)
    fsspec.register_implementation("signing", Signing, clobber=True)
    made = paid_session(tmp_path, sandbox, web)
    made.configure(publish_to="signing://bucket/inputs", publish_base="")
    yield made
    made.close()


def links(sandbox: SandboxProcess) -> list[str]:
    return [post["body"]["character"]["uri"] for post in sandbox.ledger()["posts"]]


def test_each_cell_of_a_sweep_goes_with_a_link_signed_for_it(
    session: Session, sandbox: SandboxProcess, me: Path, talk: Path
) -> None:
    public = session.publish(me, yes=True)
    sweep = session.sweep(character=me, reference=talk, seed=[1, 2, 3])
    sweep.run().wait(60)
    assert {cell.status for cell in sweep.cells} == {"SUCCEEDED"}
    assert len(set(links(sandbox))) == 3
    assert {link.partition("?")[0] for link in links(sandbox)} == {public.unsigned_url}


def test_a_store_whose_links_end_at_once_is_paid_nothing_for(
    session: Session, sandbox: SandboxProcess, me: Path, talk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.publish(me, yes=True)
    monkeypatch.setattr(Signing, "lasts_s", 0)
    with pytest.raises(RequestError, match="is a signed link that ended at"):
        session.submit(character=me, reference=talk)
    assert not links(sandbox)
    monkeypatch.setattr(Signing, "lasts_s", None)
    session.submit(character=me, reference=talk).wait(60)
    assert len(links(sandbox)) == 1


class Refusing(MemoryFileSystem):  # type: ignore[misc]
    """A store that answers, and takes nothing."""

    protocol = "refusing"

    def put_file(self, lpath: str, rpath: str, **options: object) -> None:
        raise PermissionError("Access Denied")


def test_a_store_that_refuses_is_one_error_and_nothing_is_on_record(session: Session, me: Path) -> None:
    fsspec.register_implementation("refusing", Refusing, clobber=True)
    session.configure(publish_to="refusing://bucket/inputs", publish_base="https://cdn.example.com/inputs")
    with pytest.raises(PublishError, match="Access Denied") as refused:
        session.publish(me, yes=True)
    assert "No request was sent." in str(refused.value)
    assert not session.published()


@pytest.mark.parametrize("kind", ["a folder", "a store"])
def test_a_part_that_a_killed_kernel_left_is_taken_back_with_its_file(tmp_path: Path, kind: str) -> None:
    place = tmp_path / "place"
    place.mkdir()
    url = f"local://{place}"  # by a hidden name first, as SFTP
    base = "https://www.example.com/inputs"
    target = FolderTarget(place, base) if kind == "a folder" else StoreTarget(url, base)
    source = tmp_path / "me.png"
    source.write_bytes(image_bytes("PNG"))
    target.put("one.png", OwnFile(source), "image/png", lambda _: None)
    others = [".two.png.0123456789ab.part", "two.png"]
    for name in [".one.png.0123456789ab.part", *others]:
        (place / name).write_bytes(b"a part")
    target.remove("one.png")
    assert sorted(path.name for path in place.iterdir()) == others
    target.remove("one.png")
