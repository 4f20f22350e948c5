"""Lays out a sweep on a page: rows × columns by its axes, further axes as bands; else a list. Pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.sweep.grid import label
from cometact_nb.views.base import wording as words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Band", "Layout", "lay_out", "names_of", "params_line"]

#: More columns become rows, if that makes the grid narrower.
_WIDE = 8


@dataclass(frozen=True)
class Band:
    """One table of the page, or a list.

    Args:
        title: the values of the axes that are neither rows nor columns; empty when there are none.
        cells: the index of the cell at each row and column; None where the grid has none.
    """

    title: str
    cells: tuple[tuple[int | None, ...], ...]


@dataclass(frozen=True)
class Layout:
    """The place of each cell.

    Args:
        rows: name of the axis down the side; empty for a list.
        columns: name of the axis across; empty for a list.
        row_labels: its values in words.
        column_labels: its values in words.
        bands: the tables, one below the other; one of a single row for a list.
    """

    rows: str
    columns: str
    row_labels: tuple[str, ...]
    column_labels: tuple[str, ...]
    bands: tuple[Band, ...]

    @property
    def is_grid(self) -> bool:
        """Whether it has rows and columns."""
        return bool(self.rows)


def names_of(axes: Mapping[str, Sequence[Any]]) -> dict[str, dict[Any, str]]:
    """Describe the values of each axis; number equal descriptions, such as two files of one name."""
    return {name: dict(zip(values, _labels(name, values), strict=True)) for name, values in axes.items()}


def params_line(params: Mapping[str, Any], names: Mapping[str, Mapping[Any, str]]) -> str:
    """Write the parameters of a cell in one line: ``Intensity 3 · natural · Seed 7``."""
    return " · ".join(f"{title_of(name)} {names[name][value]}" for name, value in params.items())


def lay_out(axes: Mapping[str, Sequence[Any]], cells: Sequence[Mapping[str, Any]], *, table: bool) -> Layout:
    """Lay out a sweep.

    Args:
        axes: fields with several values, and these values.
        cells: the parameters of each cell, by its index.
        table: the cells come from a table, so their values do not make a grid.
    """
    several = [name for name, values in axes.items() if len(values) > 1]
    if table or len(several) < 2:  # noqa: PLR2004
        return Layout("", "", (), (), (Band("", (tuple(range(len(cells))),)),))
    rows, columns = several[-2:]
    if len(axes[columns]) > max(_WIDE, len(axes[rows])):
        rows, columns = columns, rows
    outer = several[:-2]
    names = names_of(axes)
    places = {tuple(params[name] for name in several): index for index, params in enumerate(cells)}
    bands = []
    # Only combinations of the outer axes that occur: duplicates may leave some without cells.
    for combination in dict.fromkeys(place[: len(outer)] for place in places):
        picked = dict(zip(outer, combination, strict=True))
        lines = tuple(
            tuple(places.get(_place(several, picked, rows, row, columns, column)) for column in axes[columns])
            for row in axes[rows]
        )
        bands.append(Band(params_line(picked, names), lines))
    row_labels, column_labels = tuple(names[rows].values()), tuple(names[columns].values())
    return Layout(rows, columns, row_labels, column_labels, tuple(bands))


def _place(
    several: Sequence[str], picked: Mapping[str, Any], rows: str, row: Any, columns: str, column: Any
) -> tuple[Any, ...]:
    here = {**picked, rows: row, columns: column}
    return tuple(here[name] for name in several)


def _labels(name: str, values: Sequence[Any]) -> list[str]:
    labels = [words.clean(label(name, value), 60) for value in values]
    twice = Counter(labels)
    return [text if twice[text] == 1 else f"{text} ({number})" for number, text in enumerate(labels, start=1)]
