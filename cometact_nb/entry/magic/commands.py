"""The commands of ``%act_two``, such as ``%act_two doctor URL``: a parser and a function for each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from cometact_nb.entry.magic.options import command_parser, parse, seconds, with_help
from cometact_nb.entry.magic.publishing import PUBLISHING
from cometact_nb.entry.preparing import add_options, arguments_of
from cometact_nb.errors import ConfigError
from cometact_nb.handles.shared import session, session_if_any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from cometact_nb.domain.text.line import Parser
    from cometact_nb.handles.history import TaskHistory
    from cometact_nb.handles.prepare import Prepared
    from cometact_nb.handles.spending import SpendingTable
    from cometact_nb.handles.task import Task

__all__ = ["PARSERS", "WITH_ID", "display", "greet", "known_ids", "run", "say", "session"]


def sandbox_parser() -> Parser:
    """The parser of ``%act_two sandbox``."""
    parser = command_parser(
        "sandbox", "Send tasks to a stand-in on this machine that renders real clips. Nothing is billed."
    )
    parser.add_argument(
        "--speed", metavar="X", help="how many times faster than the real service (default 12)"
    )
    parser.add_argument(
        "--scenario", metavar="SPEC", action="append", help="rehearse a fault, such as lost-answer"
    )
    parser.add_argument("--url", help="use one that was started by hand: cometact-nb sandbox")
    return with_help(parser)


def doctor_parser() -> Parser:
    """The parser of ``%act_two doctor``."""
    parser = command_parser(
        "doctor", "Inspect an input as the vendor would see it. Nothing is submitted, no key is sent."
    )
    parser.add_argument(
        "input", nargs="*", metavar="URL", help="URL or path of a character or a reference clip"
    )
    parser.add_argument("--role", metavar="character|reference", help="what it is meant for")
    return with_help(parser)


def prepare_parser() -> Parser:
    """The parser of ``%act_two prepare``."""
    parser = command_parser(
        "prepare",
        "Make an input of a picture or a video on this machine: upright, of a right format, length and size, "
        "without location and other personal metadata. The file stays as it is, and nothing is published.",
    )
    parser.add_argument("file", nargs="?", metavar="FILE", help="path of the picture or the video")
    add_options(parser.add_argument)
    return with_help(parser)


def guide_parser() -> Parser:
    """The parser of ``%act_two guide``."""
    parser = command_parser("guide", "Read the guide in the notebook.")
    parser.add_argument("topic", nargs="?", metavar="TOPIC", help="a page or a section; none lists them all")
    return with_help(parser)


def history_parser() -> Parser:
    """The parser of ``%act_two history``."""
    parser = command_parser("history", "Show the tasks of the history, the newest first.")
    parser.add_argument("--status", metavar="STATUS", help="such as SUCCEEDED, or: unfinished, finished")
    parser.add_argument("--since", metavar="WHEN", help="a date, ISO text, or a time ago such as 7d, 12h")
    parser.add_argument(
        "--text", metavar="TEXT", help="part of an id, an address, a file, a failure, a sweep, a note"
    )
    parser.add_argument("--limit", metavar="N", help="how many at the most (default 50)")
    return with_help(parser)


def spending_parser() -> Parser:
    """The parser of ``%act_two spending``."""
    parser = command_parser(
        "spending", "Add up what the requests of the history were expected to cost, those in doubt apart."
    )
    parser.add_argument("--since", metavar="WHEN", help="a date, ISO text, or a time ago such as 7d, 12h")
    parser.add_argument("--by", metavar="GROUP", help="day (default), sweep, project or status")
    parser.add_argument("--sandbox", action="store_true", help="what was rehearsed in a sandbox, alone")
    return with_help(parser)


def show_parser() -> Parser:
    """The parser of ``%act_two show``."""
    parser = command_parser("show", "Show a task, live if it runs. It is found by its id, or made elsewhere.")
    return _with_id(parser)


def resume_parser() -> Parser:
    """The parser of ``%act_two resume``."""
    parser = command_parser(
        "resume",
        "Take up what has not ended: tasks are watched on, videos fetched, running sweeps go on within "
        "what was approved. No single request is sent again.",
    )
    parser.add_argument("-w", "--wait", action="store_true", help="return when all of it has ended")
    return with_help(parser)


def cancel_parser() -> Parser:
    """The parser of ``%act_two cancel``."""
    parser = command_parser(
        "cancel", "Ask the service to cancel a task. A task that runs is not refunded (Runway)."
    )
    return _with_id(parser)


def relink_parser() -> Parser:
    """The parser of ``%act_two relink``."""
    parser = command_parser(
        "relink",
        "Rewrite the links of a saved notebook to where its clips are now. A copy as it was lies beside it.",
    )
    parser.add_argument("path", nargs="?", metavar="NOTEBOOK", help="none is the one that this kernel runs")
    parser.add_argument("--folder", metavar="FOLDER", help="where the clips are now")
    return with_help(parser)


def known_ids() -> list[str]:
    """List the history's ids for completion, the newest first, without making or waiting for anything."""
    from cometact_nb.store.journal.peek import recent_ids  # noqa: PLC0415  (sqlite3, when it is needed)

    return recent_ids(_history_path())


