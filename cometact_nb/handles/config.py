"""The settings of a session: the service, the key, the price, and the places of clips and history.

The first source that has a setting wins: :func:`cometact_nb.configure`, the environment
(``COMETAPI_KEY``, ``COMETAPI_BASE_URL``, ``COMETACT_NB_*``), the project's file (where clips and history are
kept: :mod:`cometact_nb.handles.project`), the vendor CLI's ``~/.config/cometapi/config.toml``, the defaults
below. ``COMETACT_NB_SANDBOX=1`` hides every key, for demos and tests.
"""

from __future__ import annotations

import os
import re
import tomllib
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from cometact_nb.domain import redact
from cometact_nb.domain.arguments import check_flags
from cometact_nb.domain.doors import doors
from cometact_nb.domain.money import PER, Per
from cometact_nb.domain.price import DEFAULT_PRICE, Price, is_amount
from cometact_nb.domain.service import (
    DEFAULT_BASE_URL,
    DEFAULT_RUNWAY_VERSION,
    Endpoint,
    Secret,
    is_loopback,
    normal_base_url,
)
from cometact_nb.errors import ConfigError
from cometact_nb.handles.project import history_setting, is_url, project_settings
from cometact_nb.store.journal.place import plain_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Config", "folder_or_url"]

#: Schemes whose URLs may name a container or a user before the @.
_WITH_LOGIN = {"abfs", "abfss", "wasb", "wasbs", "sftp", "ssh", "smb", "ftp", "hdfs"}
#: The size for ``embed=True``, and the largest number for it, MB.
_EMBED_MB, _EMBED_MAX_MB = 2.0, 100
#: A key by its form: "sk-", and a run of letters with a digit among them, as no folder's name has it.
_KEY = re.compile("(?<![A-Za-z0-9])sk-(?:[A-Za-z0-9]+[_-])*(?=[A-Za-z]*[0-9])[A-Za-z0-9]{10,}")
_KEY_MIN_CHARS = 8


