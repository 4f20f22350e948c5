"""Removes the package's frames from its own errors: their variables hold keys and signed links.

Tools that show the local variables of a traceback (rich, ``pytest -l``, Sentry) would show and store them. An
error of other packages keeps its whole traceback.
"""

from __future__ import annotations

import functools
import inspect
from typing import TYPE_CHECKING, Any, TypeVar, cast

from cometact_nb.errors import ActTwoError, WaitInterrupted

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["door", "doors"]

F = TypeVar("F", bound="Callable[..., Any]")
T = TypeVar("T")
_OURS = (ActTwoError, WaitInterrupted)
#: A sweep's error may list what is wrong with many cells.
_MESSAGE_MAX_CHARS = 100_000


def door(function: F) -> F:
    """Wrap ``function`` so that errors of this package leave it with one empty frame of ours.

    Args:
        function: a public function or coroutine function.
    """

    @functools.wraps(function)
    def leave(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except _OURS as error:
            del args, kwargs
            raise _without_frames(error)  # noqa: B904  (it is the same error)

    @functools.wraps(function)
    async def leave_later(*args: Any, **kwargs: Any) -> Any:
        try:
            return await function(*args, **kwargs)
        except _OURS as error:
            del args, kwargs
            raise _without_frames(error)  # noqa: B904

    return cast("F", leave_later if inspect.iscoroutinefunction(function) else leave)


def doors(kind: type[T]) -> type[T]:
    """Wrap the public methods and constructors of a class with :func:`door`.

    Args:
        kind: a class of the public interface.
    """
    for name, member in list(vars(kind).items()):
        if name.startswith("_") and name != "__init__":
            continue
        if isinstance(member, (classmethod, staticmethod)):
            setattr(kind, name, type(member)(door(member.__func__)))
        elif isinstance(member, property) and member.fget is not None:
            setattr(kind, name, property(door(member.fget), member.fset, member.fdel, member.__doc__))
        elif inspect.isfunction(member):
            setattr(kind, name, door(member))
    return kind


def _without_secrets(words: Any) -> Any:
    """Hide what a quoted value should not have held: a key as a price, a signed link as an id."""
    from cometact_nb.domain import redact  # noqa: PLC0415  (only an error needs it)

    return redact.text(words, limit=_MESSAGE_MAX_CHARS, lines=True) if isinstance(words, str) else words


def _without_frames(error: BaseException) -> BaseException:
    error.args = tuple(map(_without_secrets, error.args))
    if error.__suppress_context__ and error.__cause__ is None:
        error.__context__ = None  # nobody shows it, and it would keep its frames
    cause = error.__cause__
    while cause is not None:
        cause.__traceback__ = None
        cause = cause.__cause__
    return error.with_traceback(None)
