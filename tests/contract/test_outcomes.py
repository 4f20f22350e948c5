"""Every fault the sandbox can play ends with at most one accepted task, a right status, and nothing lost.

The table is also printed, beside the vendor's SDK, by ``python tests/support/outcomes.py``.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from outcomes import ours, vendor
from services import SandboxProcess, new_session

from cometact_nb.domain.task import Status
from cometact_nb.errors import TaskFailed
from cometact_nb.sandbox.scenarios import SCENARIOS

REFUSALS = ("401", "403", "404", "301", "html", "invalid-request")
#: scenario: (paid POSTs that came, tasks accepted, status, clip on disk, part of what the user is told)
EXPECTED = {
    "connection-refused:seconds=2": (0, 0, "REFUSED", False, "Nothing left this machine"),
    "reset-before-body": (1, 0, "UNCONFIRMED", False, "outcome is unknown"),
    "reset-mid-body": (1, 0, "UNCONFIRMED", False, "outcome is unknown"),
    "reset-after-body": (1, 0, "UNCONFIRMED", False, "outcome is unknown"),
    "lost-answer": (1, 1, "UNCONFIRMED", False, "t.confirm('its id')"),
    "slow-answer:seconds=0.5": (1, 1, "SUCCEEDED", True, ""),
    "late-answer": (1, 1, "SUCCEEDED", True, ""),
    "broken-off-with-id": (1, 1, "SUCCEEDED", True, ""),
    "id-in-data": (1, 1, "SUCCEEDED", True, ""),
    "json-as-html": (1, 1, "SUCCEEDED", True, ""),
    "truncated-answer": (1, 1, "UNCONFIRMED", False, "outcome is unknown"),
    "no-id": (1, 1, "UNCONFIRMED", False, "HTTP 200 without a task id"),
    "html-200": (1, 0, "UNCONFIRMED", False, "may be wrong: it answered with a web page instead of JSON"),
    "html-200-accepted": (1, 1, "UNCONFIRMED", False, "a web page instead of JSON"),
    "redirect-301": (1, 0, "REFUSED", False, "a redirect (HTTP 301)"),
    "http-400": (1, 0, "REFUSED", False, "HTTP 400: bad request"),
    "http-401": (1, 0, "REFUSED", False, "Check the key"),
    "http-403": (1, 0, "REFUSED", False, "HTTP 403"),
    "firewall-403": (1, 0, "REFUSED", False, "HTTP 403"),
    "http-404": (1, 0, "REFUSED", False, "base URL or its path is wrong"),
    "http-413": (1, 0, "REFUSED", False, "too large"),
    "rate-limited": (2, 1, "SUCCEEDED", True, ""),
    "rate-limited:form=date": (2, 1, "SUCCEEDED", True, ""),
    "rate-limited:form=old-date": (2, 1, "SUCCEEDED", True, ""),
    "rate-limited:form=absurd": (1, 0, "REFUSED", False, "HTTP 429"),
    "rate-limited:form=negative": (2, 1, "SUCCEEDED", True, ""),
    "rate-limited:form=junk": (2, 1, "SUCCEEDED", True, ""),
    "rate-limited:form=missing": (2, 1, "SUCCEEDED", True, ""),
    "rate-limitedx9": (4, 0, "REFUSED", False, "HTTP 429"),
    **{f"no-word-4xx:form={status}": (1, 1, "UNCONFIRMED", False, f"HTTP {status}")
       for status in (408, 409, 425, 499)},
    "http-500": (1, 0, "UNCONFIRMED", False, "HTTP 500"),
    "http-500-accepted": (1, 1, "UNCONFIRMED", False, "HTTP 500"),
    "invalid-request": (1, 0, "REFUSED", False, "invalid request body"),
    "http-502": (1, 0, "UNCONFIRMED", False, "HTTP 502"),
    "http-503": (1, 0, "UNCONFIRMED", False, "HTTP 503"),
    "no-channel": (1, 0, "REFUSED", False, "no available channel"),
    "maintenance": (1, 0, "UNCONFIRMED", False, "HTTP 503"),
    "http-504": (1, 1, "UNCONFIRMED", False, "HTTP 504"),
    "http-524": (1, 1, "UNCONFIRMED", False, "HTTP 524"),
    "not-exist:form=http400": (1, 1, "SUCCEEDED", True, ""),
    "not-exist:form=code200": (1, 1, "SUCCEEDED", True, ""),
    "not-exist:form=status": (1, 1, "SUCCEEDED", True, ""),
    "not-exist:minutes=4": (1, 1, "SUCCEEDED", True, ""),
    "not-exist:minutes=15": (1, 1, "SUCCEEDED", True, ""),
    "not-exist:seconds=100000": (1, 1, "NOT_FOUND", False, "does not know this task's id"),
    **dict.fromkeys(
        ["unknown-status", "backwards", "lower-case", "progress-junk", "missing-fields", "extra-fields",
         "nested-nulls", "wrong-types", "alternating", "poll-500", "poll-502", "poll-429", "poll-reset",
         "poll-truncated", "poll-slow:seconds=0.1", "throttled", "slow-task", "late-output", "two-outputs",
         "expired-output", "cut-output", "redirect-output", "flat", "inner-string", "output-objects",
         "url-in-fail-reason", "number-status", "credits", "other-task", "firewall-403-once", "store-busy",
         "poll-maintenance", *(f"poll-refused:form={form}" for form in REFUSALS)],
        (1, 1, "SUCCEEDED", True, ""),
    ),
    "safety-input": (1, 1, "FAILED", False, "SAFETY.INPUT.IMAGE"),
    "safety-text": (1, 1, "FAILED", False, "INPUT_PREPROCESSING.SAFETY.TEXT"),
    "safety-output": (1, 1, "FAILED", False, "would have billed this"),
    "asset-invalid": (1, 1, "FAILED", False, "One face in frame".lower()),
    "bad-output": (1, 1, "FAILED", False, "may work when tried again"),
    "internal": (1, 1, "FAILED", False, "may work when tried again"),
    "refunded": (1, 1, "FAILED", False, "may work when tried again"),
    "revived": (1, 1, "FAILED", False, "may work when tried again"),
    "unknown-failure": (1, 1, "FAILED", False, "MOON.PHASE"),
    "cancelled-elsewhere": (1, 1, "CANCELLED", False, "was cancelled"),
    "never-ends": (1, 1, "RUNNING", False, "the task itself goes on"),
    "no-output": (1, 1, "SUCCEEDED", False, "without a video"),
    "forbidden-output": (1, 1, "SUCCEEDED", False, "HTTP 403"),
    "truncated-output": (1, 1, "SUCCEEDED", False, "broke off"),
    "short-output": (1, 1, "SUCCEEDED", False, "broke off"),
    "html-output": (1, 1, "SUCCEEDED", False, "text/html"),
    "not-a-video": (1, 1, "SUCCEEDED", False, "is no video"),
    "endless-output": (1, 1, "SUCCEEDED", False, "larger than"),
    "delete-404": (1, 1, "SUCCEEDED", True, "does not document it"),
    "delete-405": (1, 1, "SUCCEEDED", True, "does not document it"),
    "delete-500": (1, 1, "SUCCEEDED", True, "HTTP 500"),
}  # fmt: skip


@pytest.fixture(scope="module")
def fast_sandbox() -> Iterator[SandboxProcess]:
    """A task of 75 s takes a quarter of one."""
    process = SandboxProcess("--concurrency", "50", speed=300)
    yield process
    process.stop()


@pytest.mark.parametrize("spec", EXPECTED)
def test_each_fault_costs_at_most_one_task_and_ends_as_written(
    fast_sandbox: SandboxProcess, tmp_path: Path, spec: str
) -> None:
    outcome = ours(fast_sandbox, spec, tmp_path, timeout_s=3 if spec == "never-ends" else 60)
    posts, accepted, status, clip, told = EXPECTED[spec]
    assert (outcome.posts, outcome.accepted, outcome.status, outcome.clip) == (posts, accepted, status, clip)
    assert told in outcome.told
    assert not list((tmp_path / "clips").glob(".*"))  # nothing half-written is left


def test_the_table_knows_every_scenario() -> None:
    assert {spec.partition(":")[0].removesuffix("x9") for spec in EXPECTED} == set(SCENARIOS)


def test_the_vendor_s_own_sdk_pays_several_times_for_one_lost_answer(fast_sandbox: SandboxProcess) -> None:
    assert vendor(fast_sandbox, "lost-answer").accepted == 3


def test_the_documentation_names_every_scenario() -> None:
    table = (Path(__file__).parents[2] / "docs" / "faults.md").read_text("utf-8")
    assert {name for name in SCENARIOS if f"`{name}`" not in table} == set()


def test_a_task_that_failed_to_one_poll_and_came_back_is_had_by_a_refresh(
    fast_sandbox: SandboxProcess, tmp_path: Path
) -> None:
    session = new_session(tmp_path, fast_sandbox)
    task = session.submit(character=fast_sandbox.playing("revived"), reference=fast_sandbox.reference)
    with pytest.raises(TaskFailed):
        task.wait(60)
    while task.status is not Status.SUCCEEDED:
        task.refresh()
    assert task.wait(60).clip
    session.close()


@pytest.mark.parametrize(("spec", "spent"), [("credits", 25), ("refunded", 0)])
def test_credits_are_kept_on_the_task(
    fast_sandbox: SandboxProcess, tmp_path: Path, spec: str, spent: int
) -> None:
    session = new_session(tmp_path, fast_sandbox)
    task = session.submit(character=fast_sandbox.playing(spec), reference=fast_sandbox.reference)
    with contextlib.suppress(TaskFailed):
        task.wait(60)
    assert task.state.credits == spent
    session.close()
