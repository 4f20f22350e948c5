"""``POST /runwayml/v1/character_performance``: the paid request."""

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
from cometact_nb.sandbox.handlers import ApiHandler, error_body

if TYPE_CHECKING:
    from cometact_nb.sandbox.scenarios import Play

__all__ = ["Create"]

#: Scenarios in which the task is accepted although the client is not told.
_ACCEPTED = {"lost-answer", "truncated-answer", "no-id", "http-500-accepted", "http-504", "http-524"}
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
    "http-504": (504, "gateway timeout", ""),
    "http-524": (524, "a timeout occurred", ""),
}


@tornado.web.stream_request_body
class Create(ApiHandler):
    """Accepts a request, or plays what was asked for instead."""

    def prepare(self) -> None:
        """The headers are here, the body is not."""
        self.body = b""
        self.early = self.sandbox.playbook.early()
        if self.early is not None and self.early.name == "reset-before-body":
            self._enter({}, status=None)
            self.reset()

    def data_received(self, chunk: bytes) -> None:
        """A piece of the body came."""
        self.body += chunk
        if self.early is not None and self.early.name == "reset-mid-body":
            self._enter({}, status=None)
            try:
                self.reset()
            except tornado.web.Finish:  # means nothing here
                self.early = None

    async def post(self) -> None:
        """The whole request is here."""
        if self.stream.closed():  # reset in the middle
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
            plays = self.sandbox.playbook.draw(_own_specs(body), json.dumps(body, sort_keys=True))
        except ValueError as error:
            self._enter(body, status=400)
            self.answer(400, error_body(str(error), "", "character"))
            return
        await self._play(body, plays)

    async def _play(self, body: dict[str, Any], plays: list[Play]) -> None:
        fault = next((play for play in plays if play.scenario.phase == "create"), None)
        name = fault.name if fault else ""
        if fault is not None and name not in _ACCEPTED | {"slow-answer"}:
            self._refuse(body, fault)
            return
        task = self.sandbox.tasks.create(body, plays)
        status = _STATUS[name][0] if name in _STATUS else 200
        self._enter(body, status=status, task_id=task.id, answered=name in {"", "slow-answer", "no-id"})
        if name in _STATUS:
            self.answer(status, error_body(*_STATUS[name][1:]))
        elif name == "lost-answer":
            self.reset()
        elif name == "truncated-answer":
            whole = json.dumps({"id": task.id}).encode()
            await self.break_off(len(whole), whole[:12], "application/json")
        elif name == "no-id":
            self.answer(200, {"code": "success", "message": "", "data": None})
        else:
            if fault is not None:
                await asyncio.sleep(fault.seconds())
            await self.answer(200, {"id": task.id})
        for play in plays:
            if play.name == "connection-refused":
                self.sandbox.hide(play.seconds())

    def _refuse(self, body: dict[str, Any], fault: Play) -> None:
        """Answer without accepting anything."""
        name = fault.name
        status = {"html-200": 200, "redirect-301": 301, "rate-limited": 429}.get(name)
        status = _STATUS[name][0] if name in _STATUS else status
        self._enter(body, status=status, answered=status is not None)
        if name in {"reset-after-body", "reset-before-body", "reset-mid-body"}:
            self.reset()
        elif name == "html-200":
            self.web_page()
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
        """The documented 400, or None."""
        if not self.request.headers.get("X-Runway-Version"):
            return error_body("X-Runway-Version header is required", "", "X-Runway-Version")
        found = next(findings(body), None)
        return error_body(*found) if found else None

    def _enter(
        self, body: Any, *, status: int | None, task_id: str | None = None, answered: bool = True
    ) -> None:
        self.sandbox.ledger["posts"].append(
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
