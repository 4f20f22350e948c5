"""Tells what a purchase is recorded with and the limit it must stay within, from the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cometact_nb.domain.money import Account, to_micro
from cometact_nb.errors import ConfigError
from cometact_nb.handles.project import project_folder
from cometact_nb.store.journal.spending import counted

if TYPE_CHECKING:
    from pathlib import Path

    from cometact_nb.engine.engine import Engine
    from cometact_nb.handles.config import Config

__all__ = ["account_of", "check_project", "spent_micro"]

_OTHER_PRICE = "the price when the sweep was approved"


def account_of(config: Config, folder: Path, price_usd: float | None = None) -> Account:
    """Return the account of the next purchase.

    Args:
        config: with the price and the limit.
        folder: of the notebook, for its project.
        price_usd: of the purchase, US dollars; None for the price of ``config``.

    Raises:
        ConfigError: the limit is a project's, and there is none; nothing was sent.
    """
    price = config.price
    is_other = price_usd is not None and price_usd != price.usd_per_request
    limit = None if config.max_spend is None else to_micro(config.max_spend, up=False)
    project = check_project(config, folder)
    return Account(_OTHER_PRICE if is_other else price.origin, project, limit, config.max_spend_per)


def check_project(config: Config, folder: Path) -> str | None:
    """Return the folder of the notebook's project, or None without one.

    Args:
        config: with the limit.
        folder: of the notebook.

    Raises:
        ConfigError: a limit counts over the project, and there is none.
    """
    project = project_folder(folder)
    if project is None and config.max_spend is not None and config.max_spend_per == "project":
        raise ConfigError(
            f"max_spend_per='project' needs a project: a file cometact_nb.toml, which may be empty, in "
            f"{folder} or above it. Without one, max_spend_per='day' counts over all kernels of a history."
        )
    return None if project is None else str(project)


def spent_micro(engine: Engine, account: Account, *, sandbox: bool) -> int:
    """Return what counts against a limit now, in millionths of a US dollar. On the engine's loop.

    Args:
        engine: with the history.
        account: with the limit.
        sandbox: new requests go to the sandbox, which is counted apart.

    Raises:
        HistoryError: the history could not be read.
    """
    if account.per == "kernel":
        return engine.purse.spent_micro
    return counted(engine.history, account, sandbox=sandbox, now=engine.now())
