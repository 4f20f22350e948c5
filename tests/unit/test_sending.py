"""What is recorded and counted when a request is sent, refused. On a virtual clock."""

from __future__ import annotations

import asyncio
import base64
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from httpx import ConnectError, ReadTimeout
from scripted import BUSY, DONE, REQUEST, RUNNING, Service, another, recorded, run_to_the_end, send

from cometact_nb.api import flow
from cometact_nb.api.client import Client
from cometact_nb.domain import events
from cometact_nb.domain.inputs import note_name
from cometact_nb.domain.money import Account, to_micro
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.service import Endpoint, Secret
from cometact_nb.domain.task import Status, TaskState
from cometact_nb.engine.engine import Engine, new_key
from cometact_nb.engine.job import Job
from cometact_nb.errors import ActTwoError, BudgetError, ConfigError, HistoryError, NotSentError
from cometact_nb.store.journal.claims import CellClaim, CellTaken
from cometact_nb.store.journal.history import History

if TYPE_CHECKING:
    from virtual_clock import VirtualClock

START = 1_800_000_000


# --- before anything is sent -----------------------------------------------------------------------


@pytest.mark.parametrize(("max_spend", "goes"), [(1.0, False), (1.09, False), (1.1, True), (None, True)])
def test_what_the_kernel_spent_before_counts_against_its_limit(
    engines: Callable[..., Engine], job: Job, service: Service, max_spend: float | None, goes: bool
) -> None:
    engine = engines(spent_usd=0.7)
    if goes:
        send(engine, job, account=Account(limit_micro=None if max_spend is None else to_micro(max_spend)))
        assert engine.spent_usd == pytest.approx(1.1)
        return
    words = rf"\$0\.40 more would go over max_spend=\${max_spend:.2f}: \$0\.70 are spent"
    with pytest.raises(BudgetError, match=words):
        send(engine, job, account=Account(limit_micro=None if max_spend is None else to_micro(max_spend)))
    assert (service.seen, recorded(engine, job), engine.spent_usd) == ([], [], 0.7)


def test_a_request_that_was_stopped_before_is_neither_recorded_nor_sent(
    engine: Engine, job: Job, service: Service
) -> None:
    job.given_up.set()
    with pytest.raises(NotSentError, match="Nothing was bought"):
        send(engine, job)
    assert (service.seen, recorded(engine, job), engine.spent_usd) == ([], [], 0)


def test_a_reason_not_to_send_that_shows_after_the_intent_keeps_the_request_back(
    engine: Engine, job: Job, service: Service
) -> None:
    verdict = send(engine, job, obstacle=lambda: "There is a doubt.")
    assert isinstance(verdict, flow.Declined)
    assert (verdict.message, verdict.sent) == ("There is a doubt.", False)
    assert (job.state.status, job.state.failure, job.state.sent) == (
        Status.REFUSED,
        "There is a doubt.",
        False,
    )
    assert (service.seen, engine.spent_usd) == ([], 0)


