"""Writes the report of ``cometact-nb verify-live``, and samples of the wire beside it, without any secret."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cometact_nb._version import __version__
from cometact_nb.api import evidence, lenient, wire
from cometact_nb.api.flow import Answer
from cometact_nb.domain import redact
from cometact_nb.domain.task import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cometact_nb.entry.cli.live_exchanges import Exchange
    from cometact_nb.entry.cli.live_run import Run
    from cometact_nb.handles.clip import Clip

__all__ = ["price_line", "prices", "summary", "surprises", "write"]

#: Possible names of this model in the public price list; second-hand.
_NAMES = ("runwayml_character_performance", "runwayml-character-performance", "act_two", "act-two")
_SAMPLES_MAX = 40
#: Lengths that differ by less are alike: a few frames are lost at either end, seconds.
_ALIKE_S = 0.25
_SAFE = (
    "This report and the files in `wire/` hold no key, no signature of a link, no address of your inputs, "
    "and nothing that names you or your machine. They do hold the ids of the tasks, which only your own key "
    "can ask about, the time of the run, and what the service said. They are safe to attach to an issue; "
    "read them once before you do."
)


def prices(content: bytes) -> list[dict[str, Any]]:
    """Find the records of the public price list that name this model."""
    records = []
    for record in evidence.walk(lenient.decode(content)):
        names = [str(record.get(name, "")).lower() for name in ("id", "name", "model", "code")]
        if any(known_name in name for name in names for known_name in _NAMES):
            fields = {
                key: record[key] for key in ("id", "provider", "model_type", "pricing") if key in record
            }
            records.append(json.loads(evidence.safe_body(json.dumps(fields).encode(), None, {})))
    return records[:5]


def price_line(live: Run) -> str:
    """Quote the public price list in a line; an empty text where it names no price."""
    if isinstance(live.price_list, str):
        return ""
    prices = "; ".join(f"{record.get('id', '?')}: {record.get('pricing')}" for record in live.price_list)
    return f"The public price list says: {redact.clean(prices, 300)}"


def _answers(live: Run, kind: str) -> list[tuple[Exchange, Answer]]:
    return [
        (each, each.answer)
        for each in live.recorder.exchanges
        if each.kind == kind and each.answer is not None
    ]


def surprises(live: Run) -> list[str]:
    """List, in a sentence each, the facts that differ from this package's reading of the service."""
    return list(dict.fromkeys(_surprises(live)))


def _surprises(live: Run) -> Iterator[str]:
    for each in live.recorder.exchanges:
        if not isinstance(each.outcome, Answer):
            yield f"A {each.kind} brought no whole answer: {redact.text(each.outcome.reason)}."
    for _, answer in _answers(live, "create"):
        if answer.is_success and not evidence.form_of_create(answer.content):
            yield "The answer to the create has an id in no form that is known here."
        elif not answer.is_success:
            yield f"The create was answered with HTTP {answer.status}."
    for _, answer in _answers(live, "poll"):
        yield from _of_poll(answer)
    for task in live.tasks[:1]:
        if task.state.is_settled and task.status is not Status.SUCCEEDED:
            yield f"The task ended as {task.status.value}."
        elif task.state.is_settled and not task.clips:
            yield "The task succeeded, and its clip could not be kept."
    if not live.tasks and not live.declined:
        yield "No task was made."


def _of_poll(answer: Answer) -> Iterator[str]:
    if not answer.is_success and not isinstance(wire.read_task(answer.content), wire.NotExist):
        yield f"A poll was answered with HTTP {answer.status}."
        return
    if not evidence.form_of_poll(answer.content):
        yield "A poll was answered in a form that is not known here."
    for name in evidence.unknown_fields(answer.content):
        yield f"The field `{name}` is not documented."
    reading = wire.read_task(answer.content)
    for note in getattr(reading, "notes", ()):
        yield f"{redact.text(note, answer.key)[:1].upper()}{redact.text(note, answer.key)[1:]}."
    if isinstance(reading, wire.Other):
        yield "A poll was answered with another task."


