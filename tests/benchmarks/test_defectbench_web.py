"""DefectBench for pages: what is planted shows, at the span that is said, and is held against what is found."""

from __future__ import annotations

import random

import pytest

from verl_visual_sdpo.benchmarks.defectbench.web import bench, seen
from verl_visual_sdpo.benchmarks.defectbench.web.gauge import Gauge
from verl_visual_sdpo.benchmarks.defectbench.web.kinds import KINDS
from verl_visual_sdpo.benchmarks.defectbench.web.pages import KINDS as PAGES
from verl_visual_sdpo.benchmarks.defectbench.web.pages import write_page
from verl_visual_sdpo.benchmarks.defectbench.web.source import Source
from verl_visual_sdpo.cli import main
from verl_visual_sdpo.inspection.detect import detectors_of

HTML = """<html><head><style>
p { color: #333; }
</style></head><body>
<p class="a">One line of words</p>
<p style="margin: 0">Two</p>
</body></html>
"""


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


def test_every_kind_names_detectors_that_there_are_and_every_detector_has_a_kind():
    known = {detector.id for detector in detectors_of("web")}
    assert all(set(kind.detectors) <= known for kind in KINDS.values())
    assert {kind.detectors[0] for kind in KINDS.values()} == known


def test_the_gauge_sees_what_is_planted_and_nothing_on_clean_pages():
    with Gauge() as gauge:
        page = write_page(random.Random(3), PAGES.index("shop"))
        clean = gauge.measure(page.source)
        assert not [kind for kind in KINDS.values() for _ in kind.places(clean)]
        source, rng = Source(page.source), random.Random(0)
        for name in ("faint-text", "tiny-text", "squashed-picture", "too-wide", "broken-picture"):
            plant = next(iter(KINDS[name].propose(source, clean, rng)))
            places = bench.newly_seen(clean, gauge.measure(plant.edit.text))
            assert places.get(name), plant.change
    assert seen.too_wide and clean.height > 500


@pytest.mark.slow
def test_a_small_run_finds_what_it_planted(tmp_path, capsys):
    command = ["bench", "defects", "--domain", "web", "--seed", "5", "--twins", "1", "--harmless", "1"]
    kinds = ["faint-text", "cut-text", "broken-picture"]
    assert main([*command, "--kinds", *kinds, "--workers", "1", "--policy", "permissive", "--out", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert all(kind in shown for kind in kinds) and "missed" not in shown
    assert len(list((tmp_path / "pages").glob("*.html"))) >= 4
