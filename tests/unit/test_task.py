"""How each event changes a task: which end stays, and which gives way."""

from __future__ import annotations

import itertools
from typing import Any, get_args

import msgspec
import pytest

from cometact_nb.domain import events
from cometact_nb.domain.reduce import reduce
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.task import TERMINAL, ClipInfo, SignedURL, Snapshot, Status, TaskState
from cometact_nb.errors import RequestError

URL = "https://cdn.example.com/out.mp4?token=abc"
CLIP = ClipInfo(path="/clips/a.mp4", bytes=1, sha256="")
#: What a service may say about a task.
SAID = (
    Status.PENDING,
    Status.THROTTLED,
    Status.RUNNING,
    Status.SUCCEEDED,
    Status.FAILED,
    Status.CANCELLED,
    Status.UNKNOWN,
)


def seen(status: Status, *, output: bool = False, at: float = 10.0) -> events.Observed:
    code = "INTERNAL" if status is Status.FAILED else None
    urls = (URL,) if output else ()
    snapshot = Snapshot(status=status, raw_status=status.value, failure_code=code, output_urls=urls)
    return events.Observed(at=at, snapshot=snapshot)


def after(*happened: events.TaskEvent, **fields: Any) -> TaskState:
    state = TaskState(key="local-1", id="t1", status=Status.PENDING, **fields)
    for event in happened:
        state = reduce(state, event)
    return state


@pytest.mark.parametrize("later", [*SAID, Status.NOT_FOUND])
@pytest.mark.parametrize("kept", [False, True])
def test_a_success_with_an_output_is_never_taken_back(later: Status, kept: bool) -> None:
    saved = [events.ClipSaved(at=11, clip=CLIP)] if kept else []
    state = after(seen(Status.SUCCEEDED, output=True), *saved, seen(later, at=12))
    assert state.status is Status.SUCCEEDED
    assert state.output_urls == (URL,)
    assert state.ended_at == 10


@pytest.mark.parametrize("later", [Status.PENDING, Status.THROTTLED, Status.RUNNING])
@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED])
def test_a_task_that_runs_again_after_its_end_has_not_ended(end: Status, later: Status) -> None:
    state = after(seen(end), seen(later, at=12))
    assert state.status is later
    assert (state.failure_code, state.ended_at) == (None, None)
    assert not state.is_settled


@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED])
def test_a_success_with_an_output_wins_over_any_end(end: Status) -> None:
    state = after(seen(end), seen(Status.SUCCEEDED, output=True, at=12), seen(end, at=13))
    assert state.status is Status.SUCCEEDED
    assert state.failure_code is None


@pytest.mark.parametrize("end", [Status.FAILED, Status.CANCELLED, Status.SUCCEEDED])
@pytest.mark.parametrize("silence", [Status.NOT_FOUND, Status.UNKNOWN])
def test_silence_and_unknown_words_take_no_end_back(end: Status, silence: Status) -> None:
    assert after(seen(end), seen(silence, at=12)) == after(seen(end))


def test_a_success_that_never_had_an_output_may_turn_out_to_be_a_failure() -> None:
    state = after(seen(Status.SUCCEEDED), seen(Status.FAILED, at=12))
    assert (state.status, state.failure_code) == (Status.FAILED, "INTERNAL")
    assert after(seen(Status.SUCCEEDED), seen(Status.RUNNING, at=12)).status is Status.SUCCEEDED


@pytest.mark.parametrize(
    "said", list(itertools.permutations([Status.RUNNING, Status.FAILED, Status.SUCCEEDED]))
)
def test_in_whatever_order_a_success_with_an_output_comes_it_is_the_end(said: tuple[Status, ...]) -> None:
    state = after(*(seen(word, output=word is Status.SUCCEEDED) for word in said))
    assert state.status is Status.SUCCEEDED


@pytest.mark.parametrize("status", sorted(TERMINAL - {Status.SUCCEEDED}))
def test_every_other_end_is_settled(status: Status) -> None:
    assert TaskState(key="local-1", status=status).is_settled


