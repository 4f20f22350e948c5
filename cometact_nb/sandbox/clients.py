"""Who asks: each client has a speed, scenarios and limits of its own, whoever else uses the same sandbox.

A client tells its settings once and gets a key that holds them, so that a sandbox that was restarted knows
them, too. Any other key is a client without a name, with the settings of the command line.
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
#: How long a client counts as connected whose process cannot be looked up, seconds.
_RECENT_S = 60.0


@dataclass(frozen=True)
class Settings:
    """How one client's requests are played.

    Args:
        speed: how many times faster than the real service.
        duration_s: seconds that a task runs at speed 1.
        clip_s: clips are cut after so many seconds; None gives each the length of its reference.
        shape: of a poll's answer, one of :data:`SHAPES`.
        concurrency: tasks that run at once; more are THROTTLED.
        url_ttl_s: seconds that an output link is good.
        scenario: specs that are played for every request.
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
        """Those of the command line, which has checked them.

        Args:
            options: as parsed by ``python -m cometact_nb.sandbox``.
        """
        values = {entry.name: getattr(options, entry.name) for entry in fields(cls)}
        return cls(**{**values, "scenario": tuple(values["scenario"])})

    def changed(self, changes: Mapping[str, Any]) -> Settings:
        """A copy with ``changes``, each checked.

        Args:
            changes: values by name, as JSON has them; ``scenario`` is a spec or a list of specs.

        Raises:
            ValueError: a name that is none, or a value that cannot be.
        """
        known = [entry.name for entry in fields(self)]
        for name in changes:
            if name not in known:
                raise ValueError(f"{name!r} is no setting of the sandbox. There are: {', '.join(known)}.")
        return replace(self, **{name: _checked(name, value) for name, value in changes.items()})


def _checked(name: str, value: Any) -> Any:
    """``value`` as the setting ``name`` keeps it."""
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
    """One client: a notebook's kernel, or whoever comes with another key.

    Args:
        settings: how its requests are played.
        queue: plays that were pushed for the next requests, of whichever client.
        name: its own for itself; empty for all that have no settings of their own.
        pid: its process on this machine; 0 when it is not known.
        asked_at: when it last asked for something, Unix seconds.
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
        """Whether its process still runs; for one that cannot be looked up, whether it asked lately."""
        if self.pid and sys.platform != "win32":  # there, os.kill would not ask but send a Ctrl-C
            try:
                os.kill(self.pid, 0)
            except (ProcessLookupError, OverflowError):
                return False
            except OSError:
                pass  # somebody else's process
            return True
        return bool(self.name) and time.time() - self.asked_at < _RECENT_S


class Clients:
    """Every client that asked since the sandbox was started.

    Args:
        settings: of the command line, for clients without settings of their own.
        token: which every key must begin with; None takes any key that does not begin with ``invalid``.
    """

    def __init__(self, settings: Settings, token: str | None) -> None:
        self._settings = settings
        self._token = token
        self.queue: list[Play] = []
        #: Everyone without settings of their own.
        self.others = Caller(settings, self.queue)
        self._known: dict[str, Caller] = {}

    def admit(self, name: str, pid: int, changes: Mapping[str, Any]) -> str:
        """The key of a client with settings of its own.

        Args:
            name: the client's own for itself.
            pid: its process on this machine, or 0.
            changes: its settings, where they differ from those of the command line.

        Raises:
            ValueError: a setting that cannot be.
        """
        settings = self._settings.changed(changes)
        given = {key: value for key, value in asdict(settings).items() if key in changes}
        content = json.dumps({"name": name, "pid": pid, "settings": given}, sort_keys=True)
        key = f"{self._token or 'sandbox'}.{base64.urlsafe_b64encode(content.encode()).decode()}"
        self._client(key)
        return key

    def of(self, key: str) -> Caller | None:
        """Who comes with this key; None when it is refused."""
        if not key or key.startswith("invalid"):
            return None
        if self._token is not None and not self._begins_with_token(key, self._token):
            return None
        client = self._client(key)
        client.asked_at = time.time()
        return client

    def connected(self, apart_from: Caller | None = None) -> list[Caller]:
        """Those that are at work, without one of them.

        Args:
            apart_from: who asks; its other keys are the same client.
        """
        own = apart_from.name if apart_from else None
        return [client for client in self._known.values() if client.is_connected and client.name != own]

    def reset(self) -> None:
        """Forget what was pushed and counted."""
        self.queue.clear()
        for client in (self.others, *self._known.values()):
            client.playbook.reset()

    @staticmethod
    def _begins_with_token(key: str, token: str) -> bool:
        head, rest = key[: len(token)], key[len(token) :]
        return hmac.compare_digest(head.encode(), token.encode()) and (not rest or rest[0] == ".")

    def _client(self, key: str) -> Caller:
        known = self._known.get(key)
        if known is None:
            known = self._read(key)
            if known is not self.others:
                # An earlier key of the same process is not asked with any more.
                self._known = {old: one for old, one in self._known.items() if one.is_connected}
                self._known[key] = known
        return known

    def _read(self, key: str) -> Caller:
        try:
            content = json.loads(base64.urlsafe_b64decode(key.rpartition(".")[2]))
            settings = self._settings.changed(content["settings"])
            return Caller(settings, self.queue, str(content["name"]), int(content["pid"]))
        except (ValueError, KeyError, TypeError):
            return self.others
