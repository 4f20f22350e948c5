"""Which cells of a sweep are bought already, which share a fault, what is doubtful about a plan. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.identity import identity_of
from cometact_nb.domain.knobs import FIELDS, KNOBS
from cometact_nb.domain.media import Finding, MediaRef
from cometact_nb.domain.task import Status

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
    "doubts",
    "is_input_failure",
]

#: Ends without a video that the service announced. Only ``retry()`` has one bought again.
FAILED = frozenset({Status.FAILED, Status.CANCELLED})
#: Whether it was bought, or what became of it, is not known: bought again only by ``retry(doubtful=True)``.
IN_DOUBT = frozenset({Status.UNCONFIRMED, Status.NOT_FOUND})
#: Certain ends that brought no video: such a task holds no cell but the one that it was bought for.
DEAD = FAILED | {Status.REFUSED, Status.FORGOTTEN}


@dataclass(frozen=True)
class Owned:
    """A task in the history that has a cell's content.

    Args:
        identity: of its request.
        replicate: the replicate it was bought for; None for one that belongs to no cell, such as a submit.
        state: what is known about it.
        content_hash: of its request as it was sent, or None where that is not known.
    """

    identity: str
    replicate: int | None
    state: TaskState
    content_hash: str | None = None


def assign(cells: Iterable[PlannedCell], owned: Sequence[Owned]) -> dict[str, Owned]:
    """Which task serves which cell, by the cell's key.

    The task that was bought for the cell comes first. Where there is none, or it brought nothing, one with
    the same content that belongs to no cell serves: the first that succeeded, else one that still runs, else
    one in doubt, so that nothing is bought beside it before its user has settled it.
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
    """Whether a cell's own task leaves the cell to another one that has its content."""
    if own is None or own.state.status in DEAD:
        return True
    return own.state.status is Status.NOT_FOUND and other.state.status not in IN_DOUBT


def _usefulness(task: Owned) -> tuple[int, float]:
    status = task.state.status
    rank = 0 if status is Status.SUCCEEDED else 2 if status in IN_DOUBT else 1
    return rank, task.state.begun_at or 0.0


def is_input_failure(code: str | None) -> bool:
    """Whether a failure code says that an input was refused or unusable: all cells with it would fail."""
    name = (code or "").upper()
    return any(
        name == family or name.startswith(f"{family}.")
        for family in ("SAFETY.INPUT", "INPUT_PREPROCESSING.SAFETY", "ASSET.INVALID")
    )


def blamed(request: ActTwoRequest, state: TaskState) -> dict[str, Any]:
    """The fields, with their values, that a failed or refused task puts the blame on; empty when none.

    A cell that has all of them would end alike. Where the code does not tell which input was at fault, both
    are named.
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


#: What an error body's ``param`` names, and the field it is.
_FIELD_OF = {name: name for name in FIELDS} | {knob.wire[0]: knob.name for knob in KNOBS}


def shares(request: ActTwoRequest, blame: Mapping[str, Any]) -> bool:
    """Whether a request has all that is blamed."""
    return bool(blame) and all(_is_same(getattr(request, name), value) for name, value in blame.items())


def _is_same(one: Any, other: Any) -> bool:
    """Whether two values of a field are the same, an input's link being the file that it leads to."""
    if isinstance(one, MediaRef) and isinstance(other, MediaRef):
        return one.type == other.type and identity_of(one.uri) == identity_of(other.uri)
    return bool(one == other)


def doubts(cells: Cells) -> list[Finding]:
    """What would waste money about a plan, each once."""
    found: dict[str, Finding] = {}
    for cell in cells.cells:
        for finding in cell.request.warnings:
            found.setdefault(f"{finding.field} {finding.problem}", finding)
    if cells.duplicates:
        told = f"names {_cells(cells.duplicates)} more than once"
        found["duplicates"] = Finding(
            "sweep", None, told, "Each is bought once; replicates=… buys one several times.", "warning"
        )
    if cells.signed_anew:
        told = (
            f"names {_cells(cells.signed_anew)} again under links that differ only in signature or spelling"
        )
        found["signed"] = Finding(
            "sweep",
            None,
            told,
            "A link is signed for a while; the file is the same, and bought once.",
            "warning",
        )
    dead = _dead(cells)
    if dead:
        told = f"has {dead} cells that differ from another in body_control alone, with a video character"
        found["dead"] = Finding("sweep", None, told, "Leave body_control out to save them.", "warning")
    return list(found.values())


def _cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _dead(cells: Cells) -> int:
    """Cells that body control, which a video character does not have, tells from another."""
    if len(cells.axes.get("body_control", ())) < 2:  # noqa: PLR2004
        return 0
    videos = [cell for cell in cells.cells if cell.request.character.type == "video"]
    kept = {(*_others(cell), cell.replicate) for cell in videos}
    return len(videos) - len(kept)


def _others(cell: PlannedCell) -> tuple[Any, ...]:
    return tuple(getattr(cell.request, name) for name in FIELDS if name != "body_control")
