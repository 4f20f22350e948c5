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
from typing import TYPE_CHECKING, Any

from cometact_nb._version import __version__
from cometact_nb.views.displays import register

if TYPE_CHECKING:
    from cometact_nb import errors
    from cometact_nb.archive import SavedClip, Verification
    from cometact_nb.clips import Clip
    from cometact_nb.config import Config
    from cometact_nb.domain.inspection import Inspection
    from cometact_nb.domain.media import MediaRef, image, video
    from cometact_nb.domain.price import Price
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.task import Status
    from cometact_nb.embedded import Sandbox
    from cometact_nb.functions import (
        configure,
        guide,
        history,
        inspect,
        leave_sandbox,
        load_clip,
        panel,
        resume,
        session,
        submit,
        sweep,
        sweep_by_name,
        sweeps,
        task,
        use_sandbox,
        verify,
    )
    from cometact_nb.histories import TaskHistory
    from cometact_nb.numbers import NoiseFloor
    from cometact_nb.resuming import Resumed
    from cometact_nb.sessions import Session
    from cometact_nb.sweep_handle import Sweep
    from cometact_nb.sweep_history import SweepHistory
    from cometact_nb.tasks import Task
    from cometact_nb.views.panel import Panel

__all__ = [
    "ActTwoRequest",
    "Clip",
    "Config",
    "Inspection",
    "MediaRef",
    "NoiseFloor",
    "Panel",
    "Price",
    "Resumed",
    "Sandbox",
    "SavedClip",
    "Session",
    "Status",
    "Sweep",
    "SweepHistory",
    "Task",
    "TaskHistory",
    "Verification",
    "__version__",
    "configure",
    "errors",
    "guide",
    "history",
    "image",
    "inspect",
    "leave_sandbox",
    "load_clip",
    "load_ipython_extension",
    "panel",
    "resume",
    "session",
    "submit",
    "sweep",
    "sweep_by_name",
    "sweeps",
    "task",
    "unload_ipython_extension",
    "use_sandbox",
    "verify",
    "video",
]

#: Where each public name lives; imported when it is first asked for.
_HOMES = {
    "ActTwoRequest": "cometact_nb.domain.request",
    "Clip": "cometact_nb.clips",
    "Config": "cometact_nb.config",
    "Inspection": "cometact_nb.domain.inspection",
    "MediaRef": "cometact_nb.domain.media",
    "NoiseFloor": "cometact_nb.numbers",
    "Panel": "cometact_nb.views.panel",
    "Price": "cometact_nb.domain.price",
    "Resumed": "cometact_nb.resuming",
    "Sandbox": "cometact_nb.embedded",
    "SavedClip": "cometact_nb.archive",
    "Session": "cometact_nb.sessions",
    "Status": "cometact_nb.domain.task",
    "Sweep": "cometact_nb.sweep_handle",
    "SweepHistory": "cometact_nb.sweep_history",
    "Task": "cometact_nb.tasks",
    "TaskHistory": "cometact_nb.histories",
    "Verification": "cometact_nb.archive",
    "configure": "cometact_nb.functions",
    "guide": "cometact_nb.functions",
    "history": "cometact_nb.functions",
    "image": "cometact_nb.domain.media",
    "inspect": "cometact_nb.functions",
    "leave_sandbox": "cometact_nb.functions",
    "load_clip": "cometact_nb.functions",
    "panel": "cometact_nb.functions",
    "resume": "cometact_nb.functions",
    "session": "cometact_nb.functions",
    "submit": "cometact_nb.functions",
    "sweep": "cometact_nb.functions",
    "sweep_by_name": "cometact_nb.functions",
    "sweeps": "cometact_nb.functions",
    "task": "cometact_nb.functions",
    "use_sandbox": "cometact_nb.functions",
    "verify": "cometact_nb.functions",
    "video": "cometact_nb.domain.media",
}


def _did_you_mean(name: str) -> str:
    if name.startswith("_"):  # asked for by tools, often, and never a typing error
        return ""
    import difflib  # noqa: PLC0415  (only when a name is missing)

    near = difflib.get_close_matches(name, _HOMES, n=1)
    return f". Did you mean {near[0]!r}?" if near else ""


def __getattr__(name: str) -> Any:
    if name == "errors":
        return importlib.import_module("cometact_nb.errors")
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'cometact_nb' has no attribute {name!r}{_did_you_mean(name)}")
    return getattr(importlib.import_module(home), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(ip: Any) -> None:
    """``%load_ext cometact_nb``: adds ``%act_two`` and ``%%act_two``.

    Args:
        ip: IPython's shell, which calls this.
    """
    importlib.import_module("cometact_nb.magics").load(ip)


def unload_ipython_extension(ip: Any) -> None:
    """``%unload_ext cometact_nb``.

    Args:
        ip: IPython's shell, which calls this.
    """
    importlib.import_module("cometact_nb.magics").unload(ip)


def _read_magic(line: str) -> dict[str, Any]:
    fields: dict[str, Any] = importlib.import_module("cometact_nb.magic_options").fields_from_line(line)
    return fields


register(_read_magic)
