"""Changes of ratings and what they come to; ratings of older histories are their first round."""

from __future__ import annotations

import sqlite3
from importlib import resources
from pathlib import Path

import msgspec
import pytest

from cometact_nb.domain.sweep.rating import (
    NO_RATING,
    Rating,
    RatingChange,
    RoundRating,
    checked_round,
    sum_up,
)
from cometact_nb.errors import ConfigError
from cometact_nb.store.journal import ratings
from cometact_nb.store.journal.history import History

#: What the version before kept of a clip.
OLD = {
    "both": '{"stars": 1, "blind": true, "at": 20.0, "other_stars": 4, "other_at": 10.0, "note": "lips"}',
    "open": '{"stars": 3, "favourite": true, "at": 30.0}',
    "undated": '{"stars": 2, "blind": true}',
    "note": '{"note": "=1+1"}',
    "empty": "{}",
    "odd": '{"stars": "many"}',
    "torn": '{"stars": ',
}


@pytest.fixture
def old(tmp_path: Path) -> str:
    """A history of the version before."""
    path = tmp_path / "history.sqlite"
    db = sqlite3.connect(path)
    folder = resources.files("cometact_nb.store.journal").joinpath("migrations")
    scripts = sorted((one for one in folder.iterdir()), key=lambda one: one.name)[:7]
    db.create_function("request_identity", 1, lambda _: None)
    for script in scripts:
        db.executescript(script.read_text("utf-8"))
    for key, text in OLD.items():
        columns = "key, id, base_url, status, updated_at, owner, state"
        state = f'{{"key":"{key}","status":"SUCCEEDED"}}'
        values = (key, key, "https://a.b", "SUCCEEDED", 1.0, "x", state)
        db.execute(f"INSERT INTO tasks ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", values)
        db.execute("INSERT INTO ratings (key, at, rating) VALUES (?, ?, ?)", (key, 40.0, text))
    db.execute("PRAGMA user_version = 7")
    db.commit()
    db.close()
    return str(path)


def test_ratings_of_an_older_version_are_the_first_round_of_a_rater_without_a_name(old: str) -> None:
    history = History(old)
    by_key = ratings.ratings(history, OLD)
    assert {key: [(one.round, one.rater, one.rating) for one in some] for key, some in by_key.items()} == {
        "both": [(1, "", Rating(stars=1, blind=True, at=20.0, other_stars=4, other_at=10.0, note="lips"))],
        "open": [(1, "", Rating(stars=3, favourite=True, at=30.0))],
        "undated": [(1, "", Rating(stars=2, blind=True))],
        "note": [(1, "", Rating(note="=1+1"))],
    }
    ratings.add(history, "both", 2, "Ann", 50.0, RatingChange(stars=5))
    history.close()
    again = History(old)
    assert [(one.round, one.rater, one.at) for one in ratings.ratings(again, ["both"])["both"]] == [
        (1, "", 40.0),
        (2, "Ann", 50.0),
    ]
    assert ratings.last_rater(again) == "Ann"
    again.close()


def test_what_a_newer_version_wrote_is_left_out_and_the_rest_is_read(old: str) -> None:
    history = History(old)
    sql = "INSERT INTO rating_changes (key, round, rater, at, change) VALUES ('open', 1, '', 1.0, ?)"
    for text in ('{"stars": 9}', '{"stars": "five"}', "{", '{"mood": 1, "note": "new"}'):
        history.write(sql, (text,))
    (one,) = ratings.ratings(history, ["open"])["open"]
    assert one.rating == Rating(stars=3, favourite=True, at=30.0, note="new")
    history.close()


def test_a_rating_is_what_its_changes_come_to_and_the_round_that_changed_last_is_the_last() -> None:
    changes = [
        (1, "", 1.0, RatingChange(stars=2)),
        (2, "Ann", 2.0, RatingChange(stars=4, blind=True)),
        (1, "", 3.0, RatingChange(note="x")),
        (1, "", 4.0, RatingChange(stars=0)),
    ]
    assert sum_up(changes) == (
        RoundRating(round=2, rater="Ann", rating=Rating(stars=4, blind=True, at=2.0), at=2.0),
        RoundRating(round=1, rater="", rating=Rating(note="x"), at=4.0),
    )
    assert sum_up([]) == ()


def test_a_change_keeps_only_what_it_changes_and_neither_it_nor_a_round_is_changed_afterwards() -> None:
    assert msgspec.json.encode(RatingChange(stars=2)) == b'{"stars":2}'
    assert RatingChange(stars=2).blind is False
    for made in (RatingChange(stars=2), RoundRating(round=1, rater="", rating=NO_RATING, at=None)):
        with pytest.raises(AttributeError):
            made.rating = made.stars = NO_RATING  # type: ignore[misc, union-attr]
        with pytest.raises(TypeError, match="positional"):
            type(made)(1)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("number", "rater"),
    [(0, ""), (10_000, ""), (1.0, ""), ("1", ""), (True, ""), (1, "x" * 61), (1, "a\tb"), (1, None)],
)
def test_what_is_no_round_or_no_name_is_refused(number: object, rater: object) -> None:
    with pytest.raises(ConfigError, match="is no"):
        checked_round(number, rater)


def test_a_name_stands_without_blanks_around_it() -> None:
    assert checked_round(9999, f"  {'x' * 60} ") == (9999, "x" * 60)
    assert checked_round(1, " ") == (1, "")