def greet() -> None:
    """Print in a fresh kernel one line about unfinished work. Takes a few milliseconds, and never raises."""
    if session_if_any() is not None:
        return  # this kernel knows its own tasks
    from cometact_nb.store.journal.peek import peek  # noqa: PLC0415  (sqlite3, when it is needed)

    left = peek(_history_path(), _sandbox_lives)
    parts = [_count(left.unfinished, "unfinished task"), _count(left.unconfirmed, "UNCONFIRMED request")]
    if any(parts):
        cure = "resume takes them up" if left.unfinished else "history --status UNCONFIRMED shows them"
        say(f"cometact_nb: the history has {' and '.join(filter(None, parts))}. %act_two {cure}.\n")


def _sandbox_lives(base_url: str) -> bool:
    # Few histories have tasks of a sandbox that have not ended, so few kernels import this.
    from cometact_nb.handles.sandbox_process import is_gone  # noqa: PLC0415

    return not is_gone(base_url)


def _sandbox(options: Any) -> None:
    arguments = {name: getattr(options, name) for name in ("url", "scenario") if getattr(options, name)}
    sandbox = session().use_sandbox(seconds(options.speed, "--speed"), **arguments)
    assert sandbox is not None
    say(
        f"SANDBOX: tasks go to {sandbox.base_url} on this machine, {sandbox.speed:g}× real time. "
        "Nothing is billed. act.leave_sandbox() goes back.\n"
        f"Try: %act_two -c {sandbox.character} -r {sandbox.reference} -e 4\n"
    )


def _doctor(options: Any) -> None:
    if not options.input:
        say(doctor_parser().format_help())
    for address in options.input:
        say(f"{session().inspect(address, options.role)}\n")


def _prepare(options: Any) -> Prepared | None:
    if not options.file:
        say(prepare_parser().format_help())
        return None
    from cometact_nb.entry.files import prepare  # noqa: PLC0415  (PyAV, when it is needed)

    return prepare(options.file, **arguments_of(options))


def _guide(options: Any) -> None:
    from cometact_nb.entry.guide import guide  # noqa: PLC0415  (the pages, when they are read)

    display(guide(options.topic))


def _history(options: Any) -> TaskHistory:
    from cometact_nb.handles.history import find_history  # noqa: PLC0415  (httpx and SQLite, when they are needed)
    from cometact_nb.views.history.table import show  # noqa: PLC0415

    limit = 50 if options.limit is None else options.limit
    rows = find_history(session(), options.status, options.since, options.text, limit)
    show(rows)
    return rows


