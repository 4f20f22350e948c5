"""Serves the public price list, in each form that a client may meet."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from tornado.iostream import StreamClosedError

from cometact_nb.sandbox.handlers import Handler

if TYPE_CHECKING:
    from collections.abc import Callable

    from cometact_nb.sandbox.state import State

__all__ = ["FORMS", "Models"]


def _record(name: str, **pricing: Any) -> dict[str, Any]:
    page = "https://apidoc.cometapi.com/"
    return {
        "id": name,
        "provider": "runway",
        "model_type": "video",
        "features": ["video-generation"],
        "pricing": {"currency": "USD", "input": None, "output": None, "per_request": None, "per_second": None}
        | pricing,
        "api_doc_url": page,
    }


_OTHERS = [_record("a-text-model", input=2.5, output=10.0), _record("runwayml_upscale", per_second=0.02)]


def _list(*records: dict[str, Any]) -> dict[str, Any]:
    return {"success": True, "data": [*_OTHERS, *records]}


_NAME = "runwayml_character_performance"
#: What ``POST /sandbox/prices {"form": …}`` sets, by name.
FORMS: dict[str, Callable[[], Any]] = {
    "as-documented": lambda: _list(_record(_NAME, per_request=0.40)),
    "changed": lambda: _list(_record(_NAME, per_request=0.55)),
    "low": lambda: _list(_record(_NAME, per_request=0.04)),
    "per-second": lambda: _list(_record("act_two", per_second=0.05)),
    "not-offered": _list,
    "several": lambda: _list(_record("act_two", per_request=0.3), _record(_NAME, per_request=0.45)),
    "other-currency": lambda: _list(_record(_NAME, currency="CNY", per_request=2.9)),
    "free": lambda: _list(_record(_NAME, per_request=0)),
    "no-price": lambda: _list({"id": _NAME}),
    "other-shape": lambda: {"models": {"act_two": 0.4}, "version": 3},
    "html": lambda: None,
    "endless": lambda: None,
    "silent": lambda: None,
    "down": lambda: None,
}


class Models(Handler):
    """The list. Like the real one it asks for no key."""

    def initialize(self, sandbox: State) -> None:
        """Prepare for one request."""
        super().initialize(sandbox)
        self._gone = asyncio.Event()

    def on_connection_close(self) -> None:
        """Take note that the client has gone."""
        self._gone.set()

    async def get(self) -> None:
        """Answer in the form that was set last."""
        form = self.sandbox.prices
        self.sandbox.ledger.setdefault("lists", []).append(
            {"form": form, "key": "Authorization" in self.request.headers, "query": self.request.query}
        )
        if form == "down":
            self.answer(503, {"error": "The list is not there."})
        elif form == "html":
            self.web_page()
        elif form == "silent":
            await self._gone.wait()
        elif form == "endless":
            self.write("[")
            with suppress(StreamClosedError):
                while not self._gone.is_set():
                    self.write("0," * 50_000)
                    await self.flush()
        else:
            self.answer(200, FORMS[form]())
