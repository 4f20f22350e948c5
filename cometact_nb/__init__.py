"""Runway Act-Two videos from a notebook, through CometAPI.

::

    %load_ext cometact_nb
    %act_two --character https://… --reference https://… --expression-intensity 4

    import cometact_nb as act
    task = act.submit(character="https://…", reference="https://…", seed=7)
    task.wait().clip.path

Heavy modules are imported at first use.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cometact_nb._version import __version__
from cometact_nb.views.register import register

if TYPE_CHECKING:
    from cometact_nb import errors
    from cometact_nb.domain.account_count import AccountCount
    from cometact_nb.domain.inspection.facts import Inspection
    from cometact_nb.domain.media import MediaRef, image, video
    from cometact_nb.domain.price import Price
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sweep.measures import Measure
    from cometact_nb.domain.task import Status
    from cometact_nb.entry.collecting import collect, gallery, report
    from cometact_nb.entry.files import load_clip, prepare, publish, published, relink, unpublish, verify
    from cometact_nb.entry.functions import (
        configure,
        guide,
        history,
        inspect,
        leave_sandbox,
        panel,
        resume,
        submit,
        sweep,
        sweep_by_name,
        sweeps,
        task,
        use_sandbox,
    )
    from cometact_nb.entry.money import account_count, prices, reconcile, spending
    from cometact_nb.handles.clip import Clip
    from cometact_nb.handles.collection import Collection
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.history import TaskHistory
    from cometact_nb.handles.prepare import Preparation, Prepared
    from cometact_nb.handles.prices import Prices
    from cometact_nb.handles.public_files import PublicFiles, Published, Removal
    from cometact_nb.handles.reconcile import Reconciliation
    from cometact_nb.handles.relink import Relinked
    from cometact_nb.handles.resume import Resumed
    from cometact_nb.handles.sandbox import Sandbox
    from cometact_nb.handles.saved_clip import SavedClip, Verification
    from cometact_nb.handles.session import Session
    from cometact_nb.handles.shared import session
    from cometact_nb.handles.spending import SpendingTable
    from cometact_nb.handles.sweep.measured import Measured
    from cometact_nb.handles.sweep.noise import NoiseFloor
    from cometact_nb.handles.sweep.saved import SweepHistory
    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.handles.task import Task
    from cometact_nb.views.panel.panel import Panel

__all__ = [
    "AccountCount",
    "ActTwoRequest",
    "Clip",
    "Collection",
    "Config",
    "Inspection",
    "Measure",
    "Measured",
    "MediaRef",
    "NoiseFloor",
    "Panel",
    "Preparation",
    "Prepared",
    "Price",
    "Prices",
    "PublicFiles",
    "Published",
    "Reconciliation",
    "Relinked",
    "Removal",
    "Resumed",
    "Sandbox",
    "SavedClip",
    "Session",
    "SpendingTable",
    "Status",
    "Sweep",
    "SweepHistory",
    "Task",
    "TaskHistory",
    "Verification",
    "__version__",
    "account_count",
    "collect",
    "configure",
    "errors",
    "gallery",
    "guide",
    "history",
    "image",
    "inspect",
    "leave_sandbox",
    "load_clip",
    "load_ipython_extension",
    "panel",
    "prepare",
    "prices",
    "publish",
    "published",
    "reconcile",
    "relink",
    "report",
    "resume",
    "session",
    "spending",
    "submit",
    "sweep",
    "sweep_by_name",
    "sweeps",
    "task",
    "unload_ipython_extension",
    "unpublish",
    "use_sandbox",
    "verify",
    "video",
]

#: The module of each public name, imported at its first use.
_HOMES = {
    "ActTwoRequest": "cometact_nb.domain.request",
    "Clip": "cometact_nb.handles.clip",
    "Collection": "cometact_nb.handles.collection",
    "Config": "cometact_nb.handles.config",
    "Inspection": "cometact_nb.domain.inspection.facts",
    "Measure": "cometact_nb.domain.sweep.measures",
    "Measured": "cometact_nb.handles.sweep.measured",
    "MediaRef": "cometact_nb.domain.media",
    "NoiseFloor": "cometact_nb.handles.sweep.noise",
    "Panel": "cometact_nb.views.panel.panel",
    "Preparation": "cometact_nb.handles.prepare",
    "Prepared": "cometact_nb.handles.prepare",
    "Price": "cometact_nb.domain.price",
    "Prices": "cometact_nb.handles.prices",
    "AccountCount": "cometact_nb.domain.account_count",
    "Reconciliation": "cometact_nb.handles.reconcile",
    "account_count": "cometact_nb.entry.money",
    "reconcile": "cometact_nb.entry.money",
    "PublicFiles": "cometact_nb.handles.public_files",
    "Published": "cometact_nb.handles.public_files",
    "Relinked": "cometact_nb.handles.relink",
    "Removal": "cometact_nb.handles.public_files",
    "Resumed": "cometact_nb.handles.resume",
    "Sandbox": "cometact_nb.handles.sandbox",
    "SavedClip": "cometact_nb.handles.saved_clip",
    "Session": "cometact_nb.handles.session",
    "SpendingTable": "cometact_nb.handles.spending",
    "Status": "cometact_nb.domain.task",
    "Sweep": "cometact_nb.handles.sweep.sweep",
    "SweepHistory": "cometact_nb.handles.sweep.saved",
    "Task": "cometact_nb.handles.task",
    "TaskHistory": "cometact_nb.handles.history",
    "Verification": "cometact_nb.handles.saved_clip",
    "collect": "cometact_nb.entry.collecting",
    "configure": "cometact_nb.entry.functions",
    "gallery": "cometact_nb.entry.collecting",
    "guide": "cometact_nb.entry.functions",
    "history": "cometact_nb.entry.functions",
    "image": "cometact_nb.domain.media",
    "inspect": "cometact_nb.entry.functions",
    "leave_sandbox": "cometact_nb.entry.functions",
    "load_clip": "cometact_nb.entry.files",
    "panel": "cometact_nb.entry.functions",
    "prepare": "cometact_nb.entry.files",
    "prices": "cometact_nb.entry.money",
    "publish": "cometact_nb.entry.files",
    "published": "cometact_nb.entry.files",
    "relink": "cometact_nb.entry.files",
    "report": "cometact_nb.entry.collecting",
    "resume": "cometact_nb.entry.functions",
    "session": "cometact_nb.handles.shared",
    "spending": "cometact_nb.entry.money",
    "submit": "cometact_nb.entry.functions",
    "sweep": "cometact_nb.entry.functions",
    "sweep_by_name": "cometact_nb.entry.functions",
    "sweeps": "cometact_nb.entry.functions",
    "task": "cometact_nb.entry.functions",
    "unpublish": "cometact_nb.entry.files",
    "use_sandbox": "cometact_nb.entry.functions",
    "verify": "cometact_nb.entry.files",
    "video": "cometact_nb.domain.media",
}


def _did_you_mean(name: str) -> str:
    if name.startswith("_"):  # tools ask for these often, and they are never a typing error
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
    """Add ``%act_two`` and ``%%act_two``, for ``%load_ext cometact_nb``.

    Args:
        ip: IPython's shell, which calls this.
    """
    importlib.import_module("cometact_nb.entry.magic.magic").load(ip)


def unload_ipython_extension(ip: Any) -> None:
    """Remove the magics, for ``%unload_ext cometact_nb``.

    Args:
        ip: IPython's shell, which calls this.
    """
    importlib.import_module("cometact_nb.entry.magic.magic").unload(ip)


register()
