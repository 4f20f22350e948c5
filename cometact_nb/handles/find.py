"""Finds a task by its id: in this process, in the history, or made elsewhere with the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain import events
from cometact_nb.domain.search import checked_id
from cometact_nb.errors import ConfigError, HistoryError
from cometact_nb.handles.task import task_of

if TYPE_CHECKING:
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.task import Task
    from cometact_nb.store.journal.history import Row

__all__ = ["adopt", "find_task"]

#: A shorter id is not sent to the service: an unknown beginning would become a task of its own.
_WHOLE_ID_CHARS = 16


def find_task(core: Core, name: str) -> Task:
    """See :meth:`Session.task`."""
    name, base_url = str(name).strip(), core.config.base_url
    matches = [job for job in core.jobs.copy().values() if name and name in {job.state.id, job.state.key}]
    if matches:  # two services may give one id
        return task_of(core, max(matches, key=lambda job: job.endpoint.base_url == base_url))

    async def find() -> Row | None:
        return core.engine.history.find(name, base_url)

    row = core.run(find()) if name else None
    if row is not None:
        return adopt(core, row)
    name = checked_id(name)  # for the history any id will do that a service has given
    if len(name) < _WHOLE_ID_CHARS:
        raise HistoryError(
            f"The history has no task whose id starts with {name!r} (4 characters at least). A task made "
            "elsewhere is found by its whole id; act.history() lists those that are known here."
        )
    return _foreign(core, name)


def adopt(core: Core, row: Row) -> Task:
    """Take over a task from the history, and watch it if it has not ended."""

    async def work() -> Job:
        return core.adopt(row)

    return task_of(core, core.run(work()))


def _foreign(core: Core, task_id: str) -> Task:
    """Watch a task that was made elsewhere with the same key."""
    config = core.config
    if config.api_key is None and not config.is_loopback:
        raise ConfigError(
            "The history does not have this task, and there is no API key to ask the service with. "
            "Set COMETAPI_KEY or call act.configure(api_key=…)."
        )
    job = core.new_job(config.endpoint)

    async def look() -> None:
        intent = events.Intended(at=core.engine.now(), base_url=config.base_url, sandbox=config.sandbox)
        core.engine.apply(job, intent)
        core.engine.accept(job, task_id, by_user=True)

    core.run(look())
    return task_of(core, job)
