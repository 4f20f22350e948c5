"""A sweep over the sandbox's samples, and what the sandbox accepted of it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from services import SandboxProcess

    from cometact_nb.handles.session import Session
    from cometact_nb.handles.sweep.sweep import Sweep


def grid(session: Session, sandbox: SandboxProcess, **fields: Any) -> Sweep:
    inputs = {"character": sandbox.character, "reference": sandbox.reference}
    return session.sweep(**{**inputs, **fields})


def bodies(sandbox: SandboxProcess) -> Counter[str]:
    """How often each body was accepted."""
    return Counter(str(post["body"]) for post in sandbox.ledger()["posts"] if post["accepted"])


async def set_read_only(session: Session, value: str) -> None:
    """As a full disk: with ``ON``, the session's history takes nothing; with ``OFF``, it does again."""
    session.engine.history.write(f"PRAGMA query_only = {value}", ())
