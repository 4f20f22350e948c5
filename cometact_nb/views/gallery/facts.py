"""The facts about a sweep's cells that a gallery shows: their places, their clips, their outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.advice import advise
from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.sweep.grid import label
from cometact_nb.domain.sweep.run import Mark
from cometact_nb.domain.task import Status
from cometact_nb.errors import ConfigError
from cometact_nb.handles.sweep.performance import reference_of
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import GREY
from cometact_nb.views.sweep.layout import names_of
from cometact_nb.views.task.facts import tone

if TYPE_CHECKING:
    from cometact_nb.domain.sweep.rating import RoundRating
    from cometact_nb.domain.task import ClipInfo
    from cometact_nb.handles.collection import ClipSet
    from cometact_nb.handles.sweep.cell import Cell

__all__ = ["axis_facts", "caption", "cell_facts", "clip_facts", "first_choice", "places", "references"]

#: More columns are better as rows: a page scrolls down, not across.
_ACROSS = 6
#: More performances than this beside the clips leave no place for the clips.
_MOST_REFERENCES = 4
_UNBOUGHT: dict[str, str] = {
    Mark.PLANNED: "not bought yet",
    Mark.QUEUED: "waits to be bought",
    Mark.STOPPED: "stopped",
}


def axis_facts(sweep: ClipSet) -> list[dict[str, Any]]:
    """Describe the axes and their values, with no two descriptions of one axis alike."""
    return [
        {"name": name, "label": title_of(name), "values": list(names.values())}
        for name, names in names_of(sweep.axes).items()
    ]


def places(sweep: ClipSet) -> list[list[int]]:
    """Return the place of each cell: the number of its value on each axis."""
    numbers = {
        name: {value: place for place, value in enumerate(values)} for name, values in sweep.axes.items()
    }
    return [[numbers[name][value] for name, value in cell.params.items()] for cell in sweep.cells]


def first_choice(sweep: ClipSet, rows: str | None, columns: str | None) -> dict[str, Any]:
    """Choose the axes to lay out at first, and the round of ratings to show.

    Args:
        sweep: to show.
        rows: the field down the side, None to pick one.
        columns: the field across, None to pick one.

    Raises:
        ConfigError: the sweep has no such axis, or both are the same.
    """
    for side, name in (("rows", rows), ("columns", columns)):
        if name is not None and name not in tuple(sweep.axes):
            axes = ", ".join(sweep.axes) or "nothing: it has one cell"
            raise ConfigError(f"{side}={name!r} is no axis of this sweep. Give one of: {axes}.")
    if rows is not None and rows == columns:
        raise ConfigError(f"rows and columns are both {rows!r}. Give two fields, or leave one out.")
    spare = [name for name in sweep.axes if name not in {rows, columns}]
    spare.sort(key=lambda name: len(sweep.axes[name]), reverse=True)
    spare = [name for name in spare if len(sweep.axes[name]) > 1]
    if rows is None and columns is None and len(spare) > 1:
        two = spare[:2]  # the longer across, unless it is too long for that
        if len(sweep.axes[two[0]]) > _ACROSS or len(sweep.axes[two[0]]) == len(sweep.axes[two[1]]):
            two.reverse()  # of two alike the later one is across, as in the sweep's own view
        columns, rows = two
    elif rows is None and columns is not None and spare:
        rows = spare[0]
    elif columns is None and rows is not None and spare:
        columns = spare[0]
    if rows is None and columns is not None:
        rows, columns = columns, None
    number, rater = sweep.last_round()
    return {
        "rows": rows or "",
        "columns": columns or "",
        "picks": {},
        "blind": None,
        "size": "fit",
        "round": {"round": number, "rater": rater},
    }


def references(sweep: ClipSet) -> list[dict[str, str]]:
    """The performances that the clips follow, each once, with addresses that a page may load.

    For a message alone: a signed link must not be saved with the notebook.
    """
    every = (ref for cell in sweep.cells if (ref := reference_of(cell)) is not None)
    refs = {ref.uri: ref for ref in every}
    urls = []
    for uri, ref in refs.items():
        url = words.loadable(uri, sandbox=sweep.sandbox, is_saved=False)
        if url:
            urls.append({"url": url, "label": words.clean(label("reference", ref), 60)})
    return urls[:_MOST_REFERENCES]


def cell_facts(cell: Cell, place: list[int]) -> dict[str, Any]:
    """Describe one cell for the page."""
    facts: dict[str, Any] = {
        "index": cell.index,
        "place": place,
        "status": cell.status.replace("_", " "),
        "tone": GREY,
        "text": (cell.reason and words.message(cell.reason, 160)) or _UNBOUGHT.get(cell.status, ""),
        "over": False,
        "progress": None,
        "clip": None,
        "poster": False,
        "ratings": [_rating(one) for one in cell.ratings],
    }
    if cell.job is None:
        return facts
    state = cell.job.state
    facts |= {
        "status": words.label(state),
        "tone": tone(state),
        "text": words.message(advise(state).headline, 160),
        "over": state.is_settled and state.status is not Status.SUCCEEDED and not state.clips,
    }
    if not state.is_settled and state.progress is not None:
        facts["progress"] = round(state.progress, 2)
    if state.clips:
        clip = state.clips[0]
        facts["poster"] = clip.poster is not None
        facts["clip"] = clip_facts(clip)
    return facts


def clip_facts(clip: ClipInfo) -> dict[str, Any]:
    """Describe a clip for the page, without its name."""
    return {
        "id": clip.sha256[:16],
        "width": clip.width,
        "height": clip.height,
        "fps": clip.fps,
        "duration": clip.duration_s,
        "bytes": clip.bytes,
    }


def _rating(one: RoundRating) -> dict[str, Any]:
    """Return a rater's rating in one round with all its fields, for the page."""
    rating = one.rating
    values: dict[str, Any] = {"round": one.round, "rater": words.clean(one.rater, 60), "at": one.at}
    values |= {name: getattr(rating, name) for name in ("stars", "favourite", "note", "blind")}
    values |= {"open_stars": rating.given_open[0], "blind_stars": rating.given_blind[0]}
    values["note"] = words.clean(values["note"], 2000, lines=True)
    return values


def caption(cell: Cell) -> str:
    """Describe a cell by its values on the axes."""
    parts = (f"{title_of(name)} {label(name, value)}" for name, value in cell.params.items())
    return words.clean(", ".join(parts), 200) or f"cell {cell.index + 1}"
