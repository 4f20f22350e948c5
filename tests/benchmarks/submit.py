"""How soon the cell returns: ``act.submit`` beside one raw POST on a warm connection."""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import BinaryIO

import httpx
from services import SandboxProcess, new_session

from cometact_nb.domain.request import ActTwoRequest
from tests.benchmarks.report import Line, Report

NAME = "submit"
_OURS_MS = 4.0  #: what the package may add to the POST and one fsync


def _to_disk(file: BinaryIO) -> None:
    file.write(b"x" * 4096)
    file.flush()
    os.fsync(file.fileno())


def measure(*, quick: bool) -> Report:
    """Submit, raw POST and fsync in turn, on the same disk, to the same sandbox."""
    rounds = 3 if quick else 60
    sandbox = SandboxProcess("--concurrency", "100000", speed=1)
    ours: list[float] = []
    raw: list[float] = []
    disk: list[float] = []
    try:
        with tempfile.TemporaryDirectory() as folder, httpx.Client() as http:
            session = new_session(Path(folder), sandbox)
            session.configure(look="never")
            request = ActTwoRequest(
                character=sandbox.playing("never-ends"), reference=sandbox.reference, seed=7
            )
            url = f"{sandbox.base_url}/runwayml/v1/character_performance"
            body = request.to_json()
            endpoint = session.config.endpoint
            assert endpoint.api_key is not None
            http.headers["Authorization"] = f"Bearer {endpoint.api_key.reveal()}"
            http.headers["X-Runway-Version"] = endpoint.runway_version
            with (Path(folder) / "fsync").open("wb") as file:
                for turn in range(rounds + 3):
                    took = (
                        _ms(lambda: session.submit(request)),
                        _ms(lambda: http.post(url, json=body).raise_for_status()),
                        _ms(lambda: _to_disk(file)),
                    )
                    if turn >= 3:  # connections are warm, the history is open
                        for values, value in zip((ours, raw, disk), took, strict=True):
                            values.append(value)
            session.close()
    finally:
        sandbox.stop()
    allowed = statistics.median(raw) + statistics.median(disk) + _OURS_MS
    extra = [mine - post for mine, post in zip(ours, raw, strict=True)]
    return Report(
        NAME,
        "The cell returns",
        f"{rounds} rounds of `act.submit` without a look at the inputs, a raw `httpx` POST of the same body on a warm "
        "connection, and one 4 KB `fsync` on the disk of the history. Submit makes its intent durable before the POST "
        "and the id after it.",
        [
            Line(
                "`act.submit` to its return",
                "ms",
                ours,
                raw,
                "raw POST",
                f"≤ raw + fsync + {_OURS_MS:.0f} ms = {allowed:.1f} ms",
                statistics.median(ours) <= allowed,
            ),
            Line("of that, beyond the POST", "ms", extra, disk, "one fsync"),
        ],
    )


def _ms(work: object) -> float:
    began = time.perf_counter()
    work()  # type: ignore[operator]
    return (time.perf_counter() - began) * 1000
