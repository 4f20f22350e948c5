"""Stars given blind and stars given openly are two judgements: neither replaces the other."""

from __future__ import annotations

import msgspec
import pytest

from cometact_nb.domain.sweep.rules import NO_RATING, Rating


def given(*steps: tuple[int, bool]) -> Rating:
    rating = NO_RATING
    for now, (stars, blind) in enumerate(steps, 1):
        rating = rating.changed(stars=stars, favourite=None, note=None, blind=blind, now=float(now))
    return rating


@pytest.mark.parametrize(
    ("steps", "opened", "blind"),
    [
        ([], (None, None), (None, None)),
        ([(2, False)], (2, 1.0), (None, None)),
        ([(2, False), (1, True)], (2, 1.0), (1, 2.0)),
        ([(1, True), (2, False)], (2, 2.0), (1, 1.0)),
        ([(2, False), (1, True), (5, False)], (5, 3.0), (1, 2.0)),
        ([(2, False), (1, True), (3, True)], (2, 1.0), (3, 3.0)),
        ([(2, False), (1, True), (0, True)], (2, 1.0), (None, None)),
        ([(2, False), (1, True), (0, False)], (None, None), (1, 2.0)),
        ([(2, False), (0, False)], (None, None), (None, None)),
        ([(2, False), (0, True)], (2, 1.0), (None, None)),
    ],
)
def test_each_way_of_giving_stars_keeps_its_own_with_their_date(steps, opened, blind) -> None:
    rating = given(*steps)
    assert (rating.given_open, rating.given_blind) == (opened, blind)
    assert rating.stars in {opened[0], blind[0]}


def test_the_last_stars_given_are_those_of_the_rating() -> None:
    assert (given((2, False), (1, True)).stars, given((2, False), (1, True)).blind) == (1, True)
    assert (given((1, True), (2, False)).stars, given((1, True), (2, False)).blind) == (2, False)


def test_a_note_or_a_favourite_leaves_the_stars_as_they_are() -> None:
    rating = given((2, False), (1, True)).changed(stars=None, favourite=True, note="x", blind=False)
    assert (rating.given_open[0], rating.given_blind[0], rating.favourite) == (2, 1, True)


def test_a_rating_of_an_older_version_is_read_as_what_it_was() -> None:
    old = msgspec.json.decode(b'{"stars": 4, "blind": true}', type=Rating)
    assert (old.given_open, old.given_blind) == ((None, None), (4, None))
