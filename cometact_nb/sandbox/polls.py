"""Handles ``GET`` and ``DELETE /runwayml/v1/tasks/{id}``, and serves the clips of finished tasks."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import re
import time
from typing import TYPE_CHECKING, Any

import tornado.web

from cometact_nb.sandbox import tasks as wire
from cometact_nb.sandbox.distort import distort, not_exist
from cometact_nb.sandbox.handlers import (
    FIREWALL_PAGE,
    MAINTENANCE_PAGE,
    ApiHandler,
    BytesHandler,
    error_body,
)
from cometact_nb.sandbox.shapes import SHAPES, another_task, reshape

if TYPE_CHECKING:
    from cometact_nb.sandbox.tasks import Generation

__all__ = ["OneTask", "Output"]

_LATE_POLLS = 3
#: The numbers of the polls to refuse, where three are refused.
_REFUSED_POLLS = (2, 3, 4)


class OneTask(ApiHandler):
    """Answers polls of one task, and cancels it."""

    async def get(self, task_id: str) -> None:
        """Answer with the task's state, in this sandbox's shape."""
        if not self.authorised():
            return
        task = self.sandbox.tasks.get(task_id)
        self.sandbox.ledger["polls"].setdefault(task_id, []).append(time.time())
        if task is None:
            self.answer(*not_exist("http400"))
            return
        task.polls += 1
        if await self._fault(task):
            return
        urls, now = self._urls(task), time.time()
        visible = wire.failed_once(task, now)
        answer = wire.wrapped(visible, urls, now) if self._wraps(task) else wire.bare(visible, urls, now)
        body = reshape(task, distort(task, answer))
        if "other-task" in task.plays and task.polls % 2 == 0:
            body = another_task(body)
        if "poll-truncated" in task.plays and task.polls % 2:
            whole = json.dumps(body).encode()
            await self.break_off(len(whole), whole[:20], "application/json")
        self.answer(200, body)

    async def delete(self, task_id: str) -> None:
        """Cancel the task, as Runway does; CometAPI does not document this route."""
        if not self.authorised():
            return
        task = self.sandbox.tasks.get(task_id)
        self.sandbox.ledger["deletes"].append(task_id)
        fault = task.plays_any("delete-404", "delete-405", "delete-500") if task else None
        if fault is not None:
            self.answer(int(fault.name[-3:]), error_body("cannot do that"))
        elif task is None:
            self.answer(404, error_body("task not found", "not_found"))
        else:
            self.sandbox.tasks.delete(task)
            self.set_status(204)
            self.finish()

    async def _fault(self, task: Generation) -> bool:
        """Play a fault instead of the answer; return whether there was one."""
        unknown = task.plays_any("not-exist")
        if unknown and time.time() - task.created < unknown.seconds() / task.settings.speed:
            self.answer(*not_exist(unknown.options["form"]))
            return True
        if self._refuses(task):
            return True
        slow = task.plays_any("poll-slow")
        if slow:
            await asyncio.sleep(slow.seconds())
        odd = bool(task.polls % 2)
        if odd and "poll-500" in task.plays:
            self.answer(500, error_body("internal error"))
        elif odd and "poll-502" in task.plays:
            self.web_page(502)
        elif odd and "poll-429" in task.plays:
            self.set_header("Retry-After", "1")
            self.answer(429, error_body("too many requests", "rate_limit_exceeded"))
        elif odd and "poll-reset" in task.plays:
            self.reset()
        else:
            return False
        return True

    def _refuses(self, task: Generation) -> bool:
        """Refuse a poll if a scenario says so; return whether it did."""
        down = task.plays_any("poll-maintenance")
        refused = task.plays_any("poll-refused")
        if down and task.polls > 1 and task.since_second_poll() < down.seconds() / task.settings.speed:
            self.web_page(503, MAINTENANCE_PAGE)
        elif "firewall-403-once" in task.plays and task.polls == 2:  # noqa: PLR2004
            self.web_page(403, FIREWALL_PAGE)
        elif refused and task.polls in _REFUSED_POLLS:
            self._refuse(refused.options["form"])
        else:
            return False
        return True

    def _refuse(self, form: str) -> None:
        if form == "html":
            self.web_page()
        elif form == "invalid-request":
            self.answer(500, error_body("invalid request body", "invalid_request"))
        elif form == "301":
            self.redirect("https://elsewhere.example.com/", status=301)
        else:
            self.answer(int(form), error_body("no", "forbidden"))

    def _wraps(self, task: Generation) -> bool:
        if task.plays_any(*SHAPES):
            return True
        shape = task.settings.shape
        if shape == "alternating" or "alternating" in task.plays:
            return task.polls % 2 == 0
        return shape == "wrapped"

    def _urls(self, task: Generation) -> list[str]:
        if task.status != "SUCCEEDED" or "no-output" in task.plays:
            return []
        if "late-output" in task.plays and task.withheld < _LATE_POLLS:
            task.withheld += 1
            return []
        count = 2 if "two-outputs" in task.plays else 1
        return [self._signed(task, number) for number in range(count)]

    def _signed(self, task: Generation, number: int) -> str:
        lifetime = task.settings.url_ttl_s
        if "expired-output" in task.plays and not task.downloads:
            lifetime = -1
        expires = int(time.time() + lifetime)
        token = signature(self.sandbox.secret, task.id, number, expires)
        return f"{self.sandbox.base_url}/outputs/{task.id}/{number}.mp4?expires={expires}&token={token}"


def signature(secret: bytes, task_id: str, number: int, expires: int) -> str:
    """Sign the link of one clip until ``expires``, Unix seconds."""
    return hmac.new(secret, f"{task_id}/{number}/{expires}".encode(), hashlib.sha256).hexdigest()[:32]


class Output(BytesHandler):
    """A finished clip, behind a signed and expiring link."""

    async def get(self, task_id: str, number: str) -> None:
        """Serve the clip, or play its task's scenarios."""
        task = self.sandbox.tasks.get(task_id)
        if self.request.method == "GET":
            download = {
                "id": task_id,
                "range": self.request.headers.get("Range"),
                "query": self.request.query,
            }
            key = "Authorization" in self.request.headers
            self.sandbox.ledger["downloads"].append({"at": time.time(), **download, "key": key})
        if task is None or task.status != "SUCCEEDED":
            raise tornado.web.HTTPError(404)
        task.downloads += self.request.method == "GET"
        busy = task.plays_any("store-busy")
        if busy and task.since_first_download() < busy.seconds() / task.settings.speed:
            self.answer(503, {"message": "slow down"})
            return
        if not self._opens(task_id, int(number)) or "forbidden-output" in task.plays:
            self.answer(403, {"message": "the link has expired"})
            return
        await self._serve(task, await self.sandbox.tasks.clip(task))

    async def head(self, task_id: str, number: str) -> None:
        """Answer the same without the body."""
        await self.get(task_id, number)

    def _opens(self, task_id: str, number: int) -> bool:
        """Whether the link's signature is good and not expired."""
        expires = self.get_query_argument("expires", "")
        if not re.fullmatch(r"-?\d{1,18}", expires, re.ASCII) or int(expires) < time.time():
            return False
        token = self.get_query_argument("token", "").encode()
        good = signature(self.sandbox.secret, task_id, number, int(expires))
        return hmac.compare_digest(token, good.encode())

    async def _serve(self, task: Generation, clip: bytes) -> None:
        plays: Any = task.plays
        first, _ = self.range(len(clip))
        half = len(clip) // 2
        if "html-output" in plays:
            self.web_page()
        elif "not-a-video" in plays:
            self.serve(b"PK\x03\x04 this is something else " * 200, "video/mp4")
        elif "redirect-output" in plays and not self.get_query_argument("again", ""):
            self.redirect(f"{self.request.uri}&again=1")
        elif "endless-output" in plays:
            await self._endless(clip)
        elif "truncated-output" in plays:
            await self.break_off(len(clip), clip[:half], "video/mp4")
        elif "short-output" in plays:
            await self.break_off(len(clip) + 999, clip, "video/mp4")
        elif "cut-output" in plays and first == 0:
            await self.break_off(len(clip), clip[:half], "video/mp4")
        else:
            self.serve(clip, "video/mp4")

    async def _endless(self, clip: bytes) -> None:
        """Send bytes for as long as the client reads them, at most a gigabyte."""
        self.set_header("Content-Type", "video/mp4")
        self.write(clip)
        for _ in range(1024):
            self.write(b"\0" * (1 << 20))
            await self.flush()
