"""Rows as a pandas DataFrame, where pandas is installed; it is never required."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["frame_of"]


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
