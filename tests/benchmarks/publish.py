"""``act.publish`` beside the store's own upload with one HEAD and one ranged GET."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cometact_nb.store.inputs.hashes import note_hash
from tests.benchmarks.report import Line, Report

NAME = "publish"
_RATIO = 1.1
_PEER = "put_file, HEAD, GET"
_HOW = (
    "`act.publish` of a prepared file, whose hash is known (upload, both hashes beside it, comparison, the vendor's "
    "look, two records), beside `put_file` of s3fs, one HEAD and one ranged GET; in turn, each with a file of its own, "
    "at one server (moto), {rounds} rounds."
)


def measure(*, quick: bool) -> Report:
    """Each round brings two files of other content, since the same file is brought once."""
    rounds, size = (1, 300_000) if quick else (15, 30 * 1024**2)
    report = Report(NAME, "A file of yours made public", _HOW.format(rounds=rounds), [])
    what = f"{size / 1024**2:.2g} MB to S3"
    if any(importlib.util.find_spec(name) is None for name in ("moto", "s3fs", "flask")):
        report.lines = [
            Line(what, "s", [float("nan")], note="not measured: moto[server] and s3fs are missing")
        ]
        return report
    line = Line(what, "s", [], [], _PEER, "≤ 1.1")
    processor = Line("the same, processor time of the notebook's process", "s", [], [], _PEER)
    with tempfile.TemporaryDirectory() as name, _server(Path(name)) as (place, base):
        folder = Path(name)
        session = _session(folder, place, base)
        peer = _peer(place, base)
        for number in range(rounds + 1):
            own, other = _file(folder, size), _file(folder, size)
            mine = _clocked(lambda path: session.publish(_prepared(path), yes=True), own)
            theirs = _clocked(peer, other)
            own.unlink()
            other.unlink()
            if number:  # the first round opens connections
                for which, samples in enumerate((line, processor)):
                    samples.ours.append(mine[which])
                    samples.peer.append(theirs[which])
        session.close()
    line.met = line.ratio is not None and line.ratio <= _RATIO
    report.lines = [line, processor]
    return report


@contextmanager
def _server(folder: Path) -> Iterator[tuple[str, str]]:
    """An S3 in a process of its own, a user's folder of the run's own, and a bucket that anyone may read."""
    import stores

    before, port = os.environ.get("XDG_STATE_HOME"), stores.free_port()
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    try:
        with stores.running(command, port), stores.configured("s3", **stores.at_port(port)):
            bucket = stores.public_bucket(port)
            yield f"s3://{bucket}/inputs", f"http://127.0.0.1:{port}/{bucket}/inputs"
    finally:
        os.environ.pop("XDG_STATE_HOME")
        if before is not None:
            os.environ["XDG_STATE_HOME"] = before


def _session(folder: Path, place: str, base: str) -> Any:
    from cometact_nb.handles.config import Config
    from cometact_nb.handles.session import Session

    config = Config(
        history=str(folder / "history.sqlite"),
        output_dir=folder / "clips",
        base_url="http://127.0.0.1:9",  # on this machine, as the store is; nothing is asked there
    )
    return Session(config.changed(api_key="key", publish_to=place, publish_base=base))


def _prepared(path: Path) -> Any:
    from cometact_nb.domain.inspection.facts import Inspection, MediaFacts
    from cometact_nb.handles.prepare import Prepared

    return Prepared(path, (), Inspection(str(path), "character", MediaFacts()), "0" * 64, "character")


def _file(folder: Path, size: int) -> Path:
    """A JPEG by its first bytes; nobody decodes it here."""
    path = folder / f"{os.urandom(8).hex()}.jpg"
    content = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + os.urandom(size)
    path.write_bytes(content)
    note_hash(path, hashlib.sha256(content).hexdigest())  # as act.prepare does with what it has made
    return path


def _peer(place: str, base: str) -> Callable[[Path], None]:
    import fsspec
    import httpx

    fs, root = fsspec.core.url_to_fs(place)
    client = httpx.Client(timeout=60)

    def put(path: Path) -> None:
        fs.put_file(str(path), f"{root}/{path.name}", ContentType="image/jpeg")
        size = path.stat().st_size
        client.head(f"{base}/{path.name}").raise_for_status()
        part = {"Range": f"bytes={size - 65_536}-{size - 1}"}
        client.get(f"{base}/{path.name}", headers=part).raise_for_status()

    return put


def _clocked(call: Callable[[Path], object], path: Path) -> tuple[float, float]:
    """Seconds by the clock, and of the processor."""
    began, used = time.perf_counter(), time.process_time()
    call(path)
    return time.perf_counter() - began, time.process_time() - used
