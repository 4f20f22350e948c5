"""Four kernels, their limits and a hostile service in any order: no limit is passed by a cent, none holds too early.

``COMETACT_NB_LIMITS=500`` plays five hundred histories; the tests play fewer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
from httpx import ReadTimeout
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from virtual_kernel import ACT, HERO, Vendor, VirtualKernel

from cometact_nb.domain.money import PER, midnight
from cometact_nb.domain.price import Price
from cometact_nb.errors import ActTwoError, BudgetError
from cometact_nb.handles.spending import find_spending

HISTORIES = int(os.environ.get("COMETACT_NB_LIMITS", "12"))
FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
KERNELS = 4
#: What becomes of a paid request.
ENDS = ("accepted", "accepted", "refused", "lost", "lost-in-vain")

which = st.integers(0, KERNELS - 1)
cents = st.integers(1, 120)
ends = st.sampled_from(ENDS)


@dataclass
class Bought:
    """A request that reached the service, or is on its way there.

    Args:
        kernel: the number of the kernel that sent it.
        cents: its price.
        at: when, by that kernel's clock.
        project: of that kernel.
        counts: whether it may have been bought, as far as its user knows.
    """

    kernel: int
    cents: int
    at: float
    project: str
    counts: bool = True


class Limits(RuleBasedStateMachine):
    """Four kernels on one history, two of them in each of two projects."""

    @initialize()
    def begin(self) -> None:
        self.folder = Path(tempfile.mkdtemp(dir=FOLDER))
        self.vendor = Vendor()
        self.vendor.at_create = self.on_post
        self.kernels: list[VirtualKernel] = []
        self.bought: dict[int, Bought] = {}
        self.ends: dict[int, str] = {}
        self.senders: dict[int, int] = {}
        self.limits: list[tuple[int, str] | None] = [None] * KERNELS
        self.price = 40
        self.passed: list[str] = []
        self.lock = threading.Lock()
        self.pool = ThreadPoolExecutor(KERNELS)
        for number in range(KERNELS):
            with contextlib.chdir(self.project(number)):
                self.kernels.append(VirtualKernel(self.vendor, self.folder, price=Price(self.price / 100)))

    def project(self, number: int) -> Path:
        folder = (self.folder / f"project-{number % 2}").resolve()
        folder.mkdir(exist_ok=True)
        (folder / "cometact_nb.toml").touch()
        return folder

    def teardown(self) -> None:
        for kernel in getattr(self, "kernels", []):
            kernel.close()
        self.pool.shutdown()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- the service -------------------------------------------------------------------------------

    def on_post(self, seed: int) -> httpx.Response | Exception | None:
        """Judge each paid request as it comes, on the loop of the kernel that sends it."""
        self.vendor.ends[seed] = [{"status": "FAILED", "failureCode": "INTERNAL"}]  # no clip to fetch
        number = self.senders[seed]
        with self.lock:
            one = Bought(number, self.price, self.kernels[number].clock.now(), str(self.project(number)))
            self.bought[seed] = one
            limit = self.limits[number]
            if limit is not None and self.counted(number, limit[1]) > limit[0]:
                self.passed.append(f"kernel {number} passed {limit}: {self.bought}")
            if self.ends[seed] == "refused":
                one.counts = False
        match self.ends[seed]:
            case "refused":
                return httpx.Response(400, json={"error": {"message": "no"}})
            case "lost" | "lost-in-vain":
                return ReadTimeout("gone")
        return None

    def counted(self, number: int, per: str) -> int:
        """Cents that count against a limit of a kernel."""
        start = midnight(self.kernels[number].clock.now())
        mine = str(self.project(number))
        return sum(
            one.cents
            for one in self.bought.values()
            if one.counts
            and {"kernel": one.kernel == number, "day": one.at >= start, "project": one.project == mine}[per]
        )

    # --- the users ---------------------------------------------------------------------------------

    @rule(number=which, most=st.integers(0, 400), per=st.sampled_from(PER))
    def set_limit(self, number: int, most: int, per: str) -> None:
        self.kernels[number].configure(max_spend=most / 100, max_spend_per=per)
        self.limits[number] = (most, per)

    @rule(price=cents)
    def price_changes(self, price: int) -> None:
        self.price = price
        for kernel in self.kernels:
            kernel.configure(price=price / 100)

    @rule(number=which, end=ends)
    def submit(self, number: int, end: str) -> None:
        limit = self.limits[number]
        fits = limit is None or self.counted(number, limit[1]) + self.price <= limit[0]
        assert self.send(number, self.next_seed(number, end)) == fits

    @rule(
        plays=st.lists(ends, min_size=KERNELS, max_size=KERNELS),
        most=st.integers(0, 400),
        per=st.sampled_from(PER),
    )
    def all_submit_at_once(self, plays: list[str], most: int, per: str) -> None:
        """With one limit for all: which of two requests was first is known to the history alone."""
        for number in range(KERNELS):
            self.set_limit(number, most, per)
        seeds = [self.next_seed(number, end) for number, end in enumerate(plays)]
        sent: list[Future[bool]] = [self.pool.submit(self.send, *pair) for pair in enumerate(seeds)]
        for each in sent:
            each.result(60)

    def next_seed(self, number: int, end: str) -> int:
        seed = len(self.senders)
        self.senders[seed], self.ends[seed] = number, end
        return seed

    def send(self, number: int, seed: int) -> bool:
        """Send a request; False if a limit kept it back."""
        try:
            self.kernels[number].submit(character=HERO, reference=ACT, seed=seed)
        except BudgetError:
            return False
        except ActTwoError:
            pass
        return True

    @rule(number=which, billed=st.sampled_from([None, False, True]))
    def settle_a_doubt(self, number: int, billed: bool | None) -> None:
        """The user of the kernel that lost an answer gives it up, and may have found out what it cost."""
        for task in self.kernels[number].tasks():
            seed = task.request.seed if task.request is not None else None
            if seed is None or not self.ends[seed].startswith("lost") or not self.bought[seed].counts:
                continue
            if task.status == "FORGOTTEN" and billed is None:
                continue
            task.forget(billed=billed)
            self.bought[seed].counts = billed is not False
            return

    @rule(days=st.integers(0, 2))
    def days_pass(self, days: int) -> None:
        for kernel in self.kernels:
            kernel.clock.jump += days * 86_400.0

    @invariant()
    def no_limit_is_passed(self) -> None:
        assert not getattr(self, "passed", [])

    @invariant()
    def the_table_adds_up_to_the_same(self) -> None:
        if getattr(self, "kernels", []):
            total = find_spending(self.kernels[0], by="project").total
            expected = sum(one.cents for one in self.bought.values() if one.counts)
            assert total.micro + total.in_doubt_micro == expected * 10_000


class TestLimits(Limits.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(
        max_examples=HISTORIES,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
