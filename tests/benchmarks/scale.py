"""How memory, CPU, the history and a plan grow."""

from __future__ import annotations

import gc
import json
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from cometact_nb.domain.search import found_by
from cometact_nb.domain.task import ClipInfo, Snapshot, Status, TaskState
from tests.benchmarks import checking, plot
from tests.benchmarks.report import Line, Report, number

NAME = "scale"
_MOST_KB, _MOST_QUERY_MS, _MOST_PLAN_S = 20.0, 50.0, 1.0
URL = "https://api.cometapi.com"


def measure(*, quick: bool) -> Report:
    """Each size in a process of its own; the history once, filled by hand."""
    sizes = (5, 10) if quick else (10, 100, 1000, 10_000)
    found = {size: _in_process(size) for size in sizes}
    largest = found[sizes[-1]]
    lines = [
        Line(
            f"memory per task, {sizes[-1]:,} at once",
            "KB",
            [largest["kb_per_task"]],
            target="≤ 20 KB",
            met=largest["kb_per_task"] <= _MOST_KB,
        ),
        _growth("CPU per task", sizes, found, "cpu_ms_per_task", "ms"),
        *_history(1000 if quick else 100_000, 3 if quick else 30),
        _plan(100 if quick else 10_000, 1 if quick else 5),
    ]
    points = {name: [(float(size), found[size][name]) for size in sizes] for name in ("kb", "cpu_s")}
    picture = plot.chart(
        [plot.Series("memory, KB", points["kb"]), plot.Series("CPU, s", points["cpu_s"])],
        "tasks at once",
        "in all",
        log=True,
    )
    rows = [
        f"| {size:,} | {number(at['kb'] / 1000)} MB | {number(at['kb_per_task'])} KB | {number(at['cpu_s'])} s | "
        f"{number(at['cpu_ms_per_task'])} ms | {number(at['cpu_ms_per_poll'])} ms |"
        for size, at in found.items()
    ]
    head = ["| tasks at once | memory | per task | CPU | per task | per poll |", "|---|---|---|---|---|---|"]
    image = "![Memory and CPU by the number of tasks, both axes by powers of ten](images/scale.svg)"
    return Report(
        NAME,
        "Scale",
        "Tasks that are all in flight at once, through the whole engine (client, history on disk, scheduler, states) "
        "on a virtual clock, from their submission to their ends; each size in a fresh process. Memory is what the "
        "process grew by at its largest, the scripted service's own books included.",
        lines,
        "\n".join([image, "", *head, *rows]),
        {} if quick else {"scale.svg": picture},
    )


def _growth(
    what: str, sizes: tuple[int, ...], found: dict[int, dict[str, float]], name: str, unit: str
) -> Line:
    small, large = sizes[-2], sizes[-1]
    ratio = found[large][name] / found[small][name]
    return Line(
        f"{what}, {large:,} at once",
        unit,
        [found[large][name]],
        [found[small][name]],
        f"{small:,} at once",
        "linear: ≤ 1.2",
        ratio <= 1.2,
    )


def _in_process(size: int) -> dict[str, float]:
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.benchmarks.scale_one", str(size)]
    run = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True)
    return dict(json.loads(run.stdout))


def one(size: int) -> dict[str, float]:
    """Run so many tasks at once in this process, and say what they took."""
    from tests.benchmarks.virtual import Virtual

    warm = Virtual(checking.tasks(2, seed=1))
    warm.run(at_once=2)
    virtual = Virtual(checking.tasks(size, seed=7))
    gc.collect()
    before_kb, began = _peak_kb(), time.process_time()
    virtual.run(at_once=size)
    cpu_s, kb = time.process_time() - began, _peak_kb() - before_kb
    polls = sum(len(times) for times in virtual.polls)
    return {
        "kb": max(kb, 1.0),
        "kb_per_task": kb / size,
        "cpu_s": cpu_s,
        "cpu_ms_per_task": 1000 * cpu_s / size,
        "cpu_ms_per_poll": 1000 * cpu_s / polls,
    }


def _peak_kb() -> float:
    """The most memory this process has had resident. (``ru_maxrss`` begins with what its parent had.)"""
    status = Path("/proc/self/status").read_text("utf-8")
    return float(status.partition("VmHWM:")[2].split()[0])


