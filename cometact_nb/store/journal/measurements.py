"""Keeps in the history what was measured of clips, by the hash of their bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.store.journal.sweeps import batched

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cometact_nb.store.journal.history import History

__all__ = ["keep", "read_remarks", "read_values"]


def keep(
    history: History,
    sha256: str,
    versions: Mapping[str, str],
    values: Mapping[str, float | None],
    remarks: Mapping[str, str] | None = None,
) -> None:
    """Write what was measured of a clip.

    Args:
        history: where it is kept.
        sha256: of the clip's file, hexadecimal.
        versions: of each measure, what measured it.
        values: by measure; None where the pictures do not tell.
        remarks: by measure, a sentence about its value.

    Raises:
        HistoryError: not all of it was written.
    """
    columns = "sha256, measure, version, value, remark"
    sql = f"INSERT OR REPLACE INTO measurements ({columns}) VALUES (?, ?, ?, ?, ?)"  # noqa: S608  (our own names)
    for name, value in values.items():
        history.write(sql, (sha256, name, versions[name], value, (remarks or {}).get(name, "")))


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
    for sha256, name, value, _ in _rows(history, hashes, versions):
        values.setdefault(sha256, {})[name] = value
    return values


def read_remarks(
    history: History, hashes: Iterable[str], versions: Mapping[str, str]
) -> dict[str, dict[str, str]]:
    """Read the sentences about measured values, by hash and measure; see :func:`read_values`."""
    remarks: dict[str, dict[str, str]] = {}
    for sha256, name, _, remark in _rows(history, hashes, versions):
        if remark:
            remarks.setdefault(sha256, {})[name] = remark
    return remarks


def _rows(
    history: History, hashes: Iterable[str], versions: Mapping[str, str]
) -> Iterator[tuple[str, str, float | None, str]]:
    for chunk in batched(list(hashes)):
        marks = ", ".join("?" * len(chunk))
        sql = f"SELECT sha256, measure, version, value, remark FROM measurements WHERE sha256 IN ({marks})"  # noqa: S608  (marks only)
        for sha256, name, version, value, remark in history.query(sql, tuple(chunk)):
            if versions.get(name) == version:
                yield sha256, name, value, remark
