"""Runs the sandbox until it is stopped: ``python -m cometact_nb.sandbox``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.util
import json
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from cometact_nb.sandbox.clients import SHAPES
from cometact_nb.sandbox.scenarios import SCENARIOS, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.sandbox.shelf import Shelf

__all__ = ["main"]

#: Modules of the extra, for the server and for drawing.
_NEEDED = ("tornado", "av", "PIL")
#: How long a sandbox that is ending may take to let go of its state, seconds.
_HANDOVER_S, _LOOK_S = 10.0, 0.05


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cometact-nb sandbox",
        description="A stand-in for the paid API on this machine. It renders real clips; nothing is billed.",
        epilog="Exit codes: 0 it was stopped; 2 an option is wrong; 3 something is not installed; "
        "4 the state is in use.",
    )
    add = parser.add_argument
    add("--host", default="127.0.0.1", choices=("127.0.0.1", "localhost"), help="loopback only")
    add("--port", type=int, default=0, help="0 takes a free one (default)")
    add(
        "--speed", type=_positive, default=1.0, help="how many times faster than the real service (default 1)"
    )
    add("--duration-s", type=_positive, default=75.0, help="seconds a task runs at speed 1 (default 75)")
    add(
        "--clip-s",
        type=_positive,
        default=os.environ.get("COMETACT_NB_SANDBOX_CLIP_S"),
        metavar="S",
        help="cut clips after S seconds, where many are rendered only to be counted; "
        "default $COMETACT_NB_SANDBOX_CLIP_S",
    )
    add("--shape", choices=SHAPES, default="bare", help="shape of a poll's answer")
    add("--concurrency", type=int, default=3, help="tasks that run at once; more are THROTTLED (default 3)")
    add("--url-ttl-s", type=float, default=86_400.0, help="seconds an output link is good (default a day)")
    add(
        "--scenario",
        action="append",
        default=[],
        type=_spec,
        metavar="SPEC",
        help="play a fault for every request; NAME[:key=value,…][@probability][xTIMES]; may be repeated",
    )
    add("--list-scenarios", action="store_true", help="print the table of scenarios and stop")
    add("--seed", type=int, default=0, help="of durations and probabilities")
    add("--api-key", help="take this key only; otherwise any that does not begin with 'invalid'")
    add(
        "--stop-with-stdin",
        action="store_true",
        help="end when standard input does, as with a parent process",
    )
    add(
        "--state",
        type=Path,
        metavar="FOLDER",
        help="keep tasks, clips and the address there; end when nobody needs it",
    )
    add(
        "--idle-s",
        type=_positive,
        default=1800.0,
        help="with --state: seconds without a client or a request (1800)",
    )
    add("--build", default="", help=argparse.SUPPRESS)
    add("--json", action="store_true", help="tell where it listens as one line of JSON")
    return parser


def main() -> int:
    """Run until SIGTERM, Ctrl-C, a stop request or the end of standard input; with --state, until idle."""
    options = _parser().parse_args()
    if options.list_scenarios:
        print(_table())  # noqa: T201
        return 0
    # Without them it would start, and then fail each task.
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        message = (
            f"The sandbox needs {', '.join(missing)}. Install it with: pip install 'cometact_nb[sandbox]'"
        )
        print(message, file=sys.stderr)  # noqa: T201
        return 3
    with contextlib.suppress(KeyboardInterrupt):
        return asyncio.run(_serve(options))
    return 0


def _table() -> str:
    """Write the table of scenarios by phase, with their options."""
    lines = ["A spec is NAME[:key=value,…][@probability][xTIMES]; in a character's URL: ?scenario=SPEC"]
    phase = ""
    for scenario in SCENARIOS.values():
        if scenario.phase != phase:
            phase = scenario.phase
            lines += ["", phase]
        lines.append(f"  {scenario.name:20}{scenario.description}")
        for key, value in scenario.options.items():
            choice = " or ".join(scenario.forms) if key == "form" else value
            lines.append(f"  {'':20}  {key}={choice}")
    return "\n".join(lines)


async def _serve(options: argparse.Namespace) -> int:
    from cometact_nb.sandbox.server import SandboxServer  # noqa: PLC0415  (needs tornado, an extra)
    from cometact_nb.sandbox.shelf import InUse  # noqa: PLC0415  (not before it is needed)

    try:
        shelf = await _when_free(options.state.resolve(), options.build) if options.state else None
    except InUse:
        print(f"{options.state} is in use by another sandbox.", file=sys.stderr)  # noqa: T201
        return 4
    except OSError as error:
        print(f"{options.state} cannot keep the state: {error}", file=sys.stderr)  # noqa: T201
        return 2
    sandbox = SandboxServer(options, shelf)
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, sandbox.stop)
    if options.stop_with_stdin:
        threading.Thread(target=_stop_with_stdin, args=(loop, sandbox.stop), daemon=True).start()
    sandbox.listen()
    sandbox.announce()
    _tell(sandbox.info(), as_json=options.json)
    await sandbox.run()
    return 0


async def _when_free(folder: Path, build: str) -> Shelf:
    """The state, once a sandbox that is ending has let go of it.

    Raises:
        InUse: a sandbox that is as good as this one has it.
    """
    from cometact_nb.sandbox.shelf import InUse, Shelf, is_served  # noqa: PLC0415  (not before it is needed)

    for _ in range(int(_HANDOVER_S / _LOOK_S)):
        try:
            return Shelf(folder)
        except InUse:
            if is_served(folder, build):
                raise
            await asyncio.sleep(_LOOK_S)
    return Shelf(folder)


def _stop_with_stdin(loop: asyncio.AbstractEventLoop, stop: Callable[[], None]) -> None:
    # Not through sys.stdin: the interpreter aborts at its end while a thread holds that buffer's lock.
    with contextlib.suppress(OSError):
        while os.read(0, 4096):
            continue
    loop.call_soon_threadsafe(stop)


def _tell(info: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({**info, "pid": os.getpid()}), flush=True)  # noqa: T201
        return
    samples = info["samples"]
    assert isinstance(samples, dict)
    body = {
        "model": "act_two",
        "character": {"type": "image", "uri": samples["characters"][0]},
        "reference": {"type": "video", "uri": samples["references"][0]},
    }
    lines = [
        f"SANDBOX at {info['base_url']}, {info['speed']:g}× real time. Nothing is billed; Ctrl-C stops it.",
        f"  In a notebook:  act.use_sandbox({info['speed']:g}, url={info['base_url']!r})",
        f"  Any client:     base URL {info['base_url']}, key 'sandbox'",
        *(f"  {kind.replace('_', ' ')}: {' '.join(urls)}" for kind, urls in samples.items()),
        "  Rehearse a fault with ?scenario=NAME after a character's URL; --list-scenarios names them.",
        (
            f"  For example:    curl {info['base_url']}/runwayml/v1/character_performance"
            f" -H 'Authorization: Bearer sandbox' -H 'X-Runway-Version: 2024-11-06' -d '{json.dumps(body)}'"
        ),
    ]
    print("\n".join(lines), flush=True)  # noqa: T201


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return value


def _spec(text: str) -> str:
    try:
        parse(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


if __name__ == "__main__":
    sys.exit(main())
