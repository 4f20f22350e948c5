"""Writes the record of a gallery for the notebook: HTML and text that need no kernel."""

from __future__ import annotations

import math
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from cometact_nb.errors import ClipError
from cometact_nb.views.base import html as parts
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.embed import clip_uri
from cometact_nb.views.base.html import code, h, join
from cometact_nb.views.base.output import page_folder
from cometact_nb.views.base.pictures import jpeg_uri, small_jpeg, thumbnail
from cometact_nb.views.base.tiles import tile_rows, title_line
from cometact_nb.views.gallery.facts import axis_facts, caption, cell_facts, places

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from cometact_nb.domain.sweep.rating import RoundRating
    from cometact_nb.handles.clip import Clip
    from cometact_nb.handles.collection import ClipSet
    from cometact_nb.handles.sweep.cell import Cell
    from cometact_nb.views.base.html import Markup

__all__ = ["ratings_html", "record_html", "record_text"]

#: The most characters of a record in a notebook; it counts the cells beyond.
_MAX_CHARS = 38_000
#: What stands round a tile, and what a line has beside its tiles, in characters.
_TILE_CHARS = 260
#: With more clips than these there is no room for a picture of each; its longest side in pixels, and bytes.
_PICTURED, _PICTURE = 12, (132, 1500)
_BOX = "border:1px solid #8884;border-radius:8px;padding:7px"
_FINE = "font-size:11px;opacity:.8"
#: The most tiles side by side where there is one axis.
_FLOW = 4
#: Width of a clip, and height of the browser's controls, which stand below the picture; in pixels.
_CLIP_PX, _CONTROLS_PX = 240, 52
_TEXT_LINES = 60


def record_html(sweep: ClipSet, choice: dict[str, Any], *, embed: bool = False) -> Markup:
    """Show the clips on the axes of ``choice``, the status of other cells, and the ratings.

    The style sheet of a live gallery beside it hides it, so it shows where the gallery does not.

    Args:
        sweep: to show.
        choice: as in :attr:`~cometact_nb.views.gallery.gallery.Gallery.choice`.
        embed: put the clips themselves in it.
    """
    head = parts.header(
        h("strong", None, words.clean(sweep.name, 100)),
        words.clean(words.counts(sweep.counts, " · ")),
        right=words.moment(time.time()),
        sandbox=sweep.sandbox,
    )
    room = None if embed else _MAX_CHARS - len(head)
    pictured = not embed and sum(cell.clip is not None for cell in sweep.cells) <= _PICTURED
    draw = partial(_box, folder=page_folder(sweep.session), embed=embed, pictured=pictured)
    blocks, left = _blocks(sweep, choice, room, draw)
    again = code(f"{words.clean(sweep.recall, 160)}.gallery()")
    more = f"{left} more {'cell is' if left == 1 else 'cells are'} not shown here. " if left else ""
    style = "padding:12px 14px"
    cure = None if embed else parts.moved()
    body = h("div", {"style": style}, blocks, parts.fine(more, again, " shows it live."), cure)
    return h("div", {"class": "cometact-gallery-record"}, parts.frame(head, body))


def _blocks(
    sweep: ClipSet, choice: dict[str, Any], room: int | None, draw: Callable[[Cell], Markup]
) -> tuple[Markup, int]:
    """Make a row of tiles for each value of the axis down the side, and count the cells that are left out.

    Each combination of the other axes has its own rows. With one axis on the page, its tiles flow in one row.
    """
    axes = axis_facts(sweep)
    names = [axis["name"] for axis in axes]
    sides = [names.index(choice[side]) for side in ("rows", "columns") if choice[side] in names]
    down, across = sides if len(sides) > 1 else (None, sides[0] if sides else 0)
    others = [number for number in range(len(axes)) if number not in {down, across}]
    groups: dict[tuple[int, ...], list[tuple[str, Cell]]] = {}
    for cell, place in zip(sweep.cells, places(sweep), strict=True):
        key = (*(place[axis] for axis in others), 0 if down is None else place[down])
        groups.setdefault(key, []).append((_at(axes[across], place[across]) if axes else "", cell))
    columns = _FLOW if down is None else len(axes[across]["values"])
    blocks, left, free, title = [], 0, math.inf if room is None else room, ""
    for (*rest, row), cells in sorted(groups.items(), key=lambda group: group[0]):
        tiles = _fitting(cells, draw, 0 if left else free)
        left += len(cells) - len(tiles)
        if not tiles:
            continue
        above, title = title, ", ".join(_at(axes[axis], at) for axis, at in zip(others, rest, strict=True))
        heads = [title if title != above else "", _at(axes[down], row) if down is not None else ""]
        lines = join(*(title_line(head) for head in heads if head))
        blocks.append(tile_rows([(lines, tiles)], columns, _BOX))
        free -= len(blocks[-1])
    return join(*blocks), left


def _at(axis: dict[str, Any], place: int) -> str:
    """Name an axis and one of its values."""
    return words.clean(f"{axis['label']} {axis['values'][place]}", 80)


def _fitting(cells: list[tuple[str, Cell]], draw: Callable[[Cell], Markup], room: float) -> list[Markup]:
    """Make the tiles of a row up to the first that does not fit into ``room`` characters."""
    tiles: list[Markup] = []
    for label, cell in cells:
        tile = join(h("div", {"style": _FINE}, label) if label else None, draw(cell)) if room > 0 else join()
        room -= len(tile) + _TILE_CHARS
        if room <= 0:
            break
        tiles.append(tile)
    return tiles


