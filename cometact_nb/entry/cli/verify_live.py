"""``cometact-nb verify-live``: one paid request, agreed to, and what the service really did.

Nothing is sent before a yes to each paid request apart, and never more than ``--max-cost`` in all. The
request goes the same way as any other: its intent is in the history first, it is sent once, and a lost answer
is left to the user to settle.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cometact_nb.api import flow
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
    """Ask, send, watch, and write the report; what was sent is reported however it ended."""
    if options.yes and options.sandbox is None:
        raise ConfigError("--yes is for the sandbox only: a request that costs money is agreed to by hand.")
    recorder: list[Recorder] = []

    def client() -> Recorder:
        recorder.append(Recorder())
        return recorder[-1]

    session = Session(client=client)
    try:
        request = _request(session, options)
        _ = session.run(_made(session))
        found = Run(session, recorder[-1], request, options.max_cost)
        session.configure(max_spend=options.max_cost)
        return _verified(found, options)
    finally:
        session.close()


async def _made(session: Session) -> None:
    _ = session.engine.client


def _request(session: Session, options: argparse.Namespace) -> ActTwoRequest:
    character, reference = options.character, options.reference
    if options.sandbox is not None:
        box = session.use_sandbox(url=options.sandbox or None)
        character, reference = character or (box and box.character), reference or (box and box.reference)
    if not character or not reference:
        raise ConfigError("Give --character URL and --reference URL: both are sent to the service.")
    return ActTwoRequest(character=character, reference=reference)


def _verified(found: Run, options: argparse.Namespace) -> int:
    session = found.session
    if not found.sandbox and session.config.api_key is None:
        raise ConfigError("There is no key. Set COMETAPI_KEY; nothing was sent.")
    _refuse_open_doubt(found)
    found.listed, surprises = _price_list(found), []
    try:
        if _send(found, found.request, options, "one request"):
            _wait(found, options.timeout)
            if options.again_after:
                _look_again(found, options.again_after * 60)
            if options.try_cancel and found.tasks[0].id:
                _try_cancel(found, options)
    finally:
        if found.tasks or found.recorder.exchanges:
            folder = Path(options.folder).resolve()
            report = live_report.write(found, folder)
            surprises = live_report.surprises(found)
            values = {"report": report, "surprises": surprises, "tasks": [task.id for task in found.tasks]}
            say.result(values, live_report.summary(report, surprises), as_json=options.json)
    if found.declined and not found.tasks:
        say.note("Nothing was sent.")
        return say.DECLINED
    if any(not task.state.is_settled for task in found.tasks):
        return say.RUNNING
    return say.BAD if surprises or found.problems else say.OK


def _refuse_open_doubt(found: Run) -> None:
    """Send nothing while an earlier run of the same request may have been paid for."""
    session = found.session

    async def look() -> TaskState | None:
        twin = settle.twin_in_doubt(session, found.request, session.config.base_url)
        return twin.state if twin is not None else None

    doubtful = session.run(look())
    if doubtful is not None:
        raise UnconfirmedError(settle.about_twin(doubtful), sent=False)


def _price_list(found: Run) -> list[dict[str, Any]] | str:
    """The records of the public list that name this model; the list needs no key and gets none."""
    url = f"{found.session.config.base_url}/api/models"

    async def read() -> flow.Outcome:
        client = found.session.engine.client
        return await client.read_range(url, 0, _LIST_MAX_BYTES, _LIST_S, ranged=False)

    outcome = found.session.run(read())
    if not isinstance(outcome, flow.Answer):
        return f"GET /api/models brought no answer: {outcome.reason}"
    if not outcome.is_success:
        return f"GET /api/models answered HTTP {outcome.status}"
    return live_report.prices(outcome.content) or "GET /api/models names none of this model's known names"


def _send(found: Run, request: ActTwoRequest, options: argparse.Namespace, what: str) -> bool:
    """Send a paid request once it was agreed to; False when it was not, or the service did not take it."""
    spent = sum(task.state.price_usd or 0 for task in found.tasks)
    if is_over(spent + found.price_usd, found.max_cost_usd):
        raise BudgetError(
            f"{what} at ${found.price_usd:.2f} would bring this run to ${spent + found.price_usd:.2f}, more "
            f"than --max-cost {found.max_cost_usd:g}. It was not sent."
        )
    if not options.yes and not _agreed(found, what):
        found.declined = True
        return False
    before = {row.key for row in find_history(found.session, limit=1)}
    try:
        found.tasks.append(found.session.submit(request))
    except UnconfirmedError as error:
        if not error.sent:
            raise
        found.tasks += [error.task] if error.task is not None else []
        found.problems.append(f"The answer was lost, and nothing was sent again. {error}")
    except (RequestError, ConfigError, BudgetError, HistoryError):
        raise
    except ActTwoError as error:
        rows = [row for row in find_history(found.session, limit=1) if row.key not in before]
        found.tasks += [row.task() for row in rows]
        found.problems.append(str(error))
    else:
        return True
    return False


def _agreed(found: Run, what: str) -> bool:
    config, price = found.session.config, f"{found.price_usd:.2f}"
    money = "Nothing is billed: it is the sandbox." if found.sandbox else (
        f"It is expected to cost {config.price.estimate()}, and it may be billed also when it fails."
    )  # fmt: skip
    said = [
        f"This sends {what} to {config.base_url}.",
        f"  character {found.request.character}\n  reference {found.request.reference}",
        f"{money} All of this run together costs at most ${found.max_cost_usd:g}.",
        live_report.price_line(found),
    ]
    typed = say.ask("\n".join(filter(None, said)) + f"\nType {price} to send it, anything else to stop: ")
    return typed.lstrip("$") == price


def _wait(found: Run, timeout_s: float | None) -> None:
    task = found.tasks[-1]
    try:
        task.wait(timeout_s)
    except WaitTimeout:
        found.problems.append(f"It had not ended after {timeout_s:g} s; cometact-nb resume goes on with it.")
    except ActTwoError as error:
        found.problems.append(str(error))


def _try_cancel(found: Run, options: argparse.Namespace) -> None:
    """Buy a second one, and cancel it at once: Runway gives no refund for what runs."""
    request = found.request.replace(seed=_SECOND_SEED)
    if not _send(found, request, options, "a second request, which is cancelled at once,"):
        return
    task = found.tasks[-1]
    with suppress(ActTwoError):  # the report says what the service answered
        task.cancel()
    deadline_s = options.timeout or 600.0
    with suppress(ActTwoError):
        task.wait(deadline_s)


def _look_again(found: Run, seconds: float) -> None:
    """Look at the clip's link again after a while, and whether a new poll gives a new one."""
    task = found.tasks[0]
    if task.status is not Status.SUCCEEDED or not task.output_urls:
        return
    link = task.output_urls[0]
    say.note(f"Waiting {seconds / 60:g} min to look at the link again …")
    time.sleep(seconds)

    async def ask() -> flow.Outcome:
        return await found.session.engine.client.head(link, 20.0)

    outcome = found.session.run(ask())
    what = f"HTTP {outcome.status}" if isinstance(outcome, flow.Answer) else outcome.reason
    task.refresh()
    new = "another link" if task.output_urls and task.output_urls[0] != link else "the same link"
    found.again = f"After {seconds / 60:g} min: the old link answers {what} to HEAD; a new poll gives {new}."
