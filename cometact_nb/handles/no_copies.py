"""Keeps handles single: a copy would own a task a second time, and a pickle would hold the key."""

from __future__ import annotations

from typing import Any, ClassVar, Self

__all__ = ["NoCopies"]


class NoCopies:
    """A handle of which there is one in a kernel: its copy is itself, and it cannot be pickled."""

    #: How another kernel gets one like it.
    _elsewhere: ClassVar[str] = "act.session() makes one there"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce_ex__(self, protocol: object) -> Any:
        kind = type(self).__name__
        raise TypeError(f"{kind} belongs to this kernel and is not pickled: {self._elsewhere}")
