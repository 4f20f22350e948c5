"""A coverage-guided fuzzer over everything that reads foreign text: ``python tests/fuzz/fuzz_parsers.py SECONDS``.

Needs ``pip install atheris``. A crash is written as a file; put its bytes into ``tests/unit/test_foreign.py``.
"""

from __future__ import annotations

import contextlib
import sys

import atheris

with atheris.instrument_imports(include=["cometact_nb"]):
    from cometact_nb.api import flow, wire
    from cometact_nb.domain import forms
    from cometact_nb.domain.request import ActTwoRequest
    from cometact_nb.domain.sniff import sniff
    from cometact_nb.domain.task import Observed, Snapshot, Status, TaskState, reduce
    from cometact_nb.errors import RequestError
    from cometact_nb.magic_words import WordError, expand, split


def one(data: bytes) -> None:
    if not data:
        return
    which, rest = data[0] % 6, data[1:]
    text = rest.decode("utf-8", "replace")
    if which == 0:
        read = wire.read_task(rest)
        if isinstance(read, Snapshot):
            state = reduce(TaskState(key="k", id="i", status=Status.RUNNING), Observed(at=1.0, snapshot=read))
            assert state.progress is None or 0 <= state.progress <= 1
            assert b"SUCC" in rest.upper() or read.status is not Status.SUCCEEDED
    elif which == 1:
        wire.read_problem(rest)
        verdict = flow.judge_create(flow.Answer(200 + data[0], {}, rest), 0.0)
        assert not isinstance(verdict, flow.Created) or verdict.id
    elif which == 2:
        with contextlib.suppress(RequestError):
            forms.from_text(text)
    elif which == 3:
        with contextlib.suppress(WordError):
            [expand(word, {"a": 1}) for word in split(text) if "{" not in word.text]
    elif which == 4:
        with contextlib.suppress(RequestError):
            request = ActTwoRequest(character=text, reference="https://a.b/c.mp4")
            assert ActTwoRequest.from_json(request.to_json()) == request
            assert forms.from_text(request.to_curl()) == request
    else:
        sniff(rest)


if __name__ == "__main__":
    atheris.Setup([sys.argv[0], f"-max_total_time={sys.argv[1]}", "-max_len=600"], one)
    atheris.Fuzz()
