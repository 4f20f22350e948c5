"""Looks at the tasks and sweeps of a history; watches, asks, buys and writes nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cometact_nb.domain.price import FREE
from cometact_nb.domain.service import Endpoint
from cometact_nb.engine.job import Job
from cometact_nb.handles.config import Config
from cometact_nb.handles.core import Core
from cometact_nb.handles.sweep.sweep import Sweep

if TYPE_CHECKING:
    from cometact_nb.engine.engine import Engine
    from cometact_nb.store.journal.history import Row
    from cometact_nb.store.journal.sweeps import SweepRow

__all__ = ["sweep_to_look_at"]


class ReadingCore(Core):
    """A core for one look: it has no key, and the tasks that it takes from the history are not watched.

    Args:
        config: without a key.
        engine: reads the history; its owner closes it.
    """

    def __init__(self, config: Config, engine: Engine) -> None:
        super().__init__(config)
        self._reading = engine

    def make_engine(self) -> Engine:
        """Return the engine that it was given."""
        return self._reading

    def adopt(self, row: Row) -> Job:
        """Take a task from the history as it stands there. On the engine's loop."""
        existing = self.jobs.get(row.state.key)
        if existing is not None:
            return existing
        state = self.confined(row).state
        endpoint = Endpoint(state.base_url, sandbox=state.in_sandbox)
        return self.register(Job(state, endpoint, self.output_folder()))


def sweep_to_look_at(row: SweepRow, engine: Engine, history_path: str) -> Sweep:
    """Return a sweep as the history has it now. Not on the engine's loop.

    Args:
        row: its record.
        engine: reads the history.
        history_path: of the file.

    Raises:
        HistoryError: the history could not be read.
    """
    config = replace(Config().changed(history=history_path), base_url=row.base_url, sandbox=row.sandbox)
    if row.sandbox:
        config = replace(config, price=FREE)
    return Sweep(ReadingCore(config, engine), row.spec, row.name, row).look()
