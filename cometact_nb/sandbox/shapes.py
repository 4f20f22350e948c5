"""Gives answers to polls the known shapes of such gateways, beside the two documented ones."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cometact_nb.sandbox.tasks import Generation

__all__ = ["SHAPES", "another_task", "reshape"]

#: Scenarios that need the envelope, and those that need the bare object.
WRAPPED = ("inner-string", "url-in-fail-reason", "number-status")
SHAPES = ("flat", *WRAPPED)

#: The gateway's status words as numbers, as one of its versions sends them.
_NUMBERS = {"QUEUED": "1", "IN_PROGRESS": "2", "SUCCESS": "3", "FAILURE": "4"}
#: Runway charges 5 credits for a second of video (docs.dev.runwayml.com/guides/pricing).
_CREDITS_PER_S = 5
_REFERENCE_S = 5


def reshape(task: Generation, answer: dict[str, Any]) -> dict[str, Any]:
    """Give ``answer``, a bare object or an envelope, the shape that the task's scenarios ask for."""
    inner = answer["data"]["data"] if "data" in answer else answer
    if "credits" in task.plays or "refunded" in task.plays:
        inner |= _credits(task)
    if "output-objects" in task.plays and inner.get("output"):
        inner["output"] = [{"url": url} for url in inner["output"]]
    if "flat" in task.plays:
        return _flat(answer["data"])
    if "inner-string" in task.plays:
        answer["data"]["data"] = json.dumps(inner)
    if "url-in-fail-reason" in task.plays and inner.get("output"):
        answer["data"] |= {"fail_reason": inner["output"][0], "data": {}}
    if "number-status" in task.plays:
        answer["data"]["status"] = _NUMBERS[answer["data"]["status"]]
    return answer


def another_task(answer: dict[str, Any]) -> dict[str, Any]:
    """Make the failure of another task, as from a gateway that mixes up its answers."""
    other = "00000000-0000-4000-8000-000000000000"
    failure = {"failure": "No face was found in the character.", "failureCode": "ASSET.INVALID"}
    inner = {"id": other, "status": "FAILED", "createdAt": "2026-05-01T12:47:47.351Z", **failure}
    if "data" not in answer:
        return inner
    outer = {**answer["data"], "task_id": other, "status": "FAILURE", "fail_reason": failure["failure"]}
    return {**answer, "data": {**outer, "data": inner}}


def _flat(outer: dict[str, Any]) -> dict[str, Any]:
    """Flatten the envelope, as documented for CometAPI's compatibility route."""
    inner = outer["data"]
    flat = {name: value for name, value in outer.items() if name != "data"}
    for url in inner.get("output", ())[:1]:
        flat |= {"result_url": url, "video_url": url}
    return flat


def _credits(task: Generation) -> dict[str, Any]:
    """Return credits for Runway's SDK 5.14 and later: an estimate until the end, then the cost."""
    price = _CREDITS_PER_S * _REFERENCE_S
    if task.status in {"PENDING", "THROTTLED", "RUNNING"}:
        return {"estimatedCost": {"credits": price}}
    code = (task.failure or ("", ""))[0]
    billed = task.status == "SUCCEEDED" or (task.status == "FAILED" and "SAFETY" in code)
    return {"cost": {"credits": price if billed else 0}}
