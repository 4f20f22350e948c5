"""What a view tells about a sweep: each cell's state, totals, money, time, and what can be done about it."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.advice import advise
from cometact_nb.domain.sweep.forecast import time_left_s
from cometact_nb.domain.sweep.run import Mark, SweepState
from cometact_nb.domain.task import Status
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import AMBER, BLUE, GREEN, GREY, RED, VIOLET

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.handles.sweep.sweep import Cell, Sweep

__all__ = [
    "KINDS",
    "actions",
    "cell_codes",
    "cell_word",
    "counts",
    "counts_line",
    "failures",
    "hint",
    "is_over",
    "kind_of",
    "money_line",
    "problem_of",
    "seconds_left",
    "state_word",
]

#: What a cell can be: a letter for the wire, its words, its colour. In the order in which totals name them.
KINDS: dict[str, tuple[str, str]] = {
    "d": ("done", GREEN),
    "y": ("fetching the clip", BLUE),
    "l": ("clip missing", AMBER),
    "r": ("running", BLUE),
    "w": ("at the service", GREY),
    "t": ("throttled", AMBER),
    "s": ("sending", GREY),
    "q": ("waiting", GREY),
    "p": ("planned", GREY),
    "f": ("failed", RED),
    "x": ("refused", RED),
    "n": ("not found", RED),
    "u": ("unconfirmed", AMBER),
    "o": ("not watched", AMBER),
    "k": ("unknown status", VIOLET),
    "h": ("stopped", AMBER),
    "c": ("cancelled", GREY),
    "g": ("given up", GREY),
}
_BY_STATUS: dict[str, str] = {
    Mark.PLANNED: "p",
    Mark.QUEUED: "q",
    Mark.STOPPED: "h",
    Status.SUBMITTING: "s",
    Status.PENDING: "w",
    Status.THROTTLED: "t",
    Status.RUNNING: "r",
    Status.FAILED: "f",
    Status.REFUSED: "x",
    Status.NOT_FOUND: "n",
    Status.UNCONFIRMED: "u",
    Status.UNKNOWN: "k",
    Status.CANCELLED: "c",
    Status.FORGOTTEN: "g",
}
_STATES: dict[SweepState, tuple[str, str]] = {
    SweepState.PLANNED: ("PLANNED", GREY),
    SweepState.RUNNING: ("RUNNING", BLUE),
    SweepState.PAUSED: ("PAUSED", AMBER),
    SweepState.CANCELLED: ("CANCELLED", GREY),
    SweepState.FINISHED: ("FINISHED", GREEN),
    SweepState.UNFINISHED: ("UNFINISHED", AMBER),
}


def kind_of(cell: Cell) -> str:
    """The letter of :data:`KINDS` for a cell."""
    job = cell.job
    if job is None:
        return _BY_STATUS[cell.status]
    state = job.state
    if state.status is Status.SUCCEEDED:
        return "d" if state.clips else "l" if state.clip_error else "y"
    if not state.watching and not state.status.is_terminal:
        return "o"
    if state.status is Status.SUBMITTING and state.waiting_for:
        return "t"  # the service refused it for now; it is sent again
    return _BY_STATUS[state.status]


def hint(codes: Iterable[str], *, sandbox: bool) -> str:
    """What only the user can settle, one sentence; an empty string when there is nothing.

    Args:
        codes: of the cells.
        sandbox: they were sent to the sandbox, where nothing is billed.
    """
    unconfirmed = counts(codes).get("u", 0)
    if not unconfirmed:
        return ""
    are = "cell is" if unconfirmed == 1 else "cells are"
    return (
        f"{unconfirmed} {are} unconfirmed: sent, and the answer was lost"
        f"{' (the sandbox bills nothing)' if sandbox else ', so it may have been paid for'}. "
        "Nothing sends it again by itself: settle it with cell.task.confirm('its id') or cell.task.forget()."
    )


def failures(sweep: Sweep) -> str:
    """What cells failed of, where nothing else is told of it: the commonest reason, one line."""
    reasons = Counter(problem_of(cell) for cell in sweep.cells if kind_of(cell) in "fxn")
    if not reasons:
        return ""
    reason, count = reasons.most_common(1)[0]
    others = " Open a cell for its own reason." if len(reasons) > 1 else ""
    return f"{count} of {len(sweep)} without a clip: {reason}{others}"


def cell_codes(sweep: Sweep) -> list[str]:
    """Each cell in two to five characters: its kind, its progress in percent, ``+`` when it was reused."""
    return [_code(cell) for cell in sweep.cells]


def _code(cell: Cell) -> str:
    kind, job = kind_of(cell), cell.job
    progress = job.state.progress if job is not None and kind in "rktw" else None
    percent = "" if progress is None else str(round(progress * 100))
    return f"{kind}{percent}{'+' if cell.reused else ''}"


def cell_word(cell: Cell) -> str:
    """What a cell is, in words: ``running 42 %``, ``done, reused``."""
    code = _code(cell)
    percent = code[1:].rstrip("+")
    return f"{KINDS[code[0]][0]}{f' {percent} %' if percent else ''}{', reused' if cell.reused else ''}"


def counts(codes: Iterable[str]) -> dict[str, int]:
    """How many cells there are of each kind, in the order of :data:`KINDS`."""
    found = dict.fromkeys(KINDS, 0)
    for code in codes:
        found[code[0]] += 1
    return {kind: count for kind, count in found.items() if count}


def counts_line(codes: Iterable[str]) -> str:
    """The same in words: ``3 done · 1 failed``."""
    return " · ".join(f"{count} {KINDS[kind][0]}" for kind, count in counts(codes).items())


def state_word(sweep: Sweep) -> tuple[str, str]:
    """The sweep's state and its colour; an end with failures is not green."""
    word, colour = _STATES[sweep.state]
    if word == "FINISHED" and any(kind_of(cell) != "d" for cell in sweep.cells):
        return word, AMBER
    return word, colour


