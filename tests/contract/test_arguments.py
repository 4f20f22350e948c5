"""Arguments of a wrong kind: one error that names the value, before anything is sent, written or agreed to."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from present import present
from services import SandboxProcess, new_session
from sweeps import grid

from cometact_nb.domain.request import ActTwoRequest
from cometact_nb.errors import ActTwoError
from cometact_nb.handles.gather import gather
from cometact_nb.handles.relink import relink
from cometact_nb.handles.saved_clip import load_clip, verify
from cometact_nb.handles.session import Session
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.handles.task import Task


class Made:
    """A session with a task and a sweep that have ended, another sweep whose cell failed, and one not begun."""

    def __init__(self, session: Session, sandbox: SandboxProcess) -> None:
        self.session = session
        self.sandbox = sandbox
        self.inputs: dict[str, Any] = {"character": sandbox.character, "reference": sandbox.reference}
        self.sweep: Sweep = grid(session, sandbox, seed=[1], name="made").run().wait(60)
        self.new: Sweep = grid(session, sandbox, seed=[2, 3], name="not begun")
        self.task: Task = present(self.sweep.cells[0].task)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, shared_sandbox: SandboxProcess) -> Iterator[Made]:
    session = new_session(tmp_path_factory.mktemp("arguments"), shared_sandbox)
    yield Made(session, shared_sandbox)
    session.close()


FLAGS: dict[str, Callable[[Made, Any], object]] = {
    "run yes": lambda made, flag: made.new.run(yes=flag),
    "run canary": lambda made, flag: made.new.run(canary=flag),
    "retry failed": lambda made, flag: made.new.retry(failed=flag),
    "retry cancelled": lambda made, flag: made.new.retry(cancelled=flag),
    "retry forgotten": lambda made, flag: made.new.retry(forgotten=flag),
    "retry doubtful": lambda made, flag: made.new.retry(doubtful=flag),
    "retry yes": lambda made, flag: made.new.retry(yes=flag),
    "submit allow_unlisted": lambda made, flag: made.session.submit(**made.inputs, allow_unlisted=flag),
    "sweep allow_unlisted": lambda made, flag: made.session.sweep(**made.inputs, allow_unlisted=flag),
    "sweep_by_name resume": lambda made, flag: made.session.sweep_by_name("made", resume=flag),
    "forget billed": lambda made, flag: made.task.forget(billed=flag),
    "wait nested": lambda made, flag: made.task.wait(nested=flag),
    "publish yes": lambda made, flag: made.session.publish("me.png", yes=flag),
    "use_sandbox unless_key": lambda made, flag: made.session.use_sandbox(unless_key=flag),
    "account_count yes": lambda made, flag: made.session.account_count(yes=flag),
    "configure wait": lambda made, flag: made.session.configure(wait=flag),
    "configure freeze": lambda made, flag: made.session.configure(freeze=flag),
    "configure keep_inputs": lambda made, flag: made.session.configure(keep_inputs=flag),
    "rate favourite": lambda made, flag: made.sweep.rate(made.sweep.cells[0], favourite=flag),
    "rate blind": lambda made, flag: made.sweep.rate(made.sweep.cells[0], stars=3, blind=flag),
    "export overwrite": lambda made, flag: made.sweep.export("report", overwrite=flag),
    "export divider": lambda made, flag: made.sweep.export("film.mp4", divider=flag),
    "collection's export": lambda made, flag: gather(made.session, [made.sweep]).export("r", overwrite=flag),
}
PATHS: dict[str, Callable[[Made, Any], object]] = {
    "sweep's export": lambda made, path: made.sweep.export(path),
    "collection's export": lambda made, path: gather(made.session, [made.sweep]).export(path),
    "add_judgements": lambda made, path: made.sweep.add_judgements(path),
    "load_clip": lambda made, path: load_clip(made.session, path),
    "relink": lambda made, path: relink(made.session, path),
    "verify": lambda made, path: verify(made.session, path),
    "collect": lambda made, path: gather(made.session, [path]),
}
SECONDS: dict[str, Callable[[Made, Any], object]] = {
    "task": lambda made, seconds: made.task.wait(timeout_s=seconds),
    "sweep": lambda made, seconds: made.sweep.wait(timeout_s=seconds),
}
OTHERS: dict[str, Callable[[Made, Any], object]] = {
    "rate's cell": lambda made, cell: made.sweep.rate(cell, stars=3),
    "submit's request": lambda made, request: made.session.submit(request),
    "inspect's role": lambda made, role: made.session.inspect(made.sandbox.character, role),
    "gallery's rows": lambda made, rows: made.sweep.gallery(rows=rows),
    "noise_floor's distance": lambda made, distance: made.sweep.noise_floor(distance),
    "run's max_cost": lambda made, cost: made.new.run(cost),
}


def refused(made: Made, call: Callable[[Made, Any], object], value: Any) -> str:
    """The error of a call, after which the service has got no paid request more."""
    posts = len(made.sandbox.ledger()["posts"])
    with pytest.raises(ActTwoError) as raised:
        call(made, value)
    assert len(made.sandbox.ledger()["posts"]) == posts
    return str(raised.value)


@pytest.mark.parametrize("value", ["no", "", 1, []], ids=repr)
@pytest.mark.parametrize("call", FLAGS.values(), ids=FLAGS)
def test_what_is_neither_true_nor_false_agrees_to_nothing(
    made: Made, call: Callable[[Made, Any], object], value: Any
) -> None:
    error = refused(made, call, value)
    assert f"={value!r}" in error
    assert "True" in error
    assert "False" in error


@pytest.mark.parametrize("value", [5, b"x", "", "a\0b"], ids=repr)
@pytest.mark.parametrize("call", PATHS.values(), ids=PATHS)
def test_what_is_no_path_is_named(made: Made, call: Callable[[Made, Any], object], value: Any) -> None:
    assert repr(value) in refused(made, call, value)


@pytest.mark.parametrize("value", ["5", math.nan, True, []], ids=repr)
@pytest.mark.parametrize("call", SECONDS.values(), ids=SECONDS)
def test_what_is_no_time_is_named(made: Made, call: Callable[[Made, Any], object], value: Any) -> None:
    assert f"timeout_s={value!r}" in refused(made, call, value)


@pytest.mark.parametrize("value", ["no", 5, [], object()], ids=["text", "number", "list", "object"])
@pytest.mark.parametrize("call", OTHERS.values(), ids=OTHERS)
def test_what_is_of_another_kind_is_named(
    made: Made, call: Callable[[Made, Any], object], value: Any
) -> None:
    if value == 5 and call is OTHERS["run's max_cost"]:
        pytest.skip("an amount")
    assert repr(value) in refused(made, call, value)


def test_no_limit_is_said_by_yes_not_by_infinity(made: Made) -> None:
    assert "max_cost=inf is not an amount" in refused(made, OTHERS["run's max_cost"], math.inf)


def test_flags_of_numpy_are_taken(made: Made) -> None:
    numpy = pytest.importorskip("numpy")
    request = ActTwoRequest(**made.inputs, allow_unlisted=numpy.bool_(True))
    assert request.allow_unlisted is True
    assert made.session.sweep_by_name("made", resume=numpy.bool_(False)) is made.sweep
