"""Writes a sweep as a magic line, Python, curl commands and bodies; and turns rows into a grid."""

from __future__ import annotations

import itertools
import json
from typing import TYPE_CHECKING, Any

from cometact_nb.domain.knobs import FIELDS, INPUTS
from cometact_nb.domain.media import Finding, MediaRef, media_call
from cometact_nb.domain.text.several import write_several
from cometact_nb.domain.writers import OPTIONS, quote, to_curl, type_option
from cometact_nb.errors import RequestError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.grid import Spec

__all__ = ["as_grid", "one_type", "to_bodies", "to_curls", "to_magic", "to_python", "values_of_spec"]


def values_of_spec(spec: Spec) -> dict[str, list[Any]]:
    """Map each field that is sent to its values, inputs as :class:`MediaRef`.

    Raises:
        RequestError: the cells are rows of a table that do not form a grid.
    """
    values = {name: [value] for name, value in spec.fixed.items()}
    if spec.rows is not None:
        values |= as_grid(spec.rows)
    values |= {name: list(axis) for name, axis in spec.axes.items()}
    return {
        name: [_ref(value) for value in axis] if name in INPUTS else axis
        for name, axis in sorted(values.items(), key=lambda item: _place(item[0]))
    }


def _place(name: str) -> int:
    return FIELDS.index(name) if name in FIELDS else len(FIELDS)


def _ref(value: Any) -> Any:
    return MediaRef(value["type"], value["uri"]) if isinstance(value, dict) and "uri" in value else value


def as_grid(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    """Map each field to its values, for rows that are all combinations of these, in any order.

    Raises:
        RequestError: the rows are not all combinations.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    values = {name: _distinct(row.get(name) for row in rows) for name in names}
    combinations = (
        {_text(cells) for cells in itertools.product(*values.values())}
        if _size(values) <= len(rows)
        else set()
    )
    if combinations != {_text([row.get(name) for name in names]) for row in rows}:
        problem = f"holds {len(rows)} requests that are not every combination of some values"
        raise RequestError([Finding("sweep", None, problem, "act.sweep([…]) takes any list of requests.")])
    return values


def _size(values: Mapping[str, Sequence[Any]]) -> int:
    size = 1
    for axis in values.values():
        size *= len(axis)
    return size


def _distinct(values: Iterable[Any]) -> list[Any]:
    return list({_text(value): value for value in values}.values())


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=repr)


def to_magic(spec: Spec) -> str:
    """Write the sweep as one ``%act_two`` line.

    Raises:
        RequestError: see :func:`values_of_spec`.
    """
    words = ["%act_two"]
    for name, values in values_of_spec(spec).items():
        if name in INPUTS:
            for ref in values:
                words += [OPTIONS[name][0], quote(ref.uri)]
            words += one_type(name, values)
        else:
            text, option = write_several(values), OPTIONS[name][1]
            words += [f"{option}={text}"] if text.startswith("-") else [option, quote(text)]
    if spec.replicates > 1:
        words += ["--replicates", str(spec.replicates)]
    if spec.allow_unlisted:
        words.append("--allow-unlisted")
    return " ".join(words)


def one_type(name: str, refs: Sequence[MediaRef]) -> list[str]:
    """Return the option for the type of several inputs, which the line has once for all of them.

    Raises:
        RequestError: their URLs do not show their types, and these differ.
    """
    options = [type_option(name, ref) for ref in refs if ref.type is not None]
    needed = [option for option in options if option]
    if needed and {ref.type for ref in refs} != {refs[0].type}:
        problem = "holds images and videos whose URLs do not tell which is which"
        raise RequestError(
            [Finding(name, None, problem, "Make one sweep of the images and one of the videos.")]
        )
    return needed[0] if needed else []


def to_python(spec: Spec) -> str:
    """Write the sweep as Python that plans it, with its imports.

    Raises:
        RequestError: see :func:`values_of_spec`.
    """
    several = values_of_spec(spec).items()
    lines = [f"    {name}={_python(name, values)}," for name, values in several]
    if spec.replicates > 1:
        lines.append(f"    replicates={spec.replicates},")
    if spec.allow_unlisted:
        lines.append("    allow_unlisted=True,")
    return "\n".join(["import cometact_nb as act", "", "sweep = act.sweep(", *lines, ")", "sweep.plan"])


def _python(name: str, values: list[Any]) -> str:
    texts = [media_call(value) if name in INPUTS else repr(value) for value in values]
    if len(texts) == 1:
        return texts[0]
    numbers = len(values) > 3 and all(isinstance(value, int) for value in values)  # noqa: PLR2004
    if numbers and values == list(range(values[0], values[0] + len(values))):
        return f"range({values[0]}, {values[-1] + 1})"
    if name not in INPUTS:
        return f"[{', '.join(texts)}]"
    return "[\n" + "".join(f"        {one},\n" for one in texts) + "    ]"


def to_curls(requests: Sequence[ActTwoRequest]) -> str:
    """Write one curl command a cell, one after the other."""
    return "\n\n".join(
        f"# {number} of {len(requests)}\n{to_curl(request.to_json())}"
        for number, request in enumerate(requests, 1)
    )


def to_bodies(requests: Sequence[ActTwoRequest]) -> str:
    """Write the JSON bodies of the cells, as a list."""
    return json.dumps([request.to_json() for request in requests], indent=1, ensure_ascii=False)
