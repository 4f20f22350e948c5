"""Distorts answers to polls in ways that no documentation mentions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cometact_nb.sandbox.tasks import Generation

__all__ = ["distort", "not_exist"]

_JUNK: tuple[Any, ...] = ("NaN%", 170, None, ["0.4"], -1, "soon", True, "170%")


def distort(task: Generation, answer: dict[str, Any]) -> dict[str, Any]:
    """Apply the task's scenarios to ``answer``, a bare object or an envelope."""
    inner = answer["data"]["data"] if "data" in answer else answer
    for name, change in _CHANGES.items():
        if name in task.plays:
            change(task, inner)
    if "lower-case" in task.plays and "data" in answer:
        answer["data"]["status"] = answer["data"]["status"].lower()
    if "missing-fields" in task.plays and "data" in answer:
        answer["data"] = {"task_id": task.id, "status": answer["data"]["status"], "data": inner}
    if "progress-junk" in task.plays and "data" in answer:
        answer["data"]["progress"] = _JUNK[task.polls % len(_JUNK)]
    return answer


def not_exist(form: str) -> tuple[int, dict[str, Any]]:
    """Return HTTP status and body for an unknown id, in one of the known forms."""
    unknown = {"code": "task_not_exist", "message": "task_not_exist", "data": None}
    if form == "status":
        return 200, {"status": "task_not_exist"}
    return (200 if form == "code200" else 400), unknown


def _unknown_status(_: Generation, inner: dict[str, Any]) -> None:
    if inner["status"] == "RUNNING" and inner.get("progress", 0) > 0.3:  # noqa: PLR2004
        inner["status"] = "POLISHING"


def _backwards(task: Generation, inner: dict[str, Any]) -> None:
    if inner["status"] == "RUNNING" and task.polls % 3 == 2:  # noqa: PLR2004
        inner["status"] = "PENDING"
        inner["progress"] = 0.01


def _lower_case(_: Generation, inner: dict[str, Any]) -> None:
    inner["status"] = inner["status"].lower()


def _progress_junk(task: Generation, inner: dict[str, Any]) -> None:
    inner["progress"] = _JUNK[task.polls % len(_JUNK)]


def _missing_fields(_: Generation, inner: dict[str, Any]) -> None:
    for name in set(inner) - {"status", "output"}:
        del inner[name]


def _extra_fields(_: Generation, inner: dict[str, Any]) -> None:
    inner |= {
        "queue": {"place": 3},
        "cost": "0.4",
        "statusText": "FAILED",
        "outputs": ["javascript:alert(1)"],
    }


def _nested_nulls(_: Generation, inner: dict[str, Any]) -> None:
    for name in ("progress", "failure", "failureCode", "output", "createdAt"):
        inner.setdefault(name, None)
    inner["createdAt"] = None


def _wrong_types(_: Generation, inner: dict[str, Any]) -> None:
    inner |= {"createdAt": {"year": 2026}, "failure": 17, "failureCode": [], "progress": {"percent": 4}}
    inner["output"] = inner["output"][0] if inner.get("output") else "none"


_CHANGES = {
    "unknown-status": _unknown_status,
    "backwards": _backwards,
    "lower-case": _lower_case,
    "progress-junk": _progress_junk,
    "missing-fields": _missing_fields,
    "extra-fields": _extra_fields,
    "nested-nulls": _nested_nulls,
    "wrong-types": _wrong_types,
}
