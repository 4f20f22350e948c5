"""Expands lists of values, or the rows of a table, into the cells of a sweep, each one request.

Pure: the same specification gives the same cells in the same order, so the history records the specification.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from os import PathLike
from typing import Any

import msgspec

from cometact_nb.domain import redact
from cometact_nb.domain.identity import identity_of
from cometact_nb.domain.inputs import own_name
from cometact_nb.domain.knobs import FIELDS, INPUTS, KNOB
from cometact_nb.domain.media import Finding, MediaRef, as_media
from cometact_nb.domain.request import ActTwoRequest, check_unlisted
from cometact_nb.domain.values import is_missing
from cometact_nb.errors import RequestError

__all__ = ["MAX_CELLS", "Cells", "PlannedCell", "Spec", "expand", "is_several", "specify", "with_more"]

#: A plan of more cells counts as a mistake, such as ``seed=range(2**32)``.
MAX_CELLS = 20_000
_REPORTED = 20


class Spec(redact.Quiet, frozen=True, kw_only=True, omit_defaults=True):
    """The specification of a sweep, as plain JSON values.

    Args:
        fixed: fields that all cells share.
        axes: fields with several values; every combination is a cell.
        rows: a table's rows, each combined with every combination of the axes; None without a table.
        replicates: how often to buy each request.
        allow_unlisted: see :class:`~cometact_nb.ActTwoRequest`.
        more: rows that were added later, each one request with the fields of ``fixed`` that it does not set.
    """

    fixed: dict[str, Any] = {}  # noqa: RUF012  (msgspec copies it)
    axes: dict[str, list[Any]] = {}  # noqa: RUF012
    rows: list[dict[str, Any]] | None = None
    replicates: int = 1
    allow_unlisted: bool = False
    more: list[dict[str, Any]] = []  # noqa: RUF012

    @property
    def size(self) -> int:
        """The number of cells, where cells with the same content count each."""
        rows = 1 if self.rows is None else len(self.rows)
        return (rows * math.prod(map(len, self.axes.values())) + len(self.more)) * self.replicates

    @property
    def at_first(self) -> Spec:
        """The specification before rows were added."""
        return msgspec.structs.replace(self, more=[])

    @property
    def is_table(self) -> bool:
        """Whether its values need not make a grid: some stand in rows."""
        return self.rows is not None or bool(self.more)

    def joined(self, other: Spec) -> Spec:
        """Return the same with the rows that were added to another, if both are the same sweep at first.

        Args:
            other: as another kernel recorded it.
        """
        if self.at_first != other.at_first:
            return self
        return msgspec.structs.replace(
            self, more=[*self.more, *(row for row in other.more if row not in self.more)]
        )

    @property
    def default_name(self) -> str:
        """The name of a sweep for which its user chose none."""
        return f"sweep-{self.fingerprint}"

    @property
    def fingerprint(self) -> str:
        """8 hex digits, the same for the same specification, whatever its links' signatures."""
        plain = msgspec.structs.replace(
            self,
            fixed=_without_links(self.fixed),
            axes={
                name: [_without_link(name, value) for value in values] for name, values in self.axes.items()
            },
            rows=None if self.rows is None else [_without_links(row) for row in self.rows],
            more=[_without_links(row) for row in self.more],
        )
        return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()[:8]


@dataclass(frozen=True)
class PlannedCell:
    """One video that a sweep needs, to buy or already bought.

    Args:
        index: its place in the plan, from 0.
        params: the values on the axes, ``replicate`` last when there are several.
        request: to send.
        replicate: from 1; the same request with another number is another purchase.
        identity: of the request.
    """

    index: int
    params: dict[str, Any]
    request: ActTwoRequest
    replicate: int
    identity: str

    @property
    def key(self) -> str:
        """The cell's identity: its request's video, and the number of the replicate."""
        return f"{self.identity}/{self.replicate}"


@dataclass(frozen=True)
class Cells:
    """The cells of a specification.

    Args:
        cells: each once.
        axes: the fields with several values, and these values, in order.
        duplicates: the number of cells whose content an earlier cell has.
        signed_anew: the number of these whose links have another signature or spelling.
    """

    cells: tuple[PlannedCell, ...]
    axes: dict[str, list[Any]]
    duplicates: int
    signed_anew: int = 0


def specify(
    fields: Mapping[str, Any], *, table: Any = None, replicates: int = 1, allow_unlisted: bool = False
) -> Spec:
    """Make a specification from arguments: a list, a range or a column becomes an axis.

    Args:
        fields: of :class:`~cometact_nb.ActTwoRequest`, each a value or an iterable of values.
        table: a DataFrame (pandas, polars), a table of pyarrow, a mapping of columns of the same length, or
            an iterable of rows, each a mapping of fields or an ``ActTwoRequest``. A missing value (None, NaN,
            NA) leaves its field unset.
        replicates: how often to buy each request, 1 or more.
        allow_unlisted: see :class:`~cometact_nb.ActTwoRequest`.

    Raises:
        RequestError: an axis or a table without values, or more than 20,000 of them.
    """
    _check_replicates(replicates)
    if findings := check_unlisted(allow_unlisted):
        raise RequestError(findings)
    fixed: dict[str, Any] = {}
    axes: dict[str, list[Any]] = {}
    for name, value in fields.items():
        if not is_several(value):
            if value is not None:
                fixed[name] = _plain(name, value)
            continue
        axes[name] = _values(name, value)
    order = {name: place for place, name in enumerate(FIELDS)}
    axes = dict(sorted(axes.items(), key=lambda axis: order.get(axis[0], len(order))))
    rows = None if table is None else _rows(table)
    for name in {name for row in rows or () for name in row} & {*fixed, *axes}:
        raise RequestError([Finding(name, None, "is given twice, in the table and beside it", "Keep one.")])
    return Spec(fixed=fixed, axes=axes, rows=rows, replicates=replicates, allow_unlisted=bool(allow_unlisted))


