"""Answers of the service, as the client hands them over."""

from __future__ import annotations

from cometact_nb.api import flow

NOW = 1_800_000_000.0
JSON = {"content-type": "application/json"}
REFUSED = b'{"error": {"message": "no (request id: 2026050112)", "type": "comet_api_error", "code": "x"}}'
INVALID = (
    b'{"error": {"message": "invalid request body", "type": "comet_api_error", "code": "invalid_request"}}'
)
HTML = b"<!doctype html><html><title>hello</title></html>"


def answer(status: int, content: bytes = REFUSED, **headers: str) -> flow.Answer:
    return flow.Answer(status, {**JSON, **{k.replace("_", "-"): v for k, v in headers.items()}}, content)
