"""The sandbox as a child process. It is spoken to over HTTP only, like the real service."""

from __future__ import annotations

import atexit
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cometact_nb.domain.service import is_loopback, normal_base_url
from cometact_nb.errors import ConfigError

__all__ = ["Sandbox", "attach", "checked_speed", "environment", "start"]

#: A task takes about 75 s at speed 1.
DEFAULT_SPEED = 12.0
KEY = "sandbox-key"
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
    "COMETACT_NB_SANDBOX_CLIP_S",
}


@dataclass
class Sandbox:
    """A running sandbox: a stand-in for the paid API on this machine. Nothing is billed.

    Attributes:
        base_url: where it listens.
        speed: how many times faster than the real service its clock runs.
        characters: URLs of sample character images.
        character_videos: URLs of sample character videos.
        references: URLs of sample reference clips.
        options: further ones that it was started with.
        process: what was started; None for a sandbox that ran already.
    """

    base_url: str
    speed: float
    characters: list[str]
    character_videos: list[str]
    references: list[str]
    options: dict[str, Any] = field(default_factory=dict, repr=False)
    process: subprocess.Popen[str] | None = field(default=None, repr=False)

    @property
    def character(self) -> str:
        """URL of the first sample character."""
        return self.characters[0]

    @property
    def reference(self) -> str:
        """URL of the first sample reference clip."""
        return self.references[0]

    @property
    def alive(self) -> bool:
        """Whether the process that was started here still runs."""
        return self.process is not None and self.process.poll() is None

    def stop(self) -> None:
        """End the process. Its tasks are gone; clips on disk stay."""
        if self.process is None:
            return
        with suppress(OSError):
            if self.process.stdin:
                self.process.stdin.close()  # it ends with its standard input
        try:
            self.process.wait(3)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(3)
        if self.process.stdout:
            self.process.stdout.close()

    def __repr__(self) -> str:
        return f"<SANDBOX at {self.base_url}, {self.speed:g}× real time; nothing is billed>"


def checked_speed(speed: Any) -> float:
    """``speed`` as a number; for None that of ``COMETACT_NB_SANDBOX_SPEED``, or else 12.

    Raises:
        ConfigError: it is none, or too slow or fast to be meant.
    """
    if speed is None:
        speed = os.environ.get("COMETACT_NB_SANDBOX_SPEED") or DEFAULT_SPEED
        with suppress(ValueError):
            speed = float(speed)
    if isinstance(speed, bool) or not isinstance(speed, (int, float)) or not 0.1 <= speed <= 1000:  # noqa: PLR2004
        raise ConfigError(
            f"speed={speed!r} is outside 0.1–1000. 1 is real time, {DEFAULT_SPEED:g} the default."
        )
    return float(speed)


def environment() -> dict[str, str]:
    """What the sandbox's process learns of this one's environment: no key and no other secret."""
    return {name: value for name, value in os.environ.items() if name in _PASSED_ON or name.startswith("LC_")}


def start(speed: float = DEFAULT_SPEED, **options: Any) -> Sandbox:
    """Start a sandbox and return once it listens.

    Args:
        speed: how many times faster than the real service; 1 takes about 75 s a task.
        options: further options of ``python -m cometact_nb.sandbox``, with underscores; a list repeats one.

    Raises:
        ConfigError: the extra ``sandbox`` is not installed, or it did not start.
    """
    missing = [name for name in ("tornado", "av", "PIL") if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"The sandbox needs {', '.join(missing)}. Install it with: pip install 'cometact_nb[sandbox]'"
        )
    # -P: a file in the user's folder that is called like a library must not be imported in its place.
    command = [
        sys.executable,
        "-P",
        "-m",
        "cometact_nb.sandbox",
        "--json",
        "--stop-with-stdin",
        "--speed",
        f"{speed:g}",
    ]
    for name, value in options.items():
        for item in value if isinstance(value, (list, tuple)) else [value]:
            if item is not None:
                command += [f"--{name.replace('_', '-')}", str(item)]
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(  # noqa: S603  (our own module, arguments as a list)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(),
        )
        line = process.stdout.readline() if process.stdout else ""
        try:
            told = json.loads(line)
        except ValueError:
            process.kill()
            process.communicate(timeout=5)
            errors.seek(0)
            last = errors.read().strip().splitlines()[-1:] or ["it said nothing"]
            reason = last[0].partition(": error: ")[2] or last[0]
            raise ConfigError(f"The sandbox did not start: {reason}", guide="no-sandbox") from None
    sandbox = _told(told, speed)
    sandbox.options, sandbox.process = options, process
    atexit.register(sandbox.stop)
    return sandbox


def attach(url: str, speed: float) -> Sandbox:
    """A sandbox that runs already, as started by ``cometact-nb sandbox``. It outlives this kernel.

    Args:
        url: its base URL, on loopback.
        speed: as it was started with; this machine's polls are spaced alike.

    Raises:
        ConfigError: there is no sandbox at that address.
    """
    base_url = normal_base_url(url)
    if not is_loopback(base_url):
        raise ConfigError(f"url={url!r} is not on this machine, so it is no sandbox.")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # loopback needs no proxy
    try:
        with opener.open(f"{base_url}/sandbox/info", timeout=5) as answer:
            return _told(json.load(answer), speed)
    except (OSError, ValueError, KeyError) as error:
        cure = "Start one with: cometact-nb sandbox"
        raise ConfigError(f"There is no sandbox at {base_url} ({error}). {cure}") from None


def _told(told: dict[str, Any], speed: float) -> Sandbox:
    samples = told["samples"]
    return Sandbox(
        base_url=told["base_url"],
        speed=speed,
        characters=samples["characters"],
        character_videos=samples["character_videos"],
        references=samples["references"],
    )
