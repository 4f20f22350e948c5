"""The faults that the sandbox can play, by name.

A spec is ``NAME[:key=value,…][@probability][xTIMES]``, such as ``rate-limited:retry_after=2x3`` or
``lost-answer@0.1``. It applies to every request (``--scenario``), to the next ones
(``POST /sandbox/scenario``) or to one: as ``?scenario=SPEC`` in the character's URL.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from random import Random

__all__ = ["EARLY", "SCENARIOS", "Play", "Playbook", "Scenario", "parse"]

#: A week, in seconds.
_LONGEST_S = 604_800

Phase = Literal["connection", "create", "poll", "task", "output", "cancel"]


@dataclass(frozen=True)
class Scenario:
    """One fault.

    Args:
        name: in a spec.
        phase: the part of a task's life that it changes.
        description: of the fault, for the table in the documentation.
        options: its options with their defaults; numbers, except ``form``.
        forms: the values of its option ``form``.
    """

    name: str
    phase: Phase
    description: str
    options: dict[str, str] = field(default_factory=dict)
    forms: tuple[str, ...] = ()

    def check(self, key: str, value: str) -> None:
        """Raise ValueError for an unknown option or a bad value."""
        if key not in self.options:
            has = ", ".join(self.options) or "none"
            raise ValueError(f"{self.name} has no option {key!r}; it has: {has}.")
        if key == "form":
            if value not in self.forms:
                raise ValueError(f"{self.name}:form={value} is none of: {', '.join(self.forms)}.")
        elif not re.fullmatch(r"\d+(\.\d+)?", value) or float(value) > _LONGEST_S:
            raise ValueError(f"{self.name}:{key}={value} is no number from 0 to {_LONGEST_S}.")


def _s(name: str, phase: Phase, description: str, forms: tuple[str, ...] = (), **options: str) -> Scenario:
    return Scenario(name, phase, description, {**options, "form": forms[0]} if forms else options, forms)


_ALL = (
    _s("connection-refused", "connection", "Nothing listens for a while, from now or its request on.",
       seconds="2"),
    _s("reset-before-body", "create", "The connection is reset once the headers came; nothing is accepted."),
    _s("reset-mid-body", "create", "The connection is reset as the body comes; nothing is accepted."),
    _s("reset-after-body", "create", "The connection is reset after the whole request; nothing is accepted."),
    _s("lost-answer", "create", "The task is accepted, then the connection is reset instead of an answer."),
    _s("slow-answer", "create", "The task is accepted and answered late.", seconds="2"),
    _s("late-answer", "create", "Accepted, and answered when most clients have given up; seconds at speed 1.",
       seconds="40"),
    _s("broken-off-with-id", "create", "The task is accepted; the answer breaks off after its id."),
    _s("id-in-data", "create", "The task is accepted; the answer is an envelope whose data is the id."),
    _s("json-as-html", "create", "The task is accepted; its answer is called text/html."),
    _s("truncated-answer", "create", "The task is accepted; the answer breaks off in the middle."),
    _s("no-id", "create", "The task is accepted; the answer is JSON without an id."),
    _s("html-200", "create", "A web page with status 200, as from a wrong base URL."),
    _s("html-200-accepted", "create", "A web page with status 200, although the task was accepted."),
    _s("redirect-301", "create", "A redirect to another host."),
    _s("http-400", "create", "400 with the documented error body."),
    _s("http-401", "create", "401: a bad key."),
    _s("http-403", "create", "403: the key may not use this."),
    _s("firewall-403", "create", "403 with the page of a web firewall."),
    _s("http-404", "create", "404: a wrong path."),
    _s("http-413", "create", "413: the request is too large."),
    _s("rate-limited", "create", "429; Retry-After in seconds, as a date, absurd, … Once, unless xTIMES.",
       ("seconds", "date", "old-date", "absurd", "negative", "junk", "missing"), retry_after="1"),
    _s("no-word-4xx", "create", "408, 409, 425 or 499, although the task was accepted.",
       ("408", "409", "425", "499")),
    _s("http-500", "create", "500; nothing is accepted, which the client cannot know."),
    _s("http-500-accepted", "create", "500, although the task was accepted."),
    _s("invalid-request", "create", "500 with code invalid_request: a refusal."),
    _s("http-502", "create", "502; nothing is accepted, which the client cannot know."),
    _s("http-503", "create", "503; nothing is accepted, which the client cannot know."),
    _s("no-channel", "create", "503 with code model_not_found: a refusal, no channel has the model."),
    _s("maintenance", "create", "503 with a web page; nothing is accepted, which the client cannot know."),
    _s("http-504", "create", "504 although the task was accepted."),
    _s("http-524", "create", "524 although the task was accepted."),
    _s("not-exist", "poll", "A fresh id is unknown for a while, in each known form.",
       ("http400", "code200", "status"), seconds="10", minutes="0"),
    _s("flat", "poll", "The flat shape of CometAPI's compatibility route: no envelope, no inner object."),
    _s("inner-string", "poll", "The envelope's inner object is a JSON string."),
    _s("output-objects", "poll", "The output is a list of objects with a URL each."),
    _s("url-in-fail-reason", "poll", "On success fail_reason is the clip's URL, beside an empty object."),
    _s("number-status", "poll", "The envelope's status is a number."),
    _s("credits", "poll", "Answers tell credits: estimated while it runs, and what it cost at the end."),
    _s("other-task", "poll", "Every second poll is answered with another task's failure."),
    _s("firewall-403-once", "poll", "One poll is refused with 403 and the page of a web firewall."),
    _s("poll-refused", "poll", "Three polls in a row are refused.",
       ("401", "403", "404", "301", "html", "invalid-request")),
    _s("poll-maintenance", "poll", "Polls meet a maintenance page (503) for a while.", seconds="60"),
    _s("unknown-status", "poll", "A status word nobody knows, in the middle of the run."),
    _s("backwards", "poll", "The status and progress go back to PENDING once."),
    _s("lower-case", "poll", "Status words in lower case."),
    _s("progress-junk", "poll", "Progress is NaN%, 170, null, a list, in turn."),
    _s("missing-fields", "poll", "Only a status."),
    _s("extra-fields", "poll", "Fields that are not documented."),
    _s("nested-nulls", "poll", "Every optional field is null."),
    _s("wrong-types", "poll", "Numbers for texts, texts for lists."),
    _s("alternating", "poll", "Both documented shapes in turn."),
    _s("poll-500", "poll", "Every second poll is a 500."),
    _s("poll-502", "poll", "Every second poll is a 502 with a web page."),
    _s("poll-429", "poll", "Every second poll is a 429."),
    _s("poll-reset", "poll", "Every second poll is reset."),
    _s("poll-truncated", "poll", "Every second poll breaks off."),
    _s("poll-slow", "poll", "Polls are answered late.", seconds="1"),
    _s("safety-input", "task", "FAILED with SAFETY.INPUT.IMAGE; billed."),
    _s("safety-text", "task", "FAILED with INPUT_PREPROCESSING.SAFETY.TEXT; billed."),
    _s("safety-output", "task", "FAILED with SAFETY.OUTPUT.VIDEO; billed."),
    _s("asset-invalid", "task", "FAILED with ASSET.INVALID."),
    _s("bad-output", "task", "FAILED with INTERNAL.BAD_OUTPUT.CODE01."),
    _s("internal", "task", "FAILED with INTERNAL."),
    _s("refunded", "task", "FAILED with INTERNAL, and a cost of 0 credits."),
    _s("revived", "task", "FAILED to one poll, then it runs on and succeeds."),
    _s("unknown-failure", "task", "FAILED with a code nobody knows and a message full of HTML."),
    _s("cancelled-elsewhere", "task", "CANCELLED while it runs."),
    _s("throttled", "task", "THROTTLED for long.", seconds="60"),
    _s("slow-task", "task", "Runs ten times as long."),
    _s("never-ends", "task", "RUNNING for ever."),
    _s("no-output", "output", "SUCCEEDED with an empty output."),
    _s("late-output", "output", "SUCCEEDED; the output comes some polls later."),
    _s("two-outputs", "output", "SUCCEEDED with two clips."),
    _s("expired-output", "output", "The first link has expired; the next poll gives a good one."),
    _s("forbidden-output", "output", "Every link answers 403."),
    _s("store-busy", "output", "The store of the clips answers 503 for a while after the first download.",
       seconds="120"),
    _s("cut-output", "output", "The first download breaks off in the middle; Range goes on."),
    _s("truncated-output", "output", "Every download breaks off at the same byte."),
    _s("short-output", "output", "The file is shorter than the announced length, every time."),
    _s("html-output", "output", "The link leads to a web page."),
    _s("not-a-video", "output", "The link leads to other bytes, called video/mp4."),
    _s("endless-output", "output", "The download never ends."),
    _s("redirect-output", "output", "The link redirects once."),
    _s("delete-404", "cancel", "Cancelling answers 404, as an undocumented route may."),
    _s("delete-405", "cancel", "Cancelling answers 405."),
    _s("delete-500", "cancel", "Cancelling answers 500."),
)  # fmt: skip

SCENARIOS = {scenario.name: scenario for scenario in _ALL}

EARLY = ("reset-before-body", "reset-mid-body")
"""Played before the body is known; in a character's URL they can only be played once the body has come."""


