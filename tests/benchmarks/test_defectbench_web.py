"""DefectBench for pages: what is planted shows, at the span that is said, and is held against what is found."""

from __future__ import annotations

import random
from types import SimpleNamespace

import pytest

from verl_visual_sdpo.benchmarks.defectbench.judgement import COLLATERAL, HIT, KNOWN, WRONG
from verl_visual_sdpo.benchmarks.defectbench.web import bench, real, seen
from verl_visual_sdpo.benchmarks.defectbench.web.gauge import Gauge
from verl_visual_sdpo.benchmarks.defectbench.web.kinds import KINDS
from verl_visual_sdpo.benchmarks.defectbench.web.pages import KINDS as PAGES
from verl_visual_sdpo.benchmarks.defectbench.web.pages import write_page
from verl_visual_sdpo.benchmarks.defectbench.web.source import Source
from verl_visual_sdpo.benchmarks.defectbench.web.still import still
from verl_visual_sdpo.benchmarks.defectbench.web.workshop import Case, Clean, newly_seen
from verl_visual_sdpo.cli import main
from verl_visual_sdpo.inspection.detect import detectors_of
from verl_visual_sdpo.types import Box, Defect, Element, Execution, Rendering, Scene

HTML = """<html><head><style>
p { color: #333; }
</style></head><body>
<p class="a">One line of words</p>
<p style="margin: 0">Two</p>
</body></html>
"""


@pytest.fixture
def gauge():
    with Gauge() as one:
        yield one


def test_pages_are_written_by_a_seed_and_differ():
    for kind, name in enumerate(PAGES):
        one, same, other = (write_page(random.Random(seed), kind) for seed in (1, 1, 2))
        assert one == same and one.kind == name and one.source != other.source


def test_edits_stand_where_they_say():
    source = Source(HTML)
    first, second = (tag for tag in source.tags if tag.name == "p")
    for edit in (
        source.inline(first, ("color: #eee", "width: 3px")),
        source.inline(second, ("color: #eee", "width: 3px")),
        source.by_rule(first, ("color: #eee", "width: 3px"), "b1"),
    ):
        assert [edit.text[span.start : span.end] for span in edit.planted] == ["color: #eee;", "width: 3px;"]
    assert 'style="margin: 0; color: #eee; width: 3px;"' in source.inline(second, ("color: #eee", "width: 3px")).text
    moved = source.rewritten(first, 'class="a"', 'class="b"')
    assert moved.text[moved.planted[0].start : moved.planted[0].end] == '<p class="b">'
    put = source.inserted(second, "<i><b>x</b></i>")
    names = [tag.name for tag in source.tags]
    for tag in Source(put.text).tags:
        old = put.old_number(tag.number)
        assert tag.name in "ib" if old < 0 else names[old] == tag.name


def test_every_kind_names_detectors_that_there_are_and_every_detector_has_a_kind():
    known = {detector.id for detector in detectors_of("web")}
    assert all(set(kind.detectors) <= known for kind in KINDS.values())
    assert {kind.detectors[0] for kind in KINDS.values()} == known


def test_the_gauge_sees_what_is_planted_and_nothing_on_clean_pages(gauge):
    page = write_page(random.Random(3), PAGES.index("shop"))
    clean = gauge.measure(page.source)
    assert not [kind for kind in KINDS.values() for _ in kind.places(clean)]
    source, rng = Source(page.source), random.Random(0)
    for name in ("faint-text", "tiny-text", "squashed-picture", "too-wide", "broken-picture"):
        plant = next(iter(KINDS[name].propose(source, clean, rng)))
        places = newly_seen(Clean("shop", page.source, clean), gauge.measure(plant.edit.text), plant.edit)
        assert places.get(name), plant.change
    assert seen.too_wide and clean.height > 500


def test_a_real_page_is_made_to_stand_still_and_nothing_else_is_touched():
    text = """<html><head><meta http-equiv="refresh" content="0"><link rel="stylesheet" href="a.css">
<style>@import "b.css"; p { background: url(x.png) } q { fill: url(#g) }</style><script>if (1 < 2) "<p>"</script>
</head><body onload="go()" class=a><img src="p.jpg" srcset="q.jpg 2x" width=40 height="30" alt="x > y">
<img src='data:,'><p style="background: url('y.png')" onclick='z'>1 < 2 &
<noscript><p>no</p></noscript><iframe src="f.html"></iframe>"""
    quiet = still(text)
    for gone in ("refresh", "a.css", "b.css", "x.png", "y.png", "script", "go()", "jpg", "onclick", "f.html"):
        assert gone not in quiet, gone
    for kept in ("class=a", "width=40", 'alt="x > y"', "src='data:,'", "1 < 2 &", "<iframe", "url(#g)"):
        assert kept in quiet, kept
    assert still(HTML).replace(still(HTML)[still(HTML).index("<style>\n*") : still(HTML).index("</head>")], "") == HTML


