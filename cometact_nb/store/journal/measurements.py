"""Keeps in the history what was measured of clips, by the hash of their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.store.journal.sweeps import batched

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cometact_nb.store.journal.history import History

__all__ = ["keep", "read_values"]


def keep(
    history: History, sha256: str, versions: Mapping[str, str], values: Mapping[str, float | None]
) -> None:
    """Write what was measured of a clip.

    Args:
        history: where it is kept.
        sha256: of the clip's file, hexadecimal.
        versions: of each measure, what measured it.
        values: by measure; None where the pictures do not tell.

    Raises:
        HistoryError: not all of it was written.
    """
    sql = "INSERT OR REPLACE INTO measurements (sha256, measure, version, value) VALUES (?, ?, ?, ?)"
    for name, value in values.items():
        history.write(sql, (sha256, name, versions[name], value))


def read_values(
    history: History, hashes: Iterable[str], versions: Mapping[str, str]
) -> dict[str, dict[str, float | None]]:
    """Read the values that were measured of clips, by hash and measure.

    Args:
        history: where it is kept.
        hashes: of the clips' files, hexadecimal.
        versions: of each measure, what must have measured it.

    Raises:
        HistoryError: the file could not be read.
    """
    values: dict[str, dict[str, float | None]] = {}
    for chunk in batched(list(hashes)):
        marks = ", ".join("?" * len(chunk))
        sql = f"SELECT sha256, measure, version, value FROM measurements WHERE sha256 IN ({marks})"  # noqa: S608  (marks only)
        for sha256, name, version, value in history.query(sql, tuple(chunk)):
            if versions.get(name) == version:
                values.setdefault(sha256, {})[name] = value
    return values
