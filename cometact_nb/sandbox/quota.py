"""Serves the account's own count of requests and money, in each form that a client may meet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.sandbox.handlers import Handler

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COUNTS", "Quota"]

_PRICE_USD = 0.40


def _answer(count: int) -> dict[str, Any]:
    used = round(count * _PRICE_USD, 6)
    return {
        "username": "sandbox",
        "total_quota": 100.0,
        "total_used_quota": used,
        "request_count": count,
        "keys": [{"name": "query", "remain_quota": 0, "used_quota": 0}],
    }


#: What ``POST /sandbox/quota {"form": …}`` sets, by name: the answer for a number of accepted requests.
COUNTS: dict[str, Callable[[int], Any]] = {
    "as-documented": _answer,
    "in-data": lambda count: {"success": True, "data": _answer(count)},
    "others-too": lambda count: _answer(count + 7),
    "not-yet": lambda _: _answer(0),
    "refunded": lambda count: {**_answer(count), "total_used_quota": 0.0},
    "other-shape": lambda count: {"quota": [count]},
    "down": lambda _: None,
}


class Quota(Handler):
    """The count. Like the real one it takes its key from the address."""

    async def get(self) -> None:
        """Answer in the form that was set last."""
        sandbox, key = self.sandbox, self.get_query_argument("key", "")
        sandbox.ledger.setdefault("counts", []).append({"form": sandbox.quota, "key": bool(key)})
        accepted = sum(bool(post["accepted"]) for post in sandbox.ledger["posts"])
        if not key:
            self.answer(401, {"error": "invalid key"})
        elif sandbox.quota == "down":
            self.answer(503, {"error": "The count is not there."})
        else:
            self.answer(200, COUNTS[sandbox.quota](accepted))
