"""The functions about money: what requests cost, what they have cost, what the service has counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.domain.doors import door
from cometact_nb.domain.service import Secret
from cometact_nb.handles.shared import session

if TYPE_CHECKING:
    from cometact_nb.domain.account_count import AccountCount
    from cometact_nb.handles.prices import Prices
    from cometact_nb.handles.reconcile import Reconciliation
    from cometact_nb.handles.spending import SpendingTable

__all__ = ["account_count", "prices", "reconcile", "spending"]


@door
def prices() -> Prices:
    """Look the price of a request up in the service's public list, which is asked without a key.

    Estimates use that price for a day, in all your kernels, unless you set one with ``configure(price=…)``.
    Where there is no list, or none with a price in US dollars, a dated default counts, and the answer says
    so. A list that does not name the model is no reason not to send.

    Returns:
        the records of this model, in a notebook a table; ``.price``, ``.is_offered``, ``.notes``.

    Raises:
        ConfigError: no connection can be made: the environment names a proxy that cannot be used.
    """
    return session().prices()


@door
def account_count(query_key: Any = None, *, yes: bool = False) -> AccountCount:
    """Ask CometAPI how many requests the account has made and what they used; never run live.

    Its route wants **a key in the address**, so nothing is asked without ``yes=True``. A key of its own with
    a quota of 0, as CometAPI recommends it, cannot buy. Keep the answer as the first of the two counts that
    :func:`reconcile` compares.

    Args:
        query_key: asks; None for the configured key. It is not kept.
        yes: a key may stand in an address.

    Raises:
        ConfigError: ``yes`` was not given, there is no key, or the service is not CometAPI; nothing was sent.
        ServiceError: the count could not be read.
    """
    key = query_key = None if query_key is None else Secret(str(query_key))
    return session().account_count(key, yes=yes)


@door
def reconcile(before: AccountCount, query_key: Any = None, *, yes: bool = False) -> Reconciliation:
    """Settle by a second count of the account whether lost answers were billed; never run live.

    It asks as :func:`account_count` does, with **a key in the address**. Counts tell only where nothing else
    uses the account; where they do not tell, the requests stay in doubt. Nothing is settled by itself:
    ``.settle()`` records what was not billed.

    Args:
        before: the first count, from before the request whose answer was lost.
        query_key: asks; None for the configured key. It is not kept.
        yes: a key may stand in an address.

    Returns:
        ``.billed`` (True, False, None), ``.tasks``, ``.notes``.

    Raises:
        ConfigError: see :func:`account_count`.
        ServiceError: the count could not be read.
    """
    key = query_key = None if query_key is None else Secret(str(query_key))
    return session().reconcile(before, key, yes=yes)


@door
def spending(since: Any = None, by: str = "day", *, sandbox: bool = False) -> SpendingTable:
    """Add up what the requests of the history were expected to cost, in every kernel, those in doubt apart.

    Each request counts by the price that it was expected to have when it was sent. No bill is seen here:
    what was charged stands in your CometAPI account.

    Args:
        since: a datetime, a date, ISO text, or a time ago such as ``"7d"``; None for the whole history.
        by: ``"day"`` (of this machine's clock), ``"sweep"``, ``"project"`` or ``"status"``.
        sandbox: add up what was rehearsed in a sandbox, and nothing else.

    Returns:
        the rows, in a notebook a table; ``.total``, ``.to_rows()`` and ``.to_frame()``.

    Raises:
        ConfigError: a value cannot be used.
        HistoryError: the history cannot be read.
    """
    from cometact_nb.handles.spending import find_spending  # noqa: PLC0415

    return find_spending(session(), since, by, sandbox=sandbox)
