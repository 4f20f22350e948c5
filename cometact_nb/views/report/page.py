"""Writes the page of an exported report, which loads nothing from a network and runs only its own script."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from cometact_nb._version import __version__
from cometact_nb.domain import inputs, redact
from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.money import usd
from cometact_nb.domain.sweep.grid import label
from cometact_nb.errors import ActTwoError
from cometact_nb.handles.sweep.performance import reference_of
from cometact_nb.handles.sweep.sweep import Sweep
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import code, h, join, verbatim
from cometact_nb.views.base.scripts import joined, styles
from cometact_nb.views.gallery.facts import axis_facts, cell_facts, first_choice, places
from cometact_nb.views.gallery.record import ratings_html
from cometact_nb.views.report.table import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cometact_nb.handles.collection import ClipSet
    from cometact_nb.views.base.html import Markup
    from cometact_nb.views.report.files import Files

__all__ = ["page_html"]


def page_html(sweep: ClipSet, files: Sequence[Files], copies: Mapping[str, str] | None = None) -> Markup:
    """Write the page; clips and table are files beside it.

    Args:
        sweep: to report.
        files: of each cell.
        copies: paths of inputs in the report, by their hash.
    """
    script = joined("report/report.js")
    style = styles("gallery/gallery.css", "report/report.css")
    # `file:` beside 'self': browsers disagree on 'self' for a page from a disk.
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src 'self' file:; media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )
    name = words.clean(sweep.name, 100)
    badge = join(" ", h("strong", {"class": "badge"}, "SANDBOX")) if sweep.sandbox else None
    exported = f"Exported {words.moment(time.time())} with cometact_nb {__version__}"
    head = h(
        "head",
        None,
        h("meta", {"charset": "utf-8"}),
        h("meta", {"http-equiv": "Content-Security-Policy", "content": policy}),
        h("meta", {"name": "referrer", "content": "no-referrer"}),
        h("meta", {"name": "viewport", "content": "width=device-width, initial-scale=1"}),
        h("title", None, f"{name} · Act-Two sweep"),
        h("style", None, verbatim(style)),
    )
    main = h(
        "main",
        None,
        h("header", None, h("h1", None, name, badge), h("p", None, exported)),
        _summary(sweep),
        h("h2", {"id": "clips"}, "Clips"),
        h("div", {"id": "gallery"}, h("p", None, "Without scripts the clips are in the table below.")),
        _results(sweep, files),
        _noise(sweep),
        _provenance(sweep, files, copies or {}),
    )
    data = h("script", {"type": "application/json", "id": "data"}, verbatim(_data(sweep, files)))
    body = h("body", None, main, data, h("script", None, verbatim(script)))
    return join(verbatim("<!doctype html>\n"), h("html", {"lang": "en"}, head, body), "\n")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(sweep: ClipSet, files: Sequence[Files]) -> str:
    """Write the data for the gallery's script, without any "<", so that it cannot end its element."""
    cells = []
    for cell, place, paths in zip(sweep.cells, places(sweep), files, strict=True):
        facts = cell_facts(cell, place)
        if paths.clip is None:
            facts |= {"clip": None, "text": paths.problem or facts["text"]}
        cells.append({**facts, "src": paths.clip, "poster": paths.poster})
    entry = {
        "title": {"name": words.clean(sweep.name, 100), "sandbox": sweep.sandbox, "again": ""},
        "axes": axis_facts(sweep),
        "choice": first_choice(sweep, None, None),
        "cells": cells,
    }
    return json.dumps(entry, ensure_ascii=False).replace("<", "\\u003c")


