"""Writes tasks and sweeps of a history as the routes' answers."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from cometact_nb.domain import redact
from cometact_nb.domain.money import so_far
from cometact_nb.entry.server.answers import (
    ClipEntry,
    SweepDetails,
    SweepEntry,
    SweepGallery,
    TaskDetails,
    TaskEntry,
)
from cometact_nb.errors import ClipError
from cometact_nb.handles.history import HistoryRow
from cometact_nb.store.clips.by_number import clip_file, poster_file
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.view_mime import sweep_key
from cometact_nb.views.gallery.facts import axis_facts, cell_facts, first_choice, places
from cometact_nb.views.history.record import input_names, knob_line, outcome
from cometact_nb.views.sweep.traits import changing_of, grid_of
from cometact_nb.views.task.card import card_of
from cometact_nb.views.task.facts import CardFacts, live_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cometact_nb.domain.task import TaskState
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.sweep.saved import SavedSweep
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.store.journal.history import Row

__all__ = ["sweep_details", "sweep_entry", "sweep_gallery", "task_details", "task_entry"]


def task_entry(row: Row, sweep: str | None, label: str, roots: Sequence[Path]) -> TaskEntry:
    """Write one task for a list.

    Args:
        row: of the history; its paths were confined, if somebody else made it.
        sweep: name of the sweep that it was bought for.
        label: of the history.
        roots: see :func:`~cometact_nb.store.clips.by_number.clip_file`.
    """
    state = row.state
    # Its session serves HistoryRow.task() alone, which nothing here calls.
    in_history = HistoryRow(cast("Session", None), row, sweep)
    facts = CardFacts(state, time.time(), state.in_sandbox)
    first = _addresses(state, 0, roots)
    return TaskEntry(
        key=state.key,
        id=None if state.id is None else words.clean(state.id, 200),
        short=words.short_id(state),
        status=state.status.value,
        label=f"{words.label(state)} {words.reported(state)}".strip(),
        tone=facts.tone,
        outcome=outcome(in_history),
        progress=None if state.progress is None else round(state.progress, 3),
        settled=state.is_settled,
        created=state.begun_at,
        as_of=max(row.updated_at, state.observed_at or 0.0),
        sweep=words.clean(sweep, 100) if sweep else "",
        sweep_key=sweep_key(sweep, state.base_url) if sweep else "",
        inputs=tuple(input_names(in_history)),
        knobs=knob_line(in_history),
        folder=_folder(state),
        clip=first[0],
        poster=first[1],
        price_usd=state.price_usd,
        money=facts.money,
        sandbox=state.in_sandbox,
        history=label,
    )


def task_details(entry: TaskEntry, state: TaskState, roots: Sequence[Path]) -> TaskDetails:
    """Write one task with its card and all its clips.

    Args:
        entry: its row in the list.
        state: the task.
        roots: see :func:`~cometact_nb.store.clips.by_number.clip_file`.
    """
    facts = CardFacts(state, time.time(), state.in_sandbox)
    folder = Path(state.clips[0].path).parent if state.clips else Path("/")
    return TaskDetails(
        task=entry,
        html=str(card_of(facts, notebook_dir=folder, live=True)),
        live={**live_of(facts), "settle": None},
        clips=tuple(_clip_entry(state, number, roots) for number in range(len(state.clips))),
        line=f"act.task({(entry.id or entry.key)!r})",
    )


def _clip_entry(state: TaskState, number: int, roots: Sequence[Path]) -> ClipEntry:
    info = state.clips[number]
    clip, poster, problem = _addresses(state, number, roots)
    return ClipEntry(
        clip=clip,
        poster=poster,
        name=words.clean(info.place.replace("\\", "/").rpartition("/")[2], 200),
        bytes=info.bytes,
        sha256=info.sha256,
        width=info.width,
        height=info.height,
        fps=info.fps,
        duration_s=info.duration_s,
        problem=problem,
    )


def _addresses(state: TaskState, number: int, roots: Sequence[Path]) -> tuple[str | None, str | None, str]:
    """Return the addresses of a clip and its poster, or the reason why there are none."""
    if number >= len(state.clips):
        return None, None, ""
    try:
        clip_file(state, number, roots)
    except ClipError as error:
        return None, None, str(error)
    try:
        poster_file(state, number, roots)
    except ClipError:
        return f"clips/{state.key}/{number}", None, ""
    return f"clips/{state.key}/{number}", f"posters/{state.key}/{number}", ""


def _folder(state: TaskState) -> str:
    """Return the folder of a task's clip as its user would write it."""
    if state.clip is None:
        return ""
    folder = state.clip.url.rpartition("/")[0] if state.clip.url else str(Path(state.clip.path).parent)
    home = str(Path.home())
    return words.clean(f"~{folder[len(home) :]}" if folder.startswith(f"{home}/") else folder, 1000)


