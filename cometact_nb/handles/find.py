"""A task by its id: from this process, from the history, or made elsewhere with the same key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain import task as events
from cometact_nb.errors import ConfigError, HistoryError

if TYPE_CHECKING:
    from cometact_nb.engine.job import Job
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.task import Task
    from cometact_nb.store.journal.history import Row

__all__ = ["adopt", "checked_id", "find_task"]

#: The service is not asked for less: a beginning that nobody knows would be kept as a task of its own.
_WHOLE_ID_CHARS = 16


def checked_id(name: object) -> str:
    """``name`` as an id that can be asked about.

    Raises:
        ConfigError: it is none.
    """
    text = str(name).strip()
    if not text.strip(".") or not text.isprintable() or any(char.isspace() or char in "/?#" for char in text):
        raise ConfigError(f"{text!r} is no task id. An id looks like 5b91e444-c232-deaf-a4d7-8aef3e57336b.")
    return text


def find_task(session: Session, name: str) -> Task:
    """See :meth:`Session.task`."""
    name = checked_id(name)
    for task in session.tasks():
        if name in {task.id, task.key}:
            return task

    async def find() -> Row | None:
        return session.engine.history.find(name)

    row = session.run(find())
    if row is not None:
        return adopt(session, row)
    if len(name) < _WHOLE_ID_CHARS:
        raise HistoryError(
            f"The history has no task whose id starts with {name!r} (4 characters at least). A task made "
            "elsewhere is found by its whole id; act.history() lists those that are known here."
        )
    return _foreign(session, name)


def adopt(session: Session, row: Row) -> Task:
    """A task found in the history, watched on if it has not ended."""

    async def work() -> Job:
        return session.adopt(row)

    return session.handle(session.run(work()))


def _foreign(session: Session, task_id: str) -> Task:
    """A task made elsewhere with the same key."""
    config = session.config
    if config.api_key is None and not config.is_loopback:
        raise ConfigError(
            "History does not have this task, and there is no API key to ask the service with. "
            "Set COMETAPI_KEY or call act.configure(api_key=…)."
        )
    job = session.new_job(config.endpoint)

    async def look() -> None:
        intent = events.Intended(at=session.engine.now(), base_url=config.base_url, sandbox=config.sandbox)
        session.engine.apply(job, intent)
        session.engine.accept(job, task_id, by_user=True)

    session.run(look())
    return session.handle(job)
