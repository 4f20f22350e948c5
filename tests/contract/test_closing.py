"""A kernel that ends in the middle of a sweep: what is being sent is waited for, the rest goes on in the next one."""

from __future__ import annotations

import asyncio
import gc
import threading
from pathlib import Path

import pytest
from services import SandboxProcess, new_session
from waiting import until

from cometact_nb.domain.task import Status
from cometact_nb.errors import ConfigError
from cometact_nb.handles import sandbox as embedded
from cometact_nb.handles.session import Session


def test_a_kernel_that_ends_while_a_request_is_sent_learns_its_answer_and_begins_no_other(
    session: Session, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    slow = sandbox.playing("slow-answer:seconds=1")
    sweep = session.sweep(character=slow, reference=sandbox.reference, seed=[1, 2, 3], name="cut short")
    sweep.run()
    until(lambda: sandbox.posts() > 0)
    session.close()
    sent = sandbox.posts()
    assert sent < 3

    again = new_session(tmp_path, sandbox)
    found = again.sweep_by_name("cut short", resume=False)
    statuses = [cell.status for cell in found.cells]
    assert Status.UNCONFIRMED not in statuses
    assert statuses.count("PLANNED") == 3 - sent
    found.run().wait(60)
    assert [cell.status for cell in found.cells] == ["SUCCEEDED"] * 3
    assert sandbox.posts() == 3
    again.close()


def test_what_asks_for_the_engine_while_it_closes_does_not_hold_it_up(session: Session) -> None:
    begun, asked = threading.Event(), []

    async def ask() -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            asked.append(session.engine)

    engine = session.engine
    engine.call(ask())
    assert begun.wait(60)
    session.close()
    assert asked == [engine]


def test_what_asks_for_the_engine_while_a_sandbox_starts_does_not_wait_for_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    starting, ready = threading.Event(), threading.Event()

    def start(speed: float) -> None:
        starting.set()
        ready.wait(120)
        raise ConfigError("it did not start")

    def use_sandbox() -> None:
        with pytest.raises(ConfigError):
            session.use_sandbox()

    async def ask() -> object:
        return session.engine

    monkeypatch.setattr(embedded, "find", start)
    engine = session.engine
    using = threading.Thread(target=use_sandbox)
    using.start()
    assert starting.wait(60)
    try:
        assert engine.call(ask()).result(60) is engine
    finally:
        ready.set()
        using.join()


def test_a_session_that_closes_while_inputs_are_inspected_leaves_no_loose_ends(
    sandbox: SandboxProcess, tmp_path: Path
) -> None:
    for _ in range(10):
        closed = new_session(tmp_path, sandbox)
        inputs = [f"{sandbox.reference}?n={number}" for number in range(12)]
        closed.sweep(character=sandbox.character, reference=inputs)
        closed.close()
    del closed
    gc.collect()  # a coroutine that was never awaited warns when it goes, and a warning is an error here


def test_what_is_handed_over_while_the_engine_closes_ends_with_it(session: Session) -> None:
    begun, late = threading.Event(), []

    async def go_on() -> None:
        await asyncio.sleep(3600)

    async def begin() -> None:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            late.append(engine.call(go_on()))

    engine = session.engine
    engine.call(begin())
    assert begun.wait(60)
    session.close()
    assert late[0].cancelled()
