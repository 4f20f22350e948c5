"""The sandbox's own tasks: a queue with a limit, a clock that runs faster, and their answers on the wire."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from random import Random

    from cometact_nb.sandbox.drawing.workshop import Order, Workshop
    from cometact_nb.sandbox.scenarios import Play

__all__ = ["Task", "Tasks", "bare", "failed_once", "wrapped"]

#: Seconds at speed 1 that a task is PENDING before it may run.
_PENDING_S = 3.0

#: Progress from which a task that is revived seems to have failed.
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
class Task:
    """One generation in the sandbox. Times are Unix seconds of the real clock.

    Args:
        id: its id.
        body: the request.
        plays: the scenarios it plays.
        created: when it was accepted.
        run_s: how long it runs.
        clip: the video, ordered.
        status: Runway's word.
        started: when it began to run, or None.
        ended: when it ended, or None.
        polls: how often it was asked about.
        downloads: how often its clip was asked for.
        withheld: how often its output was left out of an answer.
        marks: when something happened for the first time.
    """

    id: str
    body: dict[str, Any]
    plays: dict[str, Play]
    created: float
    run_s: float
    clip: Order
    status: str = "PENDING"
    started: float | None = None
    ended: float | None = None
    polls: int = 0
    downloads: int = 0
    withheld: int = 0
    marks: dict[str, float] = field(default_factory=dict)

    def plays_any(self, *names: str) -> Play | None:
        """The first of these scenarios that this task plays."""
        return next((self.plays[name] for name in names if name in self.plays), None)

    def since_second_poll(self) -> float:
        """Seconds since this was first asked; it is asked from the second poll on."""
        return self._since("second poll")

    def since_first_download(self) -> float:
        """Seconds since this was first asked, which a download does."""
        return self._since("first download")

    def _since(self, mark: str) -> float:
        now = time.time()
        return now - self.marks.setdefault(mark, now)

    def progress(self, now: float) -> float:
        """0–1."""
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
    """All tasks, and the account's limit on how many run at once.

    Args:
        speed: how many times faster than the real service.
        concurrency: tasks that run at once; more are THROTTLED.
        duration_s: how long a task runs at speed 1.
        random: varies durations a little.
        workshop: renders the clips.
    """

    def __init__(
        self, speed: float, concurrency: int, duration_s: float, random: Random, workshop: Workshop
    ) -> None:
        self.speed = speed
        self._concurrency = concurrency
        self._duration_s = duration_s
        self._random = random
        self._workshop = workshop
        self._tasks: dict[str, Task] = {}

    def create(self, body: dict[str, Any], plays: list[Play]) -> Task:
        """Accept a request; its clip is being rendered from now on."""
        named = {play.name: play for play in plays}
        factor = 10.0 if "slow-task" in named else 1.0
        task = Task(
            id=str(uuid.uuid4()),
            body=body,
            plays=named,
            created=time.time(),
            run_s=self._duration_s * factor * self._random.uniform(0.9, 1.1) / self.speed,
            clip=self._workshop.clip(body),
        )
        self._tasks[task.id] = task
        return task

    def get(self, task_id: str) -> Task | None:
        """The task as it is now."""
        self.advance()
        return self._tasks.get(task_id)

    def delete(self, task: Task) -> None:
        """Cancel a task that has not ended; forget one that has."""
        if task.ended is None:
            self._end(task, "CANCELLED", time.time())
        elif self._tasks.pop(task.id, None) and task.status == "SUCCEEDED":
            self._workshop.drop(task.clip)

    def clear(self) -> None:
        """Forget everything."""
        for task in self._tasks.values():
            if task.status not in {"FAILED", "CANCELLED"}:
                self._workshop.drop(task.clip)
        self._tasks.clear()

    def advance(self) -> None:
        """Let time pass for all tasks."""
        now = time.time()
        running = sum(task.status == "RUNNING" for task in self._tasks.values())
        for task in self._tasks.values():
            if task.status == "RUNNING":
                self._run(task, now)
                running -= task.status != "RUNNING"
        for task in self._tasks.values():
            if task.status in {"PENDING", "THROTTLED"} and now - task.created >= _PENDING_S / self.speed:
                held = task.plays_any("throttled")
                free = running < self._concurrency
                if held and now - task.created < held.seconds() / self.speed:
                    free = False
                task.status = "RUNNING" if free else "THROTTLED"
                if free:
                    task.started = now
                    running += 1

    def _run(self, task: Task, now: float) -> None:
        share = task.progress(now)
        if task.plays_any("never-ends"):
            return
        if task.plays_any("cancelled-elsewhere") and share > 0.4:  # noqa: PLR2004
            self._end(task, "CANCELLED", now)
        elif task.failure and share > 0.5:  # noqa: PLR2004
            self._end(task, "FAILED", now)
        elif task.started is not None and now - task.started >= task.run_s and task.clip.done():
            self._end(task, "FAILED" if task.clip.failed() else "SUCCEEDED", now)

    def _end(self, task: Task, status: str, now: float) -> None:
        task.status, task.ended = status, now
        if status != "SUCCEEDED":
            self._workshop.drop(task.clip)


def failed_once(task: Task, now: float) -> Task:
    """The task as this poll shows it: one that is ``revived`` seems to have failed, once."""
    play = task.plays_any("revived")
    if play is None or "revived" in task.marks or task.progress(now) < _REVIVED_FROM:
        return task
    task.marks["revived"] = now
    return replace(task, status="FAILED", plays={**task.plays, "internal": play})


def bare(task: Task, urls: list[str], now: float) -> dict[str, Any]:
    """Runway's own object, as in CometAPI's sample of 2026-05."""
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


def wrapped(task: Task, urls: list[str], now: float) -> dict[str, Any]:
    """The gateway's envelope around it, as in CometAPI's sample of 2026-03."""
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
