"""What a user thinks of a clip. Pure."""

from __future__ import annotations

import msgspec

from cometact_nb.errors import ConfigError

__all__ = ["NO_RATING", "Rating"]

#: A longer note is cut.
NOTE_MAX_CHARS = 2000


class Rating(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a user thinks of a clip. Stars given blind and stars given openly stand beside each other.

    Args:
        stars: 1–5, the last that were given, or None.
        favourite: marked as one.
        note: free text.
        blind: the last stars were given with the parameters hidden.
        at: when they were given, Unix seconds; None where that was not kept.
        other_stars: those that were given the other way: openly, where ``blind``, and blind, where not.
        other_at: when those were given, Unix seconds.
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
        """The stars that were given with the parameters in sight, and when."""
        return (self.other_stars, self.other_at) if self.blind else (self.stars, self.at)

    @property
    def given_blind(self) -> tuple[int | None, float | None]:
        """The stars that were given with the parameters hidden, and when."""
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
        """The rating with what is given; None leaves a part as it was, and no stars are ``stars=0``.

        Args:
            stars: replace those that were given the same way, and leave those given the other way.
            favourite: marked as one.
            note: free text.
            blind: how the stars are given.
            now: when, Unix seconds.

        Raises:
            ConfigError: stars that are no rating.
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


def _with_stars(rating: Rating, new: tuple[int | None, float | None], *, blind: bool) -> Rating:
    other = rating.given_open if blind else rating.given_blind
    if new[0] is None:  # taken back: what was given the other way is the last that stands
        new, other, blind = other, (None, None), not blind if other[0] else False
    (stars, at), (other_stars, other_at) = new, other if other[0] else (None, None)
    return msgspec.structs.replace(
        rating, stars=stars, at=at, blind=blind, other_stars=other_stars, other_at=other_at
    )
