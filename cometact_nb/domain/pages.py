"""Recognises links for sharing, which lead to pages and not to files, by their form; fetches nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["page_cure"]

_HOST_IT = "Get the file and host it where its own address is public."


@dataclass(frozen=True)
class _Site:
    """A site's links for sharing.

    Args:
        name: of the site.
        host: pattern of the whole host.
        path: pattern of the beginning of the path.
        cure: makes from the path a sentence that says what to give instead.
    """

    name: str
    host: str
    path: str
    cure: Callable[[str], str]


def _host_it(_: str) -> str:
    return _HOST_IT


def _raw(path: str) -> str:
    _, owner, repository, _, rest = path.split("/", 4)
    return (
        f"Its direct form is https://raw.githubusercontent.com/{owner}/{repository}/{rest} "
        "(media.githubusercontent.com/media/… for a file in Git LFS); have act.inspect() look at it, "
        "since the Content-Type must be right, too."
    )


def _instead(old: str, new: str) -> Callable[[str], str]:
    return lambda _: f"Its direct form has {new} in place of {old}; have act.inspect() look at it."


def _dropbox(_: str) -> str:
    return (
        "Its direct form has dl.dropboxusercontent.com in place of the host, and no dl= in its query; have "
        "act.inspect() look at it."
    )


_SITES = (
    _Site("GitHub", r"(www\.)?github\.com", r"/[^/]+/[^/]+/blob/.", _raw),
    _Site("GitHub", r"(www\.)?github\.com", r"/[^/]+/[^/]+/(tree|releases/tag)/", _host_it),
    _Site("GitHub", r"gist\.github\.com", r"/[^/]+/[0-9a-f]+/?$", _host_it),
    _Site("GitLab", r".*gitlab.*", r"/.+/-/blob/.", _instead("/-/blob/", "/-/raw/")),
    _Site("Bitbucket", r"bitbucket\.org", r"/[^/]+/[^/]+/src/.", _instead("/src/", "/raw/")),
    _Site("Hugging Face", r"huggingface\.co", r"/.+/blob/.", _host_it),
    _Site("Google Drive", r"(drive|docs)\.google\.com", r"/(file|open|drive|folders|.*/d/)", _host_it),
    _Site("Google Photos", r"photos\.(google\.com|app\.goo\.gl)", r"/.", _host_it),
    _Site("Dropbox", r"(www\.)?dropbox\.com", r"/(s|sh|scl)/.", _dropbox),
    _Site("OneDrive", r"(1drv\.ms|onedrive\.live\.com)", r"/", _host_it),
    _Site("SharePoint", r".+\.sharepoint\.com", r"/:[a-z]:/", _host_it),
    _Site("WeTransfer", r"(we\.tl|(www\.)?wetransfer\.com)", r"/.", _host_it),
    _Site(
        "iCloud", r"((www|share)\.)?icloud\.com", r"/(iclouddrive|photos|attachment|sharedalbum)", _host_it
    ),
    _Site("Box", r"(.+\.)?box\.com", r"/(s|file)/", _host_it),
    _Site(
        "YouTube",
        r"((www|m|music)\.)?(youtube\.com|youtube-nocookie\.com)",
        r"/(watch|shorts|embed|live)",
        _host_it,
    ),
    _Site("YouTube", r"youtu\.be", r"/.", _host_it),
    _Site("Vimeo", r"(www\.)?vimeo\.com", r"/([a-z]+/)*\d+", _host_it),
    _Site("TikTok", r"((www|vm|vt|m)\.)?tiktok\.com", r"/.", _host_it),
    _Site("Instagram", r"(www\.)?instagram\.com", r"/([^/]+/)?(p|reels?|tv)/", _host_it),
    _Site("X", r"((www|mobile)\.)?(x|twitter)\.com", r"/[^/]+/status/", _host_it),
    _Site("Facebook", r"((www|m)\.)?facebook\.com|fb\.watch", r"/.", _host_it),
    _Site("Loom", r"(www\.)?loom\.com", r"/(share|embed)/", _host_it),
    _Site("Streamable", r"(www\.)?streamable\.com", r"/\w+/?$", _host_it),
    _Site("Mega", r"mega\.(nz|io)", r"/(file|folder)/", _host_it),
    _Site("Flickr", r"(www\.)?flickr\.com", r"/photos/", _host_it),
    _Site("Unsplash", r"(www\.)?unsplash\.com", r"/photos/[^/]+/?$", _host_it),
    _Site("Pexels", r"(www\.)?pexels\.com", r"/(\w\w-\w\w/)?(photo|video)/", _host_it),
    _Site("Wikimedia Commons", r"(.+\.)?wiki(media|pedia)\.org", r"/wiki/.", _host_it),
)


def page_cure(uri: str) -> tuple[str, str] | None:
    """Return a site's name and a cure for an address that is a page there; None for any other."""
    try:
        parts = urlsplit(uri)
        host = (parts.hostname or "").rstrip(".")
    except ValueError:
        return None
    if re.search(r"[?&](export=download|download=1)\b", f"?{parts.query}"):
        return None
    for site in _SITES:
        if re.fullmatch(site.host, host) and re.match(site.path, parts.path):
            return site.name, site.cure(parts.path)
    return None
