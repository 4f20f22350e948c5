"""Runway Act-Two videos from a notebook, through CometAPI.

::

    %load_ext cometact_nb
    %act_two --character https://… --reference https://… --expression-intensity 4

    import cometact_nb as act
    task = act.submit(character="https://…", reference="https://…", seed=7)
    task.wait().clip.path

Nothing heavy is imported before it is used.
"""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

from cometact_nb._version import __version__

if TYPE_CHECKING:
    from os import PathLike

    from cometact_nb import errors
    from cometact_nb.config import Config, Price
    from cometact_nb.domain.inspection import Inspection, Role
    from cometact_nb.domain.media import MediaRef, image, video
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.task import Status
    from cometact_nb.embedded import Sandbox
    from cometact_nb.sessions import Session
    from cometact_nb.tasks import Clip, Task
    from cometact_nb.views.panel import Panel

__all__ = [
    "ActTwoRequest",
    "Clip",
    "Config",
    "Inspection",
    "MediaRef",
    "Panel",
    "Price",
    "Sandbox",
    "Session",
    "Status",
    "Task",
    "__version__",
    "configure",
    "errors",
    "image",
    "inspect",
    "leave_sandbox",
    "load_ipython_extension",
    "panel",
    "session",
    "submit",
    "task",
    "unload_ipython_extension",
    "use_sandbox",
    "video",
]

#: Where each public name lives; imported when it is first asked for.
_HOMES = {
    "ActTwoRequest": "cometact_nb.domain.request",
    "Clip": "cometact_nb.tasks",
    "Config": "cometact_nb.config",
    "Inspection": "cometact_nb.domain.inspection",
    "MediaRef": "cometact_nb.domain.media",
    "Panel": "cometact_nb.views.panel",
    "Price": "cometact_nb.config",
    "Sandbox": "cometact_nb.embedded",
    "Session": "cometact_nb.sessions",
    "Status": "cometact_nb.domain.task",
    "Task": "cometact_nb.tasks",
    "image": "cometact_nb.domain.media",
    "video": "cometact_nb.domain.media",
}


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module("cometact_nb.errors")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'cometact_nb' has no attribute {name!r}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def session() -> Session:
    """The session that the magic, the panel and the functions of this package share."""
    shared: Session = importlib.import_module("cometact_nb.sessions").session()
    if _in_terminal():
        shared.waiting = importlib.import_module("cometact_nb.views.text").waiting
    return shared


def configure(**settings: Any) -> Config:
    """Change settings of the shared session; a value of None leaves its setting as it is.

    Args:
        settings: ``api_key``, ``base_url``, ``runway_version``, ``output_dir``, ``history``,
            ``max_in_flight``, ``price``, ``wait``, ``freeze``; see :class:`Config` for each.

    Returns:
        the settings as they are now; the key is not shown.

    Raises:
        ConfigError: an unknown setting or a value it cannot take.
    """
    return session().configure(**settings)


def submit(request: ActTwoRequest | None = None, **fields: Any) -> Task:
    """Send one paid request and return when it is answered; see :meth:`Session.submit`."""
    return session().submit(request, **fields)


def inspect(
    url_or_path: str | PathLike[str] | MediaRef, role: Role | None = None, *, fresh: bool = False
) -> Inspection:
    """What the vendor would refuse about an input, and how to mend it; see :meth:`Session.inspect`."""
    return session().inspect(url_or_path, role, fresh=fresh)


def task(id: str) -> Task:  # noqa: A002  (the vendor's own word)
    """The task with this id, from this session, from history, or made elsewhere with the same key."""
    return session().task(id)


def use_sandbox(
    speed: float | None = None, *, unless_key: bool = False, url: str | None = None, **options: Any
) -> Sandbox | None:
    """Send new tasks to a stand-in on this machine; see :meth:`Session.use_sandbox`."""
    return session().use_sandbox(speed, unless_key=unless_key, url=url, **options)


def leave_sandbox() -> Config:
    """Send new tasks to the service that was configured before :func:`use_sandbox`."""
    return session().leave_sandbox()


def panel(**initial: Any) -> Panel:
    """Show a form that builds a request, tells what is wrong with it and what it costs, and submits it.

    Args:
        initial: fields of :class:`ActTwoRequest` to begin with.

    Returns:
        the form as an object: ``request``, ``findings``, ``submit()``, ``tasks``, ``load(…)``.

    Raises:
        RequestError: a field that no request has.
    """
    home = importlib.import_module("cometact_nb.views.panel")
    read_magic = importlib.import_module("cometact_nb.magic_options").fields_from_line
    made: Panel = home.Panel(session(), initial, read_magic=read_magic)
    made.show()
    return made


def load_ipython_extension(ip: Any) -> None:
    """``%load_ext cometact_nb``: adds ``%act_two`` and ``%%act_two``."""
    importlib.import_module("cometact_nb.magics").load(ip)


def unload_ipython_extension(ip: Any) -> None:
    """``%unload_ext cometact_nb``."""
    importlib.import_module("cometact_nb.magics").unload(ip)


def _show_task(shown: Task) -> None:
    importlib.import_module("cometact_nb.views.status").show(shown, once_per_cell=True)


def _shell() -> Any:
    """IPython's shell, or None; IPython is not imported for the question."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def _in_terminal() -> bool:
    """Whether this is IPython without a notebook, where a wait shows a line of text."""
    shell = _shell()
    return shell is not None and not hasattr(shell, "kernel")


def _register_displays() -> None:
    """In IPython, a task at the end of a cell is shown as its live card."""
    ip = _shell()
    if ip is not None:
        formatter = ip.display_formatter.ipython_display_formatter
        formatter.for_type_by_name("cometact_nb.tasks", "Task", _show_task)


_register_displays()
