"""The sandbox's tasks: a queue with a limit, a faster clock, and the answers to polls."""

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
        clip: the order for its video.
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
    clip: Order
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
    """All tasks, and the account's limit on how many run at once.

    Args:
        speed: times the speed of the real service.
        concurrency: tasks that run at once; more are THROTTLED.
        duration_s: seconds of a run at speed 1.
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
        self._tasks: dict[str, Generation] = {}

    def create(self, body: dict[str, Any], plays: list[Play]) -> Generation:
        """Accept a request, and order its clip."""
        by_name = {play.name: play for play in plays}
        factor = 10.0 if "slow-task" in by_name else 1.0
        task = Generation(
            id=str(uuid.uuid4()),
            body=body,
            plays=by_name,
            created=time.time(),
            run_s=self._duration_s * factor * self._random.uniform(0.9, 1.1) / self.speed,
            clip=self._workshop.clip(body),
        )
        self._tasks[task.id] = task
        return task

    def get(self, task_id: str) -> Generation | None:
        """Return the present state of a task."""
        self.advance()
        return self._tasks.get(task_id)

    def delete(self, task: Generation) -> None:
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
        """Bring all tasks up to the present time."""
        now = time.time()
        running = sum(task.status == "RUNNING" for task in self._tasks.values())
        for task in self._tasks.values():
            if task.status == "RUNNING":
                self._run(task, now)
                running -= task.status != "RUNNING"
        for task in self._tasks.values():
            if task.status in {"PENDING", "THROTTLED"} and now - task.created >= _PENDING_S / self.speed:
                throttled = task.plays_any("throttled")
                free = running < self._concurrency
                if throttled and now - task.created < throttled.seconds() / self.speed:
                    free = False
                task.status = "RUNNING" if free else "THROTTLED"
                if free:
                    task.started = now
                    running += 1

    def _run(self, task: Generation, now: float) -> None:
        share = task.progress(now)
        if task.plays_any("never-ends"):
            return
        if task.plays_any("cancelled-elsewhere") and share > 0.4:  # noqa: PLR2004
            self._end(task, "CANCELLED", now)
        elif task.failure and share > 0.5:  # noqa: PLR2004
            self._end(task, "FAILED", now)
        elif task.started is not None and now - task.started >= task.run_s and task.clip.done():
            self._end(task, "FAILED" if task.clip.failed() else "SUCCEEDED", now)

    def _end(self, task: Generation, status: str, now: float) -> None:
        task.status, task.ended = status, now
        if status != "SUCCEEDED":
            self._workshop.drop(task.clip)


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
