"""The one redactor: what of an address, and of a stranger's words, may be written down or shown.

``bare`` and ``shown`` are for addresses; ``text`` is for words that came from a service, a server or a file;
``clean`` takes what no screen should be sent. Nothing else in the package hides anything.
"""

from __future__ import annotations

import base64
import html
import re
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable
from urllib.parse import quote, quote_plus, urlsplit, urlunsplit

import msgspec

from cometact_nb.domain.signed import JWT, LOGIN_ALONE, cut_path, is_signed, secret_names

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["HIDDEN", "Quiet", "Revealing", "bare", "clean", "event", "public", "shown", "text", "values"]

T = TypeVar("T", bound=msgspec.Struct)
#: What stands where a key or a token stood.
HIDDEN = "(hidden)"
_URL_MAX_CHARS = 2048
#: Characters of a key that are hidden wherever they stand together; shorter pieces are in plain words, too.
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
#: The part before "@" is a container's name and no user in these.
_CONTAINER_FIRST = frozenset({"abfs", "abfss", "wasb", "wasbs"})

_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)?", re.DOTALL)
#: Control characters, invisible ones, and those that turn the reading direction; the joiner of emoji stays.
_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
#: A URL inside words, also with the slashes escaped as in JSON.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{1,20}:(?:\\?/){2}[^\s<>\"'`]+")
#: Keys as services make them: CometAPI's and OpenAI's kind, AWS, GitHub, Google, Hugging Face, Slack, Stripe.
_KEY = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-[A-Za-z0-9_*.…-]{6,}|key-[A-Za-z0-9]{20,}|(?:AKIA|ASIA)[A-Z0-9]{16}"
    r"|gh[opsur]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|AIza[\w-]{30,}|hf_[A-Za-z0-9]{20,}"
    r"|xox[abeprs]-[A-Za-z0-9-]{10,}|[rs]k_(?:live|test)_[A-Za-z0-9]{10,}|[0-9]{6,}:AA[\w-]{30,})"
)
_SCHEME = re.compile(
    r"\b(Bearer|Basic|Digest|Token|ApiKey)((?:\s|%20|\+)+)([A-Za-z0-9._~+/=%*-]{6,})", re.IGNORECASE
)
#: ``name=value``, ``"name": "value"`` and the same percent-encoded; the name decides.
_PAIR = re.compile(
    r"(?<![A-Za-z0-9])([A-Za-z_][A-Za-z0-9_.-]{0,40})"
    r"(\\?[\"']?\s{0,2}[:=]\s{0,2}\\?[\"']?|%(?:25)*3[AD])([^\s\"'&,;?=<>(){}\[\]\\]{6,}={0,2})"
)
#: A login of an address without its scheme.
_LOGIN = re.compile(r"(?<![\w.+-])(?!mailto:)[\w.+-]+:[^\s@/\"'<>]{3,}@(?=[\w-]+[.:])")


@runtime_checkable
class Revealing(Protocol):
    """A secret that shows itself only when asked."""

    def reveal(self) -> str:
        """The secret itself."""


def bare(url: str) -> str:
    """``url`` without what may open it to others: login, query, fragment, and the signed parts of its path.

    Each cut part of a path is shown as "…". Of a data URI only its media type stays. A local path stays as
    it is.

    Args:
        url: any text that is meant to be an address.
    """
    return _bare(url)[0]


def shown(url: str) -> str:
    """``bare(url)`` for a person: "?…" says where a query or fragment was cut.

    Args:
        url: any text that is meant to be an address.
    """
    kept, cut = _bare(url)
    return f"{kept}?…" if cut else kept


def public(url: str) -> str:
    """``url`` itself where no part of it may open a file, else ``shown(url)``.

    Two inputs that differ in a harmless parameter (``?v=2``) stay two.

    Args:
        url: any text that is meant to be an address.
    """
    return shown(url) if url[:5].lower() == "data:" or is_signed(url) else clean(url, _URL_MAX_CHARS)


