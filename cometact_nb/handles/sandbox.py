"""The sandbox as a process of its own. It is spoken to over HTTP only, like the real service.

The one of :func:`cometact_nb.use_sandbox` belongs to the user, not to a kernel: it outlives the kernel that
started it, as the service does, and the next kernel finds it by a file that only this user can read.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import subprocess
import urllib.error
import urllib.request
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cometact_nb.domain.service import Secret, is_loopback, normal_base_url
from cometact_nb.errors import ConfigError
from cometact_nb.handles.sandbox_process import (
    ask,
    build,
    is_genuine,
    launch,
    read_card,
    spawn,
    state_of_sandbox,
    until,
)

__all__ = ["Sandbox", "attach", "checked_speed", "find", "start", "where_it_was"]

#: A task takes about 75 s at speed 1.
DEFAULT_SPEED = 12.0
KEY = "sandbox-key"
#: How often a sandbox is looked for again that another kernel is starting or replacing.
_TRIES = 3
#: This process among the clients of a sandbox.
_OWN_NAME = secrets.token_hex(4)


class _NotThereError(ConfigError):
    """Nothing at an address answers as a sandbox does."""


@dataclass
class Sandbox:
    """A running sandbox: a stand-in for the paid API on this machine. Nothing is billed.

    Attributes:
        base_url: where it listens.
        speed: how many times faster than the real service this kernel's tasks run.
        characters: URLs of sample character images.
        character_videos: URLs of sample character videos.
        references: URLs of sample reference clips.
        options: further settings of this kernel's tasks.
        key: what this kernel asks with; the settings are part of it.
        process: what was started, where it ends with this kernel; None for a sandbox that outlives it.
    """

    base_url: str
    speed: float
    characters: list[str]
    character_videos: list[str]
    references: list[str]
    options: dict[str, Any] = field(default_factory=dict, repr=False)
    key: Secret = field(default_factory=lambda: Secret(KEY), repr=False)
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
        """Whether it answers."""
        try:
            ask(f"{self.base_url}/sandbox/info")
        except (OSError, ValueError):
            return False
        return True

    def reset(self, *, yes: bool = False) -> None:
        """Forget all tasks of the sandbox, those of other notebooks, too. Clips that were fetched stay.

        Args:
            yes: do it although another notebook uses this sandbox.

        Raises:
            ConfigError: another notebook uses it, or it does not answer.
        """
        try:
            self._tell("reset", {"yes": yes})
        except urllib.error.HTTPError as error:
            if error.code != 409:  # noqa: PLR2004
                raise ConfigError(f"The sandbox at {self.base_url} said no ({error}).") from None
            raise ConfigError(
                "Another notebook uses this sandbox, and would lose its tasks there. "
                "sandbox.reset(yes=True) empties it all the same."
            ) from None
        except OSError as error:
            raise ConfigError(f"The sandbox at {self.base_url} does not answer ({error}).") from None

    def stop(self) -> None:
        """End the sandbox, for other notebooks, too. The next ``use_sandbox()`` brings back its tasks.

        One that was started in a terminal is ended there.
        """
        if self.process is None:
            with suppress(OSError):
                self._tell("stop", {})
                until(lambda: not self.alive)
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

    def _tell(self, what: str, content: dict[str, Any]) -> None:
        ask(f"{self.base_url}/sandbox/{what}", content, self.key)

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


def find(speed: float = DEFAULT_SPEED, **options: Any) -> Sandbox:
    """This user's sandbox: the one that runs, or else one that is started now with the tasks of the last one.

    Args:
        speed: how many times faster than the real service; 1 takes about 75 s a task.
        options: further settings of this process's tasks, such as ``scenario``.

    Raises:
        ConfigError: the extra ``sandbox`` is not installed, it did not start, or an option is wrong.
    """
    folder = state_of_sandbox()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not os.access(folder, os.W_OK):
            raise PermissionError
    except OSError:
        return start(speed, **options)  # where nothing can be kept, it ends with this process
    mine = build()
    for _ in range(_TRIES):
        card = read_card(folder)
        if card is None or not is_genuine(card):
            launch(folder, mine)
        elif card["build"] != mine:
            with suppress(OSError):
                ask(f"{card['base_url']}/sandbox/stop", {}, Secret(card["token"]))
            launch(folder, mine)
        else:
            with suppress(_NotThereError):  # it was ending just now
                return _admitted(card["base_url"], Secret(card["token"]), speed, _with_length(options))
    raise ConfigError(f"The sandbox did not start: {folder} names none that answers.", guide="no-sandbox")


def where_it_was() -> str | None:
    """The address of this user's sandbox, also while it does not run; None if there never was one."""
    card = read_card(state_of_sandbox())
    return card["base_url"] if card else None


