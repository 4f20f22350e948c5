"""A file of this machine becomes public once, where its user said, or not at all; and is taken back."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from files import unreadable
from PIL import Image
from web_folder import WebFolder, paid_session

from cometact_nb.domain.identity import identity_of
from cometact_nb.errors import ConfigError, ConsentNeeded, InputError, PublishError
from cometact_nb.handles.config import Config
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from services import SandboxProcess

NAME = re.compile(r"act-two-[0-9a-f]{64}-[0-9a-f]{32}\.(png|mp4)")

pytestmark = pytest.mark.usefixtures("new_user")


@pytest.fixture
def session(tmp_path: Path, sandbox: SandboxProcess, web: WebFolder) -> Iterator[Session]:
    made = paid_session(tmp_path, sandbox, web)
    yield made
    made.close()


def names(web: WebFolder) -> list[str]:
    return sorted(path.name for path in web.folder.iterdir())


# --- publishing -------------------------------------------------------------------------------------


def test_the_first_publication_to_a_place_asks_and_the_answer_holds_for_the_user(
    session: Session, me: Path, talk: Path, web: WebFolder
) -> None:
    with pytest.raises(ConsentNeeded, match=r"Anyone with the link can see me\.png") as asked:
        session.publish(me)
    assert asked.value.place == str(web.folder)
    assert not names(web)
    public = session.publish(me, yes=True)
    assert session.publish(talk).name == "talk.mp4"
    assert len(names(web)) == 2
    assert all(map(NAME.fullmatch, names(web)))
    assert (web.folder / public.url.rpartition("/")[2]).read_bytes()


def test_a_file_is_looked_at_as_the_vendor_would_and_brought_once(
    session: Session, me: Path, web: WebFolder
) -> None:
    first = session.publish(me, yes=True)
    assert web.methods() == ["HEAD", "GET"]
    assert all(agent.startswith("RunwayML API/") for _, _, agent in web.asked)
    before = (web.folder / names(web)[0]).stat().st_mtime_ns
    second = session.publish(me)
    assert second.url == first.url
    assert (web.folder / names(web)[0]).stat().st_mtime_ns == before


def test_one_content_has_one_name_that_its_hash_alone_does_not_tell(
    session: Session, me: Path, web: WebFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = session.publish(me, yes=True)
    copy = tmp_path / "copy.png"
    copy.write_bytes(me.read_bytes())
    assert session.publish(copy).url == public.url
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "somebody else"))
    other = session.publish(me, yes=True)
    assert other.sha256 == public.sha256
    assert other.url != public.url
    assert identity_of(other.url) == identity_of(public.url) == f"sha256:{public.sha256}"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("no HEAD", "answers HEAD with HTTP 403"),
        ("type", "says Content-Type application/octet-stream, and not image/png"),
        ("redirect", "redirects"),
        ("length", "Content-Length"),
        ("content", "gives other bytes"),
    ],
)
def test_a_place_that_the_vendor_could_not_fetch_from_keeps_nothing(
    session: Session, me: Path, web: WebFolder, fault: str, words: str
) -> None:
    web.fault = fault
    with pytest.raises(PublishError, match=words):
        session.publish(me, yes=True)
    assert not names(web)
    assert not session.published()


def test_a_public_file_outlives_a_bad_minute_of_its_server(
    session: Session, me: Path, web: WebFolder
) -> None:
    session.publish(me, yes=True)
    web.fault = "no HEAD"
    with pytest.raises(PublishError):
        session.publish(me)
    assert len(names(web)) == 1
    assert [one.name for one in session.published()] == ["me.png"]


def test_neither_repr_nor_table_nor_error_shows_where_a_face_is(
    session: Session, me: Path, web: WebFolder
) -> None:
    public = session.publish(me, yes=True)
    secret = NAME.search(public.url)
    assert secret is not None
    web.fault = "type"
    with pytest.raises(PublishError) as failed:
        session.publish(me)
    shown = [repr(public), repr(session.published()), str(session.published().to_rows()), str(failed.value)]
    assert not any(secret.group()[80:100] in text for text in shown)
    assert repr(session.unpublish(public))


# --- bad input --------------------------------------------------------------------------------------


def huge(path: Path) -> None:
    """A picture, and nothing for 2 GB behind it, which takes no room on the disk."""
    path.write_bytes(noise())
    os.truncate(path, 2_000_000_000)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), "empty"),
        (lambda path: path.write_text("no picture at all"), "text"),
        (lambda path: None, "no file of this machine"),
        (lambda path: path.write_bytes(noise()[:20_000]), "cannot be"),
        (unreadable, "may not be read by you"),
        (huge, "too large to open"),
    ],
    ids=["a folder", "empty", "text", "not there", "broken", "not allowed", "huge"],
)
def test_what_is_no_input_is_one_error(
    session: Session, tmp_path: Path, web: WebFolder, make: object, words: str
) -> None:
    path = tmp_path / "face.png"
    make(path)  # type: ignore[operator]
    with pytest.raises(InputError, match=words):
        session.publish(path, yes=True)
    assert not names(web)


def test_a_folder_that_is_not_there_is_not_made(
    session: Session, me: Path, tmp_path: Path, web: WebFolder
) -> None:
    session.configure(publish_to=tmp_path / "nowhere")
    with pytest.raises(PublishError, match="there is no folder"):
        session.publish(me, yes=True)
    assert not (tmp_path / "nowhere").exists()
    assert not session.published()


def test_a_folder_that_may_not_be_written_is_one_error(session: Session, me: Path, web: WebFolder) -> None:
    (web.folder / "file").write_bytes(b"")
    session.configure(publish_to=web.folder / "file")
    with pytest.raises(PublishError, match="there is no folder"):
        session.publish(me, yes=True)
    closed = Path("/proc/sys/vm")  # where even root makes no file
    if os.geteuid():
        closed = web.folder / "closed"
        closed.mkdir(0o500)
    session.configure(publish_to=closed)
    with pytest.raises(PublishError, match=r"'me\.png' could not be published at .* No request was sent"):
        session.publish(me, yes=True)
    assert not session.published()


def test_a_server_that_is_gone_leaves_nothing_public(session: Session, me: Path, web: WebFolder) -> None:
    session.configure(publish_base="http://127.0.0.1:9/inputs")
    with pytest.raises(PublishError, match="does not answer"):
        session.publish(me, yes=True)
    assert not names(web)


def test_an_address_whose_name_nobody_knows_leaves_nothing_public(
    session: Session, me: Path, web: WebFolder
) -> None:
    session.configure(publish_base="https://files.invalid/inputs")
    with pytest.raises(PublishError, match=r"'me\.png' could not be published at") as failed:
        session.publish(me, yes=True)
    assert "does not answer" in str(failed.value)
    assert "No request was sent." in str(failed.value)
    assert not names(web)
    assert not session.published()


#: A limit on the size of any file stands in for a full disk: writes fail the same way. Python's own writes, too: it
#: must keep nothing that it compiles (``-B``), or others read a part.
FULL = """
import resource, signal, sys
from cometact_nb.handles.config import Config
from cometact_nb.handles.prepare import prepare
from cometact_nb.handles.session import Session
config = Config(history=":memory:", base_url=sys.argv[3])
session = Session(config.changed(api_key="sandbox-key", publish_to=sys.argv[2], publish_base=sys.argv[3]))
prepared = prepare(session, sys.argv[1])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (4000, 4000))
try:
    session.publish(prepared, yes=True)
