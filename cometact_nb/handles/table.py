"""Rows of values as a list, and as a DataFrame where pandas is installed, which is never required."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, overload

from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["Rows", "frame_of"]


class TableRow(Protocol):
    """A row of a table."""

    def to_dict(self) -> dict[str, Any]:
        """Return the row as plain values."""


R = TypeVar("R", bound=TableRow)


class Rows(Sequence[R]):
    """An immutable list of rows, also as plain values and as a DataFrame."""

    _rows: tuple[R, ...] = ()

    def to_rows(self) -> list[dict[str, Any]]:
        """Return one mapping a row, from ``row.to_dict()``."""
        return [row.to_dict() for row in self._rows]

    def to_frame(self) -> Any:
        """Return the same as a pandas DataFrame.

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
    """Make a DataFrame of the rows, with a column for each name.

    Raises:
        ConfigError: pandas is not installed.
    """
    try:
        import pandas as pd  # type: ignore[import-untyped, unused-ignore]  # noqa: PLC0415  (never required)
    except ImportError:
        raise ConfigError("to_frame() needs pandas: pip install pandas. to_rows() does without.") from None
    return pd.DataFrame(rows)
