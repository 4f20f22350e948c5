"""Runs ``cometact-nb verify-live``, which sends one paid request and reports what the service really does.

It asks before each paid request, and never spends more than ``--max-cost`` in all. The request goes the same
way as any other: its intent is recorded first, it is sent once, and the user settles a lost answer.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cometact_nb.api import flow
from cometact_nb.domain.money import usd
from cometact_nb.domain.price import is_over
from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.domain.task import Status
from cometact_nb.entry.cli import live_report, say
from cometact_nb.entry.cli.live_exchanges import Recorder
from cometact_nb.entry.cli.live_run import Run
from cometact_nb.errors import (
    ActTwoError,
    BudgetError,
    ConfigError,
    HistoryError,
    RequestError,
    UnconfirmedError,
    WaitTimeout,
)  # fmt: skip
from cometact_nb.handles import settle
from cometact_nb.handles.history import find_history
from cometact_nb.handles.session import Session

if TYPE_CHECKING:
    import argparse

    from cometact_nb.domain.task import TaskState


__all__ = ["run"]

_LIST_S = 20.0
_LIST_MAX_BYTES = 4_000_000
_SECOND_SEED = 2


def run(options: argparse.Namespace) -> int:
    """Ask, send, watch, and write the report, however the request ends."""
    if options.yes and options.sandbox is None:
        raise ConfigError("--yes is for the sandbox only: a request that costs money is agreed to by hand.")
    recorder: list[Recorder] = []

    def client() -> Recorder:
        recorder.append(Recorder())
        return recorder[-1]

    session = Session(client=client)
    try:
        request = _request(session, options)
        _ = session.run(_prepare(session))
        session.look_up_price()
        live = Run(session, recorder[-1], request, options.max_cost)
        session.configure(max_spend=options.max_cost)
        return _verify(live, options)
    finally:
        session.close()


async def _prepare(session: Session) -> None:
    _ = session.engine.client


def _request(session: Session, options: argparse.Namespace) -> ActTwoRequest:
    character, reference = options.character, options.reference
    if options.sandbox is not None:
        box = session.use_sandbox(url=options.sandbox or None)
        character, reference = character or (box and box.character), reference or (box and box.reference)
    if not character or not reference:
        raise ConfigError("Give --character URL and --reference URL: both are sent to the service.")
    return ActTwoRequest(character=character, reference=reference)


def _verify(live: Run, options: argparse.Namespace) -> int:
    session = live.session
    if not live.sandbox and session.config.api_key is None:
        raise ConfigError("There is no key. Set COMETAPI_KEY; nothing was sent.")
    _refuse_open_doubt(live)
    live.price_list, surprises = _price_list(live), []
    try:
        if _send(live, live.request, options, "one request"):
            _wait(live, options.timeout)
            live.reference_s = live.session.inspect(live.request.reference, "reference").facts.duration_s
            if options.again_after:
                _look_again(live, options.again_after * 60)
            if options.try_cancel and live.tasks[0].id:
                _try_cancel(live, options)
    finally:
        if live.tasks or live.recorder.exchanges:
            folder = Path(options.folder).resolve()
            report = live_report.write(live, folder)
            surprises = live_report.surprises(live)
            values = {"report": report, "surprises": surprises, "tasks": [task.id for task in live.tasks]}
            say.result(values, live_report.summary(report, surprises), as_json=options.json)
    if live.declined and not live.tasks:
        say.note("Nothing was sent.")
        return say.DECLINED
    if any(not task.state.is_settled for task in live.tasks):
        return say.RUNNING
    return say.BAD if surprises or live.problems else say.OK


def _refuse_open_doubt(live: Run) -> None:
    """Raise if an earlier run of the same request may have been paid for."""
    session = live.session

    async def look() -> TaskState | None:
        twin = next(settle.twins_in_doubt(session, live.request, session.config.base_url), None)
        return twin.state if twin is not None else None

    doubtful = session.run(look())
    if doubtful is not None:
        raise UnconfirmedError(settle.about_twin(doubtful), sent=False)


def _price_list(live: Run) -> list[dict[str, Any]] | str:
    """Read the records of the public list that name this model, without sending a key."""
    url = f"{live.session.config.base_url}/api/models"

    async def read() -> flow.Outcome:
        client = live.session.engine.client
        return await client.read_range(url, 0, _LIST_MAX_BYTES, _LIST_S, ranged=False)

    outcome = live.session.run(read())
    if not isinstance(outcome, flow.Answer):
        return f"GET /api/models brought no answer: {outcome.reason}"
    if not outcome.is_success:
        return f"GET /api/models answered HTTP {outcome.status}"
    return live_report.prices(outcome.content) or "GET /api/models names none of this model's known names"


def _send(live: Run, request: ActTwoRequest, options: argparse.Namespace, what: str) -> bool:
    """Ask, and send a paid request; return False if the user declines or the service refuses it."""
    so_far = sum(task.state.price_usd or 0 for task in live.tasks)
    if is_over(so_far + live.price_usd, live.max_cost_usd):
        raise BudgetError(
            f"{what} at {usd(live.price_usd)} would bring this run to {usd(so_far + live.price_usd)}, more "
            f"than --max-cost {usd(live.max_cost_usd)[1:]}. It was not sent."
        )
    if not options.yes and not _ask_approval(live, what):
        live.declined = True
        return False
    before = {row.key for row in find_history(live.session, limit=1)}
    try:
        live.tasks.append(live.session.send(request, live.session.config))  # at the price that was agreed to
    except UnconfirmedError as error:
        if not error.sent:
            raise
        live.tasks += [error.task] if error.task is not None else []
        live.problems.append(f"The answer was lost, and nothing was sent again. {error}")
    except (RequestError, ConfigError, BudgetError, HistoryError):
        raise
    except ActTwoError as error:
        rows = [row for row in find_history(live.session, limit=1) if row.key not in before]
        live.tasks += [row.task() for row in rows]
        live.problems.append(str(error))
    else:
        return True
    return False


def _ask_approval(live: Run, what: str) -> bool:
    config, price = live.session.config, usd(live.price_usd)[1:]
    money = "Nothing is billed: it is the sandbox." if live.sandbox else (
        f"It is expected to cost {config.price.estimate()}, and it may be billed also when it fails."
    )  # fmt: skip
    lines = [
        f"This sends {what} to {config.base_url}.",
        f"  character {live.request.character}\n  reference {live.request.reference}",
        f"{money} All of this run together costs at most {usd(live.max_cost_usd)}.",
        live_report.price_line(live),
    ]
    answer = say.ask("\n".join(filter(None, lines)) + f"\nType {price} to send it, anything else to stop: ")
    return answer.lstrip("$") == price


def _wait(live: Run, timeout_s: float | None) -> None:
    task = live.tasks[-1]
    try:
        task.wait(timeout_s)
    except WaitTimeout:
        live.problems.append(f"It had not ended after {timeout_s:g} s; cometact-nb resume goes on with it.")
    except ActTwoError as error:
        live.problems.append(str(error))


def _try_cancel(live: Run, options: argparse.Namespace) -> None:
    """Buy a second task, and cancel it at once: Runway gives no refund for a running one."""
    request = live.request.replace(seed=_SECOND_SEED)
    if not _send(live, request, options, "a second request, which is cancelled at once,"):
        return
    task = live.tasks[-1]
    with suppress(ActTwoError):  # the report has the service's answer
        task.cancel()
    deadline_s = options.timeout or 600.0
    with suppress(ActTwoError):
        task.wait(deadline_s)


def _look_again(live: Run, seconds: float) -> None:
    """Look at the clip's link again after a while, and check whether a new poll gives another."""
    task = live.tasks[0]
    if task.status is not Status.SUCCEEDED or not task.output_urls:
        return
    link = task.output_urls[0]
    say.note(f"Waiting {seconds / 60:g} min to look at the link again …")
    time.sleep(seconds)

    async def ask() -> flow.Outcome:
        return await live.session.engine.client.head(link, 20.0)

    outcome = live.session.run(ask())
    what = f"HTTP {outcome.status}" if isinstance(outcome, flow.Answer) else outcome.reason
    task.refresh()
    new = "another link" if task.output_urls and task.output_urls[0] != link else "the same link"
    live.again = f"After {seconds / 60:g} min: the old link answers {what} to HEAD; a new poll gives {new}."
