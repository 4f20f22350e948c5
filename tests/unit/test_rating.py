"""What a rating keeps: stars given blind and stars given openly are two judgements, and neither replaces the other."""

from __future__ import annotations

import msgspec
import pytest

from cometact_nb.domain.sweep.rating import NO_RATING, NOTE_MAX_CHARS, Rating
from cometact_nb.errors import ConfigError


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
def test_each_way_of_giving_stars_keeps_its_own_with_their_date(
    steps: list[tuple[int, bool]], opened: tuple[float | None, ...], blind: tuple[float | None, ...]
) -> None:
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


def test_a_clip_that_nobody_rated_has_no_stars_no_note_and_no_mark() -> None:
    empty = Rating(
        stars=None, favourite=False, note="", blind=False, at=None, other_stars=None, other_at=None
    )
    assert empty == NO_RATING


def test_a_rating_is_never_changed_is_made_by_name_and_is_kept_without_what_nobody_gave() -> None:
    assert msgspec.json.encode(Rating(stars=2)) == b'{"stars":2}'
    with pytest.raises(AttributeError):
        NO_RATING.stars = 3  # type: ignore[misc]
    with pytest.raises(TypeError, match="positional"):
        Rating(3)  # type: ignore[call-arg]


@pytest.mark.parametrize("stars", [-1, 6, 2.5, True, False, "3"])
def test_what_is_no_number_of_stars_is_refused_by_name(stars: object) -> None:
    with pytest.raises(ConfigError, match="is not a rating"):
        NO_RATING.changed(stars=stars, favourite=None, note=None, blind=False)  # type: ignore[arg-type]


def test_what_is_not_given_stays_and_a_long_note_is_cut() -> None:
    marked = NO_RATING.changed(stars=5, favourite=True, note="x" * 3000, blind=False, now=7.0)
    assert (marked.stars, marked.favourite, marked.note, marked.at) == (5, True, "x" * NOTE_MAX_CHARS, 7.0)
    assert NOTE_MAX_CHARS == 2000
    kept = marked.changed(stars=None, favourite=None, note=None, blind=True, now=8.0)
    assert kept == marked
    cleared = marked.changed(stars=None, favourite=False, note="", blind=False)
    assert (cleared.favourite, cleared.note, cleared.stars) == (False, "", 5)
    assert marked.changed(stars=1, favourite=None, note=None, blind=False).at is None


def test_stars_taken_back_leave_those_that_were_given_the_other_way() -> None:
    both = NO_RATING.changed(stars=4, favourite=None, note=None, blind=True, now=1.0)
    both = both.changed(stars=2, favourite=None, note=None, blind=False, now=2.0)
    back = both.changed(stars=0, favourite=None, note=None, blind=False, now=3.0)
    assert back == Rating(stars=4, blind=True, at=1.0)
    none = back.changed(stars=0, favourite=None, note=None, blind=True, now=4.0)
    assert none == NO_RATING
    once = NO_RATING.changed(stars=2, favourite=None, note=None, blind=False)
    assert once.changed(stars=0, favourite=None, note=None, blind=False) == NO_RATING


def test_stars_whose_date_was_not_kept_stand_beside_the_others_and_a_date_alone_does_not() -> None:
    undated = Rating(stars=4, blind=True)
    both = undated.changed(stars=2, favourite=None, note=None, blind=False, now=2.0)
    assert both == Rating(stars=2, at=2.0, other_stars=4)
    assert both.changed(stars=0, favourite=None, note=None, blind=False) == undated
    odd = Rating(at=5.0).changed(stars=3, favourite=None, note=None, blind=True, now=6.0)
    assert odd == Rating(stars=3, blind=True, at=6.0)