def values(value: Any) -> Any:
    """``value`` as a ``repr`` may show it: every address in it, however deep, by :func:`public`.

    Args:
        value: JSON, or anything else, which comes back as it is.
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
    """A struct whose ``repr`` shows no address that opens a file, in IPython and rich, too."""

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        return [(name, values(getattr(self, name))) for name in self.__struct_fields__]

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({inside})"


def event(happened: T, *secrets: Revealing | str | None) -> T:
    """``happened`` with the words of a service in it, however deep, as :func:`text` leaves them.

    Args:
        happened: an event of a task, or a part of one.
        secrets: see :func:`text`.
    """
    changes: dict[str, Any] = {}
    for name in happened.__struct_fields__:
        value = getattr(happened, name)
        if isinstance(value, msgspec.Struct):
            kept: Any = event(value, *secrets)
        elif name not in _WORDS or not value:
            continue
        elif isinstance(value, tuple):
            kept = tuple(text(part, *secrets, limit=_EVENT_MAX_CHARS, lines=True) for part in value)
        else:
            kept = (
                text(value, *secrets, limit=_EVENT_MAX_CHARS, lines=True) if isinstance(value, str) else value
            )
        if kept != value:
            changes[name] = kept
    return msgspec.structs.replace(happened, **changes) if changes else happened


def _bare(url: str) -> tuple[str, bool]:
    """The address, and whether a query or fragment was cut from its end."""
    url = clean(str(url)[: _URL_MAX_CHARS * 2], _URL_MAX_CHARS * 2).replace("\\/", "/")
    if url[:5].lower() == "data:":
        return (re.split("[;,]", url[:80])[0][:60] or "data:") + ";…", False
    try:
        parts = urlsplit(url)
        host = _host(parts.scheme.lower(), parts.netloc)
    except ValueError:
        kept = re.sub(r"//[^/\s]*@", "//", re.split("[?#]", url, maxsplit=1)[0])
        return kept[:_URL_MAX_CHARS], kept != url
    if not parts.scheme or len(parts.scheme) == 1 or (not host and parts.scheme.lower() != "file"):
        return _bare_path(url)
    kept = urlunsplit((parts.scheme, host, cut_path(parts.path), "", ""))
    return kept[:_URL_MAX_CHARS], bool(parts.query or parts.fragment)


def _host(scheme: str, netloc: str) -> str:
    login, at, host = netloc.rpartition("@")
    container = login.partition(":")[0] if scheme in _CONTAINER_FIRST else ""
    return f"{container}{at}{host}" if container else host


def _bare_path(path: str) -> tuple[str, bool]:
    """A local path, or a link that was given without its scheme. A file's name may hold "?" and "#"."""
    login = LOGIN_ALONE.match(path)
    path = path[login.end() :] if login else path
    kept = re.split(r"[?#](?=[^/?#]*=)", path, maxsplit=1)[0]
    return cut_path(kept)[:_URL_MAX_CHARS], kept != path


def clean(words: object, limit: int = 400, *, lines: bool = False) -> str:
    """Foreign words without escape sequences, control and bidi characters, cut to ``limit`` characters.

    Args:
        words: what a service, a URL or a file name said. It is not escaped for HTML here.
        limit: characters to keep; a cut is shown as "…".
        lines: keep line breaks; else every run of white space becomes one space.
    """
    # Cut first: a megabyte of text is not worth a regular expression.
    raw = str(words)[: limit * 4 + 1000]
    raw = raw.replace("\r\n", "\n").replace("\t", " ")
    raw = _UNSEEN.sub("", _ESCAPE.sub("", raw))
    if not lines:
        raw = " ".join(raw.split())
    return raw if len(raw) <= limit else raw[: limit - 1].rstrip() + "…"


def text(words: object, *secrets: Revealing | str | None, limit: int = 400, lines: bool = False) -> str:
    """Foreign words as they may be shown and kept: no key, no token, no signed part of a URL, nothing unseen.

    Args:
        words: what a service, a server or an error said, also JSON or HTML. It is not escaped for HTML here.
        secrets: our own keys; 8 characters of one that stand together are hidden, encoded in any common way,
            in either case.
        limit: characters to keep; a cut is shown as "…".
        lines: keep line breaks.
    """
    # Cleaned first: an invisible character inside a key would hide it from the patterns below.
    kept = clean(words, limit * 4 + 1000, lines=True)
    for secret in secrets:
        if secret:
            kept = _without(kept, secret.reveal() if isinstance(secret, Revealing) else str(secret))
    kept = _URL.sub(_shown_in_words, kept)
    kept = _SCHEME.sub(_scheme, _LOGIN.sub(f"{HIDDEN}@", kept))
    kept = _KEY.sub(HIDDEN, JWT.sub(HIDDEN, kept))
    return clean(_PAIR.sub(_pair, kept), limit, lines=lines)


def _shown_in_words(match: re.Match[str]) -> str:
    """A URL inside words; a full stop or a bracket after it is no part of it."""
    url = match.group()
    if "?" not in url and "#" not in url:
        kept = url.rstrip(".,;:!)]}\\")
        return shown(kept) + url[len(kept) :]
    tail = re.search(r"[)\]}]*[.,;:!]*\\?$", url)
    return shown(url) + (tail.group() if tail else "")


def _scheme(match: re.Match[str]) -> str:
    """``Bearer abc123`` is a token, "basic authentication" is not."""
    name, space, value = match.groups()
    is_word = value.rstrip(".").isalpha() and (value.islower() or value.istitle() or value.isupper())
    return match.group() if is_word and len(value) < 20 else f"{name}{space}{HIDDEN}"  # noqa: PLR2004


def _pair(match: re.Match[str]) -> str:
    name, sign, value = match.groups()
    if value.startswith(HIDDEN[:4]) or not secret_names([name]):
        return match.group()
    prose = value.rstrip(".!").isalpha() and len(value) < 16  # noqa: PLR2004  ("token: missing")
    known = value.isdecimal() and len(value) < 8  # noqa: PLR2004
    return match.group() if prose or known else f"{name}{sign}{HIDDEN}"


def _without(words: str, key: str) -> str:
    """``words`` with every piece of ``key`` hidden that is 8 characters or longer."""
    low = words.casefold()
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
    """A key as it is, and as it may come back: percent-encoded, in HTML or JSON, in base 64."""
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
