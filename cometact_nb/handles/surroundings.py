"""The part of a session that the modules about files of this machine use."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from cometact_nb.engine.engine import Engine
    from cometact_nb.engine.inspector import Inspector
    from cometact_nb.handles.config import Config

__all__ = ["Surroundings"]

T = TypeVar("T")


class Surroundings(Protocol):
    """Settings, engine and folder of a session."""

    @property
    def config(self) -> Config:
        """The present settings."""

    @property
    def engine(self) -> Engine:
        """The background thread."""

    @property
    def notebook_dir(self) -> Path:
        """The folder that relative paths start from."""

    #: Looks at inputs.
    inspector: Inspector

    def run(self, work: Coroutine[Any, Any, T], what: str = "What was asked for has begun") -> T:
        """Run ``work`` on the engine's thread and wait for it."""
