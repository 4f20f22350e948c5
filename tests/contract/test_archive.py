"""From a bought clip back to its request, and what a history knows that a folder does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from present import present

from cometact_nb.handles import saved_clip as archive
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    from services import SandboxProcess


def test_a_bought_clip_leads_back_to_its_request_and_is_missed_when_it_is_gone(
    session: Session, sandbox: SandboxProcess
) -> None:
    task = session.submit(character=sandbox.character, reference=sandbox.reference, seed=7).wait(60)
    saved = archive.load_clip(session, present(task.clip).path)
    assert saved.request == task.request
    assert (saved.task_id, saved.created_at, saved.sandbox) == (task.id, task.created_at, True)
    assert saved.intact
    assert archive.verify(session).ok
    text = present(task.clip).path.with_suffix(".json").read_text()
    tokens = [download["query"].partition("token=")[2] for download in sandbox.ledger()["downloads"]]
    assert any(tokens)
    assert not any(token in text for token in tokens if token)

    for suffix in (".mp4", ".json", ".jpg"):
        present(task.clip).path.with_suffix(suffix).unlink()
    found = archive.verify(session)
    assert found.missing == (present(task.clip).path.name,)
    task.refresh().wait(60)
    assert archive.verify(session).ok
    assert sandbox.posts() == 1
