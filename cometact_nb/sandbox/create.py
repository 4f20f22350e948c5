"""Handles ``POST /runwayml/v1/character_performance``, the paid request."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import tornado.web

from cometact_nb.sandbox.findings import findings
from cometact_nb.sandbox.handlers import FIREWALL_PAGE, MAINTENANCE_PAGE, WEB_PAGE, ApiHandler, error_body

if TYPE_CHECKING:
    from cometact_nb.sandbox.scenarios import Play

__all__ = ["Create"]

#: Scenarios that accept the task without telling the client.
_ACCEPTED = {
    "lost-answer",
    "truncated-answer",
    "no-id",
    "html-200-accepted",
    "no-word-4xx",
    "http-500-accepted",
    "http-504",
    "http-524",
}
#: Scenarios that tell the client the id, in one way or another.
_ANSWERED = {"", "slow-answer", "late-answer", "id-in-data", "json-as-html", "broken-off-with-id"}
_STATUS = {
    "http-400": (400, "bad request", ""),
    "http-401": (401, "invalid token", "invalid_api_key"),
    "http-403": (403, "this key may not use act_two", "forbidden"),
    "http-404": (404, "no such route", "not_found"),
    "http-413": (413, "request entity too large", "too_large"),
    "http-500": (500, "internal error", ""),
    "http-500-accepted": (500, "internal error", ""),
    "invalid-request": (500, "invalid request body", "invalid_request"),
    "http-502": (502, "bad gateway", ""),
    "http-503": (503, "service unavailable", ""),
    "no-channel": (
        503,
        "no available channel for group default and model act_two (distributor)",
        "model_not_found",
    ),
    "http-504": (504, "gateway timeout", ""),
    "http-524": (524, "a timeout occurred", ""),
}

_OWN_STATUS = {
    "html-200": 200,
    "redirect-301": 301,
    "firewall-403": 403,
    "maintenance": 503,
    "rate-limited": 429,
}
_PAGES = {"firewall-403": FIREWALL_PAGE, "maintenance": MAINTENANCE_PAGE}


@tornado.web.stream_request_body
class Create(ApiHandler):
    """Accepts a request, or plays its scenario."""

    def prepare(self) -> None:
        """Check the request when its headers have come, before its body."""
        self.body = b""
        self.sender = self.client or self.sandbox.clients.others
        self.early = self.sender.playbook.early() if self.is_welcome else None
        if self.early is not None and self.early.name == "reset-before-body":
            self._enter({}, status=None)
            self.reset()

    def data_received(self, chunk: bytes) -> None:
        """Take a piece of the body."""
        self.body += chunk
        if self.early is not None and self.early.name == "reset-mid-body":
            self._enter({}, status=None)
            try:
                self.reset()
            except tornado.web.Finish:  # has no meaning here
                self.early = None

    async def post(self) -> None:
        """Answer the whole request."""
        if self.stream.closed():  # it was reset in the middle
            return
        if not self.is_welcome:
            self.turn_away()  # after the whole body, lest the client see a reset
            return
        try:
            body = json.loads(self.body)
        except (ValueError, RecursionError):
            body = None
        if not self.authorised():
            self._enter(body, status=401)
            return
        if body is None:
            self._enter({}, status=500)
            self.answer(500, error_body("invalid request body", "invalid_request"))
            return
        problem = self._problem(body)
        if problem is not None:
            self._enter(body, status=400)
            self.answer(400, problem)
            return
        try:
            plays = self.sender.playbook.draw(_own_specs(body), json.dumps(body, sort_keys=True))
        except ValueError as error:
            self._enter(body, status=400)
            self.answer(400, error_body(str(error), "", "character"))
            return
        await self._play(body, plays)

    async def _play(self, body: dict[str, Any], plays: list[Play]) -> None:
        fault = next((play for play in plays if play.scenario.phase == "create"), None)
        name = fault.name if fault else ""
        if fault is not None and name not in _ACCEPTED | _ANSWERED:
            self._refuse(body, fault)
            return
        task = self.sandbox.tasks.create(body, plays, self.sender)
        status = _STATUS[name][0] if name in _STATUS else 200
        if fault is not None and name == "no-word-4xx":
            status = int(fault.options["form"])
        self._enter(body, status=status, task_id=task.id, answered=name in _ANSWERED | {"no-id"})
        if name in _STATUS:
            self.answer(status, error_body(*_STATUS[name][1:]))
        elif name == "no-word-4xx":
            self.answer(status, error_body("the request was given up"))
        elif name in _ACCEPTED:
            await self._keep_id(name, task.id)
        else:
            await self._tell_id(fault, task.id)
        for play in plays:
            if play.name == "connection-refused":
                self.sandbox.hide(play.seconds())

    async def _keep_id(self, name: str, task_id: str) -> None:
        """Answer an accepted request without its id."""
        if name == "lost-answer":
            self.reset()
        elif name == "truncated-answer":
            whole = json.dumps({"id": task_id}).encode()
            await self.break_off(len(whole), whole[:12], "application/json")
        elif name == "html-200-accepted":
            self.web_page()
        else:
            self.answer(200, {"code": "success", "message": "", "data": None})

    async def _tell_id(self, fault: Play | None, task_id: str) -> None:
        """Answer an accepted request with its id, perhaps late or in part."""
        name = fault.name if fault else ""
        body: dict[str, Any] = {"id": task_id}
        if name == "id-in-data":
            body = {"code": "success", "message": "", "data": task_id}
        if fault is not None and name in {"slow-answer", "late-answer"}:
            scale = self.sender.settings.speed if name == "late-answer" else 1.0
            await asyncio.sleep(fault.seconds() / scale)
        if name == "broken-off-with-id":
            whole = json.dumps({**body, "status": "PENDING"}).encode()
            await self.break_off(len(whole), whole[:-5], "application/json")
        elif name == "json-as-html":
            self.set_header("Content-Type", "text/html; charset=utf-8")
            await self.finish(json.dumps(body))
        else:
            await self.answer(200, body)

    def _refuse(self, body: dict[str, Any], fault: Play) -> None:
        """Answer without accepting anything."""
        name = fault.name
        status = _OWN_STATUS.get(name)
        status = _STATUS[name][0] if name in _STATUS else status
        self._enter(body, status=status, answered=status is not None)
        if name in {"reset-after-body", "reset-before-body", "reset-mid-body"}:
            self.reset()
        elif name in {"html-200", "firewall-403", "maintenance"}:
            self.web_page(_OWN_STATUS[name], _PAGES.get(name, WEB_PAGE))
        elif name == "redirect-301":
            self.set_header("Location", "https://elsewhere.example.com/runwayml/v1/character_performance")
            self.set_status(301)
            self.finish()
        elif name == "rate-limited":
            header = _retry_after(fault)
            if header is not None:
                self.set_header("Retry-After", header)
            self.answer(429, error_body("too many requests", "rate_limit_exceeded"))
        else:
            self.answer(_STATUS[name][0], error_body(*_STATUS[name][1:]))

    def _problem(self, body: Any) -> dict[str, Any] | None:
        """Return the documented body of a 400, or None."""
        if not self.request.headers.get("X-Runway-Version"):
            return error_body("X-Runway-Version header is required", "", "X-Runway-Version")
        finding = next(findings(body), None)
        return error_body(*finding) if finding else None

    def _enter(
        self, body: Any, *, status: int | None, task_id: str | None = None, answered: bool = True
    ) -> None:
        self.sandbox.note_post(
            {
                "at": time.time(),
                "id": task_id,
                "accepted": task_id is not None,
                "answered": answered and status is not None,
                "status": status,
                "body": body,
            }
        )


def _own_specs(body: dict[str, Any]) -> tuple[str, ...]:
    return tuple(parse_qs(urlsplit(body["character"]["uri"]).query).get("scenario", ()))


def _retry_after(fault: Play) -> str | None:
    seconds = fault.options["retry_after"]
    when = datetime.now(UTC) + timedelta(seconds=float(seconds))
    forms = {
        "seconds": seconds,
        "date": format_datetime(when, usegmt=True),
        "old-date": when.strftime("%a %b %d %H:%M:%S %Y"),  # asctime, which names no zone
        "absurd": "99999999999",
        "negative": "-30",
        "junk": "when the moon is full",
    }
    return forms.get(fault.options["form"])