def summary(report: Path, sentences: list[str]) -> str:
    """Write the closing message for the screen."""
    head = f"Report: {report}\nSamples of the wire: {report.parent / 'wire'}"
    lines = [f"  {sentence}" for sentence in sentences] or ["  All of it was as documented."]
    return "\n".join(
        [head, *lines, "They hold no key, no signed link and no address of yours: safe to attach."]
    )


def write(live: Run, folder: Path) -> Path:
    """Write the report and the samples, in place of an earlier run's samples.

    Returns:
        the report's path.
    """
    samples = folder / "wire"
    samples.mkdir(parents=True, exist_ok=True)
    for old in samples.glob("[0-9][0-9]-*"):
        old.unlink()
    for name, content in _samples(live):
        (samples / name).write_text(content, "utf-8")
    report = folder / "report.md"
    report.write_text("\n".join(_lines(live)) + "\n", "utf-8")
    return report


def _stand_ins(live: Run) -> dict[str, str]:
    inputs = {"character": live.request.character, "reference": live.request.reference}
    return {ref.uri: f"https://example.com/your-{name}" for name, ref in inputs.items()}


def _samples(live: Run) -> Iterator[tuple[str, str]]:
    """Yield each exchange with something new in its answer, as a file's name and content."""
    hide, keys, number = _stand_ins(live), set[tuple[Any, ...]](), 0
    for each in live.recorder.exchanges:
        answer = each.answer
        words = () if answer is None else tuple(evidence.status_words(answer.content))
        mark = (each.kind, each.task_id, answer.status if answer else each.outcome, words)
        if mark in keys or number >= _SAMPLES_MAX:
            continue
        keys.add(mark)
        number += 1
        if each.body is not None:
            yield f"{number:02d}-create-request.json", evidence.safe_body(_json(each.body), None, hide)
        if answer is None:
            continue
        kind = "txt" if lenient.decode(answer.content) is None else "json"
        yield (
            f"{number:02d}-{each.kind}-answer-{answer.status}.{kind}",
            evidence.safe_body(answer.content, answer.key, hide),
        )
        headers = evidence.safe_headers(answer.headers, answer.key)
        yield f"{number:02d}-{each.kind}-headers.json", _json(headers).decode()


