"""The page of an exported report: it loads nothing from a network and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from html import escape
from typing import TYPE_CHECKING, Any

from cometact_nb._version import __version__
from cometact_nb.domain import inputs, redact
from cometact_nb.domain.knobs import title_of
from cometact_nb.domain.media import MediaRef
from cometact_nb.domain.sweep.grid import label
from cometact_nb.errors import ActTwoError
from cometact_nb.views.base import wording as words
from cometact_nb.views.base.html import esc
from cometact_nb.views.base.scripts import joined, styles
from cometact_nb.views.gallery.facts import axis_facts, cell_facts, first_choice, places
from cometact_nb.views.gallery.record import rated
from cometact_nb.views.report.table import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cometact_nb.handles.sweep.sweep import Sweep
    from cometact_nb.views.report.files import Files

__all__ = ["page_html"]

_SHOWN = ("status", "duration_s", "elapsed_s", "price_usd", "problem")


def page_html(sweep: Sweep, files: Sequence[Files]) -> str:
    """The page; clips and table lie beside it.

    Args:
        sweep: what is reported.
        files: where each cell's clip lies.
    """
    script = joined("report/report.js")
    style = styles("gallery/gallery.css", "report/report.css")
    # `file:` beside 'self': for a page that is opened from a disk, browsers differ in what 'self' is.
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "img-src 'self' file:; media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )
    name = esc(sweep.name, 100)
    badge = ' <strong class="badge">SANDBOX</strong>' if sweep.sandbox else ""
    made = f"Exported {words.moment(time.time())} with cometact_nb {escape(__version__)}"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        '<meta name="referrer" content="no-referrer">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{name} · Act-Two sweep</title><style>{style}</style></head><body><main>"
        f"<header><h1>{name}{badge}</h1><p>{escape(made)}</p></header>"
        f"{_summary(sweep)}"
        '<h2 id="clips">Clips</h2>'
        '<div id="gallery"><p>Without scripts the clips are in the table below.</p></div>'
        f"{_results(sweep, files)}{_noise(sweep)}{_provenance(sweep, files)}"
        f'</main><script type="application/json" id="data">{_data(sweep, files)}</script>'
        f"<script>{script}</script></body></html>\n"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _data(sweep: Sweep, files: Sequence[Files]) -> str:
    """What the gallery's script reads. No "<" is left in it, so nothing in it can end its element."""
    cells = []
    for cell, place, found in zip(sweep.cells, places(sweep), files, strict=True):
        facts = cell_facts(cell, place)
        if found.clip is None:
            facts |= {"clip": None, "text": found.problem or facts["text"]}
        cells.append({**facts, "src": found.clip, "poster": found.poster})
    told = {
        "title": {"name": words.clean(sweep.name, 100), "sandbox": sweep.sandbox},
        "axes": axis_facts(sweep),
        "choice": first_choice(sweep, None, None),
        "cells": cells,
    }
    return json.dumps(told, ensure_ascii=False).replace("<", "\\u003c")


def _summary(sweep: Sweep) -> str:
    plan = sweep.plan
    price = plan.price
    counts = ", ".join(f"{count} {name.lower().replace('_', ' ')}" for name, count in sweep.counts.items())
    axes = [
        (axis["label"], ", ".join(axis["values"][:40]) + (" …" if len(axis["values"]) > 40 else ""))  # noqa: PLR2004
        for axis in axis_facts(sweep)
    ]
    facts = [
        ("Cells", f"{plan.cells} ({plan.grid}): {counts}"),
        *axes,
        *_fixed(sweep),
        ("Price of one", price.estimate(1)),
        (
            "Spent",
            "nothing: sandbox"
            if sweep.sandbox
            else f"about ${sweep.spent_usd:.2f}, by the prices at purchase",
        ),
        *[("Note", str(finding)) for finding in plan.warnings],
    ]
    return f'<section aria-labelledby="plan"><h2 id="plan">Plan and price</h2>{_pairs(facts)}</section>'


def _fixed(sweep: Sweep) -> list[tuple[str, str]]:
    """The fields that all cells share."""
    request = sweep.cells[0].request
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


def _pairs(facts: Iterable[tuple[str, str]]) -> str:
    body = "".join(f"<div><dt>{esc(name, 60)}</dt><dd>{esc(value, 2000)}</dd></div>" for name, value in facts)
    return f"<dl>{body}</dl>"


def _table(head: Sequence[str], body: Iterable[Sequence[str]], caption: str) -> str:
    """A table of HTML that is escaped already."""
    top = "".join(f'<th scope="col">{name}</th>' for name in head)
    lines = "".join(
        f'<tr><th scope="row">{line[0]}</th>' + "".join(f"<td>{cell}</td>" for cell in line[1:]) + "</tr>"
        for line in body
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{lines}</tbody></table></div>"
    )


