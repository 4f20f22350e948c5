"""Gathers clips from what a user has: tasks, rows of the history, sweeps, saved clips, folders."""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.arguments import local_path
from cometact_nb.domain.knobs import INPUTS, KNOBS
from cometact_nb.domain.service import Endpoint
from cometact_nb.domain.sweep.grid import PlannedCell
from cometact_nb.engine.job import Job
from cometact_nb.errors import ClipError, ConfigError, RequestError
from cometact_nb.handles.collection import Collection
from cometact_nb.handles.history import HistoryRow
from cometact_nb.handles.saved_clip import SavedClip, load_clip
from cometact_nb.handles.sweep.cell import Cell
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.handles.task import Task
from cometact_nb.store.clips.sidecar import read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from cometact_nb.handles.session import Session

__all__ = ["gather"]

_REPLICATE = "replicate"
#: More tiles help nobody; a page shows as many.
_MOST = 400
_KINDS = (
    "Give tasks, rows of act.history(), sweeps or their cells, saved clips, or paths of clips or folders."
)


def gather(session: Session, things: Iterable[Any]) -> Collection:
    """Make one set of clips of these things; see :func:`cometact_nb.collect`."""
    notes: list[str] = []
    jobs: dict[str, Job] = {}
    for thing in things:
        for job in _jobs(session, thing, notes):
            jobs.setdefault(job.state.key, job)
    if not jobs:
        raise ConfigError(f"There is nothing to show. {_KINDS}" + "".join(f" {note}" for note in notes[:3]))
    chosen = list(jobs.values())
    if len(chosen) > _MOST:
        notes.append(f"The first {_MOST} of {len(chosen)} are here.")
        chosen = chosen[:_MOST]
    planned, axes = _laid_out(chosen)
    return Collection(session, planned, chosen, axes, notes)


def _jobs(session: Session, thing: Any, notes: list[str]) -> Iterator[Job]:
    """Yield the tasks of a thing, or of all things in it."""
    match thing:
        case Task():
            yield _known(session, thing)
        case HistoryRow():
            yield _known(session, thing.task())
        case Cell():
            yield from (thing.job,) if thing.job is not None else ()
        case Sweep() | Collection():
            without = sum(cell.job is None for cell in thing.cells)
            if without:
                notes.append(f"{without} cells of {thing.name} have no task yet, and are left out.")
            yield from (cell.job for cell in thing.cells if cell.job is not None)
        case SavedClip():
            yield _saved(thing)
        case str() | PathLike():
            yield from _files(session, thing, notes)
        case Iterable() if not isinstance(thing, (bytes, dict)):
            for one in thing:
                yield from _jobs(session, one, notes)
        case _:
            raise ConfigError(f"{thing!r} is no clip and has none. {_KINDS}")


def _known(session: Session, task: Task) -> Job:
    job = session.jobs.get(task.key)
    if job is None:
        raise ConfigError(f"{task!r} is of another session. Take it up here with act.task({task.id!r}).")
    return job


def _saved(clip: SavedClip) -> Job:
    folder = clip.clip.url.rpartition("/")[0] if clip.clip.url else clip.clip.path.parent
    return Job(clip.state, Endpoint(clip.base_url, sandbox=clip.sandbox), folder)


def _files(session: Session, place: str | PathLike[str], notes: list[str]) -> Iterator[Job]:
    """Yield the saved clip at a path, or those of a folder; what cannot be loaded becomes a note."""
    path = session.notebook_dir / local_path("things", place)
    if not path.is_dir():
        yield _saved(load_clip(session, place))
        return
    for record in sorted(path.glob("*.json")):
        try:
            if read(record) is None:
                continue  # of another program
            yield _saved(load_clip(session, record.with_suffix(".mp4")))
        except (ClipError, OSError) as error:
            notes.append(str(error))


def _laid_out(jobs: list[Job]) -> tuple[list[PlannedCell], dict[str, list[Any]]]:
    """Give each clip a place on the axes in which the requests differ; equal ones are numbered."""
    requests = [_request(job) for job in jobs]
    names = [*INPUTS, *(knob.name for knob in KNOBS)]
    values = {name: [getattr(request, name, None) for request in requests] for name in names}
    axes = {name: _in_order(several) for name, several in values.items()}
    axes = {name: several for name, several in axes.items() if len(several) > 1}
    counts: dict[tuple[Any, ...], int] = {}
    numbers = []
    for place in range(len(jobs)):
        same = tuple(axes[name].index(values[name][place]) for name in axes)
        counts[same] = counts.get(same, 0) + 1
        numbers.append(counts[same])
    if max(numbers) > 1 or not axes:
        axes[_REPLICATE] = list(range(1, max(numbers) + 1))
    cells = []
    for place, request in enumerate(requests):
        params = {name: values[name][place] for name in axes if name != _REPLICATE}
        if _REPLICATE in axes:
            params[_REPLICATE] = numbers[place]
        key: Any = request  # None for a task made elsewhere
        cells.append(PlannedCell(place, params, key, numbers[place], jobs[place].state.key))
    return cells, axes


def _request(job: Job) -> Any:
    try:
        return job.state.to_request()
    except (RequestError, TypeError):  # another version's
        return None


def _in_order(values: list[Any]) -> list[Any]:
    """Return each value once: numbers in their order, others as they come, none last."""
    distinct = list(dict.fromkeys(values))
    rest = [value for value in distinct if value is not None]
    if all(isinstance(value, (int, float)) for value in rest):
        rest.sort()
    return rest + [None] * (None in distinct)
