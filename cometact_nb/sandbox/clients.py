"""The clients of a sandbox, each with its own speed, scenarios and limits.

A client sends its settings once and gets a key that holds them, so that a restarted sandbox knows them, too.
Any other key is a client without a name, with the settings of the command line.
"""

from __future__ import annotations

import base64
import hmac
import json
import math
import os
import sys
import time
from dataclasses import asdict, dataclass, field, fields, replace
from random import Random
from typing import TYPE_CHECKING, Any

from cometact_nb.sandbox.scenarios import Playbook, parse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from cometact_nb.sandbox.scenarios import Play

__all__ = ["SHAPES", "Caller", "Clients", "Settings"]

SHAPES = ("bare", "wrapped", "alternating")
#: A client whose process cannot be looked up counts as connected for this many seconds.
_RECENT_S = 60.0


@dataclass(frozen=True)
class Settings:
    """The settings of one client's requests.

    Args:
        speed: times the speed of the real service.
        duration_s: seconds of a run at speed 1.
        clip_s: cut clips after so many seconds; None gives each the length of its reference.
        shape: of a poll's answer, one of :data:`SHAPES`.
        concurrency: tasks that run at once; more are THROTTLED.
        url_ttl_s: seconds until an output link expires.
        scenario: specs for every request.
        seed: of durations and probabilities.
    """

    speed: float = 1.0
    duration_s: float = 75.0
    clip_s: float | None = None
    shape: str = "bare"
    concurrency: int = 3
    url_ttl_s: float = 86_400.0
    scenario: tuple[str, ...] = ()
    seed: int = 0

    @classmethod
    def of(cls, options: argparse.Namespace) -> Settings:
        """Take the settings of the command line, which has checked them.

        Args:
            options: as parsed by ``python -m cometact_nb.sandbox``.
        """
        values = {entry.name: getattr(options, entry.name) for entry in fields(cls)}
        return cls(**{**values, "scenario": tuple(values["scenario"])})

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """Return a copy with ``changes``, each checked.

        Args:
            changes: JSON values by name; ``scenario`` is a spec or a list of specs.

        Raises:
            ValueError: an unknown name, or a bad value.
        """
        names = [entry.name for entry in fields(self)]
        for name in changes:
            if name not in names:
                raise ValueError(f"{name!r} is no setting of the sandbox. There are: {', '.join(names)}.")
        return replace(self, **{name: _checked(name, value) for name, value in changes.items()})


def _checked(name: str, value: Any) -> Any:
    """Check ``value`` for the setting ``name``."""
    if name == "scenario":
        specs = [value] if isinstance(value, str) else value
        if not isinstance(specs, (list, tuple)) or not all(isinstance(spec, str) for spec in specs):
            raise ValueError(f"scenario={value!r} is neither a text nor a list of texts.")
        for spec in specs:
            parse(spec)
        return tuple(specs)
    if name == "shape":
        if value not in SHAPES:
            raise ValueError(f"shape={value!r} is none of: {', '.join(SHAPES)}.")
        return value
    if name == "clip_s" and value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name}={value!r} is no number.")
    if name in {"concurrency", "seed"} and not isinstance(value, int):
        raise ValueError(f"{name}={value!r} is no whole number.")
    if name in {"speed", "duration_s", "clip_s", "concurrency"} and value <= 0:
        raise ValueError(f"{name}={value!r} is not above 0.")
    return value


@dataclass
class Caller:
    """One client: a notebook's kernel, or anyone with another key.

    Args:
        settings: of its requests.
        queue: plays for the next requests of any client.
        name: its own; empty for all clients without settings of their own.
        pid: its process on this machine; 0 for an unknown one.
        asked_at: time of its last request, Unix seconds.
    """

    settings: Settings
    queue: list[Play]
    name: str = ""
    pid: int = 0
    asked_at: float = field(default_factory=time.time)

    def __post_init__(self) -> None:
        self.random = Random(self.settings.seed)  # noqa: S311  (no secret hangs on it)
        self.playbook = Playbook(list(self.settings.scenario), self.random, self.queue)

    @property
    def is_connected(self) -> bool:
        """Whether its process still runs or, if that cannot be looked up, has sent a request lately."""
        if self.pid and sys.platform != "win32":  # there, os.kill would not ask but send a Ctrl-C
            try:
                os.kill(self.pid, 0)
            except (OSError, OverflowError):
                return False  # also for somebody else's process: it has the number of one that ended
            return True
        return bool(self.name) and time.time() - self.asked_at < _RECENT_S


class Clients:
    """All clients since the start of the sandbox.

    Args:
        settings: of the command line, for clients without settings of their own.
        token: the required beginning of every key; None accepts any key but those with ``invalid``.
    """

    def __init__(self, settings: Settings, token: str | None) -> None:
        self._settings = settings
        self._token = token
        self.queue: list[Play] = []
        #: Everyone without settings of their own.
        self.others = Caller(settings, self.queue)
        self._by_key: dict[str, Caller] = {}

    def admit(self, name: str, pid: int, changes: Mapping[str, Any]) -> str:
        """Register a client with settings of its own, and return its key.

        Args:
            name: of the client, by itself.
            pid: its process on this machine, or 0.
            changes: its settings, where they differ from those of the command line.

        Raises:
            ValueError: a bad setting.
        """
        settings = self._settings.changed(changes)
        values = {key: value for key, value in asdict(settings).items() if key in changes}
        content = json.dumps({"name": name, "pid": pid, "settings": values}, sort_keys=True)
        key = f"{self._token or 'sandbox'}.{base64.urlsafe_b64encode(content.encode()).decode()}"
        self._client(key)
        return key

    def of(self, key: str) -> Caller | None:
        """Return the client with this key; None for a refused key."""
        if not key or key.startswith("invalid"):
            return None
        if self._token is not None and not self._begins_with_token(key, self._token):
            return None
        client = self._client(key)
        client.asked_at = time.time()
        return client

    def connected(self, apart_from: Caller | None = None) -> list[Caller]:
        """List the connected clients, without one of them.

        Args:
            apart_from: the client that asks; its other keys are the same client.
        """
        own = apart_from.name if apart_from else None
        return [client for client in self._by_key.values() if client.is_connected and client.name != own]

    def reset(self) -> None:
        """Forget the added plays and all counts."""
        self.queue.clear()
        for client in (self.others, *self._by_key.values()):
            client.playbook.reset()

    @staticmethod
    def _begins_with_token(key: str, token: str) -> bool:
        head, rest = key[: len(token)], key[len(token) :]
        return hmac.compare_digest(head.encode(), token.encode()) and (not rest or rest[0] == ".")

    def _client(self, key: str) -> Caller:
        caller = self._by_key.get(key)
        if caller is None:
            caller = self._read(key)
            if caller is not self.others:
                # An earlier key of the same process is not asked with any more.
                self._by_key = {old: one for old, one in self._by_key.items() if one.is_connected}
                self._by_key[key] = caller
        return caller

    def _read(self, key: str) -> Caller:
        try:
            content = json.loads(base64.urlsafe_b64decode(key.rpartition(".")[2]))
            settings = self._settings.changed(content["settings"])
            return Caller(settings, self.queue, str(content["name"]), int(content["pid"]))
        except (ValueError, KeyError, TypeError):
            return self.others
