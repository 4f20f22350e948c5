"""A store that signs its links: each request, a sweep's later cells included, goes with a link signed for it."""

from __future__ import annotations

import importlib
import itertools
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import fsspec
import pytest
from web_folder import WebFolder, paid_session

from cometact_nb.errors import RequestError
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from services import SandboxProcess

pytestmark = pytest.mark.usefixtures("new_user")


class Signing(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A bucket whose files are in a folder that a web server shows; links are signed as Google's are."""

    protocol = "gs"
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
    registry: Any = importlib.import_module("fsspec.registry")  # the module has a mapping of the same name
    monkeypatch.setitem(registry._registry, "gs", Signing)
    made = paid_session(tmp_path, sandbox, web)
    made.configure(publish_to="gs://bucket/inputs", publish_base="")
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
