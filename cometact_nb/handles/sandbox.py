"""Starts and finds the sandbox, a process of its own, and talks to it over HTTP only.

The sandbox of :func:`cometact_nb.use_sandbox` belongs to the user, not to a kernel: like the service it
outlives the kernel that started it, and the next kernel finds it by a file that only this user can read.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import subprocess
import urllib.error
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from cometact_nb.domain import redact
from cometact_nb.domain.arguments import check_flags
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

__all__ = ["Sandbox", "attach", "checked_speed", "find", "start"]

#: A task takes about 75 s at speed 1.
DEFAULT_SPEED = 12.0
KEY = "sandbox-key"
#: The number of looks for a sandbox that another kernel is starting or replacing.
_TRIES = 3
#: The name of this process among a sandbox's clients.
_OWN_NAME = secrets.token_hex(4)


class _NotThereError(ConfigError):
    """No sandbox answers at an address."""


@dataclass
class Sandbox:
    """A running sandbox: a stand-in for the paid API on this machine. Nothing is billed.

    Attributes:
        base_url: its address.
        speed: of this kernel's tasks, times the speed of the real service.
        characters: URLs of sample character images.
        character_videos: URLs of sample character videos.
        references: URLs of sample reference clips.
        key: of this kernel; its settings are part of it.
        process: of a sandbox that ends with this kernel; None for a sandbox that outlives it.
    """

    base_url: str
    speed: float
    characters: list[str]
    character_videos: list[str]
    references: list[str]
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
        """Forget all tasks of the sandbox, also those of other notebooks. Downloaded clips stay.

        Args:
            yes: do it although another notebook uses this sandbox.

        Raises:
            ConfigError: another notebook uses it, or it does not answer.
        """
        check_flags(yes=yes)
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
        """End the sandbox, also for other notebooks. The next ``use_sandbox()`` brings back its tasks.

        Raises:
            ConfigError: it was started in a terminal, and must be ended there.
        """
        if self.process is None:
            try:
                self._tell("stop", {})
            except urllib.error.HTTPError:
                raise ConfigError(
                    f"The sandbox at {self.base_url} was started by hand: end it there."
                ) from None
            except OSError:
                return  # it has ended
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
    """Check ``speed``; for None, take ``COMETACT_NB_SANDBOX_SPEED``, or else 12.

    Raises:
        ConfigError: it is no number, or outside 0.1–1000.
    """
    if speed is None:
        speed = os.environ.get("COMETACT_NB_SANDBOX_SPEED") or DEFAULT_SPEED
        with suppress(ValueError):
            speed = float(speed)
    if isinstance(speed, bool) or not isinstance(speed, (int, float)) or not 0.1 <= speed <= 1000:  # noqa: PLR2004
        raise ConfigError(
            f"speed={redact.text(repr(speed))} is outside 0.1–1000. 1 is real time, {DEFAULT_SPEED:g} is the "
            "default."
        )
    return float(speed)


def find(speed: float = DEFAULT_SPEED, **options: Any) -> Sandbox:
    """Find this user's running sandbox, or start one with the tasks of the last one.

    Args:
        speed: times the speed of the real service; 1 takes about 75 s a task.
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
        return start(speed, **options)  # where no state can be written, it ends with this process
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
            with suppress(_NotThereError):  # it was just ending
                return _admitted(card["base_url"], Secret(card["token"]), speed, _with_length(options))
    raise ConfigError(f"The sandbox did not start: {folder} names none that answers.", guide="no-sandbox")


def attach(url: str, speed: float | None, **options: Any) -> Sandbox:
    """Connect to a running sandbox: from ``cometact-nb sandbox``, or the user's own.

    Args:
        url: its base URL, on loopback.
        speed: of this process's tasks, times the speed of the real service; None takes the sandbox's own.
        options: further settings of them, such as ``scenario``.

    Raises:
        ConfigError: there is no sandbox at that address, or an option is wrong.
    """
    base_url = normal_base_url(url)
    if not is_loopback(base_url):
        raise ConfigError(f"url={url!r} is not on this machine, so it is no sandbox.")
    card = read_card(state_of_sandbox())
    is_own = card is not None and card["base_url"] == base_url and is_genuine(card)
    return _admitted(base_url, Secret(card["token"] if card and is_own else KEY), speed, options)


def start(speed: float = DEFAULT_SPEED, **options: Any) -> Sandbox:
    """Start a sandbox that ends with this process, and return when it listens.

    Args:
        speed: times the speed of the real service; 1 takes about 75 s a task.
        options: see :func:`find`.

    Raises:
        ConfigError: see :func:`find`.
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
    """Add to ``options`` the length of clips from this process's environment."""
    length = os.environ.get("COMETACT_NB_SANDBOX_CLIP_S")
    with suppress(ValueError):
        return {"clip_s": float(length), **options} if length else options
    return options


def _admitted(base_url: str, token: Secret, speed: float | None, options: dict[str, Any]) -> Sandbox:
    """Register this process's settings at a sandbox.

    Raises:
        ConfigError: there is no sandbox at that address, or an option is wrong.
    """
    settings = {name: value for name, value in {"speed": speed, **options}.items() if value is not None}
    content = {
        "name": f"{os.getpid()}-{_OWN_NAME}",
        "pid": os.getpid(),
        "settings": settings,
    }
    try:
        answer = ask(f"{base_url}/sandbox/client", content, token)
        return _sandbox(answer)
    except urllib.error.HTTPError as error:
        with error, suppress(ValueError, KeyError, TypeError):
            if error.code == 400:  # noqa: PLR2004
                raise ConfigError(str(json.load(error)["error"]), guide="no-sandbox") from None
        reason: Exception = error
        if error.code != 401:  # noqa: PLR2004  (it keeps settings, and knows another key)
            with suppress(OSError, ValueError, KeyError, TypeError):
                return _without_clients(base_url, settings)
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error
    raise _NotThereError(
        f"There is no sandbox at {base_url} ({reason}). Start one with: cometact-nb sandbox"
    ) from None


def _without_clients(base_url: str, settings: dict[str, Any]) -> Sandbox:
    """Take a stand-in that keeps no settings for each kernel, as an earlier version's or one of a test's own.

    Raises:
        ConfigError: it would have to keep some.
        OSError, ValueError, KeyError, TypeError: there is none.
    """
    info = {"speed": DEFAULT_SPEED, "key": KEY, **ask(f"{base_url}/sandbox/info")}
    others = [name for name in settings if name != "speed"]
    if others:
        raise ConfigError(
            f"The sandbox at {base_url} is of an earlier version and keeps no {', '.join(others)} for this "
            "kernel. Stop it, or start one with: cometact-nb sandbox",
            guide="no-sandbox",
        )
    return _sandbox({**info, **settings})


def _sandbox(answer: dict[str, Any]) -> Sandbox:
    samples = answer["samples"]
    if not is_loopback(answer["base_url"]):
        raise ValueError("its own address is not on this machine")
    return Sandbox(
        base_url=answer["base_url"],
        speed=answer["speed"],
        characters=samples["characters"],
        character_videos=samples["character_videos"],
        references=samples["references"],
        key=Secret(answer["key"]),
    )
