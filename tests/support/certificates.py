"""One certificate instead of the 140 that a client reads when it is made: 40 ms each time, and no test leaves this machine."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import certifi

_NAME, _END = "SSL_CERT_FILE", "-----END CERTIFICATE-----\n"


def read_one() -> None:
    """Let this process and those it starts read one certificate, unless the machine names others."""
    if _NAME in os.environ:
        return
    first = Path(certifi.where()).read_text("ascii").partition(_END)[0]
    path = Path(tempfile.mkdtemp(prefix="certificates-")) / "one.pem"
    path.write_text(first[first.index("-----BEGIN") :] + _END, "ascii")
    os.environ[_NAME] = str(path)


def without_ours() -> dict[str, str]:
    """The environment for a program that may have to speak to the world, such as pip."""
    ours = os.environ.get(_NAME, "").endswith("/one.pem")
    return {name: value for name, value in os.environ.items() if not (ours and name == _NAME)}