def expand(spec: Spec) -> Cells:
    """Expand ``spec`` into cells, each once.

    Raises:
        RequestError: with everything that is wrong about any of them, each finding once.
    """
    if spec.size > MAX_CELLS:
        raise RequestError([_too_many("sweep", spec.size)])
    names = _names(spec)
    by_key: dict[str, PlannedCell] = {}
    wrong: dict[str, Finding] = {}
    signed_anew = 0
    for fields in _fields(spec):
        try:
            request = ActTwoRequest(**fields, allow_unlisted=spec.allow_unlisted)
        except RequestError as error:
            wrong.update((str(finding), finding) for finding in error.findings)
            if len(wrong) >= _REPORTED:
                break
            continue
        identity = request.identity
        params = {name: getattr(request, name) for name in names if name in FIELDS}
        for replicate in range(1, spec.replicates + 1):
            numbered = {**params, "replicate": replicate} if spec.replicates > 1 else params
            cell = PlannedCell(len(by_key), numbered, request, replicate, identity)
            signed_anew += by_key.setdefault(cell.key, cell).request != request
    if wrong:
        raise RequestError(wrong.values())
    cells = tuple(by_key.values())
    return Cells(cells, _axes(cells), spec.size - len(cells), signed_anew)


def with_more(spec: Spec, rows: Iterable[Mapping[str, Any]]) -> Spec:
    """Add rows to a specification, without those whose video it has already.

    Args:
        spec: to widen; it stays as it is.
        rows: as :func:`specify` reads them; each may set fields that all cells shared.

    Raises:
        RequestError: a row makes no request, or there are more than 20,000 cells.
    """
    identities = {cell.identity for cell in expand(spec).cells}
    more = []
    for row in rows:
        alone = Spec(fixed={**spec.fixed, **row}, allow_unlisted=spec.allow_unlisted)
        (cell,) = expand(alone).cells
        if cell.identity not in identities:
            identities.add(cell.identity)
            more.append(dict(row))
    return msgspec.structs.replace(spec, more=[*spec.more, *more])


def _fields(spec: Spec) -> Iterator[dict[str, Any]]:
    """Yield the fields of each request, once for all replicates."""
    rows = [{}] if spec.rows is None else spec.rows
    for row, combination in itertools.product(rows, itertools.product(*spec.axes.values())):
        yield {**spec.fixed, **row, **dict(zip(spec.axes, combination, strict=True))}
    for row in spec.more:
        yield {**spec.fixed, **row}


def _names(spec: Spec) -> list[str]:
    """List the fields whose values make the cells differ; with rows added, in the order of the knobs."""
    names = [*_columns(spec.rows or []), *spec.axes]
    first = next(_fields(spec), {})
    later = {name for row in spec.more for name, value in row.items() if value != first.get(name)}
    if later <= {*names}:
        return names
    return [name for name in FIELDS if name in later.union(names)]


def _axes(cells: tuple[PlannedCell, ...]) -> dict[str, list[Any]]:
    """Map each axis to its values, in the user's order."""
    axes: dict[str, dict[Any, None]] = {}
    for cell in cells:
        for name, value in cell.params.items():
            axes.setdefault(name, {})[value] = None
    return {name: list(values) for name, values in axes.items()}


def label(name: str, value: Any) -> str:
    """Describe a value of an axis: ``4 · lively``, ``hero.png``, ``not set``."""
    if value is None:
        return "not set"
    if isinstance(value, MediaRef):
        address = own_name(value.uri) or redact.bare(value.uri)
        return address.rstrip("/").rpartition("/")[2][:60] or address[:60]
    if isinstance(value, bool):
        return "on" if value else "off"
    return (KNOB[name].in_words(value) if name in KNOB else str(value))[:60]


def is_several(value: Any) -> bool:
    """Whether a value stands for several: a list, a range, an array, a column."""
    if isinstance(value, (str, bytes, Mapping, MediaRef, PathLike)):
        return False
    return isinstance(value, Iterable)


def _values(name: str, column: Iterable[Any]) -> list[Any]:
    values = [_plain(name, value) for value in itertools.islice(column, MAX_CELLS + 1)]
    if not values:
        raise RequestError([Finding(name, None, "is an empty list", "Give at least one value.")])
    if len(values) > MAX_CELLS:
        raise RequestError([_too_many(name, None)])
    return values


