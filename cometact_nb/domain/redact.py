"""Hides secrets in addresses and in foreign words before they are written or shown; the only such module.

``bare`` and ``display`` are for addresses; ``text`` is for words from a service, a server or a file;
``clean`` removes characters that no screen should get.
"""

from __future__ import annotations

import base64
import html
import re
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

import msgspec

from cometact_nb.domain.url_secrets import JWT, LOGIN_ALONE, cut_path, is_signed, secret_names

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HIDDEN", "Quiet", "Revealing", "bare", "clean", "display", "event", "public", "text", "values"]

T = TypeVar("T", bound=msgspec.Struct)
#: Stands in place of a key or a token.
HIDDEN = "(hidden)"
_URL_MAX_CHARS = 2048
#: This many characters of a key in a row are hidden; shorter pieces occur in plain words, too.
_PIECE = 8
#: Fields of events that hold a service's own words, or ours around them.
_WORDS = frozenset(
    (
        "answer",
        "code",
        "failure",
        "failure_code",
        "message",
        "notes",
        "param",
        "raw_status",
        "reason",
        "request_id",
    )
)
_EVENT_MAX_CHARS = 4000
#: In these schemes, the part before "@" is a container's name and no user.
_CONTAINER_FIRST = frozenset({"abfs", "abfss", "wasb", "wasbs"})

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)
#: Control characters, invisible ones, and those that change the reading direction; not the joiner of emoji.
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
#: A URL inside words, also with the slashes escaped as in JSON.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}:(?:\\?/){2}[^\s<>\"'`]+")
#: Keys in the forms of CometAPI and OpenAI, AWS, GitHub, Google, Hugging Face, Slack, Stripe.
_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-[A-Za-z0-9_*.…-]{6,}|key-[A-Za-z0-9]{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|AIza[\w-]{30,}|hf_[A-Za-z0-9]{20,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|[0-9]{6,}:AA[\w-]{30,})"
)
_SCHEME = re.compile(
    r"\b(Bearer|Basic|Digest|Token|ApiKey)((?:\s|%20|\+)+)([A-Za-z0-9._~+/=%*-]{6,})", re.IGNORECASE
)
#: ``name=value``, ``"name": "value"``, also percent-encoded; the name decides.
_PAIR = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z_][A-Za-z0-9_.-]{0,40})"
    r"(\\?[\"']?\s{0,2}[:=]\s{0,2}\\?[\"']?|%(?:25)*3[AD])([^\s\"'&,;?=<>(){}\[\]\\]{6,}={0,2})"
)
#: A login of an address without its scheme.
_LOGIN = re.compile(r"(?<![\w.+-])(?!mailto:)[\w.+-]+:[^\s@/\"'<>]{3,}@(?=[\w-]+[.:])")


class Revealing(Protocol):
    """A secret that only :meth:`reveal` shows."""

    def reveal(self) -> str:
        """Return the secret itself."""


def bare(url: str) -> str:
    """Remove from ``url`` what may open it to others: login, query, fragment, and signed parts of its path.

    Each of those parts of a path becomes "…". Of a data URI only the media type stays. A local path stays as
    it is.

    Args:
        url: any text that is meant to be an address.
    """
    return _bare(url)[0]


def display(url: str) -> str:
    """Return ``bare(url)`` for people: "?…" stands for a query or fragment.

    Args:
        url: any text that is meant to be an address.
    """
    address, cut = _bare(url)
    return f"{address}?…" if cut else address


def public(url: str) -> str:
    """Return ``url`` itself where no part of it may open a file, else ``display(url)``.

    Two inputs that differ in a harmless parameter (``?v=2``) stay different.

    Args:
        url: any text that is meant to be an address.
    """
    return display(url) if url[:5].lower() == "data:" or is_signed(url) else clean(url, _URL_MAX_CHARS)


