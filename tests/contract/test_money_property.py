"""Thousands of histories of two kernels and a hostile service: nothing bought twice, lost, or beyond a limit.

``COMETACT_NB_HISTORIES=1000`` plays a thousand of them; the tests play fewer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from pathlib import Path

from hostile import CREATES, POLLS, PRICE, Hostile, Kernel
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.handles.resume import take_up_all
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep

HISTORIES = int(os.environ.get("COMETACT_NB_HISTORIES", "60"))
#: Of a request of whose task nothing more is known to be wanted: it holds no cell.
DEAD = ("REFUSED", "FORGOTTEN", "FAILED", "CANCELLED")
ASK_ABOVE = 0.8
#: Memory where there is some: what is tested is the order of writes, not the disk.
FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None

which = st.integers(0, 1)
seeds = st.integers(0, 2)
plays = st.lists(st.sampled_from(CREATES), max_size=4)
#: Seeds and replicates of sweeps that ask for the same videos in part.
SWEEPS = {"one": ((0, 1), 1), "two": ((0, 1, 2), 1), "three": ((0,), 2)}
names = st.sampled_from(sorted(SWEEPS))
#: What a retry names, and which cells that means.
NAMED = {
    "failed": {"FAILED", "REFUSED"},
    "cancelled": {"CANCELLED"},
    "forgotten": {"FORGOTTEN"},
    "doubtful": {"UNCONFIRMED", "NOT_FOUND"},
}


def request(seed: int) -> ActTwoRequest:
    return ActTwoRequest("runway://in/hero.png", "runway://in/act.mp4", seed=seed, allow_unlisted=True)


def sweep_of(session: Session, name: str) -> Sweep:
    several, replicates = SWEEPS[name]
    rows = [request(seed) for seed in several]
    return session.sweep(rows, name=name, replicates=replicates, allow_unlisted=True)


class Money(RuleBasedStateMachine):
    """Two kernels on one history; their user; and a service that answers as it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(dir=FOLDER))
        self.service = Hostile(on_post=self.on_post)
        self.kernels: list[Kernel] = []
        self.replicates: Counter[int] = Counter()  #: cells that sweeps have asked for, by seed
        self.words: Counter[int] = Counter()  #: purchases that the user has named again, by seed
        self.agreed: dict[str, float] = {}  #: US dollars that the user has said a yes to, by sweep
        self.unwritable: set[int] = set()
        self.problems: list[str] = []  #: what was wrong at a paid request
        self.lost: set[str] = (
            set()
        )  #: keys of answers that came to a kernel with a full disk, which then died

    @initialize(in_flight=st.sampled_from([1, 3, 9]))
    def begin(self, in_flight: int) -> None:
        self.in_flight = in_flight
        self.kernels = [self.new_kernel() for _ in range(2)]

    def new_kernel(self) -> Kernel:
        return Kernel(self.service, self.folder, max_in_flight=self.in_flight, ask_above=ASK_ABOVE)

    def teardown(self) -> None:
        for number in list(self.unwritable):
            self.kernels[number].set_writable(True)
        self.unwritable.clear()
        for kernel in self.kernels:
            if kernel.dead:
                kernel.die()
            else:
                kernel.step(60.0)
                kernel.close()
        self.nothing_is_lost()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what the service does ---------------------------------------------------------------------

    def meet(self, plays: list[str]) -> None:
        """What becomes of the next paid requests; later ones are accepted."""
        self.service.plays = plays

    @rule(number=which, poll=st.sampled_from(POLLS), seconds=st.sampled_from([1.0, 30.0, 700.0, 2000.0]))
    def time_passes(self, number: int, poll: str, seconds: float) -> None:
        for task in self.service.accepted:
            if task.poll not in {"failed", "succeeded", "cancelled"}:
                task.poll = poll
        self.kernels[number].step(seconds)
        self.kernels[number].rest()
        self.bury(number)

    # --- what the kernels meet ---------------------------------------------------------------------

    @rule(number=which, at=st.sampled_from([None, "sending", "answered"]))
    def kernel_is_killed(self, number: int, at: str | None) -> None:
        kernel = self.kernels[number]
        if at is None:
            self.replace(number)
        else:
            kernel.dies_at = at

    @rule(number=which)
    def disk_is_full(self, number: int) -> None:
        self.kernels[number].set_writable(number in self.unwritable)
        self.unwritable ^= {number}

    def bury(self, number: int) -> None:
        """A kernel that died with a request is replaced by a new one."""
        if self.kernels[number].dead:
            self.replace(number)

    def replace(self, number: int) -> None:
        kernel = self.kernels[number]
        if number in self.unwritable:
            self.lost |= {task.key for task in self.service.accepted if task.kernel is kernel}
        self.unwritable.discard(number)
        kernel.die()
        self.kernels[number] = self.new_kernel()

    # --- what the user does ------------------------------------------------------------------------

    @rule(number=which, seed=seeds, plays=plays)
    def submit(self, number: int, seed: int, plays: list[str]) -> None:
        self.meet(plays)
        self.perform(number, lambda session: session.submit(request(seed)))

    @rule(
        number=which,
        name=names,
        plays=plays,
        yes=st.booleans(),
        max_cost=st.sampled_from([None, None, 0.8, 4.0]),
    )
    def run_sweep(self, number: int, name: str, plays: list[str], yes: bool, max_cost: float | None) -> None:
        def work(session):
            sweep = sweep_of(session, name)
            with self.only_if_done():
                self.note_cells(name)
                self.note_yes(name, sweep.plan.total_usd, yes, max_cost)
                sweep.run(max_cost, yes=yes, canary=False)

        self.meet(plays)
        self.perform(number, work)

    @rule(number=which, name=names, plays=plays, named=st.sampled_from(["", *NAMED]), yes=st.booleans())
    def retry_sweep(self, number: int, name: str, plays: list[str], named: str, yes: bool) -> None:
        def work(session):
            sweep = sweep_of(session, name).look()
            meant = NAMED.get(named, NAMED["failed"])
            with self.only_if_done():
                self.note_cells(name)
                for cell in sweep.cells:
                    self.words[cell.request.seed] += cell.status in meant
                self.note_yes(name, sweep.plan.total_usd + len(sweep) * PRICE, yes, None)
                sweep.retry(**({named: True, "failed": named == "failed"} if named else {}), yes=yes)

        self.meet(plays)
        self.perform(number, work)

    @rule(number=which)
    def resume(self, number: int) -> None:
        self.perform(number, take_up_all)

    @rule(number=which, name=names, word=st.sampled_from(["pause", "cancel", "look", "resume"]))
    def say(self, number: int, name: str, word: str) -> None:
        self.perform(number, lambda session: getattr(sweep_of(session, name), word)())

    @rule(number=which, settle=st.sampled_from(["confirm", "forget", "resubmit", "cancel", "refresh"]))
    def settle(self, number: int, settle: str) -> None:
        def work(session):
            task = next(
                task for task in session.tasks() if task.status in {"UNCONFIRMED", "NOT_FOUND", "RUNNING"}
            )
            if settle == "confirm":
                task.confirm(next(one.id for one in self.service.accepted if one.key == task.key))
            else:
                getattr(task, settle)()

        self.perform(number, work)

    def perform(self, number: int, work) -> None:
        kernel = self.kernels[number]
        kernel.perform(lambda: work(kernel.session))
        kernel.rest()
        self.bury(number)

    @contextlib.contextmanager
    def only_if_done(self):
        """Take the user's words back if what they asked for was refused."""
        before = Counter(self.replicates), Counter(self.words), dict(self.agreed)
        try:
            yield
        except Exception:
            self.replicates, self.words, self.agreed = before
            raise

    def note_cells(self, name: str) -> None:
        several, replicates = SWEEPS[name]
        for seed in several:
            self.replicates[seed] = max(self.replicates[seed], replicates)

    def note_yes(self, name: str, total_usd: float, yes: bool, max_cost: float | None) -> None:
        if yes or max_cost is not None:
            self.agreed[name] = max(self.agreed.get(name, 0.0), total_usd if max_cost is None else max_cost)

    # --- what must hold ----------------------------------------------------------------------------

    def on_post(self, kernel: Kernel, key: str, seed: int) -> None:
        """At each paid request: nothing beside it has, or may bring, what it buys."""
        rows = kernel.session.engine.history.query(
            "SELECT t.sweep, t.status, c.key FROM tasks t LEFT JOIN cells c ON c.key = t.key"
            " WHERE t.identity = ? AND t.key <> ?",
            (request(seed).identity, key),
        )
        mine = kernel.session.engine.history.query("SELECT sweep FROM tasks WHERE key = ?", (key,))
        if mine[0][0] is None:
            return  # the user's own word
        held = sum(
            status not in DEAD
            and (cell is not None or sweep is None or status not in {"UNCONFIRMED", "NOT_FOUND"})
            for sweep, status, cell in rows
        )
        if held >= self.replicates[seed] + self.words[seed]:
            self.problems.append(f"seed {seed} was bought beside {rows}")

    @property
    def rows(self) -> list[tuple[str, str | None, str | None, str]]:
        with contextlib.closing(sqlite3.connect(self.folder / "history.sqlite")) as db:
            return db.execute("SELECT key, id, sweep, state FROM tasks").fetchall()

    @invariant()
    def no_request_is_accepted_twice(self) -> None:
        assert not self.problems, self.problems
        keys = Counter(task.key for task in self.service.accepted)
        assert not keys or max(keys.values()) == 1

    @invariant()
    def no_cell_is_bought_twice_without_a_word(self) -> None:
        if not self.service.accepted:
            return
        sweep_of = {key: sweep for key, _, sweep, _ in self.rows}
        bought = Counter(task.seed for task in self.service.accepted if sweep_of[task.key] is not None)
        for seed, count in bought.items():
            assert count <= self.replicates[seed] + self.words[seed], f"seed {seed} was bought {count} times"

    @invariant()
    def no_sweep_costs_more_than_was_agreed(self) -> None:
        if not self.service.accepted:
            return
        sweep_of = {key: sweep for key, _, sweep, _ in self.rows}
        for name, count in Counter(sweep_of[task.key] for task in self.service.accepted).items():
            if name is not None:
                assert count * PRICE <= self.agreed.get(name, 0.0) + ASK_ABOVE + 1e-6, name

    def nothing_is_lost(self) -> None:
        """Each id that reached a kernel which could record it is on record."""
        rows = self.rows
        known = {task_id for _, task_id, _, _ in rows}
        texts = " ".join(state for *_, state in rows)
        for task in self.service.accepted:
            if task.reached and task.key not in self.lost:
                assert task.id in known or task.id in texts, f"{task.id} is on no record"


class TestMoney(Money.TestCase):
    settings = settings(
        max_examples=HISTORIES,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
