"""Paths as inputs: public before the request is paid for, once, and the same request wherever they are."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from files import noisy_video_bytes, video_bytes
from web_folder import WebFolder, paid_session, web_folder

import cometact_nb as act
from cometact_nb.errors import ConsentNeeded, InputError, PublishError, RequestError, UnconfirmedError
from cometact_nb.handles.config import Config
from cometact_nb.handles.history import find_history
from cometact_nb.handles.prepare import prepare
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from services import SandboxProcess

pytestmark = pytest.mark.usefixtures("new_user")


@pytest.fixture
def session(tmp_path: Path, sandbox: SandboxProcess, web: WebFolder) -> Iterator[Session]:
    made = paid_session(tmp_path, sandbox, web)
    yield made
    made.close()


def files(web: WebFolder) -> list[Path]:
    return sorted(web.folder.iterdir())


def sent(sandbox: SandboxProcess) -> list[dict[str, Any]]:
    return [post["body"] for post in sandbox.ledger()["posts"]]


# --- one request ------------------------------------------------------------------------------------


def test_paths_are_inputs_that_are_public_before_the_request_is_paid_for(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path
) -> None:
    session.publish(me, yes=True)
    task = session.submit(character=me, reference=str(talk), seed=7)
    (body,) = sent(sandbox)
    addresses = {body["character"]["uri"], body["reference"]["uri"]}
    assert addresses == {f"{web.base}/{path.name}" for path in files(web)}
    assert (body["character"]["type"], body["reference"]["type"]) == ("image", "video")
    assert task.wait(60).clip is not None


def test_without_consent_nothing_is_public_and_nothing_is_sent(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path
) -> None:
    with pytest.raises(ConsentNeeded, match=r"me\.png, talk\.mp4"):
        session.submit(character=me, reference=talk)
    assert (files(web), sandbox.posts(), session.tasks()) == ([], 0, [])


def test_a_publication_that_fails_sends_nothing_and_leaves_no_task(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path
) -> None:
    session.publish(me, yes=True)
    web.fault = "type"
    with pytest.raises(PublishError, match="No request was sent"):
        session.submit(character=me, reference=talk)
    assert (sandbox.posts(), session.tasks()) == (0, [])
    web.fault = ""
    session.submit(character=me, reference=talk)
    assert sandbox.posts() == 1


def test_a_missing_key_makes_nothing_public(session: Session, web: WebFolder, me: Path, talk: Path) -> None:
    paid = Session(
        Config(history=":memory:").changed(publish_to=web.folder, publish_base="https://cdn.example/in")
    )
    with pytest.raises(act.errors.ConfigError, match="no API key"):
        paid.submit(character=me, reference=talk)
    paid.close()
    assert not files(web)


def test_everything_that_is_wrong_with_two_files_is_one_error(
    session: Session, sandbox: SandboxProcess, me: Path, tmp_path: Path
) -> None:
    (tmp_path / "short.mp4").write_bytes(video_bytes(1.0))
    with pytest.raises(InputError) as wrong:
        session.submit(character=tmp_path / "no.png", reference=tmp_path / "short.mp4")
    assert {line.partition(":")[0] for line in str(wrong.value).splitlines()} == {"character", "reference"}
    assert sandbox.posts() == 0


def test_a_performance_that_is_too_long_is_not_cut_unseen(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, tmp_path: Path
) -> None:
    session.publish(me, yes=True)
    (tmp_path / "long.mp4").write_bytes(video_bytes(31))
    with pytest.raises(InputError, match=r"lasts 31.00 s: longer than the 30 s .* act.prepare\('long.mp4'"):
        session.submit(character=me, reference="long.mp4")
    part = prepare(session, "long.mp4", "reference", start_s=1, end_s=5)
    session.submit(character=me, reference=part)
    assert len(sent(sandbox)) == 1


def test_a_path_in_the_sandbox_goes_to_the_sandbox_and_nobody_is_asked(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path
) -> None:
    session.use_sandbox(sandbox.speed, url=sandbox.base_url)
    task = session.submit(character=me, reference=talk)
    assert not files(web)
    assert all(body["character"]["uri"].startswith(f"{sandbox.base_url}/inputs/") for body in sent(sandbox))
    assert task.wait(60).clip is not None
    words = repr(session.published())
    assert words.startswith("2 in the sandbox, which shows them on this machine alone.")
    assert "anyone" not in words
    session.leave_sandbox()
    session.publish(me, yes=True)
    words = repr(session.published())
    assert words.startswith("1 public: anyone with the link can see them.\n2 in the sandbox")
    session.use_sandbox(sandbox.speed, url=sandbox.base_url)
    assert session.unpublish("all").ok


def test_a_published_file_is_an_input(
    session: Session, sandbox: SandboxProcess, me: Path, talk: Path
) -> None:
    public = session.publish(me, yes=True)
    session.submit(character=public, reference=talk)
    assert sent(sandbox)[0]["character"]["uri"] == public.unsigned_url


# --- without a place --------------------------------------------------------------------------------


def test_without_a_place_paths_are_one_error_that_names_the_guide(
    session: Session, sandbox: SandboxProcess, me: Path, talk: Path
) -> None:
    session.configure(publish_to="")
    with pytest.raises(RequestError) as wrong:
        session.submit(character=me, reference=talk)
    assert len(wrong.value.findings) == 2
    assert all('act.guide("own-files")' in finding.cure for finding in wrong.value.findings)
    assert act.guide("own-files").text
    assert sandbox.posts() == 0


def test_without_a_place_a_small_file_goes_inside_the_request_if_that_is_allowed(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path
) -> None:
    session.configure(publish_to="")
    task = session.submit(character=me, reference=talk, allow_unlisted=True)
    (body,) = sent(sandbox)
    assert body["character"]["uri"].startswith("data:image/png;base64,")
    assert base64.b64decode(body["reference"]["uri"].partition(",")[2])
    assert task.wait(60).clip is not None
    assert not files(web)


def test_a_file_that_is_too_large_to_go_inside_is_refused_by_the_vendor_s_limit(
    session: Session, sandbox: SandboxProcess, me: Path, tmp_path: Path
) -> None:
    session.configure(publish_to="")
    big = tmp_path / "big.mp4"
    big.write_bytes(noisy_video_bytes(tmp_path, 4.0, 10_000))
    assert big.stat().st_size * 4 / 3 > 5 * 1024**2
    with pytest.raises(RequestError, match="Runway takes 5 MB inline"):
        session.submit(character=me, reference=big, allow_unlisted=True)
    assert sandbox.posts() == 0


# --- money ------------------------------------------------------------------------------------------


def test_a_sweep_publishes_each_file_once_and_says_so_before(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path
) -> None:
    session.publish(me, yes=True)
    session.unpublish("all")
    sweep = session.sweep(character=me, reference=[talk], seed=[1, 2])
    assert sweep.plan.publishes == (
        f"me.png becomes public at {web.folder}, for anyone with the link, until you take it back",
        f"talk.mp4 becomes public at {web.folder}, for anyone with the link, until you take it back",
    )
    assert "talk.mp4 becomes public" in str(sweep.plan)
    assert "reference: talk.mp4" in str(sweep.plan)
    assert not files(web)
    sweep.run().wait(60)
    assert sandbox.posts() == 2
    assert len(files(web)) == 2
    assert not sweep.plan.publishes


def test_a_sweep_whose_publication_fails_buys_nothing(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path
) -> None:
    sweep = session.sweep(character=me, reference=talk, seed=[1, 2])
    with pytest.raises(ConsentNeeded):
        sweep.run()
    assert (sandbox.posts(), files(web)) == (0, [])
    session.publish(me, yes=True)
    sweep.run().wait(60)
    assert sandbox.posts() == 2


def test_a_sweep_whose_files_are_published_elsewhere_tomorrow_buys_nothing_again(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path, tmp_path: Path
) -> None:
    session.publish(me, yes=True)
    first = session.sweep(character=me, reference=talk, seed=[1, 2])
    first.run().wait(60)
    session.unpublish("all")
    session.close()
    with web_folder(tmp_path / "other") as elsewhere:
        tomorrow = paid_session(tmp_path, sandbox, elsewhere)
        tomorrow.publish(me, yes=True)
        again = tomorrow.sweep(table=[{"character": str(me)}], reference=talk, seed=[1, 2, 3])
        assert (again.plan.done, again.plan.to_buy) == (2, 1)
        again.run().wait(60)
        tomorrow.close()
    assert sandbox.posts() == 3


def test_a_request_in_doubt_is_not_sent_beside_itself_from_another_place(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path, tmp_path: Path
) -> None:
    session.publish(me, yes=True)
    sandbox.push("lost-answer")
    with pytest.raises(UnconfirmedError):
        session.submit(character=me, reference=talk)
    session.configure(publish_to="")
    with pytest.raises(UnconfirmedError) as twin:
        session.submit(character=me, reference=talk, allow_unlisted=True)
    assert not twin.value.sent
    assert sandbox.posts() == 1


def test_another_kernel_goes_on_with_a_file_that_was_taken_back_meanwhile(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path, tmp_path: Path
) -> None:
    session.publish(me, yes=True)
    sweep = session.sweep(character=me, reference=talk, seed=[1, 2], name="later")
    sweep.run().wait(60)
    session.unpublish("all")
    session.close()
    later = paid_session(tmp_path, sandbox, web)
    task = next(cell.task for cell in later.sweep_by_name("later").cells if cell.task is not None)
    assert not files(web)
    again = task.resubmit()
    assert len(files(web)) == 2
    assert again.wait(60).clip is not None
    later.close()
    assert sandbox.posts() == 3


def test_a_name_of_another_user_is_not_published_for_them(
    session: Session,
    sandbox: SandboxProcess,
    web: WebFolder,
    me: Path,
    talk: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session.publish(me, yes=True)
    task = session.submit(character=me, reference=talk).wait(60)
    session.unpublish("all")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "somebody else"))
    other = paid_session(tmp_path, sandbox, web)
    assert task.id is not None
    with pytest.raises(RequestError):  # nothing is there, and nobody brings it
        other.task(task.id).resubmit()
    other.close()
    assert (files(web), sandbox.posts()) == ([], 1)


# --- what is kept -----------------------------------------------------------------------------------


def test_history_and_sidecar_know_the_file_s_own_name_and_hash(
    session: Session, sandbox: SandboxProcess, me: Path, talk: Path, tmp_path: Path
) -> None:
    public = session.publish(me, yes=True)
    clip = session.submit(character=me, reference=talk).wait(60).clip
    assert clip is not None
    session.close()
    later = Session(Config(history=str(tmp_path / "history.sqlite")))
    (row,) = find_history(later, None, None, None, 5)
    assert row.state.input_names == {"character": "me.png", "reference": "talk.mp4"}
    later.close()
    record = json.loads(clip.path.with_suffix(".json").read_text("utf-8"))
    assert record["inputs"]["character"]["name"] == "me.png"
    assert record["inputs"]["character"]["sha256"] == public.sha256
    assert public.unsigned_url.rpartition("-")[2] not in clip.path.with_suffix(".json").read_text("utf-8")


def test_inputs_are_copied_beside_the_clips_and_into_the_report_if_that_is_wanted(
    session: Session, sandbox: SandboxProcess, me: Path, talk: Path, tmp_path: Path
) -> None:
    public = session.publish(me, yes=True)
    session.configure(keep_inputs=True)
    sweep = session.sweep(character=me, reference=talk, seed=[1, 2])
    sweep.run().wait(60)
    kept = sorted((tmp_path / "clips" / "inputs").iterdir())
    assert [path.name.rpartition("-")[0] for path in kept] == ["me", "talk"]
    assert hashlib.sha256(kept[0].read_bytes()).hexdigest() == public.sha256
    page = sweep.export(tmp_path / "report")
    assert sorted(path.name for path in (page.parent / "inputs").iterdir()) == [path.name for path in kept]
    text = page.read_text("utf-8")
    assert f'src="inputs/{kept[0].name}"' in text
    assert "me.png" in text
    session.submit(character=me, reference=talk, seed=9).wait(60)
    assert len(list((tmp_path / "clips" / "inputs").iterdir())) == 2


def test_without_that_wish_nothing_of_them_is_copied(
    session: Session, sandbox: SandboxProcess, me: Path, talk: Path, tmp_path: Path
) -> None:
    session.publish(me, yes=True)
    session.submit(character=me, reference=talk).wait(60)
    assert not (tmp_path / "clips" / "inputs").exists()


def test_a_copy_that_cannot_be_made_sends_nothing(
    session: Session, sandbox: SandboxProcess, web: WebFolder, me: Path, talk: Path, tmp_path: Path
) -> None:
    session.publish(me, yes=True)
    session.unpublish("all")
    session.configure(keep_inputs=True)
    (tmp_path / "clips").mkdir()
    (tmp_path / "clips" / "inputs").write_text("a file in the way")
    with pytest.raises(InputError, match="could not be copied beside the clips"):
        session.submit(character=me, reference=talk)
    assert (sandbox.posts(), files(web)) == (0, [])