def values(value: Any) -> Any:
    """Prepare ``value`` for a ``repr``: every address in it, at any depth, by :func:`public`.

    Args:
        value: JSON, or anything else, which is returned as it is.
    """
    match value:
        case str():
            return public(value) if "://" in value or value[:5].lower() == "data:" else value
        case dict():
            return {name: values(part) for name, part in value.items()}
        case list():
            return [values(part) for part in value]
        case tuple():
            return tuple(values(part) for part in value)
    return value


class Quiet(msgspec.Struct, frozen=True):
    """A struct whose ``repr`` shows no address that opens a file, also in IPython and rich."""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, values(getattr(self, name))) for name in self.__struct_fields__]

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({inside})"


def event(happened: T, *secrets: Revealing | str | None) -> T:
    """Hide secrets in the service's words of an event, at any depth, by :func:`text`.

    Args:
        happened: an event of a task, or a part of one.
        secrets: see :func:`text`.
    """
    changes: dict[str, Any] = {}
    for name in happened.__struct_fields__:
        value = getattr(happened, name)
        if isinstance(value, msgspec.Struct):
            safe: Any = event(value, *secrets)
        elif name not in _WORDS or not value:
            continue
        elif isinstance(value, tuple):
            safe = tuple(text(part, *secrets, limit=_EVENT_MAX_CHARS, lines=True) for part in value)
        else:
            safe = (
                text(value, *secrets, limit=_EVENT_MAX_CHARS, lines=True) if isinstance(value, str) else value
            )
        if safe != value:
            changes[name] = safe
    return msgspec.structs.replace(happened, **changes) if changes else happened


def _bare(url: str) -> tuple[str, bool]:
    """Return the bare address, and whether it lost a query or fragment."""
    url = clean(str(url)[: _URL_MAX_CHARS * 2], _URL_MAX_CHARS * 2).replace("\\/", "/")
    if url[:5].lower() == "data:":
        return (re.split("[;,]", url[:80])[0][:60] or "data:") + ";…", False
    try:
        parts = urlsplit(url)
        host = _host(parts.scheme.lower(), parts.netloc)
    except ValueError:
        address = re.sub(r"//[^/\s]*@", "//", re.split("[?#]", url, maxsplit=1)[0])
        return address[:_URL_MAX_CHARS], address != url
    if not parts.scheme or len(parts.scheme) == 1 or (not host and parts.scheme.lower() != "file"):
        return _bare_path(url)
    address = urlunsplit((parts.scheme, host, cut_path(parts.path), "", ""))
    return address[:_URL_MAX_CHARS], bool(parts.query or parts.fragment)


def _host(scheme: str, netloc: str) -> str:
    login, at, host = netloc.rpartition("@")
    container = login.partition(":")[0] if scheme in _CONTAINER_FIRST else ""
    return f"{container}{at}{host}" if container else host


def _bare_path(path: str) -> tuple[str, bool]:
    """Do the same for a local path, whose file name may hold "?" and "#", or a link without its scheme."""
    login = LOGIN_ALONE.match(path)
    path = path[login.end() :] if login else path
    address = re.split(r"[?#](?=[^/?#]*=)", path, maxsplit=1)[0]
    return cut_path(address)[:_URL_MAX_CHARS], address != path


def clean(words: object, limit: int = 400, *, lines: bool = False) -> str:
    """Remove escape sequences, control and bidi characters from foreign words, and cut them to ``limit``.

    Args:
        words: of a service, a URL or a file name. They are not escaped for HTML here.
        limit: the most characters; a cut is shown as "…".
        lines: keep line breaks; else every run of white space becomes one space.
    """
    # Cut before the rest: a megabyte of text is not worth a regular expression.
    raw = str(words)[: limit * 4 + 1000]
    raw = raw.replace("\r\n", "\n").replace("\t", " ")
    raw = _UNSEEN.sub("", _ESCAPE.sub("", raw))
    if not lines:
        raw = " ".join(raw.split())
    return raw if len(raw) <= limit else raw[: limit - 1].rstrip() + "…"


