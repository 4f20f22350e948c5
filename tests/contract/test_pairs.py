"""Comparisons of pairs: kept by the clips' hashes, by several raters and kernels, and put together from files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from present import present
from services import SandboxProcess, new_session
from sweeps import grid

from cometact_nb.errors import ConfigError
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.questions import Questions
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.views.pairs.pairs import Pairs
from cometact_nb.views.pairs.preferences import preferences_html


def opened(folder: Path, sandbox: SandboxProcess) -> tuple[Session, Sweep]:
    session = new_session(folder, sandbox)
    return session, grid(session, sandbox, expression_intensity=[1, 5], seed=[7, 8], name="pairs")


@pytest.fixture
def sweep(tmp_path: Path, sandbox: SandboxProcess) -> Iterator[Sweep]:
    session, sweep = opened(tmp_path, sandbox)
    yield sweep.run(canary=False).wait(120)
    session.close()


def brief(sweep: Sweep) -> list[tuple[Any, ...]]:
    return [
        tuple(line[name] for name in ("first", "second", "answer", "rater"))
        for line in sweep.preferences().judgement_rows()
    ]


def test_answers_are_kept_in_the_history_and_another_kernel_reads_them(
    sweep: Sweep, tmp_path: Path, sandbox: SandboxProcess
) -> None:
    one, other, third, _ = sweep.cells
    sweep.judge(one, third, "second", rater=" Ann ")
    sweep.judge(other, one, "equal", rater="Bob")
    session, again = opened(tmp_path, sandbox)
    again.look()
    try:
        assert brief(again) == [(1, 3, "second", "Ann"), (2, 1, "equal", "Bob")]
        assert [one["answer"] for one in again.preferences("Bob").judgement_rows()] == ["equal"]
    finally:
        session.close()


def test_a_person_is_asked_the_most_telling_pair_and_may_take_an_answer_back(sweep: Sweep) -> None:
    questions = Questions(sweep.session, sweep.cells)
    seen = []
    for number in range(6):
        question = questions.ask("Ann")
        assert question is not None
        assert (question.answered, question.pairs) == (number, 6)
        seen.append(frozenset((question.first.index, question.second.index)))
        questions.answer(question, "first" if question.first.index > question.second.index else "second")
    assert len(set(seen)) == 6
    assert [row["cell"] for row in sweep.preferences().to_rows()] == [4, 3, 2, 1]
    question = present(question)
    questions.take_back(question)
    assert len(brief(sweep)) == 5
    questions.answer(question, "equal")
    assert [line[2] for line in brief(sweep)].count("equal") == 1
    with pytest.raises(ConfigError, match="answer='both' is none"):
        questions.answer(question, "both")


def test_a_clip_that_cannot_be_shown_is_left_out(sweep: Sweep) -> None:
    questions = Questions(sweep.session, sweep.cells)
    for cell in sweep.cells[:2]:
        questions.leave_out(cell)
    question = questions.ask()
    assert question is not None
    assert {question.first.index, question.second.index} == {2, 3}
    assert question.pairs == 1
    questions.leave_out(sweep.cells[2])
    assert questions.ask() is None


def test_two_notebooks_put_their_answers_together_by_the_clips(
    sweep: Sweep, tmp_path: Path, sandbox: SandboxProcess
) -> None:
    one, other, *_ = sweep.cells
    sweep.judge(one, other, "first", rater="Ann")
    file = sweep.preferences().save(tmp_path / "ann.json")
    text = file.read_text("utf-8")
    assert sweep.cells[0].clip is not None
    assert sweep.cells[0].clip.sha256 in text
    assert "intensity" not in text
    session, elsewhere = opened(tmp_path / "bob", sandbox)
    elsewhere.run(canary=False).wait(120)
    try:
        elsewhere.judge(elsewhere.cells[0], elsewhere.cells[1], "first", rater="Bob")
        for _ in range(2):
            assert elsewhere.add_judgements(file) == 1
        assert sorted(brief(elsewhere)) == [(1, 2, "first", "Ann"), (1, 2, "first", "Bob")]
        (agreement,) = elsewhere.preferences().agreement
        assert (agreement.pairs, agreement.same) == (1, 1)
    finally:
        session.close()
    with pytest.raises(ConfigError, match="is there already"):
        sweep.preferences().save(tmp_path / "ann.json")


def test_what_is_no_file_of_judgements_is_refused_in_words(sweep: Sweep, tmp_path: Path) -> None:
    file = tmp_path / "other.json"
    start = '{"made_by": "cometact_nb judgements", "version": "1", "judgements": '
    row = '{"id": "1", "first": "%s", "second": "%s", "answer": "%s", "rater": "", "at": 0}'
    for content, message in (
        ("{}", "holds no judgements"),
        (start + "[" + row % ("a", "b", "first") + "]}", "no two hashes"),
        (start + "[" + row % ("a" * 64, "b" * 64, "NaN") + "]}", "the answer is none"),
        (start + "[" + row % ("a" * 64, "b" * 64, "first") + "]}", "no answer about these clips"),
    ):
        file.write_text(content)
        with pytest.raises(ConfigError, match=message):
            sweep.add_judgements(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        sweep.add_judgements("missing.json")
    assert brief(sweep) == []


def test_bad_input_is_named(sweep: Sweep, tmp_path: Path, sandbox: SandboxProcess) -> None:
    one, other, *_ = sweep.cells
    with pytest.raises(ConfigError, match="the same clip"):
        sweep.judge(one, one, "first")
    with pytest.raises(ConfigError, match="answer='left' is none"):
        sweep.judge(one, other, "left")
    with pytest.raises(ConfigError, match="no name for a rater"):
        sweep.judge(one, other, "first", rater="\n")
    session = new_session(tmp_path, sandbox)
    planned = grid(session, sandbox, seed=[91, 92], name="not bought")
    with pytest.raises(ConfigError, match="no clip to compare"):
        planned.judge(planned.cells[0], planned.cells[1], "first")
    with pytest.raises(ConfigError, match="here is none yet"):
        planned.compare()
    with pytest.raises(ConfigError, match="no clip yet"):
        planned.preferences()
    session.close()


def test_the_record_of_a_comparison_says_what_the_answers_come_to(sweep: Sweep) -> None:
    view = Pairs(sweep)
    assert "Nothing was compared yet" in view.to_html()
    sweep.judge(sweep.cells[0], sweep.cells[2], "second", rater="<b>Ann")
    sweep.judge(sweep.cells[0], sweep.cells[2], "second", rater="Bob")
    html = view.to_html()
    assert "Enough?" in html
    assert "&lt;b&gt;Ann" in html
    assert "cannot tell" in html
    assert "nan" not in str(preferences_html(sweep.preferences())).lower().replace("unnamed", "")
    view.close()
