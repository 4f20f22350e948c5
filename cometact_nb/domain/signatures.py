"""The table of parameters that only sign a link, for identity and for redaction. Pure.

A signed link names a file and carries a permission to read it for a while. The permission changes each day,
the file does not. A parameter that may choose the file (``?v=2``, ``?id=123``, ``versionId``) is never here.

The names stand in the stores' own pages: docs.aws.amazon.com (Signature Version 2 and 4, CloudFront signed
URLs), cloud.google.com/storage/docs/access-control/signed-urls, learn.microsoft.com (service, account and
user delegation SAS), cloudinary.com/documentation (token-based access), and those of Alibaba, Tencent
and others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["FAMILIES", "GENERIC", "PATH_SIGNATURE", "Family", "signing_names"]


@dataclass(frozen=True)
class Family:
    """The parameters with which one kind of store signs its links. All names are in lower case.

    Args:
        name: of the store, for people.
        marks: a link belongs to the family if it has all of these.
        names: parameters that sign, beside the marks.
        prefix: parameters that begin with it sign, too.
        keeps: parameters that match by their name but choose or change the file.
    """

    name: str
    marks: frozenset[str]
    names: frozenset[str] = frozenset()
    prefix: str = ""
    keeps: frozenset[str] = frozenset()

    def signs(self, name: str) -> bool:
        """Whether a parameter, in lower case, belongs to the signature."""
        if name in self.keeps:
            return False
        begins_alike = bool(self.prefix) and name.startswith(self.prefix)
        return name in self.marks or name in self.names or begins_alike


def _family(name: str, marks: str, names: str = "", prefix: str = "", keeps: str = "") -> Family:
    return Family(name, frozenset(marks.split()), frozenset(names.split()), prefix, frozenset(keeps.split()))


FAMILIES = (
    _family("Amazon S3, version 4", "x-amz-signature", "x-id", prefix="x-amz-"),
    _family("Amazon S3, version 2", "awsaccesskeyid signature", "expires x-amz-security-token"),
    _family("Google Cloud Storage, version 4", "x-goog-signature", prefix="x-goog-"),
    _family("Google Cloud Storage, version 2", "googleaccessid signature", "expires"),
    _family(
        "Azure SAS",
        "sig sv",
        "ss srt sp st se sr spr sip si skoid sktid skt ske sks skv saoid suoid scid sdd ses skdutid sduoid",
    ),
    _family("CloudFront", "key-pair-id signature", "expires policy hash-algorithm"),
    _family("Cloudinary, download", "signature timestamp api_key", "expires_at"),
    _family("Cloudinary, token", "__cld_token__"),
    _family("Alibaba OSS, version 1", "ossaccesskeyid signature", "expires security-token"),
    _family("Alibaba OSS, version 4", "x-oss-signature", prefix="x-oss-", keeps="x-oss-process"),
    _family("Tencent COS", "q-signature", "x-cos-security-token", prefix="q-"),
    _family("Volcano TOS", "x-tos-signature", prefix="x-tos-", keeps="x-tos-process"),
    _family("Huawei OBS", "accesskeyid signature", "expires x-obs-security-token"),
    _family("Akamai", "hdnea"),
    _family("Akamai", "hdnts"),
    _family("Akamai", "hdntl"),
    _family("Akamai", "__token__"),
    _family("Discord", "ex is hm"),
    _family("Facebook", "oh oe"),
    _family("Firebase", "alt token", keeps="alt"),
)

#: Names that sign a link whose path names a file. In others (``/download?token=…``) they may choose the file.
GENERIC = frozenset(
    (
        *(
            "_jwt",
            "access_token",
            "auth",
            "auth_key",
            "auth_token",
            "authorization",
            "bcdn_token",
            "exp",
            "expire",
        ),
        *("expires", "expires_at", "expiry", "hmac", "jwt", "policy", "sig", "sign", "signature", "signed"),
        *("token", "token_path", "x-expires", "x-signature", "x-token"),
    )
)
#: Cloudinary's signature in the path of a delivery URL: ``/s--Ab3dEf9h--/``.
PATH_SIGNATURE = re.compile(r"(?<=/)s--[A-Za-z0-9_-]{8,32}--/")
_FILE = re.compile(r"\.[A-Za-z0-9]{2,5}$")


def signing_names(names: Iterable[str], path: str) -> frozenset[str]:
    """Return the parameters that sign a link, in lower case.

    Args:
        names: of all its parameters, percent-decoded.
        path: of the link. If it ends in a file's name, such as ``/clip.mp4``, a lone ``token`` beside it is a
            permission.
    """
    lower = {name.lower() for name in names}
    families = [family for family in FAMILIES if family.marks <= lower]
    signing = {name for name in lower if any(family.signs(name) for family in families)}
    if _FILE.search(path.rpartition("/")[2]):
        signing |= lower & GENERIC
    return frozenset(signing)
