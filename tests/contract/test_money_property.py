"""Thousands of histories of two kernels and a hostile service: nothing bought twice, lost, or beyond a limit.

``COMETACT_NB_HISTORIES=1000`` plays a thousand of them; the tests play fewer.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import os
import shutil
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from hostile import CREATES, POLLS, PRICE, Accepted, Hostile, Kernel
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from present import present

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
#: One draw for what becomes of three requests, since a draw costs more than most of what follows it.
plays = st.integers(0, len(CREATES) ** 3 - 1).map(
    lambda number: [CREATES[number // len(CREATES) ** place % len(CREATES)] for place in range(3)]
)
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


@functools.cache
def request(seed: int) -> ActTwoRequest:
    return ActTwoRequest("runway://in/hero.png", "runway://in/act.mp4", seed=seed, allow_unlisted=True)


def sweep_of(session: Session, name: str) -> Sweep:
    several, replicates = SWEEPS[name]
    rows = [request(seed) for seed in several]
    return session.sweep(rows, name=name, replicates=replicates, allow_unlisted=True)


class Words(logging.Handler):
    """What the package's log says."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text += record.getMessage() + "\n"


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
        self.bought = 0  #: accepted requests that the invariants have seen
        self.problems: list[str] = []  #: what was wrong at a paid request
        #: Requests in doubt when the user says to send one again, beside which it may be sent.
        self.named: set[str] = set()
        #: Keys of requests whose answers no disk took before their kernel ended.
        self.lost: set[str] = set()
        self.words_of_log = Words()
        self.log = logging.getLogger("cometact_nb")
        self.log.addHandler(self.words_of_log)

    @initialize(in_flight=st.sampled_from([1, 3, 9]), max_spend=st.sampled_from([None, None, None, 0.8]))
    def begin(self, in_flight: int, max_spend: float | None) -> None:
        self.limits = {"max_in_flight": in_flight, "max_spend": max_spend}
        self.kernels = [self.new_kernel() for _ in range(2)]
        self.kernels[0].set_full(yes=False)  # its first use makes the file
        self.history = sqlite3.connect(self.folder / "history.sqlite")

    def new_kernel(self) -> Kernel:
        return Kernel(self.service, self.folder, ask_above=ASK_ABOVE, **self.limits)

    def teardown(self) -> None:
        for kernel in self.kernels:
            if kernel.is_full and not kernel.dead:
                kernel.set_full(yes=False)
            kernel.close()
            if kernel.is_full:  # one of the last answers filled the disk
                self.lose(kernel)
        self.nothing_is_lost()
        self.log.removeHandler(self.words_of_log)
        self.history.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- what the service does ---------------------------------------------------------------------

    def meet(self, plays: list[str]) -> None:
        """What becomes of the next paid requests; later ones are accepted."""
        self.service.plays = plays

    @rule(number=which, poll=st.sampled_from(POLLS), seconds=st.sampled_from([90.0, 700.0, 2000.0]))
    def time_passes(self, number: int, poll: str, seconds: float) -> None:
        for task in self.service.accepted:
            if task.poll not in {"failed", "succeeded", "cancelled"}:
                task.poll = poll
        self.kernels[number].step(seconds)
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
        """Or has room again, which a kernel notices within a quarter of a minute."""
        kernel = self.kernels[number]
        was_full = kernel.is_full
        kernel.set_full(yes=not was_full)
        if was_full:
            kernel.step(15.0)
            self.bury(number)

    def bury(self, number: int) -> None:
        """A kernel that died with a request is replaced by a new one."""
        if self.kernels[number].dead:
            self.replace(number)

    def replace(self, number: int) -> None:
        kernel = self.kernels[number]
        if kernel.is_full:
            self.lose(kernel)
        kernel.die()
        self.kernels[number] = self.new_kernel()

    def lose(self, kernel: Kernel) -> None:
        """Note what goes with a kernel whose disk takes nothing until its end: what came since it was full."""
        self.lost |= {task.key for task in self.not_on_record if task.kernel is kernel and task.found_full}

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
        def work(session: Session) -> None:
            sweep = sweep_of(session, name)
            with self.only_if_done():
                self.note_cells(name)
                self.note_yes(name, sweep.plan.total_usd, yes, max_cost)
                sweep.run(max_cost, yes=yes, canary=False)

        self.meet(plays)
        self.perform(number, work)

    @rule(number=which, name=names, plays=plays, named=st.sampled_from(["", *NAMED]), yes=st.booleans())
    def retry_sweep(self, number: int, name: str, plays: list[str], named: str, yes: bool) -> None:
        def work(session: Session) -> None:
            sweep = sweep_of(session, name).look()
            meant = NAMED.get(named, NAMED["failed"])
            with self.only_if_done():
                self.note_cells(name)
                for cell in sweep.cells:
                    self.words[present(cell.request.seed)] += cell.status in meant
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
        def work(session: Session) -> None:
            task = next(
                task for task in session.tasks() if task.status in {"UNCONFIRMED", "NOT_FOUND", "RUNNING"}
            )
            if settle == "confirm":
                task.confirm(next(one.id for one in self.service.accepted if one.key == task.key))
            else:
                getattr(task, settle)()

        doubtful = "SELECT key FROM tasks WHERE status IN ('UNCONFIRMED', 'NOT_FOUND')"
        self.named = {key for (key,) in self.history.execute(doubtful)} if settle == "resubmit" else set()
        self.perform(number, work)
        self.named.clear()

    def perform(self, number: int, work: Callable[[Session], object]) -> None:
        kernel = self.kernels[number]
        kernel.perform(lambda: work(kernel.session))
        self.bury(number)

    @contextlib.contextmanager
    def only_if_done(self) -> Iterator[None]:
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
            "SELECT t.sweep, t.status, c.key, t.key, t.rowid < mine.rowid FROM tasks t"
            " LEFT JOIN cells c ON c.key = t.key JOIN tasks mine ON mine.key = ?"
            " WHERE t.identity = ? AND t.key <> ?",
            (key, request(seed).identity, key),
        )
        mine = kernel.session.engine.history.query("SELECT sweep FROM tasks WHERE key = ?", (key,))
        if mine[0][0] is None:
            in_doubt = [row for row in rows if row[1] in NAMED["doubtful"] and (row[2] or row[0] is None)]
            doubts = [row for row in in_doubt if row[3] not in self.named]
            if doubts:
                self.problems.append(f"seed {seed} was sent alone beside {doubts}")
            return  # else it is the user's own word
        held = sum(
            status not in DEAD
            and (cell is not None or sweep is None or status not in {"UNCONFIRMED", "NOT_FOUND"})
            for sweep, status, cell, _, is_earlier in rows
            if sweep is not None or is_earlier  # one alone and later is the user's word
        )
        if held >= self.replicates[seed] + self.words[seed]:
            self.problems.append(f"seed {seed} was bought beside {rows}")

    @invariant()
    def no_request_is_accepted_twice(self) -> None:
        assert not self.problems, self.problems
        keys = Counter(task.key for task in self.service.accepted)
        assert not keys or max(keys.values()) == 1

    @invariant()
    def nothing_is_bought_beyond_a_word(self) -> None:
        """No cell twice, and no sweep for more than was agreed."""
        if self.bought == len(self.service.accepted):
            return
        self.bought = len(self.service.accepted)
        rows = self.history.execute("SELECT key, sweep, status FROM tasks").fetchall()
        sweep_of = {key: sweep for key, sweep, _ in rows}
        forgotten = {key for key, _, status in rows if status == "FORGOTTEN"}  # the user: it was never bought
        cells = Counter(task.seed for task in self.service.accepted if sweep_of[task.key] is not None)
        for seed, count in cells.items():
            assert count <= self.replicates[seed] + self.words[seed], f"seed {seed} was bought {count} times"
        sweeps = Counter(sweep_of[task.key] for task in self.service.accepted if task.key not in forgotten)
        for name, count in sweeps.items():
            if name is not None:
                assert count * PRICE <= self.agreed.get(name, 0.0) + ASK_ABOVE + 1e-6, name

    @invariant()
    def no_kernel_spends_more_than_it_may(self) -> None:
        limit = self.limits["max_spend"]
        for kernel, count in Counter(task.kernel for task in self.service.accepted).items():
            assert limit is None or count * PRICE <= limit + 1e-6, f"{kernel} bought {count} videos"

    @invariant()
    def no_full_disk_hides_an_id(self) -> None:
        """What no disk takes, the kernel that was given it shows."""
        full = [kernel for kernel in self.kernels if kernel.is_full and not kernel.dead]
        for task in self.not_on_record if full else ():
            if task.kernel in full:
                shown = {handle.key: handle for handle in task.kernel.session.tasks()}[task.key].state
                assert task.id in (shown.id or shown.raw_answer or ""), f"{task.id} is not shown"

    @property
    def not_on_record(self) -> list[Accepted]:
        """Requests whose ids reached a kernel, and are not in the history."""
        texts = "".join(text for (text,) in self.history.execute("SELECT state FROM tasks"))
        return [task for task in self.service.accepted if task.reached and task.id not in texts]

    def nothing_is_lost(self) -> None:
        """Each id that reached a kernel which could record it is on record.

        Of a kernel whose disk took nothing from the answer to its end, there is the intent: no run buys its
        video again, since it is in doubt, unless the user settles that. Its log has the id, or the key of a
        task whose answer held one somewhere; so had its views, see above.
        """
        in_doubt = "SELECT key FROM tasks WHERE status IN ('SUBMITTING', 'UNCONFIRMED', 'FORGOTTEN')"
        doubts = {key for (key,) in self.history.execute(in_doubt)}
        for task in self.not_on_record:
            assert task.key in self.lost, f"{task.id} is on no record"
            assert task.key in doubts, f"{task.id} is neither on record nor in doubt"
            assert task.id in self.words_of_log.text or task.key in self.words_of_log.text, task.id


class TestMoney(Money.TestCase):  # type: ignore[misc, valid-type]
    settings = settings(
        max_examples=HISTORIES,
        stateful_step_count=20,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
