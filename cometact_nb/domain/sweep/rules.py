"""Decides which cells of a sweep are already bought, which share a fault, and what is doubtful. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.identity import identity_of
from cometact_nb.domain.knobs import FIELDS, KNOBS
from cometact_nb.domain.media import Finding, MediaRef
from cometact_nb.domain.task import Status
from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.grid import Cells, PlannedCell
    from cometact_nb.domain.task import TaskState

__all__ = [
    "DEAD",
    "FAILED",
    "IN_DOUBT",
    "Owned",
    "assign",
    "blamed",
    "checked_name",
    "doubts",
    "is_input_failure",
]

#: Ends without a video that the service announced. Only ``retry()`` buys such a cell again.
FAILED = frozenset({Status.FAILED, Status.CANCELLED})
#: Nobody knows whether such a task was bought, or what became of it. Only ``retry(doubtful=True)`` buys its
#: cell again.
IN_DOUBT = frozenset({Status.UNCONFIRMED, Status.NOT_FOUND})
#: Certain ends without a video: such a task serves no cell but the one that it was bought for.
DEAD = FAILED | {Status.REFUSED, Status.FORGOTTEN}


@dataclass(frozen=True)
class Owned:
    """A task in the history with the content of a cell.

    Args:
        identity: of its request.
        replicate: of its cell; None for a task without a cell, such as a submit.
        state: of the task.
        content_hash: of its request as sent, or None for an unknown one.
    """

    identity: str
    replicate: int | None
    state: TaskState
    content_hash: str | None = None


def assign(cells: Iterable[PlannedCell], owned: Sequence[Owned]) -> dict[str, Owned]:
    """Assign tasks to cells, by the cell's key.

    The task that was bought for the cell comes first. If there is none, or it brought nothing, a task with
    the same content and without a cell serves: the first that succeeded, else one that still runs, else one
    in doubt, so that nothing is bought beside it before its user has settled it.
    """
    bought = {f"{task.identity}/{task.replicate}": task for task in owned if task.replicate is not None}
    spare: dict[str, list[Owned]] = {}
    for task in sorted(owned, key=_usefulness):
        if task.replicate is None and task.state.status not in DEAD:
            spare.setdefault(task.identity, []).append(task)
    served: dict[str, Owned] = {}
    for cell in cells:
        own = bought.get(cell.key)
        others = spare.get(cell.identity)
        if others and _gives_way(own, others[0]):
            served[cell.key] = others.pop(0)
        elif own is not None:
            served[cell.key] = own
    return served


def _gives_way(own: Owned | None, other: Owned) -> bool:
    """Whether a cell's own task leaves the cell to another task with its content."""
    if own is None or own.state.status in DEAD:
        return True
    return own.state.status is Status.NOT_FOUND and other.state.status not in IN_DOUBT


def _usefulness(task: Owned) -> tuple[int, float]:
    status = task.state.status
    rank = 0 if status is Status.SUCCEEDED else 2 if status in IN_DOUBT else 1
    return rank, task.state.begun_at or 0.0


def is_input_failure(code: str | None) -> bool:
    """Whether a failure code blames an input, so that all cells with that input would fail."""
    name = (code or "").upper()
    return any(
        name == family or name.startswith(f"{family}.")
        for family in ("SAFETY.INPUT", "INPUT_PREPROCESSING.SAFETY", "ASSET.INVALID")
    )


def blamed(request: ActTwoRequest, state: TaskState) -> dict[str, Any]:
    """Return the fields, with their values, that caused a failure or refusal; empty when none is to blame.

    A cell that has all of them would fail alike. If the code does not say which input was at fault, both
    count.
    """
    if state.status is Status.REFUSED:
        field = _FIELD_OF.get((state.param or "").partition(".")[0])
        return {field: getattr(request, field)} if field else {}
    if state.status is not Status.FAILED or not is_input_failure(state.failure_code):
        return {}
    kinds = (state.failure_code or "").upper().split(".")
    both = {"character": request.character, "reference": request.reference}
    if request.character.type == "image":
        if "IMAGE" in kinds:
            return {"character": request.character}
        if "VIDEO" in kinds:
            return {"reference": request.reference}
    if "AUDIO" in kinds:
        return {"reference": request.reference}
    return both


#: The field for each ``param`` of an error body.
_FIELD_OF = {name: name for name in FIELDS} | {knob.wire[0]: knob.name for knob in KNOBS}


def shares(request: ActTwoRequest, blame: Mapping[str, Any]) -> bool:
    """Whether a request has all blamed values."""
    return bool(blame) and all(_is_same(getattr(request, name), value) for name, value in blame.items())


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values of a field are the same; links to the same file are."""
    if isinstance(one, MediaRef) and isinstance(other, MediaRef):
        return one.type == other.type and identity_of(one.uri) == identity_of(other.uri)
    return bool(one == other)


def doubts(cells: Cells) -> list[Finding]:
    """List everything in a plan that would waste money, each once."""
    findings: dict[str, Finding] = {}
    for cell in cells.cells:
        for finding in cell.request.warnings:
            findings.setdefault(f"{finding.field} {finding.problem}", finding)
    if cells.duplicates:
        problem = f"names {_cells(cells.duplicates)} more than once"
        findings["duplicates"] = Finding(
            "sweep", None, problem, "Each is bought once; replicates=… buys one several times.", "warning"
        )
    if cells.signed_anew:
        problem = (
            f"names {_cells(cells.signed_anew)} again under links that differ only in signature or spelling"
        )
        findings["signed"] = Finding(
            "sweep",
            None,
            problem,
            "A link is signed for a while; the file is the same, and bought once.",
            "warning",
        )
    dead = _dead(cells)
    if dead:
        problem = f"has {dead} cells that differ from another in body_control alone, with a video character"
        findings["dead"] = Finding("sweep", None, problem, "Leave body_control out to save them.", "warning")
    return list(findings.values())


def _cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _dead(cells: Cells) -> int:
    """Count cells that differ from another only in body control, which a video character ignores."""
    if len(cells.axes.get("body_control", ())) < 2:  # noqa: PLR2004
        return 0
    videos = [cell for cell in cells.cells if cell.request.character.type == "video"]
    distinct = {(*_others(cell), cell.replicate) for cell in videos}
    return len(videos) - len(distinct)


def _others(cell: PlannedCell) -> tuple[Any, ...]:
    return tuple(getattr(cell.request, name) for name in FIELDS if name != "body_control")


def checked_name(name: Any) -> str:
    """Return a sweep's name without blanks around it.

    Raises:
        ConfigError: it is not 1–100 printable characters.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > 100 or not name.isprintable():  # noqa: PLR2004
        raise ConfigError(f"name={name!r} is no name for a sweep. Give up to 100 printable characters.")
    return name.strip()