def attach(url: str, speed: float, **options: Any) -> Sandbox:
    """A sandbox that runs already, as started by ``cometact-nb sandbox``. It outlives this kernel.

    Args:
        url: its base URL, on loopback.
        speed: how many times faster than the real service this process's tasks run.
        options: further settings of them, such as ``scenario``.

    Raises:
        ConfigError: there is no sandbox at that address, or an option is wrong.
    """
    base_url = normal_base_url(url)
    if not is_loopback(base_url):
        raise ConfigError(f"url={url!r} is not on this machine, so it is no sandbox.")
    return _admitted(base_url, Secret(KEY), speed, options)


def start(speed: float = DEFAULT_SPEED, **options: Any) -> Sandbox:
    """Start a sandbox that ends with this process, and return once it listens.

    Args:
        speed: how many times faster than the real service; 1 takes about 75 s a task.
        options: as :func:`find`.

    Raises:
        ConfigError: as :func:`find`.
    """
    process, line, reason = spawn(["--stop-with-stdin"], stdin=subprocess.PIPE)
    try:
        base_url = json.loads(line)["base_url"]
    except ValueError:
        process.kill()
        process.communicate(timeout=5)
        raise ConfigError(f"The sandbox did not start: {reason}", guide="no-sandbox") from None
    try:
        sandbox = _admitted(base_url, Secret(KEY), speed, options)
    except ConfigError:
        process.kill()
        process.communicate(timeout=5)
        raise
    sandbox.process = process
    atexit.register(sandbox.stop)
    return sandbox


def _with_length(options: dict[str, Any]) -> dict[str, Any]:
    """``options`` with the length of clips that this process's environment names."""
    named = os.environ.get("COMETACT_NB_SANDBOX_CLIP_S")
    with suppress(ValueError):
        return {"clip_s": float(named), **options} if named else options
    return options


def _admitted(base_url: str, token: Secret, speed: float, options: dict[str, Any]) -> Sandbox:
    """Tell a sandbox how this process's tasks are to be played.

    Raises:
        ConfigError: there is none at that address, or an option is wrong.
    """
    settings = {name: value for name, value in options.items() if value is not None}
    content = {
        "name": f"{os.getpid()}-{_OWN_NAME}",
        "pid": os.getpid(),
        "settings": {"speed": speed, **settings},
    }
    try:
        answer = ask(f"{base_url}/sandbox/client", content, token)
        return _sandbox(answer, options)
    except urllib.error.HTTPError as error:
        if error.code == 400:  # noqa: PLR2004
            with suppress(ValueError, KeyError, TypeError):
                raise ConfigError(str(json.load(error)["error"]), guide="no-sandbox") from None
        reason: Exception = error
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error
    raise _NotThereError(
        f"There is no sandbox at {base_url} ({reason}). Start one with: cometact-nb sandbox"
    ) from None


def _sandbox(answer: dict[str, Any], options: dict[str, Any]) -> Sandbox:
    samples = answer["samples"]
    return Sandbox(
        base_url=answer["base_url"],
        speed=answer["speed"],
        characters=samples["characters"],
        character_videos=samples["character_videos"],
        references=samples["references"],
        options=options,
        key=Secret(answer["key"]),
    )