except Exception as error:
    print(type(error).__name__, error, len(session.published()))
"""


def test_a_full_disk_at_the_place_is_one_clear_error_and_leaves_nothing(
    tmp_path: Path, web: WebFolder
) -> None:
    source = tmp_path / "noise.png"
    source.write_bytes(noise())
    command = [sys.executable, "-B", "-c", FULL, str(source), str(web.folder), web.base]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert run.stdout.startswith("PublishError 'noise-"), run.stdout + run.stderr
    assert "File too large" in run.stdout
    assert run.stdout.rstrip().endswith(" 0")
    assert not names(web)


def noise(side: int = 200) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((side, side), 80).convert("RGB").save(out, "PNG")
    return out.getvalue()


def test_progress_rises_to_the_end(session: Session, tmp_path: Path, web: WebFolder) -> None:
    source = tmp_path / "noise.png"
    source.write_bytes(noise(1600))
    shares: list[float] = []
    session.publish(source, yes=True, progress=shares.append)
    assert len(shares) > 2
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_without_a_place_one_error_names_the_setting(session: Session, me: Path) -> None:
    session.configure(publish_to="")
    with pytest.raises(PublishError, match=r"act\.configure\(publish_to=") as wrong:
        session.publish(me)
    assert wrong.value.guide == "own-files"


def test_a_folder_needs_its_address(session: Session, me: Path) -> None:
    session.configure(publish_base="")
    with pytest.raises(PublishError, match="needs publish_base"):
        session.publish(me, yes=True)


@pytest.mark.parametrize(
    "base", ["http://www.example.com/in", "https://me:pw@host.example/in", "ftp://host/in", "x"]
)
def test_an_address_that_is_not_https_is_refused_where_it_is_set(session: Session, base: str) -> None:
    with pytest.raises(ConfigError, match="publish_base is no https address"):
        session.configure(publish_base=base)


def test_an_address_of_this_machine_is_not_for_a_paid_service(
    tmp_path: Path, me: Path, web: WebFolder
) -> None:
    config = Config(history=":memory:", publish_to=web.folder, publish_base=web.base)
    session = Session(config)
    with pytest.raises(PublishError, match="address on this machine"):
        session.publish(me, yes=True)
    session.close()
    assert not names(web)


def test_a_project_may_not_say_where_files_become_public(tmp_path: Path) -> None:
    (tmp_path / "cometact_nb.toml").write_text('publish_to = "s3://theirs/inputs"\n')
    with pytest.raises(ConfigError, match="must not say where your files become public"):
        Config.from_environment({}, tmp_path, tmp_path)


def test_the_environment_may(tmp_path: Path) -> None:
    config = Config.from_environment(
        {
            "COMETACT_NB_PUBLISH_TO": "s3://mine/inputs/",
            "COMETACT_NB_PUBLISH_BASE": "https://cdn.example/in/",
        },
        tmp_path,
        tmp_path,
    )
    assert (config.publish_to, config.publish_base) == ("s3://mine/inputs", "https://cdn.example/in")


def test_a_public_place_has_no_end_to_choose(session: Session, me: Path) -> None:
    with pytest.raises(ConfigError, match="links with a signature"):
        session.publish(me, expires_s=90_000, yes=True)
    with pytest.raises(ConfigError, match="a day to a week"):
        session.publish(me, expires_s=60, yes=True)


# --- taking back ------------------------------------------------------------------------------------


def test_what_is_public_is_listed_and_taken_back(
    session: Session, me: Path, talk: Path, web: WebFolder
) -> None:
    session.publish(me, yes=True)
    session.publish(talk)
    assert [one.name for one in session.published()] == ["talk.mp4", "me.png"]
    assert [one.source for one in session.unpublish("me.png").removed] == ["me.png"]
    assert [one.name for one in session.published()] == ["talk.mp4"]
    assert len(names(web)) == 1
    assert not session.unpublish(older_than_s=3600).removed
    assert session.unpublish(older_than_s=0).ok
    assert not names(web)
    with pytest.raises(PublishError, match="Nothing of that name"):
        session.unpublish("me.png")
    session.publish(me)
    assert [one.name for one in session.published()] == ["me.png"]


def test_what_cannot_be_taken_back_is_said(session: Session, me: Path, web: WebFolder) -> None:
    session.publish(me, yes=True)
    file = web.folder / names(web)[0]
    file.unlink()
    file.mkdir()  # as no permission would be
    removal = session.unpublish("all")
    assert not removal.ok
    assert "is still public at" in repr(removal)
    (row,) = session.published()
    assert row.problem


def test_a_history_of_somebody_else_makes_nobody_delete_anything(
    session: Session, me: Path, web: WebFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.publish(me, yes=True)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "somebody else"))
    removal = session.unpublish("all")
    assert [one.problem for one in removal.still_public] == [
        "this history was not made by you here, so its places are not trusted"
    ]
    assert len(names(web)) == 1


@pytest.mark.parametrize("again", [True, False], ids=["one that was public", "a new one"])
def test_an_interrupt_takes_away_what_it_brought_and_leaves_what_was_public_before(
    session: Session, web: WebFolder, me: Path, talk: Path, again: bool
) -> None:
    # One interrupt a test: a request of an interrupted look may come late, while the next file is opened.
    session.publish(me, yes=True)
    (before,) = names(web)
    left = [True]

    def interrupt() -> None:
        if left:
            left.clear()
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    web.at_request = interrupt
    with pytest.raises(KeyboardInterrupt):
        session.publish(me if again else talk)
    assert names(web) == [before]
    assert [one.name for one in session.published()] == ["me.png"]
