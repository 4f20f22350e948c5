"""Asks the service for its own count of the account, and settles with two of them whether doubts were billed.

It asks its user first: CometAPI wants a key in the address of this route. It was never run live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cometact_nb.api import flow
from cometact_nb.domain import redact
from cometact_nb.domain.account_count import LAG_S, AccountCount, Sent, Verdict, judge, read_count
from cometact_nb.domain.arguments import check_flags
from cometact_nb.domain.doors import doors
from cometact_nb.domain.money import KEY_IN_URL, NEVER_LIVE, to_usd
from cometact_nb.domain.service import DEFAULT_BASE_URL
from cometact_nb.errors import ActTwoError, ConfigError, ServiceError
from cometact_nb.handles.config import Config
from cometact_nb.store.journal.spending import sent_between

if TYPE_CHECKING:
    from cometact_nb.domain.service import Secret
    from cometact_nb.handles.core import Core
    from cometact_nb.handles.task import Task

__all__ = ["Reconciliation", "count_account", "reconcile"]

#: apidoc.cometapi.com/tools/balance-api
_PLACE = "https://query.cometapi.com/user/quota"
_WITHIN_S = 20.0


def count_account(core: Core, query_key: Secret | None, *, yes: bool) -> AccountCount:
    """See :func:`cometact_nb.account_count`."""
    check_flags(yes=yes)
    config = core.config
    key = config.api_key if query_key is None else Config().changed(api_key=query_key).api_key
    place = _place(config)
    if not yes:
        raise ConfigError(KEY_IN_URL)
    if key is None:
        raise ConfigError("There is no key to ask with: give query_key=…. Nothing was sent.")

    async def ask() -> AccountCount:
        outcome = await core.engine.client.account_count(place, key, _WITHIN_S)
        if not isinstance(outcome, flow.Answer):
            raise ServiceError(f"The account's count was not read: {redact.text(outcome.reason, key)}.")
        count = (
            read_count(outcome.content, config.base_url, core.engine.now()) if outcome.is_success else None
        )
        if count is None:
            form = "in another form than the documented one" if outcome.is_success else "with a refusal"
            raise ServiceError(f"The account's count was not read: HTTP {outcome.status}, {form}.")
        return count

    return core.run(ask())


def _place(config: Config) -> str:
    """Return the address that counts; a key goes to its own service and nowhere else."""
    if config.base_url == DEFAULT_BASE_URL:
        return _PLACE
    if config.is_loopback:
        return f"{config.base_url}/user/quota"
    raise ConfigError(
        f"No count is known for {redact.bare(config.base_url)}, and your key is sent nowhere else."
    )


def reconcile(core: Core, before: AccountCount, query_key: Secret | None, *, yes: bool) -> Reconciliation:
    """See :func:`cometact_nb.reconcile`."""
    if not isinstance(before, AccountCount):
        raise ConfigError("before= is an earlier act.account_count(…).")
    after = count_account(core, query_key, yes=yes)

    async def read() -> Sent:
        rows = sent_between(core.engine.history, before.base_url, before.at - LAG_S, after.at)
        inside = [row for row in rows if row.begun_at >= before.at]
        accepted = [row for row in inside if not row.is_doubtful]
        doubtful = [row for row in inside if row.is_doubtful]
        return Sent(
            accepted=len(accepted),
            accepted_usd=to_usd(sum(row.micro for row in accepted)),
            doubtful=tuple(row.key for row in doubtful),
            doubtful_usd=to_usd(sum(row.micro for row in doubtful)),
            shortly_before=len(inside) < len(rows),
            last_at=max((row.begun_at for row in inside), default=0.0),
        )

    sent = core.run(read())
    return Reconciliation(core, before, after, sent, judge(before, after, sent))


@doors
class Reconciliation:
    """What two counts of the account say about the requests in doubt between them; never run live.

    Args:
        core: with the history.
        before: the first count.
        after: the second count.
        sent: by this history between the two.
        verdict: about the requests in doubt.
    """

    def __init__(
        self, core: Core, before: AccountCount, after: AccountCount, sent: Sent, verdict: Verdict
    ) -> None:
        self._core = core
        self.before = before
        self.after = after
        self.sent = sent
        self._verdict = verdict

    @property
    def billed(self) -> bool | None:
        """Whether all requests in doubt were billed, or none; None where the counts do not tell."""
        return self._verdict.billed

    @property
    def tasks(self) -> list[Task]:
        """The requests in doubt between the counts."""
        from cometact_nb.handles.find import find_task  # noqa: PLC0415  (it would be a circle)

        return [find_task(self._core, key) for key in self.sent.doubtful]

    @property
    def notes(self) -> list[str]:
        """What the counts say, what to do, and how sure that is, in sentences."""
        step = {
            False: ".settle() records that: limits count them no more, and a retry may buy them again.",
            True: "Look for their ids in the vendor's log: task.confirm(id) goes on with each.",
            None: "They stay in doubt, and count as billed. The vendor's log may say more.",
        }[self.billed]
        return [self._verdict.reason, *([step] if self.sent.doubtful else []), NEVER_LIVE]

    def settle(self) -> list[Task]:
        """Give up the requests in doubt as not billed. Nothing is sent.

        Returns:
            their tasks.

        Raises:
            ActTwoError: the counts do not show that they were not billed; nothing was changed.
        """
        if self.billed is not False:
            raise ActTwoError(f"The counts do not show that nothing was billed. {self._verdict.reason}")
        for task in self.tasks:
            task.forget(billed=False)
        return self.tasks

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {"billed": self.billed, "in_doubt": list(self.sent.doubtful), "notes": self.notes}

    def __str__(self) -> str:
        return "\n".join(self.notes)

    __repr__ = __str__