def _spending(options: Any) -> SpendingTable:
    from cometact_nb.handles.spending import find_spending  # noqa: PLC0415  (httpx and SQLite, when they are needed)

    table = find_spending(session(), options.since, options.by or "day", sandbox=options.sandbox)
    display(table)
    return table


def _show(options: Any) -> Task:
    from cometact_nb.views.task import show as status  # noqa: PLC0415

    task = session().task(options.id)
    status.show(task, once_per_cell=True)
    return task


def _cancel(options: Any) -> None:
    task = session().task(options.id)
    if task.status.is_terminal:
        say(f"Task {task.id or task.key} has ended already: {task.status}.\n")
        return
    task.cancel()
    outcome = (
        "cancelled"
        if task.status.is_terminal
        else "the service took the cancel; the card shows when it is confirmed"
    )
    say(f"Task {task.id or task.key}: {outcome}.\n")


def _relink(options: Any) -> None:
    from cometact_nb.handles.relink import relink  # noqa: PLC0415  (httpx and SQLite, when they are needed)

    say(f"{relink(session(), options.path, options.folder)}\n")


def _resume(options: Any) -> None:
    from cometact_nb.handles.resume import take_up_all  # noqa: PLC0415  (httpx and SQLite, when they are needed)

    resumed = take_up_all(session())
    say(f"{resumed}\n")
    if options.wait:
        resumed.wait()


#: Each command's parser.
PARSERS: dict[str, Callable[[], Parser]] = {
    "sandbox": sandbox_parser,
    "doctor": doctor_parser,
    "prepare": prepare_parser,
    "guide": guide_parser,
    "history": history_parser,
    "spending": spending_parser,
    "show": show_parser,
    "resume": resume_parser,
    "cancel": cancel_parser,
    "relink": relink_parser,
    **{name: parser for name, (parser, _) in PUBLISHING.items()},
}
_WORK: dict[str, Callable[[Any], Any]] = {
    "sandbox": _sandbox,
    "doctor": _doctor,
    "prepare": _prepare,
    "guide": _guide,
    "history": _history,
    "spending": _spending,
    "show": _show,
    "resume": _resume,
    "cancel": _cancel,
    "relink": _relink,
    **{name: work for name, (_, work) in PUBLISHING.items()},
}
#: Commands that need a task's id.
WITH_ID = {"show", "cancel"}
#: Commands in which a bad value is a fault of the line.
_OF_LINE = {"prepare", "history", "spending", "show", "resume", "cancel", "relink", *PUBLISHING}


def run(name: str, words: Sequence[Any]) -> Any:
    """Run a command with the words after its name."""
    parser = PARSERS[name]()
    options = parse(parser, words)
    if options.help:
        say(parser.format_help())
        return None
    if name in WITH_ID and not options.id:
        raise UsageError(f"%act_two {name}: which task? Give its id; %act_two history lists them.")
    try:
        return _WORK[name](options)
    except ConfigError as error:
        if name not in _OF_LINE:
            raise
        raise UsageError(f"%act_two {name}: {error}") from None


def _with_id(parser: Parser) -> Parser:
    parser.add_argument("id", nargs="?", metavar="ID", help="a task's id, or its first 4 characters or more")
    return with_help(parser)


def _history_path() -> str:
    """Return the path of the history's file, without making a session."""
    shared = session_if_any()
    if shared is not None:
        return str(shared.config.history)
    from cometact_nb.handles.project import history_path, notebook_folder  # noqa: PLC0415

    try:
        return history_path(notebook_folder(Path.cwd()))
    except ConfigError:
        return ":memory:"  # the first use of the setting will say what is wrong


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def display(value: Any) -> None:
    """Show an object in the current cell."""
    from IPython.display import display as show  # noqa: PLC0415

    show(value)  # type: ignore[no-untyped-call]


def say(text: str) -> None:
    """Print a text in the current cell."""
    sys.stdout.write(text)