def test_of_a_new_task_nothing_is_known() -> None:
    state = TaskState(key="local-1")
    assert state.status is Status.SUBMITTING
    assert (state.sent, state.watching, state.allow_unlisted) == (True, True, False)
    assert (state.raw_status, state.base_url) == ("", "")
    assert (state.output_urls, state.clips) == ((), ())
    named = {
        "key",
        "status",
        "sent",
        "watching",
        "allow_unlisted",
        "raw_status",
        "base_url",
        "output_urls",
        "clips",
    }
    unknown = {name: getattr(state, name) for name in state.__struct_fields__ if name not in named}
    assert unknown == dict.fromkeys(unknown)
    assert all(value is None for value in unknown.values())


def test_of_an_answer_without_fields_nothing_is_known() -> None:
    snapshot = Snapshot(status=Status.RUNNING, raw_status="RUNNING")
    assert (snapshot.id, snapshot.output_urls, snapshot.notes) == ("", (), ())
    named = {"status", "raw_status", "id", "output_urls", "notes"}
    assert all(getattr(snapshot, name) is None for name in snapshot.__struct_fields__ if name not in named)
    assert all(
        getattr(CLIP, name) is None
        for name in CLIP.__struct_fields__
        if name not in {"path", "bytes", "sha256"}
    )


@pytest.mark.parametrize(
    ("event", "written"),
    [
        (events.Intended(at=1), '{"kind":"intended","at":1}'),
        (events.Postponed(at=1, reason="busy", until=2), '{"kind":"postponed","at":1,"reason":"busy","until":2}'),
        (events.Accepted(at=1, id="t"), '{"kind":"accepted","at":1,"id":"t"}'),
        (events.Refused(at=1, message="no"), '{"kind":"refused","at":1,"message":"no"}'),
        (events.Unconfirmed(at=1, reason="lost"), '{"kind":"unconfirmed","at":1,"reason":"lost"}'),
        (events.Forgotten(at=1), '{"kind":"forgotten","at":1}'),
        (events.PollFailed(at=1, reason="x"), '{"kind":"poll-failed","at":1,"reason":"x"}'),
        (events.WatchEnded(at=1, reason="x"), '{"kind":"watch-ended","at":1,"reason":"x"}'),
        (events.WatchBegan(at=1), '{"kind":"watch-began","at":1}'),
        (events.CancelAnswered(at=1, accepted=True), '{"kind":"cancel-answered","at":1,"accepted":true}'),
        (events.ClipFailed(at=1, reason="x"), '{"kind":"clip-failed","at":1,"reason":"x"}'),
        (events.ClipsMoved(at=1, clips=()), '{"kind":"clips-moved","at":1,"clips":[]}'),
        (events.ClipsLost(at=1), '{"kind":"clips-lost","at":1}'),
    ],
)  # fmt: skip
def test_an_event_is_written_as_every_earlier_version_wrote_it(event: events.TaskEvent, written: str) -> None:
    assert msgspec.json.encode(event).decode() == written
    assert msgspec.json.decode(written, type=events.AnyEvent) == event


def test_a_success_and_a_clip_are_written_as_every_earlier_version_wrote_them() -> None:
    for event, kind in (
        (seen(Status.RUNNING), "observed"),
        (events.ClipSaved(at=1, clip=CLIP), "clip-saved"),
    ):
        written = msgspec.json.encode(event)
        assert msgspec.json.decode(written)["kind"] == kind
        assert msgspec.json.decode(written, type=events.AnyEvent) == event


def test_what_an_event_leaves_out_is_what_mostly_happens() -> None:
    intended = events.Intended(at=1)
    assert (intended.request, intended.price_usd, intended.sandbox, intended.input_names) == (None,) * 4
    assert (intended.base_url, intended.allow_unlisted) == ("", False)
    refused = events.Refused(at=1, message="no")
    assert (refused.status, refused.code, refused.request_id, refused.param) == (None,) * 4
    assert refused.sent is True
    assert events.Unconfirmed(at=1, reason="lost").answer is None
    assert events.CancelAnswered(at=1, accepted=False).message == ""


