"""From a bought clip back to its request, and what a history knows that a folder does not."""

from __future__ import annotations

from cometact_nb.handles import saved_clip as archive


def test_a_bought_clip_leads_back_to_its_request_and_is_missed_when_it_is_gone(session, sandbox) -> None:
    task = session.submit(character=sandbox.character, reference=sandbox.reference, seed=7).wait(60)
    saved = archive.load_clip(session, task.clip.path)
    assert saved.request == task.request
    assert (saved.task_id, saved.created_at, saved.sandbox) == (task.id, task.created_at, True)
    assert saved.intact
    assert archive.verify(session).ok
    text = task.clip.path.with_suffix(".json").read_text()
    tokens = [download["query"].partition("token=")[2] for download in sandbox.ledger()["downloads"]]
    assert any(tokens)
    assert not any(token in text for token in tokens if token)

    for suffix in (".mp4", ".json", ".jpg"):
        task.clip.path.with_suffix(suffix).unlink()
    found = archive.verify(session)
    assert found.missing == (task.clip.path.name,)
    task.refresh().wait(60)
    assert archive.verify(session).ok
    assert sandbox.posts() == 1
