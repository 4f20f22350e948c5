"""Looks the price of a request up in the service's public list, which needs no key; no failure stops work."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from cometact_nb.api import flow
from cometact_nb.domain import price_list, redact
from cometact_nb.domain.doors import doors
from cometact_nb.domain.price import DEFAULT_PRICE
from cometact_nb.handles.table import Rows
from cometact_nb.store import price_cache

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent import futures

    from cometact_nb.domain.price import Price
    from cometact_nb.domain.price_list import PriceList
    from cometact_nb.engine.engine import Engine
    from cometact_nb.handles.config import Config

__all__ = ["PriceLook", "Prices", "with_list"]

log = logging.getLogger("cometact_nb")
#: A list counts for a day; a look that failed is repeated after ten minutes.
_FRESH_S, _AGAIN_S = 86_400.0, 600.0
#: The list is read for so long, and so much of it.
WITHIN_S, _MAX_BYTES = 4.0, 2_000_000
#: An estimate waits for a look that long, in seconds.
WAIT_S = 2.0


def with_list(config: Config) -> Config:
    """Return ``config`` with the price of a list of today, unless the user set one, or it is the sandbox.

    Args:
        config: the settings.
    """
    if config.sandbox or config.price.kind not in {"default", "list"}:
        return config
    known = price_cache.recall(config.base_url)
    price = known.price if known is not None and _is_fresh(known) else DEFAULT_PRICE
    return config if price == config.price else replace(config, price=price)


def _is_fresh(known: PriceList) -> bool:
    """Whether a look still counts; one of the future is of a clock that was wrong."""
    age = time.time() - known.at
    return 0 <= age < (_AGAIN_S if known.problem else _FRESH_S)


class PriceLook:
    """Looks at the list for one session, at most once in ten minutes, also where nothing can be cached.

    Args:
        at_loopback: look also at an address of this machine, where a sandbox or a gateway stands.
    """

    def __init__(self, *, at_loopback: bool = False) -> None:
        self._at_loopback = at_loopback
        self._work: futures.Future[PriceList] | None = None
        self._begun_at = 0.0  #: by the monotonic clock
        self._base_url = ""  #: the service of that look

    def wait(self, engine: Callable[[], Engine], config: Config) -> None:
        """Look at the list if that is due, and wait a moment for it; an estimate follows.

        It does nothing where no estimate would use it: without a key, with a price of the user's, with
        ``look="never"``, and at an address of this machine.

        Args:
            engine: returns the engine, which is started where it is needed.
            config: with the service.
        """
        is_used = config.price.kind in {"default", "list"} and config.api_key is not None
        if not is_used or config.look == "never" or config.sandbox:
            return
        if config.is_loopback and not self._at_loopback:
            return
        known = price_cache.recall(config.base_url)
        if known is not None and _is_fresh(known):
            return
        now = time.monotonic()
        with suppress(Exception):  # whatever it is, the dated default stays
            if self._work is None or self._base_url != config.base_url or now - self._begun_at > _AGAIN_S:
                running = engine()
                self._work = running.call(look(running, config.base_url))
                self._begun_at, self._base_url = now, config.base_url
            # All who wait for one look wait 2 s in all, so that a silent service delays work once.
            self._work.result(max(0.0, self._begun_at + WAIT_S - now))


async def look(engine: Engine, base_url: str) -> PriceList:
    """Read the list now and keep it; a failure leaves an older list in its place. On the engine's loop.

    Args:
        engine: with the client.
        base_url: of the service.
    """
    now = time.time()
    day = datetime.fromtimestamp(now, UTC).astimezone().strftime("%Y-%m-%d")
    outcome = await engine.client.read_range(f"{base_url}/api/models", 0, _MAX_BYTES, WITHIN_S, ranged=False)
    if not isinstance(outcome, flow.Answer):
        listing = price_list.PriceList(base_url, now, day, problem=redact.clean(outcome.reason, 200))
    elif not outcome.is_success:
        listing = price_list.PriceList(base_url, now, day, problem=f"HTTP {outcome.status}")
    else:
        listing = price_list.read(outcome.content, base_url, now, day)
    if listing.problem:
        log.info("the price list of %s was not read: %s", redact.bare(base_url), listing.problem)
        known = price_cache.recall(base_url)
        if known is not None and not known.problem and _is_fresh(known):
            return known
    price_cache.remember(listing)
    return listing


@doors
class Prices(Rows[price_list.ListedPrice]):
    """What the public price list says about this model, and the price that estimates use.

    Args:
        listing: the look at the list.
        price: what estimates of this kernel use.
        sandbox: the list is that of a sandbox.
    """

    def __init__(self, listing: PriceList, price: Price, *, sandbox: bool = False) -> None:
        self._rows = listing.offers
        self._listing = listing
        self.price = price
        self.sandbox = sandbox

    @property
    def is_offered(self) -> bool | None:
        """Whether the list names this model; None where there was no list. Never a reason not to send."""
        return None if self._listing.problem else bool(self._listing.offers)

    @property
    def day(self) -> str:
        """The day of the look, ``YYYY-MM-DD``."""
        return self._listing.day

    @property
    def notes(self) -> list[str]:
        """What the list says, which price counts, and why, in sentences."""
        notes = [self._listing.note]
        if self.price.kind == "set":
            notes.append(f"This kernel uses a price of yours instead: {self.price.estimate()}.")
        if self.sandbox:
            notes.append("This is the sandbox's list: nothing is billed.")
        return notes

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "day": self.day,
            "is_offered": self.is_offered,
            "usd_per_request": self.price.usd_per_request,
            "source": self.price.origin,
            "offers": self.to_rows(),
            "notes": self.notes,
        }

    def __str__(self) -> str:
        return "\n".join(self.notes)

    __repr__ = __str__
