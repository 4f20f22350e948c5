"""Serves the public price list, in each form that a client may meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.sandbox.handlers import Handler

if TYPE_CHECKING:
    from collections.abc import Callable

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
    "per-second": lambda: _list(_record("act_two", per_second=0.05)),
    "not-offered": _list,
    "several": lambda: _list(_record("act_two", per_request=0.3), _record(_NAME, per_request=0.45)),
    "other-currency": lambda: _list(_record(_NAME, currency="CNY", per_request=2.9)),
    "free": lambda: _list(_record(_NAME, per_request=0)),
    "no-price": lambda: _list({"id": _NAME}),
    "other-shape": lambda: {"models": {"act_two": 0.4}, "version": 3},
    "html": lambda: None,
    "down": lambda: None,
}


class Models(Handler):
    """The list. Like the real one it asks for no key."""

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
        else:
            self.answer(200, FORMS[form]())