def _box(cell: Cell, *, folder: Path, embed: bool, pictured: bool) -> Markup:
    clip = cell.clip
    if clip is not None:
        content = _video(cell, clip, folder, embed=embed, pictured=pictured)
    else:
        facts = cell_facts(cell, [])
        status, text = words.clean(facts["status"], 40), words.clean(facts["text"], 160)
        content = join(h("strong", None, status), h("div", None, text))
    return join(content, *ratings_html(cell.ratings, {"style": _FINE}))


def _video(cell: Cell, clip: Clip, folder: Path, *, embed: bool, pictured: bool) -> Markup:
    """Show the clip by a relative link. The ``poster`` is inline: JupyterLab resolves only a ``src``."""
    size = {"width": 200, "style": "display:block;width:100%;max-width:240px;border-radius:5px"}
    player = {"width": _CLIP_PX, "style": f"{_player_height(clip)};object-fit:contain;object-position:50% 0"}
    name = words.clean(caption(cell), 200)
    source = _embedded(clip) if embed else None if clip.url else words.relative(str(clip.path), folder)
    if source is None:
        # No page can load it from there; the first frame, if it is here, is small enough for the notebook.
        info = cell.job.state.clips[0] if cell.job is not None else None
        picture = thumbnail(info.poster) if info is not None else None
        image = h("img", {"src": picture, "alt": name, **size}) if picture else None
        return join(image, h("div", None, words.clean(clip.url or clip.path, 200)))
    # A browser draws no frame of a video without a seek.
    at = "" if embed else "#t=0.01"
    plays = {"controls": True, "muted": True, "loop": True, "playsinline": True, "preload": "metadata"}
    poster = {"poster": _poster(clip)} if pictured else {}
    box = {"style": "container-type:inline-size"}
    video = h(
        "div", box, h("video", {"src": f"{source}{at}", "aria-label": name, **plays, **poster, **player})
    )
    file = words.clean(clip.name, 60)
    link = file if embed else h("a", {"href": source}, file)  # or it would hold the clip a second time
    return join(video, h("div", {"style": _FINE}, link))


def _player_height(clip: Clip) -> str:
    """Leave room below the picture for the controls, at any width of the tile: browsers draw them over it."""
    ratio = (clip.height or 9) / (clip.width or 16)
    fixed = f"display:block;width:100%;height:{round(_CLIP_PX * ratio) + _CONTROLS_PX}px;border-radius:5px"
    return (
        f"{fixed};height:calc({100 * ratio:.2f}cqw + {_CONTROLS_PX}px)"  # the first for who does not know cqw
    )


def _poster(clip: Clip) -> str | None:
    picture = small_jpeg(str(clip.poster), *_PICTURE) if clip.poster else b""
    return jpeg_uri(picture) if picture else None


def _embedded(clip: Clip) -> str | None:
    try:
        path = clip.path
    except ClipError:  # it is at a store that does not answer
        return None
    return clip_uri(path, clip.sha256) or None


def ratings_html(ratings: Sequence[RoundRating], fine: dict[str, str], note_chars: int = 300) -> list[Markup]:
    """Write each round's rating in signs, with its note; with its round and rater where there are several.

    Args:
        ratings: of a cell.
        fine: attributes of what is smaller.
        note_chars: the most characters of a note.
    """
    several = len(ratings) > 1 or any(one.round > 1 or one.rater for one in ratings)
    lines = []
    for one in sorted(ratings, key=lambda one: (one.round, one.rater)):
        rating = one.rating
        signs = rating_signs(rating.given_open[0], rating.given_blind[0], favourite=rating.favourite)
        if not signs and not rating.note:
            continue
        who = f"Round {one.round}, {words.clean(one.rater, 60) or 'unnamed'}: " if several else ""
        lines.append(h("div", None, h("span", fine, who) if who else None, signs))
        if rating.note:
            lines.append(h("div", fine, words.clean(rating.note, note_chars)))
    return lines


def rating_signs(opened: int | None, blind: int | None, *, favourite: bool) -> str:
    """Write a rating in signs: open stars, and blind stars with a mark."""
    parts = [stars(opened or blind), "♥" if favourite else ""]
    if blind:
        parts.append(f"· {stars(blind)} (rated blind)" if opened else "(rated blind)")
    return " ".join(filter(None, parts))


def stars(count: int | None) -> str:
    """Write ``★★★☆☆``, or an empty string without a rating."""
    return "" if not count else "★" * count + "☆" * (5 - count)


def record_text(sweep: ClipSet) -> str:
    """Write the cells as lines of text."""
    head = f"Gallery of {words.clean(sweep.name, 100)}{' · SANDBOX' if sweep.sandbox else ''}"
    lines = [head, words.clean(words.counts(sweep.counts, " · "))]
    for cell in sweep.cells[:_TEXT_LINES]:
        signs = filter(None, [stars(cell.rating.stars), "♥" if cell.rating.favourite else ""])
        clip = cell.clip
        folder = page_folder(sweep.session)
        what = words.place(clip.url or str(clip.path), folder) if clip else cell.status
        lines.append(words.clean(f"  {caption(cell)}: {what} {' '.join(signs)}"))
    if len(sweep.cells) > _TEXT_LINES:
        lines.append(f"  and {len(sweep.cells) - _TEXT_LINES} more")
    return "\n".join(lines)