def _too_many(name: str, count: int | None) -> Finding:
    problem = f"has {count:,} cells" if count else f"has more than {MAX_CELLS:,} values"
    return Finding(name, None, problem, f"A sweep takes up to {MAX_CELLS:,} cells; give fewer values.")


def _check_replicates(replicates: Any) -> None:
    if isinstance(replicates, bool) or not isinstance(replicates, int) or replicates < 1:
        cure = "Give how often each request is bought, an integer ≥ 1."
        raise RequestError([Finding("replicates", replicates, "is not a number of replicates", cure)])


def _plain(name: str, value: Any) -> Any:
    """Convert a value for JSON; scalars of NumPy and pandas become Python's."""
    if hasattr(value, "as_py"):
        value = value.as_py()  # pyarrow's scalars
    if name in {"character", "reference"}:
        ref = as_media(value)
        if ref is None and (is_missing(value) or (isinstance(value, float) and math.isnan(value))):
            return None
        return value if ref is None else {"type": ref.type, "uri": ref.uri}
    if value is None or is_missing(value):
        return None
    if isinstance(value, str):
        return str.__str__(value)  # NumPy's strings and enums are not plain ones, which alone JSON accepts
    if hasattr(value, "item") and not getattr(value, "ndim", 0):
        value = value.item()
    if isinstance(value, float) and value != value:  # noqa: PLR0124  (NaN: a table's missing value)
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)  # a column with missing values turns integers into floats
    return value


def _rows(table: Any) -> list[dict[str, Any]]:
    """Turn the rows of a table into mappings of fields, without missing values."""
    if isinstance(table, Mapping):
        table = _zipped(table)
    elif not isinstance(table, (list, tuple)):
        table = _frame_rows(table)
    if isinstance(table, (str, bytes)) or not isinstance(table, Iterable):
        cure = "Give a DataFrame, a mapping of columns, or a list of rows."
        raise RequestError([Finding("table", type(table).__name__, "is no table", cure)])
    rows = [_row(row) for row in itertools.islice(table, MAX_CELLS + 1)]
    if not rows:
        raise RequestError([Finding("table", None, "has no rows", "Give at least one.")])
    if len(rows) > MAX_CELLS:
        raise RequestError([_too_many("table", None)])
    return rows


def _frame_rows(table: Any) -> Any:
    """Read the rows of a DataFrame (pandas, polars and others) or a pyarrow table; return all else as is."""
    if hasattr(table, "collect") and not hasattr(table, "iter_rows"):
        cure = "It is not computed yet: give table.collect()."
        raise RequestError([Finding("table", type(table).__name__, "has no rows yet", cure)])
    try:
        if hasattr(table, "iter_rows"):
            return table.iter_rows(named=True)
        if hasattr(table, "to_pylist"):
            return table.to_pylist()
        if hasattr(table, "to_dict") and hasattr(table, "columns"):
            return table.to_dict(orient="records")
        if hasattr(table, "to_pandas"):
            return table.to_pandas().to_dict(orient="records")
    except (TypeError, AttributeError, ImportError) as error:
        problem = f"cannot be read as rows ({type(error).__name__})"
        cure = "Give a pandas or polars DataFrame, a mapping of columns, or a list of rows."
        raise RequestError([Finding("table", type(table).__name__, problem, cure)]) from None
    return table


def _zipped(columns: Mapping[str, Any]) -> list[dict[str, Any]]:
    lists = {name: list(itertools.islice(values, MAX_CELLS + 1)) if is_several(values) else None
             for name, values in columns.items()}  # fmt: skip
    lengths = {name: len(values) for name, values in lists.items() if values is not None}
    if len(set(lengths.values())) > 1:
        sizes = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        cure = "Columns are read side by side. Give them the same length."
        raise RequestError([Finding("table", None, f"has columns of different lengths: {sizes}", cure)])
    count = next(iter(lengths.values()), 1)
    return [
        {name: columns[name] if values is None else values[place] for name, values in lists.items()}
        for place in range(count)
    ]


def _row(row: Any) -> dict[str, Any]:
    if isinstance(row, ActTwoRequest):
        row = {"character": row.character, "reference": row.reference, **row.params}
    if not isinstance(row, Mapping):
        cure = "Give mappings of fields, or ActTwoRequests."
        raise RequestError([Finding("table", type(row).__name__, "is no row of a table", cure)])
    fields = {str(name): _plain(str(name), value) for name, value in row.items()}
    return {name: value for name, value in fields.items() if value is not None}


def _without_links(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _without_link(name, value) for name, value in fields.items()}


def _without_link(name: str, value: Any) -> Any:
    """Replace an input's address in a value of :func:`_plain` by the identity of its file."""
    if name not in INPUTS:
        return value
    if isinstance(value, Mapping) and isinstance(value.get("uri"), str):
        return {**value, "uri": identity_of(value["uri"])}
    return identity_of(value) if isinstance(value, str) else value


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    """List the fields in which rows differ."""
    names = dict.fromkeys(name for row in rows for name in row)
    first = rows[0] if rows else {}
    return [name for name in names if any(row.get(name) != first.get(name) for row in rows)]
