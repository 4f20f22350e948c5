"""What a user is told of a task whose answer was not understood."""

from __future__ import annotations

from cometact_nb.domain.advice import advise
from cometact_nb.domain.task import Status, TaskState

NAME = "5b91e444-c232-deaf-a4d7-8aef3e57336b"


def lost(answer: str | None) -> str:
    state = TaskState(
        key="local-1", status=Status.UNCONFIRMED, problem="the answer broke off", raw_answer=answer
    )
    return str(advise(state))


def test_what_came_of_an_answer_is_shown_and_the_id_in_it_is_offered_for_confirm() -> None:
    said = lost(f'{{"ticket": {{"number": "{NAME}"}}}}')
    assert f'The service\'s answer was: {{"ticket": {{"number": "{NAME}"}}}}' in said
    assert f"t.confirm({NAME!r})" in said
    assert "act.task('local-1')" in said


def test_an_answer_without_an_id_is_shown_and_a_long_one_is_cut() -> None:
    said = lost("half an answer " * 100)
    assert "half an answer half an answer" in said
    assert len(said) < 900
    assert "t.confirm('its id')" in said


def test_without_an_answer_none_is_spoken_of() -> None:
    assert "answer was" not in lost(None)
