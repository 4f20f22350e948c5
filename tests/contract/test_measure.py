"""From a sweep's clips to values, effects and a view, on the sandbox."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from services import SandboxProcess, new_session

import cometact_nb as act
from cometact_nb.errors import ConfigError
from cometact_nb.handles.clip import Clip
from cometact_nb.handles.sweep.measured import Measured, MeasuredCell
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.views.sweep.measured import measured_html

NAMES = ("sharpness", "flicker", "freeze", "motion", "detail", "brightness", "saturation")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("measured")


def open_sweep(folder: Path, sandbox: SandboxProcess) -> Sweep:
    session = new_session(folder, sandbox)
    fields: dict[str, Any] = {"reference": sandbox.reference, "expression_intensity": [1, 5], "seed": [7, 8]}
    return session.sweep(character=sandbox.character, **fields, name="measured")


@pytest.fixture(scope="module")
def sweep(folder: Path, shared_sandbox: SandboxProcess) -> Sweep:
    return open_sweep(folder, shared_sandbox).run(canary=False).wait(120)


def length(clip: Clip) -> dict[str, float]:
    return {"s": clip.duration_s or 0.0, "mb": clip.bytes / 1e6}


def test_clips_are_measured_and_the_knob_is_compared_with_chance(sweep: Sweep) -> None:
    measured = sweep.measure()
    assert set(measured.columns) == set(NAMES)
    assert [row["expression_intensity"] for row in measured.to_rows()] == [1, 1, 5, 5]
    assert all(isinstance(row[name], float) for row in measured.to_rows() for name in NAMES)
    effects = {row["measure"]: row for row in measured.effect_rows()}
    assert effects["motion"]["noise_source"] == "seed"
    assert effects["motion"]["low"] <= effects["motion"]["difference"] <= effects["motion"]["high"]
    assert {name: sweep.to_rows()[0][name] for name in NAMES} == {
        name: measured.to_rows()[0][name] for name in NAMES
    }, "the sweep's own table has them, too"


def test_a_second_call_needs_no_clip_in_any_kernel(
    sweep: Sweep, folder: Path, sandbox: SandboxProcess
) -> None:
    before = sweep.measure("motion", "detail").to_rows()
    clips = [cell.clip.path for cell in sweep.cells if cell.clip is not None]
    contents = [path.read_bytes() for path in clips]
    for path in clips:
        path.write_bytes(b"not looked at")
    try:
        again = open_sweep(folder, sandbox).look()
        assert again.measure("motion", "detail").to_rows() == before
    finally:
        for path, content in zip(clips, contents, strict=True):
            path.write_bytes(content)


def test_functions_of_ones_own_give_columns(sweep: Sweep) -> None:
    calls = []

    def size(clip: Clip) -> float:
        calls.append(clip)
        return float(clip.bytes)

    own = act.Measure(name="bytes", fn=size, unit="B", better="lower", version="1")
    rows = sweep.measure(length, own).to_rows()
    assert {"length_s", "length_mb", "bytes"} <= set(rows[0])
    assert len(calls) == 4
    sweep.measure(own)
    assert len(calls) == 4, "a result with a version is kept"
    sweep.measure(act.Measure(name="bytes", fn=size, version="2"))
    assert len(calls) == 8


def test_a_measure_with_the_name_of_a_column_is_refused_by_name(sweep: Sweep) -> None:
    def note(clip: Clip) -> float:
        return 1.0

    def cell(clip: Clip) -> dict[str, float]:
        return {"": 1.0}

    def stars(clip: Clip) -> dict[str, float]:
        return {"open": 1.0}

    def elapsed(clip: Clip) -> dict[str, float]:
        return {"s": 1.0}

    before = sweep.to_rows()
    for fn, name in ((note, "note"), (cell, "cell"), (stars, "stars")):
        with pytest.raises(ConfigError, match=f"The measure '{name}' has the name of a column"):
            sweep.measure(fn)
    with pytest.raises(ConfigError, match="The measure 'expression_intensity' has the name"):
        sweep.measure(act.Measure(name="expression_intensity", fn=note))
    with pytest.raises(ConfigError, match="The measure 'elapsed_s' has the name"):
        sweep.measure(elapsed)
    assert sweep.to_rows() == before


def test_similarity_compares_with_a_clip(sweep: Sweep) -> None:
    first = sweep.measure("similarity").to_rows()
    assert first[0]["similarity"] == 1
    assert all(0 < row["similarity"] <= 1 for row in first)
    assert sweep.measure("similarity", against=sweep.cells[2]).to_rows()[2]["similarity"] == 1


def test_a_broken_first_clip_is_named_alone_and_similarity_takes_the_next(sweep: Sweep) -> None:
    clip = sweep.cells[0].clip
    assert clip is not None
    whole = clip.path.read_bytes()
    clip.path.write_bytes(whole[: len(whole) // 2])
    try:
        rows = sweep.measure("similarity").to_rows()
    finally:
        clip.path.write_bytes(whole)
    assert [row["similarity"] for row in rows[:2]] == [None, 1]
    assert [bool(row["problem"]) for row in rows] == [True, False, False, False]


def test_an_executor_measures_and_the_progress_ends_at_one(sweep: Sweep) -> None:
    shares: list[float] = []
    own = act.Measure(name="length", fn=lambda clip: clip.duration_s, version=None)
    with ThreadPoolExecutor(2) as pool:
        rows = sweep.measure("motion", own, executor=pool, progress=shares.append).to_rows()
    assert [row["length"] for row in rows] == [cell.clip.duration_s for cell in sweep.cells if cell.clip]
    assert shares == sorted(shares)
    assert shares[-1] == 1


def test_a_broken_clip_is_named_and_the_others_are_measured(sweep: Sweep) -> None:
    clip = sweep.cells[1].clip
    assert clip is not None
    whole = clip.path.read_bytes()
    clip.path.write_bytes(whole[: len(whole) // 2])
    try:
        measured = sweep.measure(act.Measure(name="grey", fn=lambda one: float(one.frames(stride=9).mean())))
    finally:
        clip.path.write_bytes(whole)
    rows = measured.to_rows()
    assert rows[1]["grey"] is None
    assert "is not a whole video" in rows[1]["problem"]
    assert all(row["grey"] for row in rows[:1] + rows[2:])
    assert any("Clip 2 was not measured" in note for note in measured.notes)
    assert "nan" not in measured_html(measured).lower()


def test_a_clip_that_is_gone_is_named_and_the_others_are_measured(sweep: Sweep) -> None:
    clip = sweep.cells[2].clip
    assert clip is not None
    whole = clip.path.read_bytes()
    clip.path.unlink()
    try:
        measured = sweep.measure(act.Measure(name="red", fn=lambda one: float(one.frames(stride=9).mean())))
    finally:
        clip.path.write_bytes(whole)
    assert [row["red"] is None for row in measured.to_rows()] == [False, False, True, False]
    assert any("Clip 3 was not measured" in note and "not there" in note for note in measured.notes)


def test_what_cannot_be_told_is_said_in_words_and_never_as_nan() -> None:
    """One clip of each value; one replicate and nothing else; and a value that no picture tells."""
    alone = [MeasuredCell(number, {"seed": 1, "ratio": number}, 1, {"m": float(number)}) for number in (1, 2)]
    one = [MeasuredCell(1, {}, 1, {"m": 1.0})]
    blank = [MeasuredCell(number, {"ratio": number}, 1, {"m": None}) for number in (1, 2)]
    for cells, words in (
        (alone, "Chance is not known"),
        (one, "No knob has several values"),
        (blank, "the pictures do not tell"),
        ([], "0 clips"),
    ):
        measured = Measured([act.Measure(name="m", fn=len)], cells)
        html = measured_html(measured)
        assert words in html
        for text in (html, repr(measured), str(measured.effect_rows())):
            assert "nan" not in text.lower()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("sharpnes", r"'sharpnes' is no measure.*sharpness"),
        (4, "4 is no measure"),
        (act.Measure(name="mine"), "'mine' has no function"),
        (act.Measure(name="words", fn=lambda _: "three"), "returned str"),  # type: ignore[arg-type, return-value]
    ],
)
def test_what_is_no_measure_is_one_clear_error(sweep: Sweep, wanted: Any, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        sweep.measure(wanted)


def test_a_measure_given_twice_and_a_cell_without_a_clip_are_errors(
    sweep: Sweep, folder: Path, sandbox: SandboxProcess
) -> None:
    with pytest.raises(ConfigError, match="given twice"):
        sweep.measure("motion", "motion")
    planned = new_session(folder, sandbox).sweep(
        character=sandbox.character, reference=sandbox.reference, seed=[91, 92]
    )
    with pytest.raises(ConfigError, match="has no clip"):
        planned.measure("similarity", against=planned.cells[0])
    empty = planned.measure("motion")
    assert empty.to_rows() == []
    assert empty.notes == ("2 cells have no clip yet.",)


def test_an_interrupt_stops_the_work_and_keeps_what_is_measured(sweep: Sweep) -> None:
    def interrupt(share: float) -> None:
        raise KeyboardInterrupt

    slow = act.Measure(name="slow", fn=lambda clip: float(clip.bytes), version="interrupted")
    with pytest.raises(KeyboardInterrupt):
        sweep.measure(slow, progress=interrupt)
    assert sweep.measure(slow).columns == ("slow",)


def test_the_view_says_difference_interval_chance_and_verdict(sweep: Sweep) -> None:
    measured = sweep.measure("motion", "sharpness")
    html, text = measured_html(measured), repr(measured)
    one = measured.effects[0].contrasts[0]
    for words in (measured.effects[0].verdict(one), "between seeds", "1 · subtle → 5 · exaggerated"):
        assert words in html
        assert words in text
    assert html.count("<svg") == 2
    assert 'role="img"' in html


def test_clips_of_several_sizes_rates_and_lengths_are_said_to_be_so_and_names_are_escaped() -> None:
    cells = [
        MeasuredCell(
            number, {"<b>knob": number}, 1, {"<i>m": float(number)}, size=size, fps=fps, duration_s=length_s
        )
        for number, size, fps, length_s in ((1, (1280, 720), 24.0, 5.0), (2, (720, 1280), 25.0, 4.5))
    ]
    measured = Measured([act.Measure(name="<i>m", fn=len)], cells)
    html = measured_html(measured)
    assert "several sizes (1280×720, 720×1280)" in html
    assert "several frame rates (24, 25)" in html
    assert "several lengths (5.0 s, 4.5 s)" in html
    assert "<b>" not in html
    assert "<i>" not in html
    assert "&lt;i&gt;m" in html
