"""What writes tags: it escapes whatever is not HTML yet."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from cometact_nb.views.base.html import h, join, verbatim

EVIL = """</code><script>alert('1')</script> "&amp;" onload='x'"""


class Tags(HTMLParser):
    """Collects elements, their attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_text_never_becomes_a_tag_and_reads_as_it_was() -> None:
    read = Tags(h("code", None, EVIL))
    assert (read.tags, read.text) == ([("code", {})], EVIL)
    assert Tags(join("<b>", h("i", None, "<u>"), by=" < ")).text == "<b> < <u>"


@pytest.mark.parametrize("value", [EVIL, h("b", None, '"'), verbatim('" onload="x')])
def test_nothing_leaves_its_attribute_not_even_html(value: object) -> None:
    read = Tags(h("a", {"title": value}, "go"))
    assert read.tags == [("a", {"title": str(value)})]


def test_attributes_are_written_by_what_they_are() -> None:
    html = h("video", {"controls": True, "muted": False, "poster": None, "width": 0, "src": ""})
    assert html == '<video controls width="0" src=""></video>'
    assert h("img", {"alt": ""}) == '<img alt="">'


def test_html_stays_as_it_is_and_nothing_is_left_out_but_nothing() -> None:
    assert join(h("b", None, 0), None, "", "·", by=" ") == "<b>0</b> ·"
    assert h("p", None, h("b", None, "1 < 2"), " & ", 3) == "<p><b>1 &lt; 2</b> &amp; 3</p>"


def test_quotes_are_not_escaped_where_they_mean_nothing() -> None:
    assert h("pre", None, """{"a": 'b', "&#34;": 1}""") == """<pre>{"a": 'b', "&amp;#34;": 1}</pre>"""
