"""Threads of the engine's own: they outlive the main thread, and end with the engine."""

from __future__ import annotations

import asyncio
import inspect
import subprocess
import sys
import threading
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from waiting import until

from cometact_nb.engine.engine import Engine
from cometact_nb.engine.notify import Notifier
from cometact_nb.engine.workers import Workers


def names() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def test_work_is_done_at_the_same_time_and_its_outcome_comes_back() -> None:
    workers, meet = Workers(), threading.Barrier(5)
    assert [work.result(60) < 5 for work in [workers.submit(meet.wait, 60) for _ in range(5)]] == [True] * 5
    with pytest.raises(ZeroDivisionError):
        workers.submit(lambda: 1 / 0).result(60)
    workers.shutdown()


def test_a_thread_that_waits_serves_the_next_piece_of_work() -> None:
    workers = Workers()
    idents = set()
    for _ in range(20):
        idents.add(workers.submit(threading.get_ident).result(60))
        until(lambda: workers.unfinished == 0)  # its result is there a moment before the thread waits again
    assert len(idents) == 1
    workers.shutdown()


def test_all_of_them_end_when_they_are_shut_down_and_take_no_more_work() -> None:
    workers = Workers()
    threads = {workers.submit(threading.current_thread).result(60) for _ in range(3)}
    workers.shutdown()
    workers.shutdown()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    with pytest.raises(RuntimeError, match="ended"):
        workers.submit(print)


def test_a_loop_takes_them_for_its_own_and_ends_them() -> None:
    loop = asyncio.new_event_loop()
    loop.set_default_executor(Workers())
    thread = loop.run_until_complete(asyncio.to_thread(threading.current_thread))
    assert thread.name == "cometact_nb-worker"
    loop.close()
    thread.join(60)
    assert not thread.is_alive()


AFTER_MAIN = """
import threading, time
from cometact_nb.engine.workers import Workers
workers = Workers()
main = threading.main_thread()
def late():
    main.join()
    print(workers.submit(lambda: "done").result(60))
threading.Thread(target=late).start()
"""


def test_they_work_on_when_the_main_thread_has_ended() -> None:
    done = subprocess.run(
        [sys.executable, "-c", AFTER_MAIN], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "done"


def test_a_notifier_s_thread_begins_with_work_and_ends_when_all_is_done() -> None:
    notifier = Notifier()
    done: list[int] = []
    assert notifier.flush(0)
    for number in range(3):
        notifier.put(partial(done.append, number))
    threads = [thread for thread in threading.enumerate() if thread.name == "cometact_nb-notify"]
    notifier.stop()
    for thread in threads:
        thread.join(60)
    assert done == [0, 1, 2]
    notifier.put(lambda: done.append(3))
    assert notifier.flush(60)
    assert done[-1] == 3
    notifier.stop()


def test_work_for_an_engine_that_has_ended_is_refused_and_leaves_nothing_unawaited(tmp_path: Path) -> None:
    engine = Engine(str(tmp_path / "history.sqlite"), lambda job: None)
    engine.close()
    work: Any = asyncio.sleep(0)
    with pytest.raises(RuntimeError):
        engine.call(work)
    assert inspect.getcoroutinestate(work) == inspect.CORO_CLOSED
