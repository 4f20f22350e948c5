"""What each outcome of a paid request means, asked of the code: ``python tests/support/verdicts.py`` prints it.

Each row stands for a class of outcomes, and is printed only when the code judges all of its members alike.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from cometact_nb.api import flow

ID = {"id": "5b91e444-c232-deaf-a4d7-8aef3e57336b"}
NO_WORD = (408, 409, 425, 499)
BODIES = (b"", b"<html>", b"{}", b"\xff", json.dumps(ID).encode())


def error(code: str) -> bytes:
    return json.dumps({"error": {"message": "no", "code": code}}).encode()


def each(statuses: Iterator[int] | range | tuple[int, ...], *bodies: bytes) -> list[flow.Outcome]:
    """Whole answers and answers that broke off."""
    answers = [flow.Answer(status, {}, body) for status in statuses for body in bodies or BODIES]
    return [*answers, *(flow.Lost("it broke off", answer) for answer in answers)]


#: What came, in words -> every outcome of that kind.
CAME: dict[str, list[flow.Outcome]] = {
    "a 2xx with an id in any known form, also when the answer broke off after it": [
        *each(range(200, 300), json.dumps(ID).encode(), json.dumps({"code": "success", "data": ID}).encode()),
        flow.Lost("it broke off", flow.Answer(200, {}, json.dumps(ID).encode()[:-1])),
    ],
    "429, after several tries": each((429,), *BODIES[:-1]),
    "a redirect (3xx)": each(range(300, 400), *BODIES[:-1]),
    "any other 4xx but 408, 409, 425 and 499": each(
        tuple(set(range(400, 500)) - {429, *NO_WORD}),
        *BODIES[:-1],
        error(""),
    ),
    "500 with the code `invalid_request`": each((500,), error("invalid_request")),
    "503 with the code `model_not_found`": each((503,), error("model_not_found")),
    "nothing left this machine: no connection, no name, the proxy refused, a certificate, a header": [
        flow.NotSent("refused"),
        flow.NotSent("not trusted", "Set SSL_CERT_FILE"),
    ],
    "a 2xx without a known id: JSON, a web page, nothing": each(range(200, 300), *BODIES[:-1]),
    "408, 409, 425, 499": each(NO_WORD),
    "a redirect or any 4xx whose body is a task's id and no error": each(range(300, 500), BODIES[-1]),
    "any other 5xx": [*each(range(500, 600)), *each((501, 502, 504), error("invalid_request"))],
    "no answer: the connection broke, or 120 s passed": [flow.Lost("no answer in time")],
}


def verdict(outcome: flow.Outcome) -> str:
    """One word for what the code makes of an outcome: the status that the task gets."""
    match flow.judge_create(outcome, 0.0):
        case flow.Created():
            return "PENDING"
        case flow.Declined():
            return "REFUSED"
    return "UNCONFIRMED"


def rows() -> list[tuple[str, str]]:
    """(what came, the task's status), in the order of ``CAME``.

    Raises:
        AssertionError: the code judges the members of a row differently.
    """
    table = []
    for words, outcomes in CAME.items():
        found = {verdict(outcome) for outcome in outcomes}
        assert len(found) == 1, f"{words}: {found}"
        table.append((words, found.pop()))
    return table


if __name__ == "__main__":
    print("| what came of the paid request | the task is |\n|---|---|")
    for came, status in rows():
        print(f"| {came} | `{status}` |")