def test_the_gauge_measures_in_the_window_of_the_renderer(gauge):
    page = """<body style="margin: 0"><div style="height: 100vh"></div><div style="position: fixed; top: 0;
height: 90px; width: 100%; background: #000"></div><p style="margin: 0">Far below the window</p>
<div style="height: 2000px"></div>
<p>Under a box</p><div style="margin-top: -60px; height: 60px; background: #ccc; position: relative"></div></body>"""
    facts = gauge.measure(page)
    free, under = (t for t in facts.things.values() if t.tag == "p")
    assert free.box.top == 800 and free.hit == 1.0 and under.hit == 0.0


def test_pages_are_left_out_for_their_unplanted_layout_alone(gauge):
    facts = gauge.measure("".join(f"<p>Line {i}</p>" for i in range(12)))
    boxes = [(t.text, t.lines[0]) for t in facts.things.values() if t.tag == "p"]

    def shown(shift: float, count: int = 12) -> Rendering:
        elements = [Element(0, "page", Box(0, 0, 1280, 800))]
        for i, (text, b) in enumerate(boxes[:count]):
            by = shift * (i == 0)
            elements.append(Element(i + 1, "text", Box(b.left, b.top + by, b.right, b.bottom + by), text.upper()))
        return Rendering(Execution("ok"), (Scene((1280, 800), tuple(elements)),))

    assert real.unfit(facts, shown(1.0)) is None
    assert real.unfit(facts, shown(9.0)) == "laid out otherwise by the renderer"
    assert "texts to compare" in real.unfit(facts, shown(0.0, 5))
    assert "timeout" in real.unfit(facts, Rendering(Execution("timeout")))


def test_what_the_unplanted_page_has_too_is_known_wherever_it_is_now():
    def analysed(top: float, measured: float = 2.0, text: str = "grey"):
        element = Element(1, "text", Box(0, top, 90, top + 20), text)
        defect = Defect("low-contrast", 0.5, (element.box,), (1,), measured, 4.5, "")
        return defect, SimpleNamespace(scenes=(Scene((1280, 3000), (element,)),), defects=(defect,))

    def verdict(place: float, now, before=None, signs=()) -> str:
        places = {"faint-text": (Box(0, place, 90, place + 20),)}
        case = Case("x", "faint-text", None, "", {"faint-text": signs}, places=places)
        return bench._verdict(*now, case, before and before[1])

    assert verdict(900, analysed(900), analysed(300)) == KNOWN  # moved down by what was planted
    assert verdict(900, analysed(900, measured=1.2), analysed(300)) == HIT  # the same text, much fainter
    assert verdict(900, analysed(900), analysed(300, text="other")) == HIT
    assert verdict(100, analysed(900)) == WRONG
    assert verdict(100, analysed(900), signs=(Box(0, 900, 90, 920),)) == COLLATERAL


@pytest.mark.slow
def test_a_small_run_finds_what_it_planted(tmp_path, capsys):
    command = ["bench", "defects", "--domain", "web", "--seed", "5", "--twins", "1", "--harmless", "1"]
    kinds = ["faint-text", "cut-text", "broken-picture"]
    assert main([*command, "--kinds", *kinds, "--workers", "1", "--policy", "permissive", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert all(kind in shown for kind in kinds) and "missed" not in shown
    assert len(list((tmp_path / "pages").glob("*.html"))) >= 4


def test_in_a_menu_parked_outside_of_the_page_nothing_is_planted(gauge):
    style = "position: absolute; left: {}px; top: 20px; width: 90px; font-size: 5px; line-height: 2px; color: #fafafa"
    text = "Words that take more than one line of a narrow box, faint and small"
    there, parked = (gauge.measure(f'<p style="{style.format(left)}">{text}</p>') for left in (40, -9999))
    for kind in (KINDS[name] for name in ("faint-text", "tiny-text", "crowded-lines")):
        assert list(kind.places(there)) and not list(kind.places(parked)) and list(kind.signs(parked)), kind.id


def test_a_rule_at_one_side_is_no_box_to_spill_out_of(gauge):
    page = '<p style="{}: 2px solid #456; width: 40px; white-space: nowrap">Words that run on and on</p>'
    framed, ruled = (gauge.measure(page.format(side)) for side in ("border", "border-left"))
    assert list(seen.spilled(framed)) and not list(seen.spilled(ruled)) and list(seen.spilled(ruled, sign=True))


def test_what_floats_before_a_block_stands_in_no_row_with_it(gauge):
    page = """<style>p {{ float: left; width: 100px; height: 40px; margin: 0; background: #def }}</style>
        <div><p>One</p><p>Two</p><p style="{}; position: relative; top: 10px">Three</p></div>"""
    beside, under = (gauge.measure(page.format(css)) for css in ("width: 100px", "float: none; width: 400px"))
    assert list(seen.shifted(beside)) and not list(seen.shifted(under)) and list(seen.shifted(under, sign=True))


def test_words_that_a_box_hides_whole_are_no_cut_text(gauge):
    page = '<p style="overflow: hidden; height: {}px; padding-top: 16px; font-size: 20px; line-height: 20px">Words</p>'
    part, whole = (gauge.measure(page.format(height)) for height in (12, 3))
    assert list(seen.cut(part)) and not list(seen.cut(whole))