def text(words: object, *secrets: Revealing | str | None, limit: int = 400, lines: bool = False) -> str:
    """Remove keys, tokens, signed parts of URLs and invisible characters from foreign words.

    Args:
        words: of a service, a server or an error, also JSON or HTML. They are not escaped for HTML here.
        secrets: our own keys; any 8 characters of one in a row are hidden, in any common encoding and case.
        limit: the most characters; a cut is shown as "…".
        lines: keep line breaks.
    """
    # Clean before the rest: an invisible character inside a key would hide it from the patterns below.
    safe = clean(words, limit * 4 + 1000, lines=True)
    for secret in secrets:
        if secret:
            safe = _without(safe, secret if isinstance(secret, str) else secret.reveal())
    safe = _URL.sub(_display_in_words, safe)
    safe = _SCHEME.sub(_scheme, _LOGIN.sub(f"{HIDDEN}@", safe))
    safe = _KEY.sub(HIDDEN, JWT.sub(HIDDEN, safe))
    return clean(_PAIR.sub(_pair, safe), limit, lines=lines)


def _display_in_words(match: re.Match[str]) -> str:
    """Redact a URL inside words; a full stop or a bracket after it is no part of it."""
    url = match.group()
    if "?" not in url and "#" not in url:
        address = url.rstrip(".,;:!)]}\\")
        return display(address) + url[len(address) :]
    tail = re.search(r"[)\]}]*[.,;:!]*\\?$", url)
    return display(url) + (tail.group() if tail else "")


def _scheme(match: re.Match[str]) -> str:
    """Hide the token in ``Bearer abc123``; "basic authentication" has none."""
    name, space, value = match.groups()
    is_word = value.rstrip(".").isalpha() and (value.islower() or value.istitle() or value.isupper())
    return match.group() if is_word and len(value) < 20 else f"{name}{space}{HIDDEN}"  # noqa: PLR2004


def _pair(match: re.Match[str]) -> str:
    name, sign, value = match.groups()
    if value.startswith(HIDDEN[:4]) or not secret_names([name]):
        return match.group()
    prose = value.rstrip(".!").isalpha() and len(value) < 16  # noqa: PLR2004  ("token: missing")
    is_number = value.isdecimal() and len(value) < 8  # noqa: PLR2004
    return match.group() if prose or is_number else f"{name}{sign}{HIDDEN}"


def _without(words: str, key: str) -> str:
    """Hide every piece of ``key`` in ``words`` that has 8 characters or more."""
    low = words.casefold()
    if len(low) < _PIECE:
        return words
    hide = bytearray(len(words)) if len(low) == len(words) else None
    for form in {form.casefold() for form in _forms(key)}:
        if len(form) < _PIECE:
            continue
        if hide is None:
            words = re.sub(re.escape(form), HIDDEN, words, flags=re.IGNORECASE)
            continue
        pieces = {form[start : start + _PIECE] for start in range(len(form) - _PIECE + 1)}
        for start in range(len(low) - _PIECE + 1):
            if low[start : start + _PIECE] in pieces:
                hide[start : start + _PIECE] = b"\1" * _PIECE
    return words if hide is None else "".join(_masked(words, hide))


def _forms(key: str) -> Iterator[str]:
    """Yield a key as it is, and as a service may repeat it: percent-encoded, in HTML or JSON, in base 64."""
    yield key
    yield quote(key, safe="")
    yield quote_plus(key)
    yield html.escape(key)
    yield key.replace("/", "\\/")
    for before in ("", ":", "Bearer "):
        yield base64.b64encode(f"{before}{key}".encode()).decode().rstrip("=")[:-1]
    yield key[::-1]


def _masked(words: str, hide: bytearray) -> Iterator[str]:
    start = 0
    for match in re.finditer(rb"\x01+", bytes(hide)):
        yield words[start : match.start()]
        yield HIDDEN
        start = match.end()
    yield words[start:]
