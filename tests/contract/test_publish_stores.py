"""Real stores keep what is published whole, once, under its media type, and give it back when it is taken back.

A lane of its own (tests/support/stores.py): what is not installed is skipped.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
import stores
from files import image_bytes, video_bytes
from PIL import Image
from slow_road import slow_road
from waiting import until

from cometact_nb.domain.identity import identity_of
from cometact_nb.errors import ActTwoError, PublishError
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session
from cometact_nb.store.inputs.target import OwnFile, StoreTarget

if TYPE_CHECKING:
    from services import SandboxProcess
    from stores import Store

ALL: dict[str, Callable[[Path], AbstractContextManager[Store]]] = {
    "S3": stores.s3,
    "S3 that checks signatures": stores.signing_s3,
    "Azure": stores.azure,
    "nginx": stores.nginx,
    "SFTP": stores.sftp,
}


@pytest.fixture(params=ALL)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    folder = tmp_path / "store"
    folder.mkdir()
    with ALL[request.param](folder) as made:
        yield made


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.chdir(tmp_path)
    me, talk = tmp_path / "me.png", tmp_path / "talk.mp4"
    me.write_bytes(image_bytes("PNG", (320, 320)))
    talk.write_bytes(video_bytes(3.5))
    return me, talk


def session_at(store: Store, folder: Path, sandbox: SandboxProcess) -> Session:
    config = Config(
        history=str(folder / "history.sqlite"), output_dir=folder / "clips", base_url=sandbox.base_url
    )
    return Session(
        config.changed(api_key="sandbox-key", publish_to=store.place, publish_base=store.base or None)
    )


def test_a_store_keeps_it_whole_once_under_its_media_type_until_it_is_taken_back(
    store: Store, files: tuple[Path, Path], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    session = session_at(store, tmp_path, sandbox)
    me, talk = files
    public = session.publish(me, yes=True)
    answer = httpx.get(public.url)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/png"
    assert len(answer.content) == public.bytes
    assert httpx.head(session.publish(talk).url).headers["content-type"] == "video/mp4"
    again = session.publish(me)
    assert again.unsigned_url == public.unsigned_url
    assert identity_of(again.url) == identity_of(public.url) == f"sha256:{public.sha256}"
    assert session.unpublish("all").ok
    assert httpx.get(again.url).status_code in {403, 404}
    assert not session.published()
    session.close()


def test_a_request_is_sent_with_links_that_the_service_can_fetch(
    store: Store, files: tuple[Path, Path], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    session = session_at(store, tmp_path, sandbox)
    me, talk = files
    session.publish(me, yes=True)
    sweep = session.sweep(character=me, reference=talk, seed=[1, 2])
    sweep.run().wait(120)
    assert {cell.status for cell in sweep.cells} == {"SUCCEEDED"}
    for post in sandbox.ledger()["posts"]:
        for role in ("character", "reference"):
            assert httpx.head(post["body"][role]["uri"]).status_code == 200
    again = session.sweep(character=me, reference=talk, seed=[1, 2])
    assert (again.plan.done, again.plan.to_buy) == (2, 0)
    session.close()


def test_a_signed_link_lives_for_a_day_at_least(
    files: tuple[Path, Path], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    folder = tmp_path / "azure"
    folder.mkdir()
    with stores.azure(folder) as store:
        session = session_at(store, tmp_path, sandbox)
        public = session.publish(files[0], expires_s=100_000, yes=True)
        assert "?" in public.url
        assert "?" not in public.unsigned_url
        assert public.expires_at is not None
        assert public.expires_at - time.time() > 86_400
        assert httpx.head(public.url).status_code == 200
        assert httpx.get(public.url, headers={"Range": "bytes=0-9"}).status_code == 206
        assert httpx.get(public.unsigned_url).status_code in {403, 404, 409}
        session.close()


def test_s3_without_a_public_address_is_refused_before_anything_is_brought_there(
    files: tuple[Path, Path], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    with stores.s3(tmp_path) as store:
        session = session_at(stores.Store(store.place), tmp_path, sandbox)
        with pytest.raises(PublishError, match="answers one verb"):
            session.publish(files[0], yes=True)
        assert httpx.get(store.base.removesuffix("/inputs")).text.count("<Key>") == 0
        session.close()


def test_an_interrupt_stops_the_upload_itself_and_nothing_comes_later(
    files: tuple[Path, Path], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    large = tmp_path / "noise.png"
    Image.effect_noise((2600, 2600), 80).convert("RGB").save(large, compress_level=0)
    with (
        stores.s3(tmp_path) as store,
        slow_road(int(httpx.URL(store.base).port or 0)) as road,
        stores.configured("s3", **stores.at_port(road.port)),
    ):
        session = session_at(store, tmp_path, sandbox)

        def interrupt(_: float) -> None:
            if road.is_full.is_set():
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            session.publish(large, yes=True, progress=interrupt)
        road.end()
        assert httpx.get(store.base.removesuffix("/inputs")).text.count("<Key>") == 0
        assert not session.published()
        session.close()


def test_a_signed_s3_link_answers_one_verb_which_is_why_it_is_refused(
    files: tuple[Path, Path], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    with stores.signing_s3(tmp_path) as store:
        session = session_at(store, tmp_path, sandbox)
        name = session.publish(files[0], yes=True).url.rpartition("/")[2]
        import fsspec

        fs, root = fsspec.core.url_to_fs(store.place)
        answers = {}
        for operation in ("get_object", "head_object"):
            link = fs.sign(f"{root}/{name}", expiration=1000, client_method=operation)
            answers[operation] = [httpx.get(link).status_code, httpx.head(link).status_code]
        assert answers == {"get_object": [200, 403], "head_object": [403, 200]}
        signed = session_at(stores.Store(store.place), tmp_path, sandbox)
        with pytest.raises(PublishError, match="answers one verb"):
            signed.publish(files[1], yes=True)
        assert [one.name for one in session.published()] == ["me.png"]
        signed.close()
        session.close()


def test_a_place_that_is_not_public_keeps_nothing(
    files: tuple[Path, Path], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    with stores.s3(tmp_path) as store:
        private = stores.Store(*(text.replace("/inputs", "/private") for text in (store.place, store.base)))
        session = session_at(private, tmp_path, sandbox)
        with pytest.raises(PublishError, match="answers HEAD with HTTP 403"):
            session.publish(files[0], yes=True)
        assert httpx.get(store.base.removesuffix("/inputs")).text.count("<Key>") == 0
        assert not session.published()
        session.close()


def test_a_bucket_that_is_not_there_is_one_error(
    files: tuple[Path, Path], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    with stores.s3(tmp_path) as store:
        session = session_at(
            stores.Store(*(text.replace("bucket", "nobodys") for text in (store.place, store.base))),
            tmp_path,
            sandbox,
        )
        with pytest.raises(PublishError, match="could not be published"):
            session.publish(files[0], yes=True)
        assert not session.published()
        session.close()


def test_google_s_store_keeps_a_file_whole_under_its_media_type_and_gives_it_back(
    files: tuple[Path, Path], tmp_path: Path
) -> None:
    with stores.google(tmp_path) as store:
        target, own = StoreTarget(store.place, store.base), OwnFile(files[1])
        assert not target.holds("one.mp4", own)
        target.put("one.mp4", own, "video/mp4", lambda _: None)
        assert target.holds("one.mp4", own)
        assert not target.holds("one.mp4", OwnFile(files[0]))
        answer = httpx.get(target.url("one.mp4"))
        assert (answer.headers["content-type"], answer.content) == ("video/mp4", files[1].read_bytes())
        target.remove("one.mp4")
        assert not target.holds("one.mp4", own)
        with pytest.raises(PublishError, match="signs no link"):
            StoreTarget(store.place, None).link("one.mp4", 86_400)


def test_a_store_that_answers_no_head_keeps_nothing(
    files: tuple[Path, Path], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    with stores.google(tmp_path) as store:
        session = session_at(store, tmp_path, sandbox)
        with pytest.raises(PublishError, match="answers HEAD with HTTP 501"):
            session.publish(files[0], yes=True)
        assert not session.published()
        listed = httpx.get(f"{store.base.removesuffix('/bucket/inputs')}/storage/v1/b/bucket/o").json()
        assert not listed.get("items")
        session.close()


def test_a_link_that_has_ended_is_signed_anew_or_stops_the_request_before_it_is_paid_for(
    files: tuple[Path, Path], tmp_path: Path, sandbox: SandboxProcess
) -> None:
    folder = tmp_path / "azure"
    folder.mkdir()
    with stores.azure(folder) as store:
        session = session_at(store, tmp_path, sandbox)
        me, talk = (session.publish(file, yes=True) for file in files)
        short = StoreTarget(store.place, None).link(me.unsigned_url.rpartition("/")[2], 1)[0]
        until(lambda: httpx.head(short).status_code == 403)
        session.close()

        later = session_at(store, tmp_path, sandbox)  # another kernel, on another day
        later.submit(character=short, reference=talk.url).wait(60)
        (post,) = sandbox.ledger()["posts"]
        assert httpx.head(post["body"]["character"]["uri"]).status_code == 200
        later.close()

        for prepared in (tmp_path / "act_two_inputs").iterdir():
            prepared.unlink()
        last = session_at(store, tmp_path, sandbox)
        with pytest.raises(ActTwoError, match="is a signed link that ended at"):
            last.submit(character=short, reference=talk.url, seed=2)
        assert len(sandbox.ledger()["posts"]) == 1
        last.close()