def _summary(sweep: ClipSet) -> Markup:
    counts = words.counts(sweep.counts)
    axes = [
        (axis["label"], ", ".join(axis["values"][:40]) + (" …" if len(axis["values"]) > 40 else ""))  # noqa: PLR2004
        for axis in axis_facts(sweep)
    ]
    if not isinstance(sweep, Sweep):
        notes = [("Note", note) for note in sweep.notes]
        return _section("plan", "What is here", _pairs([("Clips", counts), *axes, *_fixed(sweep), *notes]))
    plan = sweep.plan
    spent = f"about {usd(sweep.spent_usd)}, by the prices at purchase"
    facts = [
        ("Cells", f"{plan.cells} ({plan.grid}): {counts}"),
        *axes,
        *_fixed(sweep),
        ("Price of one", plan.price.estimate(1)),
        ("Spent", "nothing: sandbox" if sweep.sandbox else spent),
        *[("Note", str(finding)) for finding in plan.warnings],
    ]
    return _section("plan", "Plan and price", _pairs(facts))


def _section(name: str, title: str, *inside: Markup | None) -> Markup:
    return h("section", {"aria-labelledby": name}, h("h2", {"id": name}, title), *inside)


def _fixed(sweep: ClipSet) -> list[tuple[str, str]]:
    """List the fields that all cells share."""
    request = next((cell.request for cell in sweep.cells if reference_of(cell) is not None), None)
    if request is None:
        return []
    every: Mapping[str, Any] = {
        "character": request.character,
        "reference": request.reference,
        **request.params,
    }
    return [
        (
            title_of(name),
            redact.bare(value.uri) if isinstance(value, MediaRef) else label(name, value),
        )
        for name, value in every.items()
        if name not in sweep.axes
    ]


def _pairs(facts: Iterable[tuple[str, str]]) -> Markup:
    pairs = [
        h("div", None, h("dt", None, words.clean(name, 60)), h("dd", None, words.clean(value, 2000)))
        for name, value in facts
    ]
    return h("dl", None, *pairs)


def _table(head: Sequence[str], body: Iterable[Sequence[object]], caption: str) -> Markup:
    top = h("tr", None, *(h("th", {"scope": "col"}, name) for name in head))
    lines = [
        h("tr", None, h("th", {"scope": "row"}, first), *(h("td", None, cell) for cell in rest))
        for first, *rest in body
    ]
    region = {"class": "wide", "tabindex": 0, "role": "region", "aria-label": caption}
    return h("div", region, h("table", None, h("thead", None, top), h("tbody", None, *lines)))


def _results(sweep: ClipSet, files: Sequence[Files]) -> Markup:
    axes = axis_facts(sweep)
    labels = [words.clean(axis["label"], 60) for axis in axes]
    head = ["Cell", "Clip", *labels, "Status", "Length", "Took", "Price", "Rating"]
    body = []
    for cell, row, place, paths in zip(sweep.cells, rows(sweep, files), places(sweep), files, strict=True):
        values = [words.clean(axis["values"][at], 60) for axis, at in zip(axes, place, strict=True)]
        body.append(
            [*_result(row, values, paths), join(*ratings_html(cell.ratings, {"class": "note"}, 2000))]
        )
    table = h("a", {"href": "results.csv"}, "results.csv")
    hint = h("p", None, "As a table for other programs: ", table)
    return _section("results", "Results", hint, _table(head, body, "Table of results"))


def _result(row: Mapping[str, Any], values: Sequence[str], paths: Files) -> list[object]:
    """Write a cell's line of the table, but for its ratings."""
    status = words.clean(row["status"].replace("_", " "), 40) + (" (reused)" if row["reused"] else "")
    why = " · ".join(filter(None, [row["failure_code"], row["problem"]]))
    return [
        row["cell"],
        _link(paths),
        *values,
        join(status, _note(why, 400)),
        _number(row["duration_s"], "{:.2f} s"),
        _number(row["elapsed_s"], "{:.0f} s"),
        "–" if row["price_usd"] is None else usd(row["price_usd"]),
    ]


def _note(text: str, limit: int) -> Markup | None:
    return h("div", {"class": "note"}, words.clean(text, limit)) if text else None