def _history(rows: int, repeats: int) -> list[Line]:
    """Every question that a session asks, of a history with many tasks."""
    from cometact_nb.store.journal import peek, search
    from cometact_nb.store.journal.history import History

    with tempfile.TemporaryDirectory() as folder:
        history = History(str(Path(folder) / "history.sqlite"))
        ids = fill(history, rows)
        rand = random.Random(1)
        questions: dict[str, Callable[[], object]] = {
            "find a task by its id": lambda: history.find(rand.choice(ids)),
            "find a task by the beginning of its id": lambda: history.find(rand.choice(ids)[:8]),
            "how long the last 200 took": lambda: history.durations_s(URL, 200),
            "search by status and time, 50 shown": searched(history, status="FAILED", since="30d"),
            "search by a text that one old task has": searched(history, text=ids[7][4:30]),
            "search by a text that most have": searched(history, text="hero example.com"),
            "search that finds nothing": searched(history, text="nowhere", status="unfinished"),
            "what is left to take up": lambda: search.open_tasks(history),
            "a glance when the extension is loaded": lambda: peek.peek(history.path),
        }
        lines = []
        for what, ask in questions.items():
            took = [ms(ask) for _ in range(repeats)]
            met = max(took) <= _MOST_QUERY_MS
            lines.append(Line(f"{what}, {rows:,} rows", "ms", took, target="≤ 50 ms", met=met))
        history.close()
    return lines


def searched(history: object, **how: str) -> Callable[[], object]:
    """A search of the history, to be clocked."""
    from cometact_nb.domain.search import query
    from cometact_nb.store.journal.search import search

    asked = query(**how, now=1_780_000_000.0 + 86_400 * 60)
    return lambda: search(history, asked)  # type: ignore[arg-type]


def fill(history: object, rows: int, events: int = 6) -> list[str]:
    """Finished tasks of several months, and ten that have not ended; one transaction, not one each."""
    rand = random.Random(2)
    body = {"character": {"type": "image", "uri": "https://example.com/hero.png"}}
    clip = ClipInfo(path="/home/user/clips/hero-act-1.mp4", bytes=5_000_000, sha256="0" * 64)
    ids = [f"{rand.getrandbits(128):032x}" for _ in range(rows)]
    tasks, happened = [], []
    for place, task_id in enumerate(ids):
        status = (
            Status.RUNNING if place >= rows - 10 else Status.FAILED if place % 9 == 0 else Status.SUCCEEDED
        )
        begun = 1_780_000_000.0 + 60 * place
        state = TaskState(
            key=f"local-{place}", id=task_id, status=status, request=body, base_url=URL, submitted_at=begun,
            ended_at=begun + rand.uniform(20, 600), clips=(clip,),
        )  # fmt: skip
        text = msgspec.json.encode(state).decode()
        tasks.append(
            (
                state.key,
                task_id,
                URL,
                status,
                f"{place:064x}",
                f"{place:064x}",
                begun,
                begun + 600,
                "here/1/x",
                text,
                begun,
                found_by(state),
            )
        )
        seen = Snapshot(status=status, raw_status=str(status), id=task_id)
        happened += [(state.key, begun, msgspec.json.encode(seen).decode())] * events
    database = history.connection  # type: ignore[attr-defined]
    database.execute("BEGIN")
    marks = ", ".join("?" * 12)
    columns = "key, id, base_url, status, content_hash, identity, submitted_at, updated_at, owner, state, begun_at, found_by"
    database.executemany(f"INSERT INTO tasks ({columns}) VALUES ({marks})", tasks)
    database.executemany("INSERT INTO events (key, at, event) VALUES (?, ?, ?)", happened)
    database.execute("COMMIT")
    return ids


def _plan(cells: int, repeats: int) -> Line:
    """The plan of a large sweep: validated, priced, compared with what was bought."""
    from cometact_nb.domain.service import Secret
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.session import Session

    took = []
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            key = Secret("sk-benchmark")
            session = Session(
                Config(history=f"{folder}/history.sqlite", output_dir=Path(folder), api_key=key)
            )
            began = time.perf_counter()
            sweep = session.sweep(
                character="https://example.com/hero.png",
                reference="https://example.com/act.mp4",
                expression_intensity=[1, 2, 3, 4, 5],
                seed=range(cells // 5),
            )
            plan = sweep.plan
            took.append(time.perf_counter() - began)
            assert plan
            session.close()
    return Line(f"plan of {cells:,} cells", "s", took, target="≤ 1 s", met=max(took) <= _MOST_PLAN_S)


def ms(work: Callable[[], object]) -> float:
    """Do it, and return the milliseconds that it took."""
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000