def test_an_intent_brings_all_that_was_asked_for() -> None:
    event = events.Intended(
        at=3, request={"model": "act_two"}, base_url="https://a.b", price_usd=0.4, allow_unlisted=True,
        sandbox=False, input_names={"character": "hero.png"},
    )  # fmt: skip
    state = reduce(TaskState(key="k"), event)
    assert state.request == {"model": "act_two"}
    assert (state.base_url, state.price_usd, state.allow_unlisted) == ("https://a.b", 0.4, True)
    assert (state.sandbox, state.input_names, state.submitted_at) == (False, {"character": "hero.png"}, 3)
    elsewhere = reduce(TaskState(key="k"), events.Intended(at=3, base_url="https://a.b"))
    assert elsewhere.submitted_at is None


def test_a_postponed_task_says_what_it_waits_for_until_it_is_accepted_refused_or_in_doubt() -> None:
    waiting = reduce(TaskState(key="k"), events.Postponed(at=1, reason="too many", until=2))
    assert waiting.waiting_for == "too many"
    for event in (
        events.Accepted(at=2, id="t"),
        events.Refused(at=2, message="no"),
        events.Unconfirmed(at=2, reason="lost"),
        seen(Status.RUNNING),
    ):
        assert reduce(waiting, event).waiting_for is None


def test_a_refusal_brings_all_that_the_service_said() -> None:
    event = events.Refused(
        at=7, message="no", status=400, code="c", request_id="r", param="ratio", sent=False
    )
    state = reduce(TaskState(key="k"), event)
    assert (state.status, state.failure, state.failure_code) == (Status.REFUSED, "no", "c")
    assert (state.http_status, state.request_id, state.param, state.sent) == (400, "r", "ratio", False)
    assert state.ended_at == 7


def test_a_doubt_keeps_what_came_and_an_id_given_later_takes_it_up() -> None:
    state = reduce(TaskState(key="k"), events.Unconfirmed(at=7, reason="lost", answer="queued"))
    assert (state.status, state.problem, state.raw_answer) == (Status.UNCONFIRMED, "lost", "queued")
    assert state.ended_at == 7
    assert state.is_in_doubt
    stopped = reduce(state, events.WatchEnded(at=8, reason="enough"))
    confirmed = reduce(stopped, events.Accepted(at=9, id="t"))
    assert (confirmed.id, confirmed.status, confirmed.watching) == ("t", Status.PENDING, True)
    assert (confirmed.problem, confirmed.ended_at) == (None, None)
    forgotten = reduce(state, events.Forgotten(at=10))
    assert (forgotten.status, forgotten.ended_at) == (Status.FORGOTTEN, 10)


def test_a_watch_that_ends_says_why_and_one_that_begins_forgets_it() -> None:
    state = after(events.PollFailed(at=1, reason="HTTP 502"))
    assert (state.problem, state.watching) == ("HTTP 502", True)
    state = reduce(state, events.WatchEnded(at=2, reason="enough"))
    assert (state.problem, state.watching) == ("enough", False)
    state = reduce(reduce(state, events.ClipFailed(at=3, reason="disk full")), events.WatchBegan(at=4))
    assert (state.problem, state.watching, state.clip_error) == (None, True, None)


def test_only_a_cancel_that_was_not_carried_out_leaves_words() -> None:
    refused = after(events.CancelAnswered(at=1, accepted=False, message="not possible"))
    assert refused.cancel_message == "not possible"
    assert reduce(refused, events.CancelAnswered(at=2, accepted=True, message="ok")).cancel_message is None


def test_clips_come_one_by_one_move_together_and_may_be_lost() -> None:
    second = ClipInfo(path="/clips/b.mp4", bytes=2, sha256="")
    state = after(events.PollFailed(at=1, reason="x"), events.ClipFailed(at=1, reason="disk full"))
    assert state.clip_error == "disk full"
    state = reduce(reduce(state, events.ClipSaved(at=2, clip=CLIP)), events.ClipSaved(at=3, clip=second))
    assert (state.clips, state.clip, state.clip_error, state.problem) == ((CLIP, second), CLIP, None, None)
    assert reduce(state, events.ClipsMoved(at=4, clips=(second,))).clips == (second,)
    lost = reduce(state, events.ClipsLost(at=5))
    assert (lost.clips, lost.clip) == ((), None)


