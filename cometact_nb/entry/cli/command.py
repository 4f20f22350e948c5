"""The commands, their options and their exit codes."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from cometact_nb._version import __version__
from cometact_nb.entry.cli import say
from cometact_nb.entry.preparing import add_options
from cometact_nb.errors import ActTwoError, HistoryError, InputError, UnconfirmedError, WaitInterrupted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["main"]

_INTERRUPTED = 130  # 128 + SIGINT, as in shells
_ALWAYS = "2 an option or a setting is wrong"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line, and return the exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["sandbox"]:  # the sandbox parses its own options
        from cometact_nb.handles.sandbox_process import environment  # noqa: PLC0415  (no other command needs it)

        sandbox = [sys.executable, "-P", "-m", "cometact_nb.sandbox", *arguments[1:]]
        return subprocess.call(sandbox, env=environment())  # noqa: S603
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return say.USAGE
    command = importlib.import_module(f"cometact_nb.entry.cli.{options.command.replace('-', '_')}")
    try:
        return int(command.run(options))
    except (InputError, UnconfirmedError) as error:
        code, message = say.BAD, str(error)
    except HistoryError as error:
        code, message = say.HISTORY, str(error)
    except ActTwoError as error:
        code, message = say.USAGE, str(error)
    except (WaitInterrupted, KeyboardInterrupt) as error:
        code, message = _INTERRUPTED, str(error) or "Interrupted."
    say.note(f"cometact-nb {options.command}: {message}")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cometact-nb",
        description="Runway Act-Two videos from a notebook, through CometAPI.",
        epilog="Each command has its own --help, which names its exit codes.",
    )
    parser.add_argument("--version", action="version", version=f"cometact_nb {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (about, codes, options) in _COMMANDS.items():
        command = commands.add_parser(
            name,
            help=about,
            description=about[:1].upper() + about[1:] + ".",
            epilog=f"Exit codes: {codes}; {_ALWAYS}.",
        )
        options(command.add_argument)
        command.add_argument("--json", action="store_true", help="write the result as JSON")
    sandbox = "run the stand-in for the API; see cometact-nb sandbox --help"
    commands.add_parser("sandbox", help=sandbox, add_help=False)
    return parser


def _history(add: Callable[..., Any]) -> None:
    add("--status", help="such as SUCCEEDED, or several with commas; also: unfinished, finished")
    add("--since", metavar="WHEN", help="a date, ISO text, or a time ago such as 7d, 12h")
    add("--text", help="part of an id, an address, a file, a failure, a sweep, a note")
    add("--limit", default="50", metavar="N", help="how many at the most (default: %(default)s)")


def _spending(add: Callable[..., Any]) -> None:
    add("--since", metavar="WHEN", help="a date, ISO text, or a time ago such as 7d, 12h; default: all")
    add("--by", default="day", choices=["day", "sweep", "project", "status"], help="(default: %(default)s)")
    add("--sandbox", action="store_true", help="what was rehearsed in a sandbox, and nothing else")


def _resume(add: Callable[..., Any]) -> None:
    add("--wait", action="store_true", help="return when everything has ended; sweeps go on, too")
    add("--timeout", type=_seconds, metavar="SECONDS", help="wait no longer than this")


def _doctor(add: Callable[..., Any]) -> None:
    add("address", metavar="URL", help="of a character or a reference clip; or a path")
    add("--role", choices=["character", "reference"], help="what it is to be used as")


def _prepare(add: Callable[..., Any]) -> None:
    add("file", metavar="FILE", help="path of a picture or a video")
    add_options(add)


def _verify_live(add: Callable[..., Any]) -> None:
    add("--max-cost", required=True, type=_amount, metavar="USD", help="what all of it may cost at the most")
    add("--character", metavar="URL", help="an image or a video; in the sandbox: its own")
    add("--reference", metavar="URL", help="the clip of a performance, 3-30 s; in the sandbox: its own")
    add("--folder", default="live-run", help="where report and samples are left (default: %(default)s)")
    add("--try-cancel", action="store_true", help="buy a second one, and cancel it")
    add("--again-after", type=_seconds, metavar="MINUTES", help="look at the clip's link again after so long")
    add("--timeout", type=_seconds, metavar="SECONDS", help="wait no longer than this for the end of a task")
    add("--sandbox", nargs="?", const="", metavar="URL", help="check the sandbox; without URL, your own")
    add("--yes", action="store_true", help="do not ask; for the sandbox only")


def _amount(text: str) -> float:
    value = float(text)
    if not 0 <= value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is no amount of US dollars")
    return value


def _demo(add: Callable[..., Any]) -> None:
    add("--folder", default="cometact-demo", help="where everything is left (default: %(default)s)")
    add("--no-lab", dest="lab", action="store_false", help="do not open JupyterLab at the end")


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


#: The purpose of each command, its exit codes and its options.
_COMMANDS: dict[str, tuple[str, str, Callable[[Callable[..., Any]], None]]] = {
    "history": (
        "list the tasks of the history, the newest first",
        "0 listed, also if there are none; 5 the history cannot be read",
        _history,
    ),
    "spending": (
        "add up what the requests of the history were expected to cost, those in doubt apart",
        "0 added up; 5 the history cannot be read",
        _spending,
    ),
    "resume": (
        "look at everything that has not ended, and fetch what is done; no single request is sent again",
        "0 nothing is left; 1 something has no video or waits for you; 5 no history; 6 something still runs",
        _resume,
    ),
    "doctor": (
        "say what is against an input, what is doubtful, and what was not looked at",
        "0 nothing was seen against it; 1 something was; 4 it could not be reached",
        _doctor,
    ),
    "prepare": (
        "make an input of a file: upright, of a right format, length and size, without personal metadata",
        "0 made; 1 the file cannot become such an input, or the result cannot be written",
        _prepare,
    ),
    "verify-live": (
        "send one paid request, after asking, and report what the live service really does",
        "0 all as documented; 1 something was not, or no video came; 6 it still runs; 7 not agreed to",
        _verify_live,
    ),
    "demo": (
        "run the first tutorial on the sandbox and open it in JupyterLab; nothing is billed",
        "0 done; 1 the notebook failed; 3 something is not installed",
        _demo,
    ),
}
