"""Where output goes: to a notebook, to IPython in a terminal, or to plain Python."""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["in_notebook", "in_terminal", "shell"]


def shell() -> Any:
    """IPython's shell, or None; IPython is not imported for the question."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def in_notebook() -> bool:
    """Whether a front end listens that can show more than text."""
    return hasattr(shell(), "kernel")


def in_terminal() -> bool:
    """Whether this is IPython without a notebook, where a wait shows a line of text."""
    here = shell()
    return here is not None and not hasattr(here, "kernel")
