"""Text from elsewhere: pasted bodies, history rows. Never a crash, always one kind of error."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cometact_nb.domain import events
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.task import Snapshot, Status, TaskState
from cometact_nb.domain.text import forms
from cometact_nb.errors import HistoryError, RequestError
from cometact_nb.store.journal.history import History

FIELDS = ["model", "character", "reference", "bodyControl", "expressionIntensity", "seed", "ratio",
          "contentModeration", "publicFigureThreshold", "type", "uri", "promptImage"]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
    | st.sampled_from(["act_two", "https://a.b/c.png", "data:image/png;base64,AA", "image", "video"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=5),
    max_leaves=12,
)  # fmt: skip


@given(VALUES)
def test_any_json_is_a_request_or_a_request_error(body: Any) -> None:
    with contextlib.suppress(RequestError):
        request = ActTwoRequest.from_json(body)
        assert ActTwoRequest.from_json(request.to_json()) == request


@given(
    st.text(max_size=80) | VALUES.map(json.dumps) | st.text(max_size=40).map(lambda text: f"curl -d '{text}")
)
def test_any_pasted_text_is_a_request_or_a_request_error(text: str) -> None:
    with contextlib.suppress(RequestError):
        ActTwoRequest(**forms.fields_from_text(text))


@given(st.text(max_size=60))
def test_any_character_is_a_request_or_a_request_error(text: str) -> None:
    with contextlib.suppress(RequestError):
        ActTwoRequest(character=text, reference="https://a.b/c.mp4")


EVENTS = st.one_of(
    st.builds(events.Accepted, at=st.floats(0, 1e9), id=st.text(min_size=1, max_size=8)),
    st.builds(events.Unconfirmed, at=st.floats(0, 1e9), reason=st.text(max_size=8)),
    st.builds(events.PollFailed, at=st.floats(0, 1e9), reason=st.text(max_size=8)),
    st.builds(events.ClipFailed, at=st.floats(0, 1e9), reason=st.text(max_size=8)),
    st.builds(
        events.Observed,
        at=st.floats(0, 1e9),
        snapshot=st.builds(
            Snapshot,
            status=st.sampled_from(Status),
            raw_status=st.text(max_size=5),
            progress=st.none() | st.floats(0, 1),
            output_urls=st.sampled_from([(), ("https://a.b/clip.mp4",)]),
        ),
    ),
)
FINAL = {Status.SUCCEEDED, Status.FAILED, Status.CANCELLED}
ITS_OWN = FINAL | {Status.PENDING, Status.THROTTLED, Status.RUNNING}


@given(st.lists(EVENTS, max_size=12))
def test_an_announced_end_gives_way_to_the_service_s_own_words_alone_and_one_with_a_clip_to_nothing(
    happened: list[events.TaskEvent],
) -> None:
    state = TaskState(key="k")
    for event in happened:
        after = reduce(state, event)
        if state.status in FINAL and isinstance(event, events.Observed):
            assert after.status is state.status or after.status in ITS_OWN
            assert after.status is state.status or not (
                state.status is Status.SUCCEEDED and state.output_urls
            )
        elif state.progress is not None and isinstance(event, events.Observed):
            assert (after.progress or 0) >= state.progress
        state = after


@pytest.mark.parametrize(
    "junk", ["", "{", "[]", '{"key": 3}', '{"status": "DANCING", "key": "k"}', "null", "\0"]
)
def test_a_broken_row_of_the_history_is_a_clear_error(tmp_path: Path, junk: str) -> None:
    path = tmp_path / "history.sqlite"
    history = History(str(path))
    event = events.Intended(at=1.0, request={}, base_url="https://a.b")
    history.append("k", event, reduce(TaskState(key="k"), event))
    history.close()
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE tasks SET state = ?", (junk,))
        db.execute("UPDATE events SET event = ?", (junk,))
    again = History(str(path))
    with pytest.raises(HistoryError, match="understood"):
        again.find("k")
    assert again.events("k") == []
    again.close()