def is_over(sweep: Sweep) -> bool:
    """Whether nothing more happens by itself and nothing is left to be sent or sent again by a click."""
    if sweep.state is SweepState.CANCELLED:
        return all(cell.job is None or cell.job.state.is_settled for cell in sweep.cells)
    return sweep.state is SweepState.FINISHED and not sweep.to_buy() and not sweep.to_buy(retry=True)


def money_line(sweep: Sweep) -> str:
    """What was spent, what is still to be spent, and by which price."""
    if sweep.sandbox:
        return "Sandbox: nothing is billed"
    spent = f"About ${sweep.spent_usd:.2f} spent"
    left = _waiting(sweep) if sweep.state is SweepState.RUNNING else 0
    if sweep.state in {SweepState.PLANNED, SweepState.PAUSED}:
        left = sweep.to_buy()
    if left:
        spent += f" · {sweep.session.config.price.estimate(left)} to go"
    if sweep.approved_usd and sweep.state in {SweepState.RUNNING, SweepState.PAUSED}:
        spent += f" · up to ${sweep.approved_usd:.2f} agreed"
    return spent


def seconds_left(sweep: Sweep) -> float | None:
    """When all that was begun will have ended, seconds from now; None when nothing tells."""
    now = time.time()
    states = [cell.job.state for cell in sweep.cells if cell.job is not None]
    took = [
        state.elapsed_s(now)
        for state in states
        if state.ended_at is not None and state.status in {Status.SUCCEEDED, Status.FAILED}
    ]
    running = [
        (state.elapsed_s(now), state.progress)
        for state in states
        if state.watching and not state.status.is_terminal
    ]
    waiting = _waiting(sweep) if sweep.state is SweepState.RUNNING else 0
    return time_left_s(took, running, waiting, sweep.session.config.max_in_flight)


def actions(sweep: Sweep) -> dict[str, Any]:
    """What a user can do now: each with its words, what is asked before it is done, and what it may cost.

    ``agreed`` is what the sweep may cost in all after the click, US dollars: a page sends back what it
    showed, so that a click never buys more than it said.
    """
    state, found = sweep.state, {}
    buy, again = sweep.to_buy(), sweep.to_buy(retry=True)
    failed = again and any(kind_of(cell) in "fnhg" for cell in sweep.cells)
    active = any(cell.job is not None and not cell.job.state.is_settled for cell in sweep.cells)
    if state is SweepState.RUNNING and _waiting(sweep):
        found["pause"] = {"label": "Pause", "ask": ""}
    if state is not SweepState.RUNNING and buy:
        found["run"] = _purchase(sweep, "Go on with" if state is SweepState.PAUSED else "Send", buy, "")
    if failed:
        found["retry"] = _purchase(sweep, "Retry", again, "This pays for them again. ")
    if state is SweepState.RUNNING or active or (state is SweepState.PAUSED and buy):
        asked = "Nothing more is sent, and the service is asked to stop what runs; that is not refunded."
        found["cancel"] = {"label": "Cancel", "ask": asked}
    return found


def _purchase(sweep: Sweep, verb: str, cells: int, said: str) -> dict[str, Any]:
    price = sweep.session.config.price
    total = sweep.spent_usd + (cells + _committed(sweep)) * price.usd_per_request
    agreed = max(total, sweep.approved_usd)
    counted = f"{cells} {'cell' if cells == 1 else 'cells'}"
    cost = "Nothing is billed" if sweep.sandbox else f"Price: about {price.estimate(cells)}"
    covered = not said and (sweep.sandbox or total <= sweep.approved_usd + 1e-6)
    ask = "" if covered else f"{said}{cost}. The sweep may then cost ${agreed:.2f} in all."
    if said and sweep.sandbox:
        ask = f"{said}The sandbox bills nothing."
    return {"label": f"{verb} {counted}", "ask": ask, "agreed": agreed}


def _waiting(sweep: Sweep) -> int:
    """Cells that wait to be sent."""
    return sum(1 for cell in sweep.cells if cell.status == Mark.QUEUED)


def _committed(sweep: Sweep) -> int:
    """Cells that a running sweep will pay for, beside those it has paid for."""
    if sweep.state is not SweepState.RUNNING:
        return 0
    return sum(1 for cell in sweep.cells if cell.status in {Mark.QUEUED, Status.SUBMITTING})


def problem_of(cell: Cell) -> str:
    """Why a cell has no clip, one line; an empty string when it has one or is on its way."""
    if cell.job is None:
        return words.message(cell.reason, 200)
    if kind_of(cell) in "fxnuolcg":
        return words.message(advise(cell.job.state).headline, 200)
    return ""