@pytest.mark.parametrize(
    "error",
    [
        HistoryError("Unreadable."),
        ConfigError("Unreadable."),
        RuntimeError("x"),
        RecursionError(),
        MemoryError(),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize("posts", [0, 1])
def test_a_look_before_the_post_that_fails_keeps_the_request_back_and_leaves_no_doubt(
    engine: Engine, job: Job, service: Service, error: Exception, posts: int
) -> None:
    """Whatever goes wrong with it, and also before the repetition of a refused request."""
    service.creates = [BUSY, {"id": "task-1"}]
    looks: list[int] = []

    def obstacle() -> None:
        looks.append(len(service.times("create")))
        if looks[-1] == posts:
            raise error

    verdict = send(engine, job, obstacle=obstacle)
    assert isinstance(verdict, flow.Declined)
    assert ("Unreadable." in verdict.message) is isinstance(error, ActTwoError)
    assert (job.state.status, job.state.sent) == (Status.REFUSED, posts == 1)
    assert (len(service.times("create")), engine.spent_usd) == (posts, 0)
    assert isinstance(recorded(engine, job)[-1], events.Refused)


def test_the_intent_holds_all_that_a_later_kernel_needs(engine: Engine, tmp_path: Path) -> None:
    endpoint = Endpoint("http://127.0.0.1:8123", Secret("k"), sandbox=True)
    job = Job(TaskState(key=new_key()), endpoint, tmp_path)
    request = ActTwoRequest(
        character=REQUEST.character, reference=REQUEST.reference, allow_unlisted=True, seed=4
    )
    send(engine, job, request)
    intent = recorded(engine, job)[0]
    assert intent == events.Intended(
        at=START,
        request=request.to_json(),
        base_url="http://127.0.0.1:8123",
        price_usd=0.4,
        allow_unlisted=True,
        sandbox=True,
        output_dir=str(tmp_path),
    )
    assert job.state.request == request.to_json()

    async def stored() -> list[tuple[str]]:
        return engine.history.query("SELECT content_hash FROM tasks", ())

    assert engine.call(stored()).result(90) == [(request.content_hash,)]


def test_the_intent_names_the_local_files_that_go_into_the_request(engine: Engine, job: Job) -> None:
    picture = b"\x89PNG of a hero"
    note_name(picture, "hero.png")
    data = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    send(engine, job, ActTwoRequest(character=data, reference=REQUEST.reference, allow_unlisted=True))
    intent = recorded(engine, job)[0]
    assert isinstance(intent, events.Intended)
    assert intent.input_names == {"character": "hero.png"}


def test_a_cell_that_has_its_task_is_not_bought_again(engine: Engine, job: Job, service: Service) -> None:
    cell, second = CellClaim("s", 1), another(job)
    send(engine, job, cell=cell)
    with pytest.raises(CellTaken):
        send(engine, second, cell=cell)
    assert len(service.times("create")) == 1
    assert engine.spent_usd == 0.4


# --- what becomes of it ----------------------------------------------------------------------------


def test_an_accepted_request_is_spent_and_watched(engine: Engine, job: Job) -> None:
    heard: list[tuple[object, str | None]] = []

    async def work() -> tuple[object, float]:
        hear = lambda verdict: heard.append((verdict, job.state.id))  # noqa: E731
        verdict = await engine.submit(job, REQUEST, 0.4, before_record=hear)
        return verdict, job.known_since  # before any poll

    assert engine.call(work()).result(90) == (flow.Created("task-1"), 0)
    assert heard == [(flow.Created("task-1"), None)]
    assert recorded(engine, job)[1] == events.Accepted(at=START, id="task-1")
    assert job.is_named_by_user is False
    assert job.has_outcome.is_set()
    assert engine.spent_usd == 0.4
    assert run_to_the_end(engine, job).clip is not None


def test_a_caller_that_fails_at_the_answer_costs_no_id(engine: Engine, job: Job, service: Service) -> None:
    def fail(_: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        send(engine, job, before_record=fail)
    assert len(service.times("create")) == 1
    assert recorded(engine, job)[1] == events.Accepted(at=START, id="task-1")


def test_the_id_of_an_earlier_task_is_not_believed_and_not_bought_again(
    engine: Engine, job: Job, service: Service
) -> None:
    """A gateway's cache answers so: two requests would both show the one video."""
    second, elsewhere = (
        another(job),
        Job(TaskState(key=new_key()), Endpoint("https://b.example.com"), job.output_dir),
    )
    service.creates, service.polls = [{"id": "cached-1"}], [RUNNING]
    assert send(engine, job) == flow.Created("cached-1")
    verdict = send(engine, second)
    assert isinstance(verdict, flow.Doubtful)
    assert verdict.reason == f"the service answered with cached-1, the id of the earlier task {job.state.key}"
    assert (second.state.status, second.state.id, second.state.raw_answer) == (
        Status.UNCONFIRMED,
        None,
        "cached-1",
    )
    assert engine.spent_usd == pytest.approx(0.8)
    assert send(engine, elsewhere) == flow.Created("cached-1")  # another service has ids of its own


def test_a_refusal_gives_the_money_back_and_keeps_all_that_was_said(
    engine: Engine, job: Job, service: Service
) -> None:
    error = {"message": "seed is too large (request id: r-1234)", "code": "invalid_request", "param": "seed"}
    service.creates[:] = [httpx.Response(400, json={"error": error})]
    assert isinstance(send(engine, job), flow.Declined)
    refused = recorded(engine, job)[-1]
    assert isinstance(refused, events.Refused)
    assert refused.at == START
    assert (refused.status, refused.code, refused.param) == (400, "invalid_request", "seed")
    assert (refused.request_id, refused.sent) == ("r-1234", True)
    assert "seed is too large" in refused.message
    assert (engine.spent_usd, job.has_outcome.is_set()) == (0, True)
    assert service.times("poll") == []


def test_a_doubt_stays_spent_and_keeps_what_was_said(engine: Engine, job: Job, service: Service) -> None:
    service.creates[:] = [httpx.Response(200, text="<html>Queued as task-17</html>")]
    verdict = send(engine, job)
    assert isinstance(verdict, flow.Doubtful)
    doubt = recorded(engine, job)[-1]
    assert doubt == events.Unconfirmed(at=START, reason=verdict.reason, answer=verdict.answer)
    assert "task-17" in (verdict.answer or "")
    assert (engine.spent_usd, job.has_outcome.is_set()) == (0.4, True)


def test_a_page_instead_of_an_answer_names_the_address_that_gave_it(
    engine: Engine, job: Job, service: Service
) -> None:
    service.creates[:] = [httpx.Response(200, html="<html>Welcome</html>")]
    verdict = send(engine, job)
    assert isinstance(verdict, flow.Doubtful)
    assert "https://api.cometapi.com" in verdict.reason


def test_the_result_lists_each_change(clock: VirtualClock, service: Service, job: Job) -> None:
    heard: list[Status] = []
    client = lambda: Client(httpx.MockTransport(service))  # noqa: E731
    engine = Engine(":memory:", lambda job: heard.append(job.state.status), clock=clock, client=client)
    send(engine, job)
    run_to_the_end(engine, job)
    engine.close()
    assert heard[:2] == [Status.SUBMITTING, Status.PENDING]
    assert heard[-1] is Status.SUCCEEDED


def test_a_kernel_that_ends_in_the_middle_of_a_request_waits_a_little_and_leaves_a_doubt(
    clock: VirtualClock, service: Service, job: Job, tmp_path: Path
) -> None:
    asked = threading.Event()

    async def hang(request: httpx.Request) -> httpx.Response:
        asked.set()
        await asyncio.sleep(9)  # no front end waits so long for a kernel that closes
        return httpx.Response(200, json={"id": "task-1"})

    service.creates[:] = [hang]
    client = lambda: Client(httpx.MockTransport(service))  # noqa: E731
    engine = Engine(str(tmp_path / "history.sqlite"), lambda job: None, clock=clock, client=client)
    engine.call(engine.submit(job, REQUEST, 0.4))
    assert asked.wait(20)
    engine.close()
    history = History(str(tmp_path / "history.sqlite"))
    doubt = history.events(job.state.key)[-1]
    history.close()
    assert doubt == events.Unconfirmed(at=START, reason="the kernel stopped before the service answered")
    assert job.has_outcome.is_set()


def test_what_never_left_this_machine_is_refused_and_not_sent(
    engine: Engine, job: Job, service: Service
) -> None:
    service.creates[:] = [httpx.ConnectError("refused")]
    send(engine, job)
    refused = recorded(engine, job)[-1]
    assert isinstance(refused, events.Refused)
    assert (refused.sent, refused.status) == (False, None)
    assert len(service.times("create")) == 4
    assert engine.spent_usd == 0


# --- the rest --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (404, r"does not cancel tasks \(HTTP 404"), (405, r"does not cancel tasks \(HTTP 405"),
        (501, r"does not cancel tasks \(HTTP 501"), (409, r"was refused \(HTTP 409\)"), (400, r"was refused \(HTTP 400\)"),
        (500, r"was refused \(HTTP 500\)"), (httpx.ConnectError("refused"), "did not go through: "),
        (httpx.ReadTimeout("slow"), "did not go through: "),
    ],
)  # fmt: skip
def test_a_cancel_that_failed_says_how(
    engine: Engine, job: Job, service: Service, answer: int | ConnectError | ReadTimeout, words: str
) -> None:
    service.polls[:] = [RUNNING, RUNNING, DONE]
    service.deletes[:] = [answer]

    async def both() -> str | None:
        await engine.submit(job, REQUEST, 0.4)
        await engine.cancel(job)
        return job.state.cancel_message

    assert re.search(words, engine.call(both()).result(90) or "")


def test_news_of_another_process_wait_while_news_from_here_are_not_written(engine: Engine, job: Job) -> None:
    async def work() -> tuple[bool, bool]:
        await engine.submit(job, REQUEST, 0.4)
        older = TaskState(key=job.state.key, status=Status.SUBMITTING)
        engine.history.write("ALTER TABLE events RENAME TO away", ())
        engine.apply(job, events.PollFailed(at=START, reason="x"))
        engine.publish(job, older)
        kept = job.state.problem == "x"
        engine.history.write("ALTER TABLE away RENAME TO events", ())
        await engine.clock.sleep(16)
        engine.publish(job, older)
        return kept, job.state is older

    assert engine.call(work()).result(90) == (True, True)


def test_each_task_has_a_key_of_its_own() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(re.fullmatch(r"local-[0-9a-f]{16}", key) for key in keys)


def test_the_engine_s_thread_ends_with_the_process_and_belongs_to_no_cell(
    engine: Engine, clock: VirtualClock
) -> None:
    mark: Any = __import__("contextvars").ContextVar("mark", default=None)
    mark.set("a cell")

    async def look() -> tuple[object, bool, str]:
        thread = threading.current_thread()
        return mark.get(), thread.daemon, thread.name

    assert engine.call(look()).result(90) == (None, True, "cometact_nb")
    assert engine.clock is clock
    assert engine.now() == clock.now()
