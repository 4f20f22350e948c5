"""The page of all measurements, docs/benchmarks.md: tables from the run, and what was learnt, kept between runs."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.report import Report, machine, table

_HEAD = """\
# Benchmarks

Written by `pip install ".[bench]" && python -m tests.benchmarks`, which measures everything below in one run, ours
beside what one would use instead, taken in turn, so that ratios hold where milliseconds do not. The median stands in
front, the best in brackets.

Measured with: {facts}.
"""


def section(report: Report) -> str:
    """One row of the plan as Markdown, between marks by which a later run finds and replaces it."""
    parts = [f"## {report.title}", report.how, table(report.lines)]
    body = "\n\n".join([*parts, *([report.text] if report.text else [])])
    return f"<!-- {report.name} -->\n{body}\n<!-- /{report.name} -->"


def write(path: Path, reports: list[Report]) -> None:
    """Replace the measured sections of a page; the words between them stay as they are."""
    text = path.read_text("utf-8") if path.exists() else ""
    facts = ", ".join(f"{name} {value}" for name, value in machine().items())
    head = f"<!-- head -->\n{_HEAD.format(facts=facts)}<!-- /head -->"
    for name, new in [("head", head), *((report.name, section(report)) for report in reports)]:
        begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
        before, found, rest = text.partition(begin)
        after = rest.partition(end)[2] if found else "\n"
        text = f"{before}{new}{after}" if found else f"{text.rstrip()}\n\n{new}\n".lstrip()
    path.write_text(text, "utf-8")
    for report in reports:
        for name, image in report.images.items():
            (path.parent / "images" / name).write_text(image, "utf-8")
