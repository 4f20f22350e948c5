"""Which cells are sent ahead, one for each pair of inputs, and when the others follow."""

from __future__ import annotations

from pathlib import Path

from cometact_nb.domain.service import Endpoint
from cometact_nb.domain.sweep.grid import expand, specify
from cometact_nb.domain.task import TaskState
from cometact_nb.engine.job import Job
from cometact_nb.handles.sweep.entries import Entries, Entry
from cometact_nb.handles.sweep.trials import CANARY_ABOVE, Trials


def two_pairs() -> tuple[Entries, list[Entry], list[Entry]]:
    """Cells of two characters, three seeds each, all in line: all of them, and those of each character."""
    asked = {"character": ["https://a.b/1.png", "https://a.b/2.png"], "reference": "https://a.b/r.mp4"}
    cells = Entries(expand(specify({**asked, "seed": [1, 2, 3]}, table=None, replicates=1)).cells)
    cells.queue(cells)
    first = next(iter(cells)).pair
    return (
        cells,
        [entry for entry in cells if entry.pair == first],
        [entry for entry in cells if entry.pair != first],
    )


def begun(*, canary: bool | None = True, waiting: int = 6) -> Trials:
    trials = Trials()
    trials.choose(waiting, canary)
    return trials


def send(cells: Entries, entry: Entry) -> None:
    cells.attach(entry, Job(TaskState(key="k"), Endpoint("https://example.com"), Path("clips")))


def test_one_cell_of_each_pair_goes_ahead_and_the_others_wait_for_it() -> None:
    cells, one, two = two_pairs()
    trials = begun()
    for ahead in (one[0], two[0]):
        assert trials.pick(cells.queued) is ahead
        send(cells, ahead)
    assert trials.pick(cells.queued) is None


def test_a_trial_that_ended_well_lets_its_pair_go_and_no_other() -> None:
    cells, one, two = two_pairs()
    trials = begun()
    for _ in range(2):
        ahead = trials.pick(cells.queued)
        assert ahead is not None
        send(cells, ahead)
    trials.end(two[0], is_proof=True)
    assert trials.pick(cells.queued) is two[1]
    send(cells, two[1])
    assert trials.pick(cells.queued) is two[2]
    send(cells, two[2])
    assert trials.pick(cells.queued) is None  # the other pair still waits
    assert one[1] in cells.queued


def test_after_a_trial_that_proved_nothing_the_next_cell_goes_on_trial() -> None:
    cells, one, _ = two_pairs()
    trials = begun()
    assert trials.pick(one) is one[0]
    send(cells, one[0])
    trials.end(one[0], is_proof=False)
    assert trials.pick(one[1:]) is one[1]
    assert trials.pick(one[2:]) is None
    trials.drop(one[1])  # it was not accepted
    assert trials.pick(one[2:]) is one[2]


def test_only_the_cell_on_trial_ends_its_trial() -> None:
    _, one, _ = two_pairs()
    trials = begun()
    assert trials.pick(one) is one[0]
    trials.end(one[1], is_proof=False)
    assert trials.pick(one[1:]) is None


def test_a_cell_that_was_chosen_but_never_sent_is_forgotten_and_one_that_was_sent_is_not() -> None:
    cells, one, two = two_pairs()
    trials = begun()
    assert trials.pick(one) is one[0]
    assert trials.pick(two) is two[0]
    send(cells, two[0])
    trials.forget_unsent()
    assert trials.pick(one) is one[0]
    assert trials.pick(two[1:]) is None


def test_cells_go_ahead_of_more_than_four_unless_the_user_says_otherwise() -> None:
    _, one, _ = two_pairs()
    assert CANARY_ABOVE == 4
    for waiting, canary, goes_ahead in [
        (5, None, True),
        (4, None, False),
        (1, True, True),
        (100, False, False),
    ]:
        trials = begun(canary=canary, waiting=waiting)
        assert trials.pick(one) is one[0]
        assert (trials.pick(one[1:]) is None) is goes_ahead


def test_without_a_decision_no_cell_goes_ahead_of_another() -> None:
    _, one, _ = two_pairs()
    trials = Trials()
    assert trials.pick(one) is one[0]
    assert trials.pick(one[1:]) is one[1]


def test_a_trial_under_way_is_waited_for_by_a_later_run_of_few_cells() -> None:
    cells, one, _ = two_pairs()
    trials = begun(canary=None)
    assert trials.pick(one) is one[0]
    send(cells, one[0])
    trials.choose(2, None)
    assert trials.pick(one[1:]) is None
    trials.end(one[0], is_proof=False)
    trials.choose(2, None)
    assert trials.pick(one[1:]) is one[1]
    assert trials.pick(one[2:]) is one[2]