def sweep_entry(saved: SavedSweep, label: str, *, in_kernel: bool) -> SweepEntry:
    """Write one sweep for a list.

    Args:
        saved: of the history.
        label: of the history.
        in_kernel: whether a living kernel runs it.
    """
    return SweepEntry(
        key=sweep_key(saved.name, saved.base_url),
        name=words.clean(saved.name, 100),
        state=redact.clean(saved.state, 40),
        in_kernel=in_kernel,
        cells=saved.cells,
        grid=words.clean(saved.grid, 400),
        sent=saved.sent,
        outcome=saved.outcome,
        spent_usd=saved.spent_usd,
        spent="" if saved.sandbox else so_far(saved.spent_usd, 0, 0.0),
        created=saved.created_at.timestamp(),
        updated=saved.updated_at.timestamp(),
        sandbox=saved.sandbox,
        history=label,
    )


def sweep_details(entry: SweepEntry, sweep: Sweep, roots: Sequence[Path]) -> SweepDetails:
    """Write one sweep with the traits of its live view. On the thread that made it.

    Args:
        entry: its row in the list.
        sweep: as the history has it.
        roots: see :func:`~cometact_nb.store.clips.by_number.clip_file`.
    """
    states = [None if cell.job is None else cell.job.state for cell in sweep.cells]
    pairs = [(None, None) if state is None else _addresses(state, 0, roots)[:2] for state in states]
    changing: dict[str, Any] = changing_of(sweep, 0, acting=False)
    return SweepDetails(
        sweep=entry,
        grid=grid_of(sweep),
        cells=tuple(changing["cells"]),
        head=changing["head"],
        tasks=tuple(None if state is None else state.key for state in states),
        clips=tuple(clip for clip, _ in pairs),
        posters=tuple(poster for _, poster in pairs),
        line=f"act.sweep_by_name({sweep.name!r}, resume=False)",
    )


def sweep_gallery(entry: SweepEntry, sweep: Sweep, roots: Sequence[Path]) -> SweepGallery:
    """Write the gallery of a sweep, with the ratings of its clips. On the thread that made the sweep.

    Args:
        entry: its row in the list.
        sweep: as the history has it.
        roots: see :func:`~cometact_nb.store.clips.by_number.clip_file`.
    """
    cells = [cell_facts(cell, place) for cell, place in zip(sweep.cells, places(sweep), strict=True)]
    clips: list[str | None] = []
    posters: list[str | None] = []
    for cell, facts in zip(sweep.cells, cells, strict=True):
        state = None if cell.job is None else cell.job.state
        clip, poster, problem = (None, None, "") if state is None else _addresses(state, 0, roots)
        clips.append(clip)
        posters.append(poster)
        facts["poster"] = poster is not None
        if clip is None and facts["clip"] is not None:
            facts |= {"clip": None, "over": True, "text": words.clean(problem, 160)}
    return SweepGallery(
        sweep=entry,
        axes=tuple(axis_facts(sweep)),
        choice=first_choice(sweep, None, None),
        cells=tuple(cells),
        clips=tuple(clips),
        posters=tuple(posters),
        line=f"act.sweep_by_name({sweep.name!r}, resume=False).gallery()",
    )