@doors
@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of a session; change them with :func:`cometact_nb.configure`.

    Args:
        api_key: CometAPI key. Default: ``COMETAPI_KEY``, then the vendor CLI's config file.
        base_url: default ``COMETAPI_BASE_URL``, then https://api.cometapi.com. A trailing ``/v1`` is dropped.
        runway_version: value of the ``X-Runway-Version`` header, default ``2024-11-06`` (vendor's docs).
        output_dir: folder of the clips, made when the first one arrives; or a URL that fsspec knows, such as
            ``s3://bucket/clips`` (the extra ``remote``). Default ``COMETACT_NB_OUTPUT_DIR``, then the
            project's file, then ``act_two_outputs``; a relative one starts from the notebook's folder.
        history: SQLite file of all tasks, or ``":memory:"``. Default ``COMETACT_NB_HISTORY``, then the
            project's file, then ``history.sqlite`` in the user's data folder.
        max_in_flight: unfinished tasks that a sweep keeps at the service, default 5 (the vendor's example).
        price: US dollars per request, or a :class:`Price`. By default, and with ``"list"``, the price of the
            service's public list (:func:`cometact_nb.prices`), and where that has none $0.40, dated.
        ask_above: US dollars that a sweep may cost without your approval, default 2.
        max_spend: US dollars that may be spent in all, counted before each request by its expected price,
            with what may have been bought; None, the default, sets no limit.
        max_spend_per: what that counts over: ``"kernel"``, this process, the default; ``"day"``, since local
            midnight; or ``"project"``, the folder of ``cometact_nb.toml``. The last two count all kernels of
            a history.
        wait: True makes submits wait for the clip (headless runs). Default: ``COMETACT_NB_WAIT`` is 1.
        freeze: replace the live widget by plain HTML once a task ended, so that the notebook outlives its
            kernel. Default True.
        embed: put a finished clip into its card in the notebook, base64, so that the notebook can be sent
            alone. True does so for a clip up to 2 MB, so that a notebook of many clips can still be saved and
            opened; a number is that limit in MB, 100 at the most. Default False: the notebook names the file.
        look: with ``"auto"``, a submit and a sweep look at their inputs first, for at most 3 s, and refuse
            inputs that break a rule of the vendors; ``"never"`` skips the look. Default
            ``COMETACT_NB_LOOK``, then the project's file, then ``"auto"``.
        publish_to: where files of yours become public for a request: a folder of this machine that a web
            server shows, or a URL that fsspec knows, such as ``s3://bucket/inputs`` (the extra ``remote``).
            Default ``COMETACT_NB_PUBLISH_TO``, else nowhere; an empty text takes it back. A project's file
            cannot set it.
        publish_base: the https address under which anyone can fetch these files. Default
            ``COMETACT_NB_PUBLISH_BASE``; a store that signs links (Azure, Google) needs none.
        keep_inputs: copy the files of this machine that a request uses beside its clips. Default False.
        time_scale: see :class:`Endpoint`; set by ``use_sandbox``, no setting of its own.
        sandbox: the same.
    """

    api_key: Secret | None = None
    base_url: str = DEFAULT_BASE_URL
    runway_version: str = DEFAULT_RUNWAY_VERSION
    output_dir: Path | str = field(default_factory=lambda: Path("act_two_outputs"))
    history: str = ""
    max_in_flight: int = 5
    price: Price = DEFAULT_PRICE
    ask_above: float = 2.0
    max_spend: float | None = None
    max_spend_per: Per = "kernel"
    wait: bool = False
    freeze: bool = True
    embed: bool | float = False
    look: str = "auto"
    publish_to: Path | str | None = None
    publish_base: str | None = None
    keep_inputs: bool = False
    time_scale: float = 1.0
    sandbox: bool = False

    def __repr__(self) -> str:
        parts = (f"{one.name}={getattr(self, one.name)!r}" for one in fields(self))
        return f"Config({', '.join(redact.text(part, self.api_key) for part in parts)})"

    @property
    def endpoint(self) -> Endpoint:
        """The service for new tasks."""
        return Endpoint(self.base_url, self.api_key, self.runway_version, self.time_scale, self.sandbox)

    @property
    def embed_bytes(self) -> int:
        """The size up to which a finished clip is put into the notebook; 0 for none."""
        return int((_EMBED_MB if self.embed is True else self.embed) * 1_000_000)

    @property
    def is_loopback(self) -> bool:
        """Whether requests go to an address of this machine, so that inputs may lie there, too."""
        return is_loopback(self.base_url)

    def changed(self, **changes: Any) -> Config:
        """Return a copy with ``changes``, which are checked.

        Args:
            changes: settings; None leaves one as it is.

        Raises:
            ConfigError: an unknown setting or a value it cannot take.
        """
        changes = dict(concealed(changes))
        names = {entry.name for entry in fields(self)} - {"time_scale", "sandbox"}
        keys = [key for key in (self.api_key, changes.get("api_key")) if key is not None]
        for name, value in changes.items():
            if name not in names:
                unknown = redact.text(repr(name), *keys)
                raise ConfigError(f"{unknown} is no setting. There are: {', '.join(sorted(names))}.")
            if name != "api_key" and _holds_key(value, keys):
                raise ConfigError(
                    f"{name} was given what looks like an API key (not shown here). Give it as api_key."
                )
        values = {name: value for name, value in changes.items() if value is not None}
        checked = {name: _checked(name, value) for name, value in values.items()}
        if "base_url" in checked:
            checked |= {"time_scale": 1.0, "sandbox": False}  # these belong to the sandbox alone
        return replace(self, **checked)

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str] | None = None,
        home: Path | None = None,
        folder: Path | None = None,
    ) -> Config:
        """Read the settings from the environment, the project and the vendor CLI's config file.

        Args:
            environ: default ``os.environ``.
            home: the user's home folder, default ``Path.home()``.
            folder: of the notebook, whose project is looked for there and above; None looks for none.

        Raises:
            ConfigError: a value cannot be used, or a project's file cannot be read.
        """
        variables = _Variables(os.environ if environ is None else environ)
        del environ  # what shows the local variables of a traceback would show the key
        project = project_settings(folder) if folder is not None else {}
        stored_key, stored_url = _vendor_config(home or Path.home())
        # A demo or a test must not find a key that it could spend with.
        no_key = _is_on(variables.get("COMETACT_NB_SANDBOX"))
        return cls().changed(
            api_key=None if no_key else variables.key("COMETAPI_KEY") or stored_key,
            base_url=variables.get("COMETAPI_BASE_URL") or stored_url,
            output_dir=variables.get("COMETACT_NB_OUTPUT_DIR") or project.get("output_dir"),
            history=history_setting(variables, project),
            wait=_is_on(variables.get("COMETACT_NB_WAIT")),
            look=variables.get("COMETACT_NB_LOOK") or project.get("look"),
            # Never of the project: it may come from others.
            publish_to=variables.get("COMETACT_NB_PUBLISH_TO"),
            publish_base=variables.get("COMETACT_NB_PUBLISH_BASE"),
        )


class _Variables:
    """Environment variables, of which a traceback shows only those that were read."""

    __slots__ = ("_environ",)

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def get(self, name: str) -> str | None:
        """Return the variable, or None."""
        return self._environ.get(name)

    def key(self, name: str) -> Secret | None:
        """Return the variable as a key, or None when it is missing or empty."""
        return Secret(self._environ[name]) if self._environ.get(name) else None


def concealed(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Hide the key in ``settings`` from tracebacks, unchecked; :meth:`Config.changed` checks it.

    Args:
        settings: from the user.
    """
    key = settings.get("api_key")
    if key is None or isinstance(key, Secret):
        return settings
    return {**settings, "api_key": Secret(str(key))}


def practising(
    config: Config, service: Config | None, changes: Mapping[str, Any]
) -> tuple[Config, Config | None]:
    """Apply ``changes`` to the present settings, and to those that return after the sandbox.

    Args:
        config: the present settings.
        service: the settings of the paid service while the sandbox is on, else None.
        changes: settings.

    Returns:
        both; the second is None when the sandbox is not on any more.

    Raises:
        ConfigError: an unknown setting or a value it cannot take.
    """
    changes = concealed(changes)
    if service is None:
        return config.changed(**changes), None
    if changes.get("base_url") is not None:
        return service.changed(**changes), None
    here = config.changed(**{name: value for name, value in changes.items() if name != "api_key"})
    is_free = changes.get("price") is not None and not here.price.usd_per_request
    return here, service.changed(**{**changes, **({"price": None} if is_free else {})})


def _holds_key(value: object, keys: Iterable[Secret]) -> bool:
    """Whether a value for another setting holds a key of ours, or something that looks like one."""
    text = repr(value)
    known = (key.reveal() for key in keys)
    return bool(_KEY.search(text)) or any(key in text for key in known if len(key) >= _KEY_MIN_CHARS)


def _is_on(text: str | None) -> bool:
    return (text or "").strip().lower() in {"1", "true", "yes", "on"}


def _checked(name: str, value: Any) -> Any:  # noqa: PLR0912  (a case a setting)
    """Convert ``value`` for the setting ``name``, or raise a ConfigError that names the cure."""
    match name:
        case "api_key":
            return _key(value)
        case "base_url":
            return normal_base_url(value)
        case "output_dir":
            return folder_or_url(name, value)
        case "publish_to" | "publish_base":
            read = folder_or_url if name == "publish_to" else _web_folder
            return read(name, value) if str(value).strip() else None
        case "history":
            return plain_path(value)
        case "price" if not isinstance(value, Price):
            return DEFAULT_PRICE if value == "list" else Price(value)
        case "max_in_flight" if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ConfigError(f"max_in_flight={value!r} is not a number of tasks. Give an integer ≥ 1.")
        case "ask_above" | "max_spend" if not is_amount(value):
            raise ConfigError(f"{name}={value!r} is not an amount of US dollars. Give a number ≥ 0.")
        case "max_spend_per" if value not in PER:
            raise ConfigError(f"max_spend_per={value!r} is none of {', '.join(map(repr, PER))}.")
        case "embed" if not isinstance(value, bool) and (not is_amount(value) or value > _EMBED_MAX_MB):
            raise ConfigError(
                f"embed={value!r} is no size. Give True (2 MB), False, or a number of MB ≤ {_EMBED_MAX_MB}."
            )
        case "wait" | "freeze" | "keep_inputs":
            check_flags(**{name: value})
        case "look":
            word = str(value).strip().lower()
            if word not in {"auto", "never"}:
                raise ConfigError(
                    f"look={value!r} is neither 'auto' nor 'never'. 'auto' looks at inputs before it pays."
                )
            return word
        case "runway_version":
            return _header(name, value)
    return value


def _header(name: str, value: Any) -> str:
    """Check a value for an HTTP header: visible ASCII only."""
    text = str(value).strip()
    if not re.fullmatch("[!-~]{1,100}", text):
        wrong = (
            "is empty"
            if not text
            else "holds characters that no HTTP header can (a pasted dash, a line break?)"
        )
        raise ConfigError(
            f"{name}={text[:60]!r} {wrong}. The documented value is {DEFAULT_RUNWAY_VERSION!r}."
        )
    return text


def folder_or_url(name: str, value: Any) -> Path | str:
    """Return a local folder as a Path, any other as its URL without a slash at the end.

    Args:
        name: of the setting, for errors.
        value: from the user.

    Raises:
        ConfigError: it is no folder, or a URL with a login or a signature.
    """
    if not isinstance(value, (str, os.PathLike)) or not str(value).strip():
        raise ConfigError(f"{name}={value!r} is no folder. Give a path, or a URL such as s3://bucket/clips.")
    if not is_url(value):
        return Path(value).expanduser()
    url = str(value).strip().rstrip("/")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ConfigError(f"{name} is no complete URL. Give one such as s3://bucket/clips.") from None
    # Before the @ stands a container's name there, or a user's, which is no secret, unlike a key of S3.
    allows_name = parts.scheme in _WITH_LOGIN and ":" not in parts.netloc.partition("@")[0]
    if (parts.username and not allows_name) or parts.password or parts.query or parts.fragment:
        # The message does not show the value, which holds a password or a signature.
        raise ConfigError(
            f"{name} is a URL with a user name, a password, or something after ? or #. Give "
            "scheme://place/folder alone, and the credentials where the store's own library looks for them."
        )
    return Path(url2pathname(parts.path)) if parts.scheme in {"file", "local"} else url


def _web_folder(name: str, value: Any) -> str:
    """Return an http or https address without a slash at the end; which of them is good, its use decides."""
    url = str(value).strip().rstrip("/")
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"https", "http"} and bool(parts.hostname) and "@" not in parts.netloc
        _ = parts.port
    except ValueError:
        good, parts = False, urlsplit("")
    local = parts.scheme == "http" and not is_loopback(url)
    if not good or local or parts.query or parts.fragment or any(char.isspace() for char in url):
        raise ConfigError(
            f"{name} is no https address of a folder, without a login and without anything after ? or #. "
            "Give one such as https://cdn.example.com/inputs.",
            guide="own-files",
        )
    return url


def _key(value: Secret) -> Secret:
    """Remove from a key what is often pasted with it.

    Raises:
        ConfigError: it is no key. Neither the message nor a local variable shows it: it may have a typo.
    """
    key = _tidy(value)
    if key is None:
        raise ConfigError("api_key is not a key: it is empty, or holds spaces or characters no key has.")
    return key


def _tidy(value: Secret) -> Secret | None:
    text = value.reveal().strip().removeprefix("Bearer ").strip()
    good = text and text.isascii() and text.isprintable() and " " not in text
    return Secret(text) if good else None


def _vendor_config(home: Path) -> tuple[Secret | None, str | None]:
    """Read key and base URL from the vendor CLI's file, leniently, since its layout is second-hand."""
    try:
        data = tomllib.loads((home / ".config" / "cometapi" / "config.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return None, None
    tables = [data, *(table for table in data.values() if isinstance(table, dict))]
    key = _first_text(tables, "api_key", "key", "token")
    return (Secret(key) if key else None), _first_text(tables, "base_url")


def _first_text(tables: list[dict[str, Any]], *names: str) -> str | None:
    values = (table.get(name) for table in tables for name in names)
    return next((value for value in values if isinstance(value, str) and value.strip()), None)
