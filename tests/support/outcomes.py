"""What becomes of one request under each fault: with this package, and with the vendor's own SDK.

``python tests/support/outcomes.py`` plays every scenario of the sandbox and prints the table.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

import httpx
from services import SandboxProcess, new_session

from cometact_nb.errors import ActTwoError, TaskError

#: Scenarios that cannot be asked for in a character's URL: they come before the body is read.
EARLY = {"connection-refused", "reset-before-body", "reset-mid-body"}


@dataclass(frozen=True)
class Outcome:
    """What became of a request.

    Args:
        posts: paid requests that reached the service.
        accepted: tasks it accepted, and would bill.
        status: the status at the end.
        clip: whether the clip is on disk.
        told: what the user is told.
    """

    posts: int
    accepted: int
    status: str
    clip: bool
    told: str = ""


def _prepare(sandbox: SandboxProcess, spec: str) -> str:
    """Empty the books and arrange the scenario; the character to ask for."""
    sandbox.reset()
    if spec.partition(":")[0] in EARLY:
        sandbox.push(spec)
        return sandbox.character
    # A cancel is to come before the end, on a machine that is busy, too.
    return sandbox.playing(f"{spec}&scenario=slow-task" if spec.startswith("delete-") else spec)


def _count(sandbox: SandboxProcess) -> tuple[int, int]:
    """(paid requests that came, tasks accepted), once the sandbox can be asked."""
    for _ in range(200):
        with contextlib.suppress(httpx.ConnectError):
            posts = sandbox.ledger()["posts"]
            return len(posts), sum(post["accepted"] for post in posts)
        threading.Event().wait(0.05)
    raise RuntimeError("the sandbox did not come back")


def ours(sandbox: SandboxProcess, spec: str, folder: Path, *, timeout_s: float = 60) -> Outcome:
    """Submit, wait, and for ``delete-…`` cancel, with this package."""
    session = new_session(folder, sandbox)
    told, task = "", None
    try:
        task = session.submit(character=_prepare(sandbox, spec), reference=sandbox.reference)
        if spec.startswith("delete-"):
            with contextlib.suppress(ActTwoError):
                task.cancel()
            told = task.state.cancel_message or ""
        task.wait(timeout_s)
    except TaskError as error:
        told, task = str(error), error.task
    except ActTwoError as error:
        told = str(error)
    task = task or session.tasks()[0]
    posts, accepted = _count(sandbox)
    outcome = Outcome(posts, accepted, task.status.value, bool(task.clip), " ".join(told.split()))
    session.close()
    return outcome


def vendor(sandbox: SandboxProcess, spec: str, *, timeout_s: float = 40) -> Outcome:
    """The same with the vendor's unmodified SDK, and a plain download of what it returns."""
    from runwayml import RunwayML, TaskFailedError

    status, clip, told = "?", False, ""
    with RunwayML(api_key="sandbox", base_url=f"{sandbox.base_url}/runwayml") as client:
        try:
            created: Any = client.character_performance.create(
                model="act_two",
                character={"type": "image", "uri": _prepare(sandbox, spec)},
                reference={"type": "video", "uri": sandbox.reference},
                ratio="1280:720",
            )
            if spec.startswith("delete-"):
                client.tasks.delete(created.id)
            done = created.wait_for_task_output(timeout=timeout_s)
            status = done.status
            clip = httpx.get(done.output[0], verify=False, timeout=60).content[4:8] == b"ftyp"
        except TaskFailedError as error:
            status, told = error.task_details.status, str(error)
        except Exception as error:  # noqa: BLE001  (whatever the SDK raises is what its user is told)
            status, told = type(error).__name__, str(error)
    posts, accepted = _count(sandbox)
    return Outcome(posts, accepted, str(status), clip, " ".join(told.split()))


def main() -> None:
    from cometact_nb.sandbox.scenarios import SCENARIOS

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("scenarios", nargs="*", default=[name for name in SCENARIOS if name != "never-ends"])
    parser.add_argument(
        "--no-vendor", action="store_true", help="leave the vendor's SDK out (it takes minutes)"
    )
    options = parser.parse_args()
    sandbox = SandboxProcess()
    head = ["scenario", "what happens", "POSTs", "accepted", "status", "clip", "the user is told"]
    head += [] if options.no_vendor else ["vendor SDK: POSTs", "accepted", "ends as", "clip"]
    print(_row(head))
    print(_row(["---"] * len(head)))
    for name in options.scenarios:
        with tempfile.TemporaryDirectory() as folder:
            row = ours(sandbox, name, Path(folder))
        cells = [
            f"`{name}`",
            SCENARIOS[name].description,
            row.posts,
            row.accepted,
            row.status,
            _yes(row.clip),
        ]
        told = re.sub(r" \(request id: [^)]*\)", "", row.told)
        cells.append(told[:90] + ("…" if len(told) > 90 else ""))
        if not options.no_vendor:
            peer = vendor(sandbox, name)
            cells += [peer.posts, peer.accepted, peer.status[:40], _yes(peer.clip)]
        print(_row(cells), flush=True)
    sandbox.stop()


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _row(cells: list[Any]) -> str:
    escaped = (str(cell).replace("|", "\\|").replace("<", "&lt;") for cell in cells)
    return f"| {' | '.join(escaped)} |"


if __name__ == "__main__":
    main()
