"""The ratings of several tasks in the history."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from cometact_nb.store.journal import ratings as rating_store

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cometact_nb.domain.sweep.rating import RatingChange, RoundRating
    from cometact_nb.handles.core import Core
    from cometact_nb.store.journal.history import History

__all__ = ["RatingBook"]


class RatingBook:
    """Reads and writes ratings. To be used on the engine's loop.

    Args:
        core: with the history.
    """

    def __init__(self, core: Core) -> None:
        self._core = core
        #: By the key of a cell's task; the latest is the last.
        self.ratings: dict[str, tuple[RoundRating, ...]] = {}
        #: The rater who rated last, of any clip in the history.
        self.last_rater = ""

    @property
    def _history(self) -> History:
        return self._core.engine.history

    def rate(self, key: str, number: int, rater: str, change: RatingChange) -> None:
        """Record a change of the rating of a task's clip.

        Args:
            key: of the task.
            number: of the round.
            rater: the rater's name.
            change: is added to those before, of this and of other kernels.

        Raises:
            HistoryError: it could not be recorded.
        """
        rating_store.add(self._history, key, number, rater, time.time(), change)
        self.read_ratings([key])

    def read_ratings(self, keys: Iterable[str]) -> None:
        """Read the ratings of tasks, by any kernel.

        Raises:
            HistoryError: the history could not be read.
        """
        self.ratings |= rating_store.ratings(self._history, keys)
        self.last_rater = rating_store.last_rater(self._history)
