"""Finds the parts of a URL that open a private file to any reader of the URL.

Object stores (S3, Google, Azure, Alibaba, Tencent), CDNs (CloudFront, Akamai, Fastly, Cloudinary, imgix) and
share services sign links. The signature stands in the query, in the fragment, in the path or before the host.
It hides more than :mod:`cometact_nb.domain.identity` leaves out, since a secret may say which file it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from cometact_nb.domain.signatures import FAMILIES, GENERIC, signing_names

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["cut_path", "is_opaque", "is_signed", "secret_names"]

#: Stands in place of a secret part of a path.
CUT = "…"


#: Parameters that open a file, beside those that sign a link.
_SECRET = frozenset(
    (
        *(
            "accesskey",
            "access_key",
            "api-key",
            "api_key",
            "apikey",
            "authkey",
            "client_secret",
            "credential",
        ),
        *("id_token", "jsessionid", "key", "keyname", "nonce", "passwd", "password", "phpsessid", "pwd"),
        *("refresh_token", "resourcekey", "rlkey", "secret", "session", "session_id", "sessionid", "sid"),
        *("tempauth", "ticket", "urlprefix", "user-signature"),
    )
)
_ENDINGS = re.compile(r"(?:^|[-_.])\w*(?:token|secret|signature|password|apikey|jwt|hmac)_*$")
#: Shorter names of a store's table count only beside its others.
_SHORT = 4
#: Parameters whose value may be long and opaque without being a secret.
_IDS = frozenset(
    (
        "file",
        "file_id",
        "fileid",
        "filename",
        "generation",
        "id",
        "name",
        "v",
        "version",
        "version_id",
        "versionid",
    )
)

#: A JSON Web Token; the third part is empty where it is not signed.
JWT = re.compile(r"eyJ[A-Za-z0-9_-]{6,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?")
#: User and password before a host without a scheme.
LOGIN_ALONE = re.compile(r"(?:[\w+.-]{2,}:)?(?://)?[^/@\s:\\]{2,}:[^/@\s\\]*@")
_OPAQUE = re.compile(r"[A-Za-z0-9_\-+=~.:%]+")
_EPOCH = re.compile(r"[12][0-9]{9}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_PAIR = re.compile(r"(?:^|[;&~,?])([A-Za-z_][\w.-]*)=")

#: In a path: user and password of a nested address, tokens, Cloudinary's signature, a key, a bot's token, a
#: published input's own name.
_IN_PATH = (
    (re.compile(r"((?:https?|s3|gs|ftp):/{1,2})[^/@]+@", re.IGNORECASE), rf"\1{CUT}@"),
    (JWT, CUT),
    (re.compile(r"(?<=/)s--[A-Za-z0-9_-]{6,}--(?=/|$)"), CUT),
    (re.compile(r"(?<=/)(bot)[0-9]{5,}(?::|%3A)[A-Za-z0-9_-]{20,}", re.IGNORECASE), rf"\1{CUT}"),
    (re.compile(r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{12,}"), CUT),
    # A file that this package has published: nobody finds it without the second half of its name.
    (re.compile(r"(?<=/)(act-two-[0-9a-f]{12})[0-9a-f]{52}-[0-9a-f]{32}(?=\.)"), rf"\1{CUT}"),
)


def secret_names(names: Iterable[str]) -> frozenset[str]:
    """Return the names of a query's parameters whose values must not be shown.

    More than those that sign a link (:func:`cometact_nb.domain.signatures.signing_names`): a ``key`` or a
    ``password`` may also say which file it is, and a name of one store's table counts in any link.

    Args:
        names: the names of all parameters of one URL, percent-decoded.
    """
    lower = {name: name.strip().lower() for name in names}
    signing = signing_names(lower.values(), "/file.mp4")
    return frozenset(name for name, low in lower.items() if low in signing or _is_secret(low))


def _is_secret(name: str) -> bool:
    if name in _SECRET or name in GENERIC or _ENDINGS.search(name) or name in {"sig", "hm", "jwt"}:
        return True
    return any(family.signs(name) and len(name) > _SHORT for family in FAMILIES)


def is_signed(url: str) -> bool:
    """Whether ``url`` has a part that may open a private file: a login, a signature, a token, a key.

    A URL that cannot be read counts as signed. So does an unknown parameter with a long opaque value.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return True
    parameters = re.split("[?&;]", f"{parts.query}&{parts.fragment}")
    pairs = [
        (unquote(name), unquote(value)) for name, _, value in (pair.partition("=") for pair in parameters)
    ]
    names = [name for name, _ in pairs]
    return (
        "@" in parts.netloc
        or (not parts.netloc and LOGIN_ALONE.match(url) is not None)
        or bool(secret_names(names))
        or any(is_opaque(value, 16) for name, value in pairs if name.lower() not in _IDS)
        or is_opaque(parts.fragment, 16)
        or cut_path(parts.path) != parts.path
    )


def is_opaque(text: str, length: int) -> bool:
    """Whether ``text`` looks like a token: ``length`` characters or more, letters and digits, and no UUID.

    Args:
        text: a part of a path or a value.
        length: characters.
    """
    if len(text) < length or _UUID.fullmatch(text) or not _OPAQUE.fullmatch(text):
        return JWT.search(text) is not None
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text))


@lru_cache(maxsize=64)  # each request handles the same inputs several times
def cut_path(path: str) -> str:
    """Put "…" in place of each part of ``path`` that is a signature or a secret."""
    for pattern, instead in _IN_PATH:
        path = pattern.sub(instead, path)
    segments = path.split("/")
    return "/".join(_cut_segment(segments, index) for index in range(len(segments)))


def _cut_segment(segments: list[str], index: int) -> str:
    segment = segments[index]
    plain = unquote(unquote(segment))
    if secret_names(_PAIR.findall(plain)):
        return _until_query(segment)
    if _is_token(segment):
        return CUT
    # nginx's secure_link: the hash stands beside its time of expiry.
    beside = segments[max(index - 1, 0) : index] + segments[index + 1 : index + 2]
    is_hash = len(segment) >= 20 and re.fullmatch(r"[A-Za-z0-9_-]+", segment)  # noqa: PLR2004  (MD5 in base 64)
    return CUT if is_hash and any(map(_EPOCH.fullmatch, beside)) else segment


def _until_query(segment: str) -> str:
    """Return the beginning of ``segment`` up to a query, encoded or not."""
    beginning = re.split(r"[;&~,?]|%(?:25)*(?:3F|3B|26)", segment, maxsplit=1, flags=re.IGNORECASE)[0]
    return CUT if "=" in unquote(unquote(beginning)) or not beginning else beginning + CUT


def _is_token(segment: str) -> bool:
    """Whether a segment is a link's own secret: long, mixed letters and digits, no file extension."""
    if re.search(r"\.[A-Za-z0-9]{2,4}$", segment) or len(segment) < 40:  # noqa: PLR2004
        return False
    mixed = any(map(str.isupper, segment)) and any(map(str.islower, segment))
    return mixed and any(map(str.isdigit, segment)) and re.fullmatch(r"[A-Za-z0-9_=-]+", segment) is not None
