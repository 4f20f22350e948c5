"""Loads the extension into a server, with the settings of the server's administrator."""

from __future__ import annotations

import asyncio
import atexit
import os
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets
from traitlets.config import LoggingConfigurable

from cometact_nb.entry.server.routes import handlers
from cometact_nb.store.journal.place import default_history, plain_path

if TYPE_CHECKING:
    from cometact_nb.entry.server.extension import Extension

__all__ = ["CometactNb", "load"]

_KERNELS = "https://events.jupyter.org/jupyter_server/kernel_actions/v1"


class CometactNb(LoggingConfigurable):
    """The settings of the Jupyter server's extension of cometact_nb.

    They stand in the server's configuration, ``c.CometactNb.histories = [...]``, and in no project's file.
    """

    histories = traitlets.List(
        traitlets.Unicode(),
        help="Paths of further histories to read, beside the user's own. Files of other users are not read.",
    ).tag(config=True)
    own_history = traitlets.Bool(
        True, help="Whether to read the user's own history: COMETACT_NB_HISTORY, else the default one."
    ).tag(config=True)
    keeper = traitlets.Bool(
        None,
        allow_none=True,
        help="Whether the server watches tasks whose kernels are gone, and fetches their clips. None: when "
        "COMETACT_NB_KEEPER is 1, or once the user switches it on. False: never.",
    ).tag(config=True)


def load(app: Any) -> None:
    """Register the routes.

    Args:
        app: the server.
    """
    settings = CometactNb(parent=app)
    paths, root = _paths(settings), Path(app.root_dir)

    answering: list[Extension] = []  #: empty before the first question

    @cache
    def extension() -> Extension:
        from cometact_nb.entry.server.extension import Extension  # noqa: PLC0415  (what a first question needs)

        answering.append(Extension(paths, root, may_keep=settings.keeper is not False))
        atexit.register(answering[0].close)
        return answering[0]

    app.web_app.add_handlers(".*$", handlers(app.web_app.settings["base_url"], extension))
    if settings.keeper is not False:
        _listen(app, answering)
        if settings.keeper or os.environ.get("COMETACT_NB_KEEPER", "").strip() == "1":
            thread = threading.Thread(target=lambda: extension().keeper.switch(on=True), daemon=True)
            thread.start()  # its imports would delay the server


def _listen(app: Any, answering: list[Extension]) -> None:
    """Let the keeper look when a kernel of this server has ended, been restarted or begun."""

    async def note(*_: object, **__: object) -> None:
        try:
            for extension in answering:
                await asyncio.to_thread(extension.keeper.wake)
        except Exception:
            app.log.exception("cometact_nb: the keeper could not be woken")  # the kernel starts all the same

    with suppress(AttributeError, ValueError):  # a server without events
        app.event_logger.add_listener(schema_id=_KERNELS, listener=note)


def _paths(settings: CometactNb) -> dict[str, str]:
    """Return the histories by their labels, each path once."""
    own = [os.environ.get("COMETACT_NB_HISTORY") or default_history()] if settings.own_history else []
    paths = {plain_path(path): "" for path in [*own, *settings.histories] if path != ":memory:"}
    labels: dict[str, str] = {}
    for number, path in enumerate(paths):
        name = "default" if own and not number else Path(path).stem or "history"
        labels[name if name not in labels else f"{name}-{number}"] = path
    return labels