def test_an_answer_brings_all_it_says_and_keeps_what_it_leaves_out() -> None:
    first = Snapshot(
        status=Status.RUNNING, raw_status="IN_PROGRESS / RUNNING", id="other", progress=0.5, created_at=3.0,
        credits=25, estimated_credits=30, output_urls=(URL,), failure="f", failure_code="c", notes=("a", "b"),
    )  # fmt: skip
    state = reduce(TaskState(key="k"), events.Observed(at=5, snapshot=first))
    assert (state.id, state.status, state.raw_status) == ("other", Status.RUNNING, "IN_PROGRESS / RUNNING")
    assert (state.progress, state.created_at, state.observed_at) == (0.5, 3.0, 5)
    assert (state.credits, state.estimated_credits, state.output_urls) == (25, 30, (URL,))
    assert (state.failure, state.failure_code, state.problem) == ("f", "c", "a; b")
    assert state.ended_at is None
    later = reduce(
        state, events.Observed(at=6, snapshot=Snapshot(status=Status.RUNNING, raw_status="RUNNING"))
    )
    assert (later.id, later.progress, later.created_at, later.observed_at) == ("other", 0.5, 3.0, 6)
    assert (later.credits, later.estimated_credits, later.output_urls) == (25, 30, (URL,))
    assert (later.failure, later.failure_code, later.problem) == (None, None, None)
    back = Snapshot(
        status=Status.RUNNING, raw_status="RUNNING", progress=0.25, credits=0, estimated_credits=0
    )
    back_state = reduce(later, events.Observed(at=7, snapshot=back))
    assert (back_state.progress, back_state.credits, back_state.estimated_credits) == (0.5, 0, 0)
    assert after(seen(Status.RUNNING)).progress is None
    assert after(seen(Status.RUNNING)).id == "t1"
    done = after(seen(Status.SUCCEEDED, at=9))
    assert (done.progress, done.ended_at) == (1.0, 9)
    assert reduce(TaskState(key="k"), seen(Status.RUNNING)).id is None


def test_an_end_asked_about_again_brings_new_links_and_its_price_and_stays_where_it_ended() -> None:
    state = after(seen(Status.SUCCEEDED, output=True))
    fresh = Snapshot(
        status=Status.SUCCEEDED, raw_status="S", output_urls=("https://c.d/new.mp4",), credits=20
    )
    again = reduce(state, events.Observed(at=90, snapshot=fresh))
    assert again.output_urls == ("https://c.d/new.mp4",)
    assert (again.credits, again.observed_at, again.ended_at) == (20, 90, 10)
    silent = Snapshot(status=Status.SUCCEEDED, raw_status="S")
    kept = reduce(again, events.Observed(at=91, snapshot=silent))
    assert (kept.output_urls, kept.credits, kept.observed_at) == (("https://c.d/new.mp4",), 20, 91)


def test_an_event_that_nobody_knows_changes_nothing() -> None:
    state = after(seen(Status.RUNNING))
    assert reduce(state, events.TaskEvent(at=3)) is state


def test_a_signed_link_shows_no_token() -> None:
    assert repr(SignedURL(URL)) == "'https://cdn.example.com/out.mp4?…'"
    assert SignedURL(URL) == URL


def test_a_clip_s_place_is_its_address_at_a_store_or_its_path() -> None:
    assert CLIP.place == "/clips/a.mp4"
    assert ClipInfo(path="/tmp/a.mp4", bytes=1, sha256="", url="s3://b/a.mp4").place == "s3://b/a.mp4"