def _link(paths: Files) -> Markup | str:
    picture = h("img", {"src": paths.poster, "alt": "", "loading": "lazy"}) if paths.poster else None
    if paths.clip is None:
        return "–" if picture is None else join(picture, h("span", None, "missing"))
    return h("a", {"href": paths.clip}, picture, h("span", None, paths.clip.rpartition("/")[2]))


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _noise(sweep: ClipSet) -> Markup | None:
    """Show how far chance and each knob move the clips, where replicates exist."""
    if "replicate" not in sweep.axes:
        return None
    try:
        floor = sweep.noise_floor()
    except ActTwoError as error:
        return _section(
            "noise", "Noise floor", h("p", None, f"Not measured: {words.clean(words.message(error))}")
        )
    body = [
        [words.clean(row.knob), _number(row.distance, "{:.3g}"), row.pairs, words.clean(row.verdict)]
        for row in floor.rows
    ]
    table = _table(["Knob", "Distance", "Pairs", "Verdict"], body, "Table of the noise") if body else None
    summary, basis = (h("p", None, words.clean(text)) for text in (floor.summary, floor.basis))
    return _section("noise", "Noise floor", summary, table, basis)


def _provenance(sweep: ClipSet, files: Sequence[Files], copies: Mapping[str, str]) -> Markup:
    body = []
    for cell, paths in zip(sweep.cells, files, strict=True):
        state = cell.job.state if cell.job is not None else None
        if state is None:
            continue
        clip = cell.clip
        start = words.moment(state.begun_at) if state.begun_at is not None else "–"
        digest = code(clip.sha256) if clip and paths.clip else "–"
        body.append([cell.index + 1, code(words.clean(state.id or "–", 80)), start, digest])
    services = dict.fromkeys(cell.job.state.base_url for cell in sweep.cells if cell.job is not None)
    if isinstance(sweep, Sweep):
        services[sweep.base_url] = None
    facts = [
        ("Service", ", ".join(redact.bare(base_url) for base_url in services)),
        ("Model", "act_two"),
        ("Made with", f"cometact_nb {__version__}"),
    ]
    if isinstance(sweep, Sweep):
        facts.append(("Sweep", f"{sweep.name} ({sweep.spec.fingerprint})"))
    table = _table(["Cell", "Task", "Begun", "SHA-256 of the clip"], body, "Provenance of each clip")
    return _section(
        "provenance",
        "Provenance",
        h("p", None, "Addresses stand without their queries, which may be signatures."),
        _pairs(facts),
        _inputs(sweep, copies),
        h("details", None, h("summary", None, "Tasks and checksums"), table),
    )


def _inputs(sweep: ClipSet, copies: Mapping[str, str]) -> Markup | None:
    """List each input of a clip: its name or address, the facts about its content, and its copy."""
    body: dict[tuple[object, ...], None] = {}
    for cell in sweep.cells:
        state = cell.job.state if cell.job is not None else None
        by_role = inputs.facts(state.request if state else None, state.input_names if state else None)
        for role, input_facts in by_role.items():
            length = "" if input_facts.bytes is None else words.size(input_facts.bytes)
            what = " · ".join(filter(None, [input_facts.mime, length]))
            name = " · ".join(filter(None, [input_facts.name, input_facts.url]))
            digest = code(input_facts.sha256) if input_facts.sha256 else "–"
            file = join(words.clean(name or "–", 400), _picture(copies.get(input_facts.sha256)))
            body[role.capitalize(), file, words.clean(what or "–", 80), digest] = None
    return _table(["Input", "File", "Kind", "SHA-256"], body, "Inputs") if body else None


def _picture(copy: str | None) -> Markup | None:
    """Show the copy of an input small, with a link to it."""
    if copy is None:
        return None
    address = quote(copy)
    is_image = copy.rpartition(".")[2].lower() in {"jpg", "jpeg", "png", "webp"}
    small = (
        h("img", {"src": address, "alt": "", "height": 84})
        if is_image
        else h("video", {"src": f"{address}#t=0.1", "muted": True, "preload": "metadata", "height": 84})
    )
    return join(h("br"), h("a", {"href": address}, small))