def _results(sweep: Sweep, files: Sequence[Files]) -> str:
    axes = axis_facts(sweep)
    head = [
        "Cell",
        "Clip",
        *(esc(axis["label"], 60) for axis in axes),
        "Status",
        "Length",
        "Took",
        "Price",
        "Rating",
    ]
    body = []
    for told, place, found in zip(rows(sweep, files), places(sweep), files, strict=True):
        status = esc(told["status"].replace("_", " "), 40) + (" (reused)" if told["reused"] else "")
        values = [esc(axis["values"][at], 60) for axis, at in zip(axes, place, strict=True)]
        rating = rated(told["stars_open"], told["stars_blind"], favourite=told["favourite"])
        note = f'<div class="note">{esc(told["note"], 2000)}</div>' if told["note"] else ""
        why = " · ".join(filter(None, [told["failure_code"], told["problem"]]))
        problem = f'<div class="note">{esc(why, 400)}</div>' if why else ""
        body.append(
            [
                str(told["cell"]),
                _link(found),
                *values,
                status + problem,
                _number(told["duration_s"], "{:.2f} s"),
                _number(told["elapsed_s"], "{:.0f} s"),
                _number(told["price_usd"], "${:.2f}"),
                f"{rating}{note}",
            ]
        )
    return (
        '<section aria-labelledby="results"><h2 id="results">Results</h2>'
        '<p>As a table for other programs: <a href="results.csv">results.csv</a></p>'
        f"{_table(head, body, 'Results')}</section>"
    )


def _link(found: Files) -> str:
    if found.clip is None:
        return "–"
    picture = f'<img src="{escape(found.poster)}" alt="" loading="lazy">' if found.poster else ""
    return f'<a href="{escape(found.clip)}">{picture}<span>{escape(found.clip.rpartition("/")[2])}</span></a>'


def _number(value: float | None, form: str) -> str:
    return "–" if value is None else form.format(value)


def _noise(sweep: Sweep) -> str:
    """How far chance and each knob move the clips, where replicates tell."""
    if "replicate" not in sweep.axes:
        return ""
    try:
        floor = sweep.noise_floor()
    except ActTwoError as error:
        told = f"<p>Not measured: {esc(words.message(error))}</p>"
    else:
        body = [
            [esc(row.knob), _number(row.distance, "{:.3g}"), str(row.pairs), esc(row.verdict)]
            for row in floor.rows
        ]
        table = _table(["Knob", "Distance", "Pairs", "Verdict"], body, "Noise floor") if body else ""
        told = f"<p>{esc(floor.summary)}</p>{table}<p>{esc(floor.basis)}</p>"
    return f'<section aria-labelledby="noise"><h2 id="noise">Noise floor</h2>{told}</section>'


def _provenance(sweep: Sweep, files: Sequence[Files]) -> str:
    body = []
    for cell, found in zip(sweep.cells, files, strict=True):
        state = cell.job.state if cell.job is not None else None
        if state is None:
            continue
        clip = cell.clip
        begun = words.moment(state.begun_at) if state.begun_at is not None else "–"
        digest = f"<code>{escape(clip.sha256)}</code>" if clip and found.clip else "–"
        body.append([str(cell.index + 1), f"<code>{esc(state.id or '–', 80)}</code>", begun, digest])
    facts = [
        ("Service", redact.bare(sweep.base_url)),
        ("Model", "act_two"),
        ("Made with", f"cometact_nb {__version__}"),
        ("Sweep", f"{sweep.name} ({sweep.spec.fingerprint})"),
    ]
    table = _table(["Cell", "Task", "Begun", "SHA-256 of the clip"], body, "Provenance of each clip")
    return (
        '<section aria-labelledby="provenance"><h2 id="provenance">Provenance</h2>'
        "<p>Addresses stand without their queries, which may be signatures.</p>"
        f"{_pairs(facts)}{_inputs(sweep)}"
        f"<details><summary>Tasks and checksums</summary>{table}</details></section>"
    )


def _inputs(sweep: Sweep) -> str:
    """Each file that a clip was made from: its name or address, and what is known of its content."""
    body: dict[tuple[str, ...], None] = {}
    for cell in sweep.cells:
        state = cell.job.state if cell.job is not None else None
        found = inputs.facts(state.request if state else None, state.input_names if state else None)
        for role, known in found.items():
            size = "" if known.bytes is None else f"{known.bytes / 1e3:.0f} kB"
            what = " · ".join(filter(None, [known.mime, size]))
            named = " · ".join(filter(None, [known.name, known.url]))
            digest = f"<code>{escape(known.sha256)}</code>" if known.sha256 else "–"
            body[role.capitalize(), esc(named or "–", 400), esc(what or "–", 80), digest] = None
    return _table(["Input", "File", "Kind", "SHA-256"], list(map(list, body)), "Inputs") if body else ""
