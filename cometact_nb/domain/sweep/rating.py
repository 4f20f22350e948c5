"""Ratings of a clip, by round and rater. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["NO_RATING", "Rating", "RatingChange", "RoundRating", "checked_round", "sum_up"]

#: A longer note is cut.
NOTE_MAX_CHARS = 2000
RATER_MAX_CHARS = 60
#: Nobody rates one sweep more often.
MAX_ROUNDS = 9999


class Rating(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user's rating of a clip, with its blind and its open stars beside each other.

    Args:
        stars: 1–5, the latest, or None.
        favourite: the user marked it as a favourite.
        note: free text.
        blind: the latest stars are blind: the user did not see the parameters.
        at: time of the latest stars, Unix seconds; None where no time was recorded.
        other_stars: of the other kind: open, if ``blind``, else blind.
        other_at: time of those, Unix seconds.
    """

    stars: int | None = None
    favourite: bool = False
    note: str = ""
    blind: bool = False
    at: float | None = None
    other_stars: int | None = None
    other_at: float | None = None

    @property
    def given_open(self) -> tuple[int | None, float | None]:
        """The open stars, from a user who saw the parameters, and their time."""
        return (self.other_stars, self.other_at) if self.blind else (self.stars, self.at)

    @property
    def given_blind(self) -> tuple[int | None, float | None]:
        """The blind stars, from a user who did not see the parameters, and their time."""
        return (self.stars, self.at) if self.blind else (self.other_stars, self.other_at)

    def changed(
        self,
        *,
        stars: int | None,
        favourite: bool | None,
        note: str | None,
        blind: bool,
        now: float | None = None,
    ) -> Rating:
        """Return the rating with new parts; None leaves a part as it is, and ``stars=0`` removes stars.

        Args:
            stars: replace the stars of the same kind, blind or open.
            favourite: the user marks it as a favourite.
            note: free text.
            blind: the new stars are blind.
            now: time of the change, Unix seconds.

        Raises:
            ConfigError: the stars are no rating.
        """
        if stars is not None and (isinstance(stars, bool) or stars not in range(6)):
            raise ConfigError(f"stars={stars!r} is not a rating. Give 1–5, or 0 for none.")
        rest = msgspec.structs.replace(
            self,
            favourite=self.favourite if favourite is None else bool(favourite),
            note=self.note if note is None else str(note)[:NOTE_MAX_CHARS],
        )
        return rest if stars is None else _with_stars(rest, (stars or None, now), blind=bool(blind))


NO_RATING = Rating()


class RatingChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One change of a rating; None leaves a part as it is.

    Args:
        stars: 1–5, or 0 for none.
        favourite: the user marks it as a favourite.
        note: free text.
        blind: the stars are blind.
    """

    stars: int | None = None
    favourite: bool | None = None
    note: str | None = None
    blind: bool = False


class RoundRating(msgspec.Struct, frozen=True, kw_only=True):
    """A rater's rating of a clip in one round.

    Args:
        round: its number, from 1.
        rater: the rater's name; empty for one without a name.
        rating: what it is now.
        at: time of its latest change, Unix seconds; None where no time was recorded.
    """

    round: int
    rater: str
    rating: Rating
    at: float | None


def sum_up(changes: Iterable[tuple[int, str, float | None, RatingChange]]) -> tuple[RoundRating, ...]:
    """Sum up the changes of a clip's ratings, by round and rater; the one that changed last is the last.

    Args:
        changes: round, rater, time in Unix seconds, and change, in the order in which they were made.
    """
    present: dict[tuple[int, str], RoundRating] = {}
    for number, rater, at, change in changes:
        before = present.pop((number, rater), None)
        rating = (NO_RATING if before is None else before.rating).changed(
            stars=change.stars, favourite=change.favourite, note=change.note, blind=change.blind, now=at
        )
        present[number, rater] = RoundRating(round=number, rater=rater, rating=rating, at=at)
    return tuple(present.values())


def checked_round(number: object, rater: object) -> tuple[int, str]:
    """Return the round's number and the rater's name, without blanks around it.

    Raises:
        ConfigError: they are no number and no name.
    """
    if isinstance(number, bool) or not isinstance(number, int) or not 1 <= number <= MAX_ROUNDS:
        raise ConfigError(f"in_round={number!r} is no round. Give 1–{MAX_ROUNDS}.")
    if not isinstance(rater, str) or not rater.isprintable() or len(rater.strip()) > RATER_MAX_CHARS:
        raise ConfigError(
            f"rater={rater!r} is no name for a rater. Give up to {RATER_MAX_CHARS} printable characters."
        )
    return number, rater.strip()


def _with_stars(rating: Rating, new: tuple[int | None, float | None], *, blind: bool) -> Rating:
    other = rating.given_open if blind else rating.given_blind
    if new[0] is None:  # removed, so that the stars of the other kind are the latest
        new, other, blind = other, (None, None), not blind if other[0] else False
    (stars, at), (other_stars, other_at) = new, other if other[0] else (None, None)
    return msgspec.structs.replace(
        rating, stars=stars, at=at, blind=blind, other_stars=other_stars, other_at=other_at
    )