@dataclass
class Play:
    """A scenario with its options, from one spec.

    Args:
        scenario: to play.
        options: its options.
        probability: that it plays at each chance, 0–1.
        left: how many more times it plays; None for always.
    """

    scenario: Scenario
    options: dict[str, str]
    probability: float = 1.0
    left: int | None = None

    @property
    def name(self) -> str:
        """The scenario's name."""
        return self.scenario.name

    def seconds(self) -> float:
        """The sum of its options ``seconds`` and ``minutes``, without the default of ``seconds``."""
        minutes = 60 * float(self.options.get("minutes", "0"))
        if minutes and self.options.get("seconds") == self.scenario.options.get("seconds"):
            return minutes
        return minutes + float(self.options.get("seconds", "0"))


def parse(spec: str) -> Play:
    """Make the play of a spec.

    Raises:
        ValueError: the spec names no scenario, or an option it does not have.
    """
    match = re.fullmatch(r"([a-z0-9-]+?)(?::([^@]*?))?(?:@(0?\.\d+|[01](?:\.0+)?))?(?:x(\d+))?", spec.strip())
    if not match or match.group(1) not in SCENARIOS:
        near = difflib.get_close_matches(re.split("[:@]", spec.strip())[0], SCENARIOS, n=3)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(SCENARIOS)}."
        raise ValueError(f"{spec!r} is no scenario: NAME[:key=value,…][@probability][xTIMES]. {hint}")
    scenario = SCENARIOS[match.group(1)]
    options = dict(scenario.options)
    for pair in filter(None, (match.group(2) or "").split(",")):
        key, _, value = pair.partition("=")
        scenario.check(key, value)
        options[key] = value
    times = int(match.group(4)) if match.group(4) else (1 if scenario.name == "rate-limited" else None)
    return Play(scenario, options, float(match.group(3) or 1), times)


