"""Answers that break off."""

from __future__ import annotations

import httpx

#: What a client raises when its connection is broken.
BROKEN = (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError)


def read_into(came: bytearray, answer: httpx.Response) -> None:
    for chunk in answer.iter_bytes():
        came.extend(chunk)
