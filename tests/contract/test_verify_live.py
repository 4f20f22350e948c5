"""``cometact-nb verify-live``, on the sandbox in every shape: what it asks, sends, reports and leaves."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from services import SandboxProcess

from cometact_nb.api import evidence
from cometact_nb.entry.cli import say
from cometact_nb.entry.cli.command import main

SIGNED = "?X-Amz-Signature=S1g9f8e7D6c5B4a39281706f5e4"


@pytest.fixture(scope="module")
def service() -> Iterator[SandboxProcess]:
    running = SandboxProcess(speed=200)
    yield running
    running.stop()


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COMETACT_NB_HISTORY", str(tmp_path / "history.sqlite"))
    monkeypatch.setenv("COMETACT_NB_OUTPUT_DIR", str(tmp_path / "clips"))
    for name in ("COMETAPI_KEY", "COMETAPI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


def verify(service: SandboxProcess, *options: str, scenario: str = "", yes: bool = True) -> int:
    character = service.character + (f"?scenario={scenario}" if scenario else "")
    words = ["verify-live", "--max-cost", "1", "--sandbox", service.base_url, "--character", character]
    return main([*words, *(["--yes"] if yes else []), "--timeout", "30", *options])


def report() -> str:
    return Path("live-run/report.md").read_text("utf-8")


def posts_of(service: SandboxProcess) -> int:
    return service.posts()


@pytest.mark.parametrize(
    "scenario",
    ["", "flat", "inner-string", "output-objects", "url-in-fail-reason", "credits", "id-in-data", "lower-case",
     "alternating", "not-exist:seconds=10"],
)  # fmt: skip
def test_the_sandbox_conforms_in_every_known_shape(service: SandboxProcess, scenario: str) -> None:
    before = posts_of(service)
    assert verify(service, scenario=scenario) == say.OK
    assert posts_of(service) == before + 1
    assert "all of it was as documented" in report()
    assert list(Path("live-run/wire").glob("01-create-request.json"))


@pytest.mark.parametrize(
    ("scenario", "sentence"),
    [
        ("extra-fields", "is not documented"),
        ("unknown-status&scenario=slow-task", "nknown status word"),
        ("no-id", "in no form that is known here"),
        ("safety-input", "The task ended as FAILED"),
        ("http-403", "HTTP 403"),
        ("poll-502", "A poll was answered with HTTP 502"),
    ],
)
def test_what_is_not_as_documented_is_said_and_makes_the_check_fail(
    service: SandboxProcess, scenario: str, sentence: str
) -> None:
    before = posts_of(service)
    assert verify(service, scenario=scenario) == say.BAD
    assert posts_of(service) == before + 1
    assert sentence in report()


def test_a_lost_answer_is_reported_and_nothing_is_sent_twice(
    service: SandboxProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    before = posts_of(service)
    assert verify(service, scenario="lost-answer") == say.BAD
    assert "The answer was lost, and nothing was sent again" in report()
    assert verify(service, scenario="lost-answer") == say.BAD
    assert "may be paid for (its answer was lost)" in capsys.readouterr().err
    assert posts_of(service) == before + 1


def test_each_paid_request_is_agreed_to_apart_by_typing_its_price(
    service: SandboxProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = posts_of(service)
    for typed in ("", "yes\n", "1\n"):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        assert verify(service, yes=False) == say.DECLINED
    assert posts_of(service) == before
    assert not Path("live-run").exists()
    monkeypatch.setattr("sys.stdin", io.StringIO("0.00\n0.00\n"))
    assert verify(service, "--try-cancel", yes=False) == say.OK
    assert capsys.readouterr().err.count("Type 0.00 to send it") == 5
    assert posts_of(service) == before + 2
    assert "DELETE was answered with HTTP 204" in report()
    assert "ended as CANCELLED" in report()


def test_one_no_to_the_second_request_leaves_the_first(
    service: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = posts_of(service)
    monkeypatch.setattr("sys.stdin", io.StringIO("0.00\nno\n"))
    assert verify(service, "--try-cancel", yes=False) == say.OK
    assert posts_of(service) == before + 1
    assert "DELETE was not asked" in report()


def test_the_sum_stays_under_the_maximum_and_yes_is_for_the_sandbox_only(
    service: SandboxProcess, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inputs = ["--character", "https://h.example/a.png", "--reference", "https://h.example/a.mp4"]
    monkeypatch.setenv("COMETAPI_KEY", "sk-canary-5f2c9be1")
    monkeypatch.setenv("COMETAPI_BASE_URL", service.base_url)
    before = posts_of(service)
    assert main(["verify-live", "--max-cost", "1", "--yes", *inputs]) == say.USAGE
    assert main(["verify-live", "--max-cost", "0.2", *inputs]) == say.USAGE
    assert "more than --max-cost 0.2" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin", io.StringIO("0.40\n0.40\n"))
    options = ["--character", service.character, "--reference", service.reference, "--try-cancel"]
    assert main(["verify-live", "--max-cost", "0.5", *options]) == say.USAGE
    said = capsys.readouterr()
    assert "expected to cost $0.40" in said.err
    assert "would bring this run to $0.80" in said.err
    assert posts_of(service) == before + 1
    assert Path("live-run/report.md").exists()  # what was bought is reported all the same


def test_report_and_samples_hold_no_key_no_signed_link_and_no_address_of_the_inputs(
    service: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COMETAPI_KEY", "sk-canary-5f2c9be1")
    monkeypatch.setenv("COMETAPI_BASE_URL", service.base_url)
    monkeypatch.setattr("sys.stdin", io.StringIO("0.40\n"))
    options = ["--character", service.character + SIGNED, "--reference", service.reference + SIGNED]
    assert main(["verify-live", "--max-cost", "1", *options]) == say.OK
    tokens = {part for each in service.ledger()["downloads"] for part in each["query"].split("token=")[1:]}
    files = [path for path in Path("live-run").rglob("*") if path.is_file()]
    assert len(files) > 5
    for path in files:
        content = path.read_text("utf-8")
        assert not any(
            secret in content for secret in ("canary", SIGNED[18:], "hero", "smile", str(Path.cwd()), *tokens)
        )
        if path.suffix == ".json":
            json.loads(content)
    assert "safe to attach" in report()


def test_what_went_wrong_here_is_reported_without_the_folders_of_this_machine(
    service: SandboxProcess, tmp_path: Path
) -> None:
    (tmp_path / "clips").write_text("in the way")
    assert verify(service) == say.BAD
    assert "its clip could not be kept" in report()
    assert "What went wrong here" in report()
    assert str(tmp_path) not in report()


def test_nothing_is_sent_while_the_history_takes_nothing(
    service: SandboxProcess, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = posts_of(service)
    (tmp_path / "history.sqlite").write_text("no history")
    assert verify(service) == say.HISTORY
    assert posts_of(service) == before
    assert not Path("live-run").exists()


def test_the_clip_s_length_is_compared_with_the_reference_s(service: SandboxProcess) -> None:
    assert verify(service) == say.OK
    assert "made 0.2 s of video, 3.8 s less than the reference (4.0 s)" in report()


def test_a_link_is_looked_at_again_when_that_is_asked(service: SandboxProcess) -> None:
    assert verify(service, "--again-after", "0.001") == say.OK
    assert "the old link answers HTTP" in report()
    assert "parameters: token" in report() or "parameters: " in report()


@pytest.mark.parametrize(
    ("url", "ends"),
    [
        ("https://h/a?X-Amz-Date=20261130T000000Z&X-Amz-Expires=3600&X-Amz-Signature=s", 1796000400),
        ("https://h/a?X-Goog-Date=20261130T000000Z&X-Goog-Expires=60", 1795996860),
        ("https://h/a?Expires=1796000000&Signature=s&Key-Pair-Id=k", 1796000000),
        ("https://h/a?sv=1&se=2026-11-30T01%3A00%3A00Z&sig=s", 1796000400),
        ("https://h/a?_jwt=eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE3OTYwMDAwMDB9.c2ln", 1796000000),
        ("https://h/a?token=abc", None),
        ("https://h/a?X-Amz-Date=junk&X-Amz-Expires=1&_jwt=eyJaaaaaaaaa.bbbbbb.c", None),
        ("https://[h/a?Expires=1796000000", None),
    ],
)
def test_a_links_own_parameters_say_when_it_ends(url: str, ends: float | None) -> None:
    assert evidence.expires_at(url) == ends
