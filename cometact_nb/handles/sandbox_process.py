"""Starts the sandbox's process, reads the file by which kernels find it, and calls its own routes."""

from __future__ import annotations

import atexit
import hashlib
import hmac
import http.client
import importlib.util
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from cometact_nb.domain.service import Secret, is_loopback
from cometact_nb.errors import ConfigError
from cometact_nb.store.user import state_folder

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "ask",
    "build",
    "environment",
    "is_genuine",
    "is_gone",
    "launch",
    "read_card",
    "spawn",
    "state_of_sandbox",
    "until",
]

#: The most seconds to wait for the end of a sandbox, and the seconds between looks at it.
_ENDING_S, _LOOK_S = 5.0, 0.02
#: The most seconds for a port of this machine to take a connection.
_CONNECT_S = 0.2
#: How long an answer of the sandbox may take, seconds: it may be rendering on a busy machine.
_ANSWER_S = 15.0
#: Variables that Python, its libraries and the sandbox itself need.
_PASSED_ON = {
    *("PATH", "HOME", "USER", "LANG", "LANGUAGE", "TZ", "TMPDIR", "TEMP", "TMP"),
    *("XDG_CACHE_HOME", "VIRTUAL_ENV", "CONDA_PREFIX", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"),
    *("SYSTEMROOT", "WINDIR", "COMSPEC", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    *(
        "PYTHONPATH",
        "PYTHONHOME",
        "PYTHONUTF8",
        "PYTHONIOENCODING",
        "PYTHONWARNINGS",
        "PYTHONDONTWRITEBYTECODE",
    ),
    "COMETACT_NB_SANDBOX_CLIP_S",  # for kernels that set no length of their own
}


def state_of_sandbox() -> Path:
    """Return the folder of this user's sandbox's state."""
    return state_folder() / "sandbox"


def environment() -> dict[str, str]:
    """Select the environment of the sandbox's process: no key and no other secret."""
    return {name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith("LC_")}


def until(happened: Callable[[], bool]) -> None:
    """Wait for the end of a process, but not for ever."""
    deadline = time.monotonic() + _ENDING_S
    while not happened() and time.monotonic() < deadline:
        time.sleep(_LOOK_S)


def read_card(folder: Path) -> dict[str, str] | None:
    """Read the address, now or earlier, and token of the user's sandbox; None without such a file."""
    path = folder / "sandbox.json"
    try:
        if hasattr(os, "getuid") and path.stat().st_uid != os.getuid():
            return None
        card = json.loads(path.read_bytes())
        fields = {name: str(card[name]) for name in ("base_url", "token", "build")}
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return fields if is_loopback(fields["base_url"]) else None


def is_gone(base_url: str) -> bool:
    """Whether a sandbox has ended for good: nothing listens at its address, and it is not this user's own.

    This user's own comes back with its tasks. A port that neither takes nor refuses a connection may be busy.

    Args:
        base_url: of a sandbox, and of no paid service at this machine, which comes back.
    """
    card = read_card(state_of_sandbox())
    if card is not None and card["base_url"] == base_url:
        return False
    parts = urlsplit(base_url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 80), timeout=_CONNECT_S):
            return False
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


def is_genuine(card: dict[str, str]) -> bool:
    """Whether the listener there has the token, too: the port may belong to another program by now."""
    nonce = secrets.token_hex(16)
    try:
        proof = str(ask(f"{card['base_url']}/sandbox/info?nonce={nonce}").get("proof", ""))
    except (OSError, ValueError):
        return False
    expected = hmac.new(card["token"].encode(), nonce.encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(proof.encode(), expected.encode())


def build() -> str:
    """Return a text that differs between the sandboxes of different versions."""
    spec = importlib.util.find_spec("cometact_nb")
    assert spec is not None
    assert spec.submodule_search_locations
    content = hashlib.sha256()
    for path in sorted((Path(spec.submodule_search_locations[0]) / "sandbox").rglob("*.py")):
        content.update(path.read_bytes())
    return content.hexdigest()[:16]


def launch(folder: Path, build: str) -> None:
    """Start the user's sandbox and wait until it listens, or until another process was quicker.

    Raises:
        ConfigError: it did not start.
    """
    more = ["--state", str(folder), "--build", build]
    process, line, reason = spawn(more, cwd=folder, start_new_session=True, stdin=subprocess.DEVNULL)
    if process.stdout:
        process.stdout.close()
    if line:
        _left_alone.append(process)
    elif process.wait(10) != _IN_USE:
        raise ConfigError(f"The sandbox did not start: {reason}", guide="no-sandbox")


#: The exit code of a sandbox whose state another process has.
_IN_USE = 4
#: The sandboxes that go on after this process. Python warns of a running process without a reference.
_left_alone: list[subprocess.Popen[str]] = []


@atexit.register
def _leave() -> None:
    for process in _left_alone:
        if process.poll() is None:
            process.returncode = 0  # it goes on, so no warning


def spawn(more: list[str], **how: Any) -> tuple[subprocess.Popen[str], str, str]:
    """Start a sandbox's process; return it, the line with its address, or else the reason of a failure.

    Raises:
        ConfigError: the extra ``sandbox`` is not installed.
    """
    missing = [name for name in ("tornado", "av", "PIL") if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"The sandbox needs {', '.join(missing)}. Install it with: pip install 'cometact_nb[sandbox]'"
        )
    # -P: a file in the user's folder that is called like a library must not be imported in its place.
    command = [sys.executable, "-P", "-m", "cometact_nb.sandbox", "--json", *more]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(  # noqa: S603  (our own module, arguments as a list)
            command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment(), **how
        )
        line = process.stdout.readline() if process.stdout else ""
        if line:
            return process, line, ""
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        errors.seek(0)
        last = errors.read().strip().splitlines()[-1:] or ["it said nothing"]
        return process, "", last[0].partition(": error: ")[2] or last[0]


def ask(url: str, content: dict[str, Any] | None = None, key: Secret | None = None) -> dict[str, Any]:
    """Call a sandbox, by POST if there is content, and return its answer.

    Raises:
        OSError: it does not answer, or refuses.
        ValueError: the answer is no JSON object.
    """
    headers = {"Content-Type": "application/json"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key.reveal()}"
    body = None if content is None else json.dumps(content, default=str).encode()
    request = urllib.request.Request(url, body, headers)  # noqa: S310  (loopback only)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback needs no proxy
    try:
        with opener.open(request, timeout=_ANSWER_S) as answer:
            reply = json.load(answer)
    except http.client.HTTPException as error:  # a program that speaks no HTTP
        raise OSError(str(error) or repr(error)) from None
    if not isinstance(reply, dict):
        raise ValueError("no JSON object")  # noqa: TRY004  (what was read, not what was passed)
    return reply