@pytest.mark.parametrize(
    ("sandbox", "base_url", "price", "expected"),
    [
        (None, "http://127.0.0.1:1", 0.0, True), (None, "http://127.0.0.1:1", 0.4, False),
        (None, "http://127.0.0.1:1", None, False), (None, "https://a.b", 0.0, False),
        (True, "https://a.b", 0.4, True), (False, "http://127.0.0.1:1", 0.0, False),
    ],
)  # fmt: skip
def test_the_sandbox_is_what_was_recorded_or_in_old_histories_free_and_local(
    sandbox: bool | None, base_url: str, price: float | None, expected: bool
) -> None:
    assert TaskState(key="k", sandbox=sandbox, base_url=base_url, price_usd=price).in_sandbox is expected


def test_a_wait_for_a_success_is_over_when_all_its_clips_are_there_or_will_not_come() -> None:
    two: dict[str, Any] = {"status": Status.SUCCEEDED, "output_urls": (URL, URL + "2")}
    assert not TaskState(key="k", **two).is_settled
    assert not TaskState(key="k", clips=(CLIP,), **two).is_settled
    assert TaskState(key="k", clips=(CLIP, CLIP), **two).is_settled
    assert TaskState(key="k", clips=(CLIP, CLIP, CLIP), **two).is_settled
    assert TaskState(key="k", clip_error="disk full", **two).is_settled
    assert TaskState(key="k", watching=False, **two).is_settled
    assert not TaskState(key="k", status=Status.SUCCEEDED).is_settled
    assert not TaskState(key="k", status=Status.RUNNING).is_settled
    assert TaskState(key="k", status=Status.RUNNING, watching=False).is_settled


def test_an_id_that_the_service_does_not_know_is_in_doubt_only_if_it_was_bought_here() -> None:
    assert TaskState(key="k", status=Status.NOT_FOUND, submitted_at=0.0).is_in_doubt
    assert not TaskState(key="k", status=Status.NOT_FOUND).is_in_doubt
    assert not TaskState(key="k", status=Status.RUNNING, submitted_at=1.0).is_in_doubt
    assert TaskState(key="k", status=Status.UNCONFIRMED).is_in_doubt


def test_time_runs_from_the_submission_or_else_the_creation_to_the_end_or_now() -> None:
    assert TaskState(key="k").elapsed_s(100) == 0
    assert TaskState(key="k", created_at=40).elapsed_s(100) == 60
    state = TaskState(key="k", submitted_at=0.0, created_at=40)
    assert (state.begun_at, state.elapsed_s(100)) == (0, 100)
    assert TaskState(key="k", submitted_at=10, ended_at=0.0).elapsed_s(100) == 0
    assert TaskState(key="k", submitted_at=10, ended_at=30).elapsed_s(100) == 20


def test_a_task_gives_its_request_back_as_it_was_asked_for() -> None:
    assert TaskState(key="k").to_request() is None
    asked = ActTwoRequest(
        character="https://a.b/c.png", reference="https://a.b/c.mp4", ratio="100:100", allow_unlisted=True
    )
    state = TaskState(key="k", request=asked.to_json(), allow_unlisted=True)
    assert state.to_request() == asked
    with pytest.raises(RequestError, match="ratio"):
        TaskState(key="k", request=asked.to_json()).to_request()


#: Everything that is recorded or replayed.
RECORDS = [Snapshot, ClipInfo, TaskState, events.TaskEvent, *get_args(events.AnyEvent)]


@pytest.mark.parametrize("kind", RECORDS)
def test_a_record_is_never_changed_and_is_written_by_name(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.frozen
    with pytest.raises(TypeError, match="positional"):
        kind(1)


@pytest.mark.parametrize("kind", get_args(events.AnyEvent))
def test_an_event_leaves_out_what_was_not_given(kind: type[msgspec.Struct]) -> None:
    assert kind.__struct_config__.omit_defaults
    assert kind.__struct_config__.tag_field == "kind"


def test_the_ends_are_these() -> None:
    assert {status for status in Status if status.is_terminal} == {
        Status.REFUSED, Status.UNCONFIRMED, Status.FORGOTTEN, Status.SUCCEEDED, Status.FAILED, Status.CANCELLED,
        Status.NOT_FOUND,
    }  # fmt: skip
    assert [str(status) for status in Status] == [status.name for status in Status]
