"""What a notebook keeps of a gallery: small however many cells there are, harmless, and honest about what it leaves out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from present import present

from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.views.gallery.facts import first_choice
from cometact_nb.views.gallery.record import record_html, record_text

if TYPE_CHECKING:
    from services import SandboxProcess


def planned(session: Session, sandbox: SandboxProcess, **axes: Any) -> Sweep:
    sweep = session.sweep(
        character=sandbox.character, reference=sandbox.reference, name="<b>many</b>", **axes
    )
    assert sweep.plan.cells == len(sweep)  # its inputs were looked at: nothing goes on when the test ends
    return sweep


@pytest.mark.parametrize(
    "axes", [{"seed": range(400)}, {"seed": range(100), "expression_intensity": [1, 2, 3, 4, 5]}]
)
def test_however_many_cells_it_shows_what_fits_and_counts_the_rest(
    session: Session, sandbox: SandboxProcess, axes: dict[str, Any]
) -> None:
    sweep = planned(session, sandbox, **axes)
    html = record_html(sweep, first_choice(sweep, None, None))
    assert len(html) < 40_000
    shown = html.count("PLANNED")
    assert shown > 50
    assert present(re.search(r"(\d+) more cells are not shown", html))[1] == str(len(sweep) - shown)
    assert len(record_text(sweep)) < 10_000


def test_foreign_text_is_escaped(session: Session, sandbox: SandboxProcess) -> None:
    sweep = planned(session, sandbox, seed=[1, 2])
    html = record_html(sweep, first_choice(sweep, None, None))
    assert "<b>many" not in html
    assert "&lt;b&gt;many" in html


@pytest.mark.parametrize(
    ("axes", "rows", "columns"),
    [
        ({"seed": [1, 2, 3], "expression_intensity": [1, 5]}, "expression_intensity", "seed"),
        ({"seed": range(9), "expression_intensity": [1, 5]}, "seed", "expression_intensity"),
        ({"expression_intensity": [3, 5], "seed": [7, 8]}, "expression_intensity", "seed"),
        ({"seed": [1, 2]}, "", ""),
        ({"seed": [1]}, "", ""),
    ],
)
def test_the_longer_axis_lies_across_unless_a_page_would_have_to_scroll(
    session: Session, sandbox: SandboxProcess, axes: dict[str, Any], rows: str, columns: str
) -> None:
    choice = first_choice(planned(session, sandbox, **axes), None, None)
    assert (choice["rows"], choice["columns"]) == (rows, columns)
