"""Rows of values: a list of them, and a pandas DataFrame where pandas is installed; it is never required."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Rows", "frame_of"]


class Row(Protocol):
    """What can be a row of a table."""

    def to_dict(self) -> dict[str, Any]:
        """What is known as plain values."""


R = TypeVar("R", bound=Row)


class Rows(Sequence[R]):
    """An immutable list of rows, also as plain values and as a DataFrame."""

    _rows: tuple[R, ...] = ()

    def to_rows(self) -> list[dict[str, Any]]:
        """One mapping a row, as ``row.to_dict()`` gives it."""
        return [row.to_dict() for row in self._rows]

    def to_frame(self) -> Any:
        """The same as a pandas DataFrame.

        Raises:
            ConfigError: pandas is not installed.
        """
        return frame_of(self.to_rows())

    @overload
    def __getitem__(self, place: int) -> R: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[R, ...]: ...
    def __getitem__(self, place: int | slice) -> R | tuple[R, ...]:
        return self._rows[place]

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self._rows)


def frame_of(rows: Sequence[Mapping[str, Any]]) -> Any:
    """The rows as a DataFrame, a column for each name.

    Raises:
        ConfigError: pandas is not installed.
    """
    try:
        import pandas as pd  # type: ignore[import-untyped, unused-ignore]  # noqa: PLC0415  (never required)
    except ImportError:
        raise ConfigError("to_frame() needs pandas: pip install pandas. to_rows() does without.") from None
    return pd.DataFrame(rows)
