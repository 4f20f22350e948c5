"""The facts about a sweep that its views show: each cell's state, totals, money, time, and actions."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from cometact_nb.domain import money
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

#: The kinds of cells: a letter for the wire, the words, the colour. In the order of the totals.
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
    """Return the letter of :data:`KINDS` for a cell."""
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
    """Say what only the user can settle, in one sentence; an empty string without any.

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
    """Name the commonest reason of failed cells, in one line, if no other message does."""
    reasons = Counter(problem_of(cell) for cell in sweep.cells if kind_of(cell) in "fxn")
    if not reasons:
        return ""
    reason, count = reasons.most_common(1)[0]
    others = " Open a cell for its own reason." if len(reasons) > 1 else ""
    return f"{count} of {len(sweep)} without a clip: {reason}{others}"


def cell_codes(sweep: Sweep) -> list[str]:
    """Write each cell in two to five characters: its kind, its progress in percent, ``+`` if reused."""
    return [_code(cell) for cell in sweep.cells]


def _code(cell: Cell) -> str:
    kind, job = kind_of(cell), cell.job
    progress = job.state.progress if job is not None and kind in "rktw" else None
    percent = "" if progress is None else str(round(progress * 100))
    return f"{kind}{percent}{'+' if cell.reused else ''}"


def cell_word(cell: Cell) -> str:
    """Describe a cell: ``running 42 %``, ``done, reused``."""
    code = _code(cell)
    percent = code[1:].rstrip("+")
    return f"{KINDS[code[0]][0]}{f' {percent} %' if percent else ''}{', reused' if cell.reused else ''}"


def counts(codes: Iterable[str]) -> dict[str, int]:
    """Count the cells of each kind, in the order of :data:`KINDS`."""
    numbers = dict.fromkeys(KINDS, 0)
    for code in codes:
        numbers[code[0]] += 1
    return {kind: count for kind, count in numbers.items() if count}


def counts_line(codes: Iterable[str]) -> str:
    """Write the same in words: ``3 done · 1 failed``."""
    return " · ".join(f"{count} {KINDS[kind][0]}" for kind, count in counts(codes).items())


def state_word(sweep: Sweep) -> tuple[str, str]:
    """Return the sweep's state in words and its colour; an end with failures is not green."""
    word, colour = _STATES[sweep.state]
    if word == "FINISHED" and any(kind_of(cell) != "d" for cell in sweep.cells):
        return word, AMBER
    return word, colour


def is_over(sweep: Sweep) -> bool:
    """Whether nothing more happens by itself, and no click could send a cell, or send it again."""
    if sweep.state is SweepState.CANCELLED:
        return all(cell.job is None or cell.job.state.is_settled for cell in sweep.cells)
    return sweep.state is SweepState.FINISHED and not sweep.to_buy() and not sweep.to_buy(retry=True)


def money_line(sweep: Sweep) -> str:
    """Write the cost so far, the cost to come, and the price."""
    if sweep.sandbox:
        return "Sandbox: nothing is billed"
    own = [cell.job.state for cell in sweep.cells if cell.job is not None and not cell.reused]
    doubts = [state.price_usd or 0.0 for state in own if state.is_in_doubt]
    spent = money.so_far(sweep.spent_usd, len(doubts), sum(doubts))
    left = _waiting(sweep) if sweep.state is SweepState.RUNNING else 0
    if sweep.state in {SweepState.PLANNED, SweepState.PAUSED}:
        left = sweep.to_buy()
    if left:
        spent += f" · {sweep.session.config.price.estimate(left)} to go"
    if sweep.approved_usd and sweep.state in {SweepState.RUNNING, SweepState.PAUSED}:
        spent += f" · up to {money.usd(sweep.approved_usd)} agreed"
    costs = [state.credits for state in own if state.credits is not None]
    if costs:
        spent += f" · {sum(costs):g} credits reported for {money.requests(len(costs))}"
    return spent


def seconds_left(sweep: Sweep) -> float | None:
    """Estimate the seconds until all running cells have ended; None without experience."""
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
    """Return a user's possible actions now: each with its words, its question, and its possible cost.

    ``agreed`` is the most that the sweep may cost after the click, US dollars: a page sends back the number
    that it showed, so that a click never buys more.
    """
    state, possible = sweep.state, {}
    buy, again = sweep.to_buy(), sweep.to_buy(retry=True)
    failed = again and any(kind_of(cell) in "fnhg" for cell in sweep.cells)
    active = any(cell.job is not None and not cell.job.state.is_settled for cell in sweep.cells)
    if state is SweepState.RUNNING and _waiting(sweep):
        possible["pause"] = {"label": "Pause", "ask": ""}
    if state is not SweepState.RUNNING and buy:
        possible["run"] = _purchase(sweep, "Go on with" if state is SweepState.PAUSED else "Send", buy, "")
    if failed:
        possible["retry"] = _purchase(sweep, "Retry", again, "This pays for them again. ")
    if state is SweepState.RUNNING or active or (state is SweepState.PAUSED and buy):
        question = "Nothing more is sent, and the service is asked to stop what runs; that is not refunded."
        possible["cancel"] = {"label": "Cancel", "ask": question}
    return possible


def _purchase(sweep: Sweep, verb: str, cells: int, text: str) -> dict[str, Any]:
    price = sweep.session.config.price
    total = sweep.spent_usd + (cells + _committed(sweep)) * price.usd_per_request
    agreed = max(total, sweep.approved_usd)
    counted = f"{cells} {'cell' if cells == 1 else 'cells'}"
    if sweep.is_model_missing and price.usd_per_request:
        text = f"{money.NO_MODEL} {text}"
    cost = "Nothing is billed" if sweep.sandbox else f"Price: about {price.estimate(cells)}"
    covered = not text and (sweep.sandbox or total <= sweep.approved_usd + 1e-6)
    ask = "" if covered else f"{text}{cost}. The sweep may then cost {money.usd(agreed)} in all."
    if text and sweep.sandbox:
        ask = f"{text}The sandbox bills nothing."
    return {"label": f"{verb} {counted}", "ask": ask, "agreed": agreed}


def _waiting(sweep: Sweep) -> int:
    """Count the cells that wait to be sent."""
    return sum(1 for cell in sweep.cells if cell.status == Mark.QUEUED)


def _committed(sweep: Sweep) -> int:
    """Count the cells that a running sweep will still pay for."""
    if sweep.state is not SweepState.RUNNING:
        return 0
    return sum(1 for cell in sweep.cells if cell.status in {Mark.QUEUED, Status.SUBMITTING})


def problem_of(cell: Cell) -> str:
    """Say why a cell has no clip, in one line; an empty string if it has one or is on its way."""
    if cell.job is None:
        return words.message(cell.reason, 200)
    if kind_of(cell) in "fxnuolcg":
        return words.message(advise(cell.job.state).headline, 200)
    return ""
