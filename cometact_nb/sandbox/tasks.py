"""The sandbox's tasks: a queue with a limit, a faster clock, and the answers to polls."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from cometact_nb.sandbox.clients import Settings
from cometact_nb.sandbox.scenarios import SCENARIOS, Play

if TYPE_CHECKING:
    from cometact_nb.sandbox.clients import Caller
    from cometact_nb.sandbox.drawing.workshop import Order, Workshop
    from cometact_nb.sandbox.shelf import Shelf

__all__ = ["Generation", "Tasks", "bare", "failed_once", "wrapped"]

#: Seconds at speed 1 for which a task is PENDING before it may run.
_PENDING_S = 3.0

#: Progress at which a task of the scenario ``revived`` seems to have failed.
_REVIVED_FROM = 0.2

_FAILURES = {
    "safety-input": ("SAFETY.INPUT.IMAGE", "Your content was flagged by our content moderation system."),
    "safety-text": ("INPUT_PREPROCESSING.SAFETY.TEXT", "Your content was flagged before processing."),
    "safety-output": ("SAFETY.OUTPUT.VIDEO", "The generated video was flagged by our moderation system."),
    "asset-invalid": ("ASSET.INVALID", "No face was found in the character."),
    "bad-output": ("INTERNAL.BAD_OUTPUT.CODE01", "The output did not meet our quality bar."),
    "internal": ("INTERNAL", "Something went wrong."),
    "refunded": ("INTERNAL", "Something went wrong; it was refunded."),
    "unknown-failure": (
        "MOON.PHASE",
        (
            "<img src=x onerror=\"document.title='pwned'\"><script>document.title='pwned'</script>"
            " \x1b[31mred\u202e"
        ),
    ),
}


@dataclass
class Generation:
    """One task of the sandbox. Times are Unix seconds of the real clock.

    Args:
        id: of the task.
        body: of the request.
        plays: its scenarios.
        created: time of acceptance.
        run_s: seconds of its run.
        settings: of the client that sent it.
        client: that client's name.
        clip: the order for its video; None once the video lies on the shelf.
        status: Runway's word.
        started: start of the run, or None.
        ended: end of the run, or None.
        polls: the number of its polls.
        downloads: the number of its downloads.
        withheld: the number of answers without its output.
        marks: the first time of certain events, by name.
    """

    id: str
    body: dict[str, Any]
    plays: dict[str, Play]
    created: float
    run_s: float
    settings: Settings
    client: str = ""
    clip: Order | None = None
    status: str = "PENDING"
    started: float | None = None
    ended: float | None = None
    polls: int = 0
    downloads: int = 0
    withheld: int = 0
    marks: dict[str, float] = field(default_factory=dict)

    def plays_any(self, *names: str) -> Play | None:
        """Return the first of these scenarios that this task plays."""
        return next((self.plays[name] for name in names if name in self.plays), None)

    def since_second_poll(self) -> float:
        """Seconds since the first use of this property, which is at the second poll."""
        return self._since("second poll")

    def since_first_download(self) -> float:
        """Seconds since the first use of this property, which is at the first download."""
        return self._since("first download")

    def _since(self, mark: str) -> float:
        now = time.time()
        return now - self.marks.setdefault(mark, now)

    def progress(self, now: float) -> float:
        """Return the progress, 0–1."""
        if self.status == "SUCCEEDED":
            return 1.0
        if self.started is None:
            return 0.0
        return min(0.99, (now - self.started) / self.run_s)

    @property
    def failure(self) -> tuple[str, str] | None:
        """(code, message) of the failure this task plays."""
        return next((_FAILURES[name] for name in _FAILURES if name in self.plays), None)


class Tasks:
    """All tasks, and each client's limit on how many run at once.

    Args:
        workshop: renders the clips.
        shelf: where tasks and clips outlive this process; None keeps them in memory only.
    """

    def __init__(self, workshop: Workshop, shelf: Shelf | None = None) -> None:
        self._workshop = workshop
        self._shelf = shelf
        self._tasks: dict[str, Generation] = {}
        for record in shelf.tasks() if shelf else ():
            task = from_record(record)
            if task is not None:
                self._tasks[task.id] = task
                if task.ended is None:
                    task.clip = self._order(task)

    def create(self, body: dict[str, Any], plays: list[Play], client: Caller) -> Generation:
        """Accept a request; its clip is being rendered from now on."""
        by_name = {play.name: play for play in plays}
        settings = client.settings
        factor = 10.0 if "slow-task" in by_name else 1.0
        task = Generation(
            id=str(uuid.uuid4()),
            body=body,
            plays=by_name,
            created=time.time(),
            run_s=settings.duration_s * factor * client.random.uniform(0.9, 1.1) / settings.speed,
            settings=settings,
            client=client.name,
        )
        task.clip = self._order(task)
        self._tasks[task.id] = task
        self._keep(task)
        return task

    def get(self, task_id: str) -> Generation | None:
        """Return the present state of a task."""
        self.advance()
        return self._tasks.get(task_id)

    async def clip(self, task: Generation) -> bytes:
        """The video of a task that succeeded; rendered again where it was not kept."""
        content = self._shelf.clip(task.id) if self._shelf and task.clip is None else None
        if content is not None:
            return content
        task.clip = task.clip or self._order(task)
        return await asyncio.wrap_future(task.clip.future)

    def delete(self, task: Generation) -> None:
        """Cancel a task that has not ended; forget one that has."""
        if task.ended is None:
            self._end(task, "CANCELLED", time.time())
        elif self._tasks.pop(task.id, None):
            self._let_go_of_clip(task)
            if self._shelf:
                self._shelf.drop_task(task.id)

    def clear(self) -> None:
        """Forget everything."""
        for task in self._tasks.values():
            self._let_go_of_clip(task)
        self._tasks.clear()
        if self._shelf:
            self._shelf.clear()

    def keep_all(self) -> None:
        """Write every task as it is now: how often each was asked about changes what some play."""
        for task in self._tasks.values():
            self._keep(task)

    @property
    def are_done(self) -> bool:
        """Whether every task has ended."""
        return all(task.ended is not None for task in self._tasks.values())

    def advance(self) -> None:
        """Bring all tasks up to the present time."""
        now = time.time()
        running = Counter(task.client for task in self._tasks.values() if task.status == "RUNNING")
        for task in self._tasks.values():
            if task.status == "RUNNING":
                self._run(task, now)
                running[task.client] -= task.status != "RUNNING"
        for task in self._tasks.values():
            if (
                task.status in {"PENDING", "THROTTLED"}
                and now - task.created >= _PENDING_S / task.settings.speed
            ):
                running[task.client] += self._begin(task, now, running[task.client])

    def _begin(self, task: Generation, now: float, running: int) -> bool:
        """Let a task run where there is a place for it; whether it does."""
        held = task.plays_any("throttled")
        free = running < task.settings.concurrency
        if held and now - task.created < held.seconds() / task.settings.speed:
            free = False
        status = "RUNNING" if free else "THROTTLED"
        if status != task.status:
            task.status = status
            task.started = now if free else None
            self._keep(task)
        return free

    def _run(self, task: Generation, now: float) -> None:
        share = task.progress(now)
        if task.plays_any("never-ends"):
            return
        if task.plays_any("cancelled-elsewhere") and share > 0.4:  # noqa: PLR2004
            self._end(task, "CANCELLED", now)
        elif task.failure and share > 0.5:  # noqa: PLR2004
            self._end(task, "FAILED", now)
        elif task.clip and task.started is not None and now - task.started >= task.run_s and task.clip.done():
            self._end(task, "FAILED" if task.clip.failed() else "SUCCEEDED", now)

    def _end(self, task: Generation, status: str, now: float) -> None:
        task.status, task.ended = status, now
        if status != "SUCCEEDED" or self._put_on_shelf(task):
            self._let_go_of_clip(task)
        self._keep(task)

    def _put_on_shelf(self, task: Generation) -> bool:
        """Put a finished clip on the shelf; return whether it lies there."""
        if self._shelf is None or task.clip is None:
            return False
        return self._shelf.keep_clip(task.id, task.clip.future.result())

    def _order(self, task: Generation) -> Order:
        return self._workshop.clip(task.body, task.settings.clip_s)

    def _let_go_of_clip(self, task: Generation) -> None:
        if task.clip is not None:
            self._workshop.drop(task.clip)
            task.clip = None

    def _keep(self, task: Generation) -> None:
        if self._shelf:
            self._shelf.keep_task(to_record(task))


def to_record(task: Generation) -> dict[str, Any]:
    """Return a task as the shelf has it; its clip lies beside it."""
    plain = {entry.name: getattr(task, entry.name) for entry in fields(task)}
    del plain["clip"]
    plays = {name: play.options for name, play in task.plays.items()}
    return {**plain, "plays": plays, "settings": asdict(task.settings)}


def from_record(record: dict[str, Any]) -> Generation | None:
    """Return a task from the shelf; None for one that this version does not read."""
    known = {entry.name for entry in fields(Generation)}
    try:
        plays = {
            name: Play(SCENARIOS[name], options)
            for name, options in record["plays"].items()
            if name in SCENARIOS
        }
        settings = Settings().changed(record["settings"])
        plain = {name: value for name, value in record.items() if name in known}
        return Generation(**{**plain, "plays": plays, "settings": settings})
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def failed_once(task: Generation, now: float) -> Generation:
    """Return the task for this poll; one that plays ``revived`` seems to have failed, once."""
    play = task.plays_any("revived")
    if play is None or "revived" in task.marks or task.progress(now) < _REVIVED_FROM:
        return task
    task.marks["revived"] = now
    return replace(task, status="FAILED", plays={**task.plays, "internal": play})


def bare(task: Generation, urls: list[str], now: float) -> dict[str, Any]:
    """Make Runway's own object, as in CometAPI's sample of 2026-05."""
    created = datetime.fromtimestamp(task.created, UTC).isoformat(timespec="milliseconds")
    answer: dict[str, Any] = {
        "id": task.id,
        "status": task.status,
        "createdAt": created.replace("+00:00", "Z"),
    }
    if task.status == "RUNNING":
        answer["progress"] = round(task.progress(now), 3)
    if task.status == "SUCCEEDED":
        answer["output"] = urls
    if task.status == "FAILED":
        code, message = task.failure or ("INTERNAL", "The sandbox could not render this request.")
        answer |= {"failure": message, "failureCode": code}
    return answer


#: The gateway's own clock, as in its sample.
_GATEWAY_ZONE = timezone(timedelta(hours=8))

_OUTER = {
    "PENDING": "QUEUED",
    "THROTTLED": "QUEUED",
    "RUNNING": "IN_PROGRESS",
    "SUCCEEDED": "SUCCESS",
    "FAILED": "FAILURE",
    "CANCELLED": "FAILURE",
}


def wrapped(task: Generation, urls: list[str], now: float) -> dict[str, Any]:
    """Make the gateway's envelope around it, as in CometAPI's sample of 2026-03."""
    inner = bare(task, urls, now)
    inner["createdAt"] = datetime.fromtimestamp(int(task.created), _GATEWAY_ZONE).isoformat()
    return {
        "code": "success",
        "message": "",
        "data": {
            "task_id": task.id,
            "action": "CHARACTER_PERFORMANCE",
            "status": _OUTER[task.status],
            "fail_reason": inner.get("failure", ""),
            "submit_time": int(task.created),
            "start_time": int(task.started or 0),
            "finish_time": int(task.ended or 0),
            "progress": f"{task.progress(now):.0%}",
            "data": inner,
        },
    }
