"""Where a sweep's cells lie: rows and columns by what is swept."""

from __future__ import annotations

from typing import Any

from present import present

from cometact_nb.domain.sweep.grid import expand, specify
from cometact_nb.views.sweep.layout import Layout, lay_out, names_of, params_line

INPUTS = {"character": "https://a.example/hero.png", "reference": "https://a.example/talk.mp4"}


def planned(table: Any = None, replicates: int = 1, **fields: Any) -> tuple[Layout, list[dict[str, Any]]]:
    cells = expand(specify({**INPUTS, **fields}, table=table, replicates=replicates))
    params = [cell.params for cell in cells.cells]
    return lay_out(cells.axes, params, table=table is not None), params


def test_two_axes_are_rows_and_columns() -> None:
    layout, params = planned(expression_intensity=[1, 3], seed=[7, 8, 9])
    assert (layout.rows, layout.columns) == ("expression_intensity", "seed")
    assert layout.row_labels == ("1 · subtle", "3 · natural")
    assert layout.column_labels == ("7", "8", "9")
    (band,) = layout.bands
    assert band.cells == ((0, 1, 2), (3, 4, 5))
    assert params[5] == {"expression_intensity": 3, "seed": 9}


def test_further_axes_are_bands_with_their_values_as_titles() -> None:
    layout, params = planned(
        body_control=[True, False], expression_intensity=[1, 5], seed=[7, 8], replicates=2
    )
    assert [band.title for band in layout.bands] == [
        f"Body control {on} · Expression intensity {level}"
        for on in ("on", "off")
        for level in ("1 · subtle", "5 · exaggerated")
    ]
    assert (layout.rows, layout.columns) == ("seed", "replicate")
    assert sorted(present(index) for band in layout.bands for line in band.cells for index in line) == list(
        range(16)
    )
    assert params[present(layout.bands[2].cells[1][0])] == {
        "body_control": False,
        "expression_intensity": 1,
        "seed": 8,
        "replicate": 1,
    }


def test_an_axis_too_long_for_a_row_goes_down_the_side() -> None:
    layout, _ = planned(expression_intensity=[1, 3], seed=range(30))
    assert (layout.rows, layout.columns) == ("seed", "expression_intensity")
    assert layout.bands[0].cells[29] == (29, 59)


def test_one_axis_none_or_a_table_are_a_list() -> None:
    for layout, params in (
        planned(seed=range(4)),
        planned(),
        planned(table=[{"seed": 1, "expression_intensity": 2}, {"seed": 2, "expression_intensity": 3}]),
    ):
        assert not layout.is_grid
        assert layout.bands[0].cells == (tuple(range(len(params))),)


def test_an_axis_of_one_value_makes_no_grid() -> None:
    layout, _ = planned(expression_intensity=[3], seed=range(4))
    assert not layout.is_grid


def test_two_files_of_one_name_have_different_labels() -> None:
    both = ["https://a.example/one/hero.png", "https://a.example/two/hero.png"]
    layout, _ = planned(character=both, seed=[1, 2])
    assert layout.row_labels == ("hero.png (1)", "hero.png (2)")
    cells = expand(specify({**INPUTS, "character": both}))
    names = names_of(cells.axes)
    assert [params_line(cell.params, names) for cell in cells.cells] == [
        "Character hero.png (1)",
        "Character hero.png (2)",
    ]
