"""Sends output to a notebook, to IPython in a terminal or to plain Python."""

from __future__ import annotations

import contextvars
import os
import sys
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import TextIO

    from cometact_nb.handles.core import Core

__all__ = [
    "in_background",
    "in_marimo",
    "in_notebook",
    "in_terminal",
    "is_attended",
    "page_folder",
    "put_out",
    "shell",
    "widget_data",
    "write",
]

#: The variable that papermill sets.
_OUTPUT_PATH = "PAPERMILL_OUTPUT_PATH"


def shell() -> Any:
    """Return IPython's shell, or None, without importing IPython."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def in_notebook() -> bool:
    """Whether there is a front end that can show more than text."""
    return hasattr(shell(), "kernel")


def in_marimo() -> bool:
    """Whether this is a notebook of marimo, which has no IPython and asks values for what it shows."""
    marimo = sys.modules.get("marimo")
    return marimo is not None and bool(marimo.running_in_notebook())


def in_terminal() -> bool:
    """Whether this is IPython without a notebook, where a wait shows a line of text."""
    here = shell()
    return here is not None and not hasattr(here, "kernel")


def is_attended() -> bool:
    """Whether a page may show this cell's widgets, now or later.

    nbclient, and with it papermill and nbconvert, lets no cell ask its user anything, since there is none.
    Voilà runs notebooks that way, too, but shows them on a page afterwards.
    """
    if not in_notebook() or "VOILA_KERNEL_ID" in os.environ:
        return True
    try:
        request = shell().kernel.get_parent()
    except LookupError:  # a thread that has no request
        return True
    content = request.get("content") if isinstance(request, dict) else None
    return not isinstance(content, dict) or content.get("allow_stdin") is not False


def page_folder(session: Core) -> Path:
    """Return the folder of the saved notebook, where its relative links start.

    It is the session's, unless papermill writes its output elsewhere and says so (its option
    ``--inject-output-path`` sets a variable of the notebook; a kernel cannot know it otherwise).
    """
    here = shell()
    output = here.user_ns.get(_OUTPUT_PATH) if here is not None else None
    if isinstance(output, str) and output and "://" not in output:
        from pathlib import Path  # noqa: PLC0415  (with urllib.parse, a third of the package's import)

        # With --cwd the kernel is elsewhere; the shell's word for where papermill was started is inherited.
        for folder in (Path.cwd(), session.notebook_dir, Path(os.environ.get("PWD", "."))):
            if (folder / output).is_file():  # papermill writes it before the first cell runs
                return (folder / output).resolve().parent
    return session.notebook_dir


def put_out(data: dict[str, Any]) -> Any:
    """Add an output to the current cell.

    Args:
        data: to show, by MIME type.

    Returns:
        its handle: ``update(data, raw=True)`` replaces it, from any thread.
    """
    from IPython.display import display  # noqa: PLC0415  (not needed outside a notebook)

    show_raw: Any = display  # IPython does not annotate it
    return show_raw(data, raw=True, display_id=True)


def widget_data(widget: Any) -> dict[str, Any]:
    """Return a live widget by its MIME type, for an output that also has a form without a kernel."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {"application/vnd.jupyter.widget-view+json": view}


def in_background(work: Callable[..., object], *args: Any) -> None:
    """Run ``work`` on a thread of its own, since it may take long and the notifier's thread draws all views.

    Its context is empty: a cell's context would send its messages to that cell.
    """
    thread = threading.Thread(target=work, args=args, name="cometact_nb-view", daemon=True)
    contextvars.Context().run(thread.start)


def write(out: TextIO, text: str) -> None:
    """Write ``text``, with question marks for characters that the stream's encoding lacks."""
    encoding = getattr(out, "encoding", None) or "utf-8"
    out.write(text.encode(encoding, "replace").decode(encoding))
    out.flush()
