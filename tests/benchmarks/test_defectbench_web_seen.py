"""What the bench's own browser calls a defect beyond argument: what a reader of the picture would."""

from __future__ import annotations

import pytest

from verl_visual_sdpo.benchmarks.defectbench.web import seen
from verl_visual_sdpo.benchmarks.defectbench.web.gauge import Gauge
from verl_visual_sdpo.types import Box

PICTURE = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='300' height='100'%3E%3Crect width='300' height='100' fill='%23367'/%3E%3C/svg%3E"  # noqa: E501


@pytest.fixture(scope="module")
def gauge():
    with Gauge() as one:
        yield one


def test_what_is_outside_as_a_whole_is_not_off_the_page(gauge):
    page = '<p style="position: relative; left: {}px; width: 200px">Words that take two lines of it</p>'
    part, whole = (gauge.measure(page.format(left)) for left in (-60, -600))
    assert list(seen.off_page(part)) and not list(seen.off_page(whole)) and list(seen.off_page(whole, sign=True))


def test_nothing_is_planted_where_no_scrolling_leads(gauge):
    page = """<div style="position: fixed; left: {}px; top: 20px; width: 200px">
<button style="width: 60px">One</button><button style="width: 60px; position: relative; left: -30px">Two</button>
<p style="width: 20px; white-space: nowrap; border: 2px solid #456">Words that run on</p></div>"""
    there, outside = (gauge.measure(page.format(left)) for left in (300, 1600))
    for look in (seen.content_on_content, seen.spilled):
        assert list(look(there)) and not list(look(outside)) and list(look(outside, True)), look.__name__


@pytest.mark.parametrize(("ground", "shows"), [("#000", True), ("#fff", False), ("#f8f8f8", False)])
def test_words_spill_only_where_the_picture_shows_the_edge_of_their_box(gauge, ground, shows):
    page = '<body style="background: linear-gradient(#fff, #fff)"><div style="height: 20px; background: {}">{}</div>'
    text = page.format(ground, '<p style="margin: 12px; color: #e33">Words</p>' * 2)
    assert list(seen.spilled(gauge.measure(text)))  # a gradient lies below: the colours alone do not tell
    assert bool(list(seen.spilled(gauge.measure(text, picture=True)))) is shows


@pytest.mark.parametrize(("side", "shows"), [("top", False), ("bottom", True)])
def test_words_spill_where_the_side_they_leave_by_is_drawn(gauge, side, shows):
    css = f"height: 14px; background: linear-gradient(to {side}, #fff, #eee 80%, #000)"
    text = f'<div style="{css}"><p style="margin: 0; padding-top: 18px; color: #e33">Words</p></div>'
    assert bool(list(seen.spilled(gauge.measure(text, picture=True)))) is shows


def test_words_that_are_covered_do_not_spill(gauge):
    page = """<div style="height: 24px; border: 2px solid #456"><p style="margin: 30px 0 0">Words</p></div>
<div style="height: 60px; position: relative; {}"></div>"""
    free, under = (gauge.measure(page.format(css)) for css in ("", "background: #ccd"))
    assert list(seen.spilled(free)) and not list(seen.spilled(under)) and list(seen.spilled(under, sign=True))


def test_words_on_a_ground_of_their_own_do_not_lie_on_the_picture_below(gauge):
    page = f"""<img src="{PICTURE}" style="display: block">
<div style="position: relative; margin-top: -20px; line-height: 40px; {{}}">Words</div>"""
    bare, barred = (gauge.measure(page.format(css), picture=True) for css in ("", "background: #fed"))
    assert list(seen.content_on_content(bare)) and not list(seen.content_on_content(barred))
    under = gauge.measure(page.format("background: #fed; z-index: -1"), picture=True)
    assert list(seen.content_on_content(under))  # the picture hides half of ground and words


def test_what_a_box_hides_is_measured_as_the_box_is_drawn(gauge):
    css = "width: 200px; height: 100px; overflow: hidden; transform: scale(0.5); transform-origin: 0 0"
    facts = gauge.measure(f'<body style="margin: 0"><div style="{css}">Words</div></body>')
    assert [t.clip for t in facts.texts] == [Box(0, 0, 100, 50)]


def test_what_is_left_of_clipped_fields_can_lie_on_each_other(gauge):
    page = """<body style="margin: 0"><div style="overflow: hidden; width: 400px; height: 60px">
<input style="position: relative; left: -60px; width: 200px"><input style="position: relative; left: {}px"></div>"""
    apart, meeting = (gauge.measure(page.format(left)) for left in (0, -110))
    assert not list(seen.content_on_content(apart)) and list(seen.content_on_content(meeting))


def test_the_words_of_a_field_can_be_faint(gauge):
    page = (
        '<style>::placeholder { color: #ddd }</style><input type="%s" %s="Words" style="background: #fff; color: #333">'
    )
    for kind, words, faint in (("text", "placeholder", True), ("text", "value", False), ("checkbox", "value", False)):
        facts = gauge.measure(page % (kind, words))
        assert bool(list(seen.faint(facts, sign=True))) is faint and not list(seen.faint(facts)), (kind, words)


def test_words_that_another_box_hides_or_that_the_page_ends_before_are_not_cut(gauge):
    page = '<style>* {{ margin: 0; line-height: 20px }}</style><div style="overflow: hidden; height: {}px">{}</div>{}'
    shut = '<div style="overflow: hidden; height: 25px">A menu that is shut<br>One<br>Two</div><p>Words</p>'
    low, menu = (gauge.measure(page.format(height, shut, "")) for height in (35, 90))
    assert [key for key, _ in seen.cut(low)] == [(1,), (2,)] and [key for key, _ in seen.cut(menu)] == [(2,)]
    words = '<p>Words</p><p style="padding-top: 770px">End</p><p>And more</p>'
    ends, on = (gauge.measure(page.format(800, words, below)) for below in ("", "<p>Below</p>"))
    assert list(seen.cut(on)) and not list(seen.cut(ends)) and list(seen.cut(ends, sign=True))