class Playbook:
    """Chooses the plays of a request: its own, those for the next requests, and those for all.

    Args:
        specs: for every request.
        random: decides where a spec has a probability.
        queue: plays for the next requests, shared with other playbooks.
    """

    def __init__(self, specs: list[str], random: Random, queue: list[Play]) -> None:
        self._specs = specs
        self._always = [parse(spec) for spec in specs]
        self._next = queue
        self._own: dict[str, list[Play]] = {}
        self._random = random

    def push(self, play: Play) -> None:
        """Add a play for the next request, or for as many as its ``xTIMES`` says."""
        play.left = 1 if play.left is None else play.left
        self._next[:] = [*(before for before in self._next if before.left), play]

    def reset(self) -> None:
        """Forget all counts."""
        self._always = [parse(spec) for spec in self._specs]
        self._own.clear()

    def early(self) -> Play | None:
        """Return the due play that breaks a connection before the body comes, if any."""
        for play in (*self._next, *self._always):
            if play.name in EARLY and self._due(play):
                return play
        return None

    def draw(self, own: tuple[str, ...], key: str) -> list[Play]:
        """Draw the plays of one request.

        Args:
            own: the specs in its character's URL.
            key: of the request, so that a repeated one goes on counting.
        """
        if key not in self._own:
            self._own[key] = [parse(spec) for spec in own]
        # The plays for all requests had their chance when the headers came.
        others = [play for play in (*self._next, *self._always) if play.name not in EARLY]
        return [play for play in (*self._own[key], *others) if self._due(play)]

    def _due(self, play: Play) -> bool:
        if play.left == 0 or self._random.random() >= play.probability:
            return False
        if play.left is not None:
            play.left -= 1
        return True
