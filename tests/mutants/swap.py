"""Puts a change into a module that is imported already, which takes a millisecond and not a second."""

from __future__ import annotations

import enum
import gc
import inspect
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import msgspec

#: A function, by its qualified name and its number among those of that name (lambdas, overloads).
Place = tuple[str, int]


class Functions:
    """The functions of an imported module, found wherever they are referred to.

    Args:
        path: the module's file, as it was imported.
    """

    def __init__(self, path: Path) -> None:
        self._module = next(
            one for one in list(sys.modules.values()) if getattr(one, "__file__", None) == str(path)
        )
        self._path = str(path)
        self._source = compile(path.read_text("utf-8"), self._path, "exec", dont_inherit=True)
        self._alive: dict[tuple[str, int], list[FunctionType]] = {}
        for found in gc.get_objects():
            if isinstance(found, FunctionType) and found.__code__.co_filename == self._path:
                at = (found.__code__.co_qualname, found.__code__.co_firstlineno)
                self._alive.setdefault(at, []).append(found)

    def swap(self, changed: str) -> bool:
        """Puts a changed source's functions in place; False when that cannot show the change.

        It cannot where the change is in what runs at import: a constant, a default, the body of a class.

        Args:
            changed: the source of the whole changed module.
        """
        before, after = _flat(self._source), _flat(compile(changed, self._path, "exec", dont_inherit=True))
        if before.keys() != after.keys():
            return False
        differing = [place for place in before if _own(before[place]) != _own(after[place])]
        if not differing or any(not _is_function(before[place]) for place in differing):
            return False
        swaps = [(found, after[place]) for place in differing for found in self._living(before, place)]
        if not swaps or any(not self._living(before, place) for place in differing):
            return False
        try:
            for found, code in swaps:
                found.__code__ = code
        except ValueError:  # it uses other names of the function around it
            return False
        return True

    def carry(self, changed: str) -> bool:
        """Puts a changed source's constants and defaults in place; False when it cannot.

        What other modules made of them when they were imported stays as it was, so that some test may not
        notice what it would notice after a new import; never the other way round.

        Args:
            changed: the source of the whole changed module.
        """
        new = ModuleType(self._module.__name__)
        new.__dict__.update(__file__=self._path, __package__=self._module.__package__)
        try:
            exec(compile(changed, self._path, "exec", dont_inherit=True), new.__dict__)
            carried = _Carrier(self._module.__name__)
            carried.names(
                vars(self._module), vars(new), lambda name, value: setattr(self._module, name, value)
            )
        except Exception:  # noqa: BLE001  (a new import will say)
            return False
        for where, name, old, value in carried.constants:
            where(name, value)
            for other in list(sys.modules.values()):
                if other is not self._module and getattr(other, "__dict__", {}).get(name) is old:
                    setattr(other, name, value)
        return bool(carried.constants or carried.defaults)

    def _living(self, codes: dict[Place, CodeType], place: Place) -> list[FunctionType]:
        """The functions that run a piece of the module's code; a class or a comprehension has none."""
        code = codes[place]
        return self._alive.get((code.co_qualname, code.co_firstlineno), [])


def _flat(module: CodeType) -> dict[Place, CodeType]:
    counted: Counter[str] = Counter()
    found = {}
    for code in _all(module):
        found[code.co_qualname, counted[code.co_qualname]] = code
        counted[code.co_qualname] += 1
    return found


def _all(code: CodeType) -> Iterator[CodeType]:
    """The module and its classes, and the outermost functions in them with all that is inside."""
    yield code
    if _is_function(code):
        return
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from _all(inner)


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & inspect.CO_OPTIMIZED)


def _own(code: CodeType) -> object:
    """What decides about a piece of code besides where it stands."""
    inner = (
        _own(one) if isinstance(one, CodeType) and _is_function(code) else _plain(one)
        for one in code.co_consts
    )
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    return (code.co_code, names, tuple(inner), code.co_flags, code.co_exceptiontable)


def _plain(constant: object) -> object:
    """``1``, ``1.0`` and ``True`` are equal, and not the same constant."""
    return "code" if isinstance(constant, CodeType) else (type(constant).__name__, repr(constant))


class _Carrier:
    """Finds what differs between the names of two modules or classes.

    Args:
        module: the name of both modules.
    """

    def __init__(self, module: str) -> None:
        self._module = module
        self.constants: list[tuple[Callable[[str, Any], None], str, Any, Any]] = []
        self.defaults = 0

    def names(self, old: Mapping[str, Any], new: Mapping[str, Any], put: Callable[[str, Any], None]) -> None:
        """Collect what differs.

        Raises:
            ValueError: something differs that cannot be carried over.
        """
        for name, value in new.items():
            if name not in _NOT_CARRIED:
                self._name(name, old[name], value, put)

    def _name(self, name: str, old: Any, new: Any, put: Callable[[str, Any], None]) -> None:
        old, new = (getattr(one, "__func__", one) for one in (old, new))
        if isinstance(new, FunctionType):
            if not (
                _same(old.__defaults__, new.__defaults__) and _same(old.__kwdefaults__, new.__kwdefaults__)
            ):
                old.__defaults__, old.__kwdefaults__ = new.__defaults__, new.__kwdefaults__
                self.defaults += 1
        elif isinstance(new, type) and new.__module__ == self._module and issubclass(new, _CLOSED):
            if not _same(_members(old), _members(new)):
                raise ValueError(name)
        elif isinstance(new, type) and new.__module__ == self._module:
            fields = (getattr(one, "__dataclass_fields__", {}) for one in (old, new))
            if not _same(*([field.default_factory for field in each.values()] for each in fields)):
                raise ValueError(name)
            self.names(vars(old), vars(new), lambda key, value: setattr(old, key, value))
        elif not _same(old, new):
            if not _is_plain(new):
                raise ValueError(name)
            self.constants.append((put, name, old, new))


_NOT_CARRIED = {"__builtins__", "__spec__", "__loader__", "__cached__", "__file__", "__name__", "__package__"}
_NOT_CARRIED |= {
    "__dict__",
    "__weakref__",
    "__doc__",
    "__dataclass_fields__",
    "__dataclass_params__",
    "__module__",
}
_NOT_CARRIED |= {"__annotations__", "__abstractmethods__", "_abc_impl", "__parameters__", "__hash__"}
_CLOSED = (enum.Enum, msgspec.Struct)


def _members(one: type) -> object:
    if issubclass(one, enum.Enum):
        return {name: member.value for name, member in one.__members__.items()}
    return [getattr(one, name) for name in ("__struct_fields__", "__struct_defaults__", "__struct_config__")]


def _is_plain(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_plain, value)) and all(map(_is_plain, value.values()))
    if isinstance(value, tuple | list | set | frozenset):
        return all(map(_is_plain, value))
    return isinstance(value, str | bytes | int | float | bool | None | re.Pattern | enum.Enum)


def _same(old: Any, new: Any) -> bool:
    """Whether two objects of two imports of a module are alike, as far as can be seen."""
    if isinstance(new, FunctionType | type):
        return getattr(old, "__qualname__", None) == new.__qualname__
    if type(old).__name__ != type(new).__name__:
        return False
    if isinstance(new, dict):
        return _same(list(old), list(new)) and _same(list(old.values()), list(new.values()))
    if isinstance(new, tuple | list):
        return len(old) == len(new) and all(map(_same, old, new))
    if isinstance(new, set | frozenset):
        return set(map(repr, old)) == set(map(repr, new))
    return re.sub(r" at 0x\w+", "", repr(old)) == re.sub(r" at 0x\w+", "", repr(new))