def _json(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _lines(live: Run) -> Iterator[str]:
    config = live.session.config
    where = f"the sandbox (speed {1 / config.time_scale:g})" if live.sandbox else redact.bare(config.base_url)
    yield f"# What {where} really does"
    yield ""
    yield f"cometact_nb {__version__}, {time.strftime('%Y-%m-%d %H:%M UTC', time.gmtime())}. {_SAFE}"
    yield ""
    for title, body in (
        ("What of our reading was wrong", surprises(live) or ["Nothing: all of it was as documented."]),
        ("What went wrong here", [_without_places(live, problem) for problem in live.problems]),
        ("Create", _create(live)),
        ("Polls", _polls(live)),
        ("Times", _times(live)),
        ("Money", _money(live)),
        ("Links", _links(live)),
        ("Cancel", _cancel(live)),
        ("Headers of the service", _headers(live)),
    ):
        items = list(body)
        if items:
            yield from (f"## {title}", "", *(f"- {line}" for line in items), "")


def _without_places(live: Run, sentence: str) -> str:
    """Hide the folders of this machine, which name its user, in a sentence."""
    session = live.session
    for place in (session.output_folder(), session.notebook_dir, Path.cwd(), Path.home()):
        sentence = sentence.replace(str(place), "…")
    return redact.text(sentence, session.config.api_key, limit=600)


def _create(live: Run) -> Iterator[str]:
    creates = [each for each in live.recorder.exchanges if each.kind == "create"]
    for each in creates:
        answer = each.answer
        if answer is None:
            yield f"No answer after {each.took_s:.1f} s. It was not sent again."
            continue
        form = evidence.form_of_create(answer.content) or "no id in any known form"
        yield f"HTTP {answer.status} after {each.took_s:.2f} s: {form}."
    if not creates:
        yield "Nothing was sent."


def _polls(live: Run) -> Iterator[str]:
    counts: dict[tuple[int, str], int] = {}
    for _, answer in _answers(live, "poll"):
        form = evidence.form_of_poll(answer.content) or "a form that is not known here"
        counts[answer.status, form] = counts.get((answer.status, form), 0) + 1
    for (status, form), count in counts.items():
        yield f"{count} × HTTP {status}, {form}"
    took = sorted(each.took_s for each, _ in _answers(live, "poll"))
    if took:
        half = took[len(took) // 2]
        yield f"An answer took {took[0]:.2f}-{took[-1]:.2f} s, half of them up to {half:.2f} s."


def _times(live: Run) -> Iterator[str]:
    """Yield for each status word the seconds from the create to its first poll."""
    for number, task in enumerate(live.tasks, 1):
        began = task.state.submitted_at or 0.0
        first_seen: dict[str, str] = {}
        for each, answer in _answers(live, "poll"):
            if each.task_id == task.id:
                words = " / ".join(evidence.status_words(answer.content)) or "(no status)"
                if isinstance(wire.read_task(answer.content), wire.NotExist):
                    words += ", the id is not known"
                first_seen.setdefault(words, f"{each.began_at + each.took_s - began:.1f} s")
        firsts = ", ".join(f"{words} at {at}" for words, at in first_seen.items())
        yield f"Request {number}: {firsts or 'no answer about it'}. It ended as {task.status.value}."


def _money(live: Run) -> Iterator[str]:
    yield f"Expected: {live.session.config.price.estimate(max(1, len(live.tasks)))}."
    if isinstance(live.price_list, str):
        yield f"{redact.text(live.price_list)}."
    else:
        yield from (f"The public price list has `{json.dumps(record)}`." for record in live.price_list)
    for number, task in enumerate(live.tasks, 1):
        amounts = [f"{kind} {value:g}" for kind, value in _credits(task.state) if value is not None]
        words = "credits " + ", ".join(amounts) if amounts else "the service named no credits"
        yield f"Request {number}: {words}."
        if task.clip is not None and task.clip.duration_s:
            length = _against_reference(live, task.clip)
            yield f"Request {number} made {task.clip.duration_s:.1f} s of video, {length}."


def _against_reference(live: Run, clip: Clip) -> str:
    """Compare a clip's length with the reference's, by which Runway's own price counts."""
    if live.reference_s is None or clip.duration_s is None:
        return "and the length of the reference is not known"
    more = clip.duration_s - live.reference_s
    if abs(more) < _ALIKE_S:
        return f"as long as the reference ({live.reference_s:.1f} s)"
    return f"{abs(more):.1f} s {'more' if more > 0 else 'less'} than the reference ({live.reference_s:.1f} s)"


def _credits(state: Any) -> Iterable[tuple[str, float | None]]:
    return ("at the end", state.credits), ("estimated", state.estimated_credits)


def _links(live: Run) -> Iterator[str]:
    for task in live.tasks:
        for url in task.output_urls:
            names = ", ".join(evidence.link_parameters(url)) or "none"
            ends, now = evidence.expires_at(url), task.state.ended_at or time.time()
            lives = (
                "do not say how long it lives" if ends is None else f"end {(ends - now) / 3600:.1f} h later"
            )
            yield f"`{redact.bare(url)}`, parameters: {names}. They {lives}."
    if live.again:
        yield redact.text(live.again)


def _cancel(live: Run) -> Iterator[str]:
    cancels = [each for each in live.recorder.exchanges if each.kind == "cancel"]
    for each in cancels:
        answer = each.answer
        what = f"HTTP {answer.status}" if answer else f"no answer ({redact.text(each.outcome)})"
        yield f"DELETE was answered with {what} after {each.took_s:.2f} s."
    if not cancels:
        yield "DELETE was not asked (--try-cancel asks, on a second paid request)."
    elif len(live.tasks) > 1:
        yield f"The task ended as {live.tasks[-1].status.value}."


def _headers(live: Run) -> Iterator[str]:
    headers: dict[str, str] = {}
    for kind in ("create", "poll", "cancel"):
        for _, answer in _answers(live, kind):
            headers |= evidence.safe_headers(answer.headers, answer.key)
    for name, value in sorted(headers.items()):
        yield f"`{name}: {value}`"
