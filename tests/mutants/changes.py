"""Which small changes are made to a module: mutmut's operators, on all of its code that decides something.

mutmut's own runner is not used: it renames each function and dispatches to it, which changes dataclasses, structs and
async code, leaves constants of a module alone, and is not seen by the processes that tests start. Left out are
words for people (messages, logs, docstrings), annotations, imports and decorators.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst
import libcst.matchers as m
from mutmut.mutation.mutators import mutation_operators

#: Strings that code reads: a name, a key, a format; whatever has a space is for people.
_WORD = re.compile(r"[\w.:/+\-]{1,40}")
#: A name for a type, such as ``Outcome = flow.Answer | Lost`` or ``Obstacle = Callable[[], str]``.
_TYPE = r"(\w+\.)*[A-Z]\w*"
_ALIAS = re.compile(rf"[A-Z]\w*[a-z]\w* = ({_TYPE}(\s*\|\s*{_TYPE})+|(Callable|tuple)\[.*\])")
_CODE = cst.Module([])
_LOGS = m.Call(
    func=m.Attribute(
        attr=m.OneOf(*map(m.Name, ("debug", "info", "warning", "error", "exception", "critical", "warn")))
    )
)
_TYPES_ONLY = m.If(test=m.Name("TYPE_CHECKING"))
_TYPE_NAMES = m.Assign(value=m.Call(func=m.Name("TypeVar")))
_EXPORTS = m.Assign(targets=[m.AssignTarget(target=m.Name("__all__"))])


@dataclass(frozen=True)
class Change:
    """A mutant: the module with one small change.

    Args:
        line: where the change begins, from 1.
        last_line: where what is changed ends.
        old: the lines that went, stripped and joined by `` ⏎ ``.
        new: what stands there instead; empty when they are only gone.
        code: the whole changed module.
    """

    line: int
    last_line: int
    old: str
    new: str
    code: str


class _Places(cst.CSTVisitor):
    """Every node that may be changed, with what may stand in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[cst.CSTNode, cst.CSTNode]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        skipped = (
            cst.Import
            | cst.ImportFrom
            | cst.Annotation
            | cst.Decorator
            | cst.Raise
            | cst.Assert
            | cst.FormattedString
        )
        if isinstance(node, skipped | cst.ConcatenatedString):
            return False
        if (
            _is_alias(node)
            or any(m.matches(node, pattern) for pattern in (_LOGS, _TYPES_ONLY, _TYPE_NAMES, _EXPORTS))
            or _is_text(node)
        ):
            return False
        self.found += [(node, changed) for changed in _changed(node)]
        return True


def _is_alias(node: cst.CSTNode) -> bool:
    if not isinstance(node, cst.SimpleStatementLine):
        return False
    return bool(_ALIAS.fullmatch(_CODE.code_for_node(node.with_changes(leading_lines=())).strip()))


def _is_text(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.SimpleString):
        return not _WORD.fullmatch(str(node.evaluated_value))
    return isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString | cst.ConcatenatedString)


def _changed(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for kind, operator in mutation_operators:
        if not isinstance(node, kind):
            continue
        made = list(operator(node))
        if isinstance(node, cst.SimpleString):
            yield from made[:1]
        elif isinstance(node, cst.Call):
            yield from (call for call in made if _is_worth_a_run(node, call))
        else:
            yield from made


def _is_worth_a_run(before: cst.Call, after: cst.CSTNode) -> bool:
    """Not where words for people go away, nor an argument by position: a call that is one short always fails."""
    if not isinstance(after, cst.Call):
        return True
    kept = {id(argument) for argument in after.args}
    gone = [argument for argument in before.args if id(argument) not in kept]
    if len(after.args) < len(before.args) and any(argument.keyword is None for argument in gone):
        return False
    texts = cst.FormattedString | cst.ConcatenatedString
    return not any(isinstance(argument.value, texts) or _is_text(argument.value) for argument in gone)


def changes(source: str) -> Iterator[Change]:
    """Every mutant of a module, each once."""
    wrapper = cst.metadata.MetadataWrapper(cst.parse_module(source))
    places = _Places()
    wrapper.visit(places)
    positions = wrapper.resolve(cst.metadata.PositionProvider)
    spans = wrapper.resolve(cst.metadata.ByteSpanPositionProvider)
    seen = {source}
    for node, changed in places.found:
        code = _replaced(wrapper.module, source.encode(), spans[node].start, node, changed)
        if code in seen or not _compiles(code):
            continue
        seen.add(code)
        at = positions[node]
        yield Change(at.start.line, at.end.line, *_told(source, code), code)


def _replaced(module: cst.Module, source: bytes, start: int, node: cst.CSTNode, changed: cst.CSTNode) -> str:
    """The module with one node in the place of another; libcst's own way takes a third of a second each."""
    codes: list[str] = [module.code_for_node(either).strip() for either in (node, changed)]
    old, new = (code.encode() for code in codes)
    if source.startswith(old, start):
        return (source[:start] + new + source[start + len(old) :]).decode()
    whole = module.deep_replace(node, changed)
    assert isinstance(whole, cst.Module)
    return str(whole.code)


def _compiles(code: str) -> bool:
    try:
        compile(code, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _told(source: str, code: str) -> tuple[str, str]:
    """The lines that differ: those that went, and those that came."""
    old, new = source.splitlines(), code.splitlines()
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return _joined(old), _joined(new)


def _joined(lines: list[str]) -> str:
    return " ⏎ ".join(line.strip() for line in lines)
