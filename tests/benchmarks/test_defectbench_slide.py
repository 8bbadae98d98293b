"""DefectBench for slides: what is planted stands on the named lines, is seen by the gauge, found and blamed."""

from __future__ import annotations

import json
import random

import pytest

from verl_visual_sdpo.benchmarks.defectbench.slide.decks import DECKS, STYLES, write_program
from verl_visual_sdpo.benchmarks.defectbench.slide.kinds import KINDS, harmless
from verl_visual_sdpo.cli import main
from verl_visual_sdpo.inspection.detect import detectors_of
from verl_visual_sdpo.inspection.render.drivers.slide_lok import find_program


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("make", DECKS, ids=lambda make: make.__name__)
def test_properties_are_written_on_the_lines_that_are_named(make, style):
    deck = make(random.Random(3), style)
    written = write_program(deck)
    compile(written.source, "deck", "exec")
    lines = written.source.splitlines()
    for item in deck.items:
        for line in written.places.get((item.name, "left"), ()):
            assert item.name in lines[line - 1] and f"{item.box[0]:g}" in lines[line - 1]
    assert ("", "layout") in written.places


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.id)
def test_plants_change_nothing_but_what_they_name(kind):
    known = {detector.id for detector in detectors_of("slide")}
    assert set(kind.detectors) <= known
    found = 0
    for number, make in enumerate(DECKS):
        rng = random.Random(number)
        deck = make(rng, "flat")
        clean = write_program(deck).source.splitlines()
        for plant in kind.propose(deck, rng):
            written = write_program(plant.deck, plant.inserted)
            keys = [("", "inserted")] if plant.inserted else [(plant.item, name) for name in plant.properties]
            named = {line for key in keys for line in written.places[key]}
            changed = {n for n, line in enumerate(written.source.splitlines(), 1) if line not in clean}
            assert changed and (named & changed)
            found += 1
    assert found, "no deck has room for this kind"


def test_controls_are_proposed_for_every_deck_but_the_barest():
    assert all(list(harmless(make(random.Random(1), "helper"), random.Random(2))) for make in DECKS)


@pytest.mark.skipif(find_program() is None, reason="LibreOffice is not installed")
def test_a_small_run_finds_and_blames(tmp_path, capsys):
    kinds = ["covered-text", "squashed-picture", "empty-placeholder"]
    command = ["bench", "defects", "--domain", "slide", "--seed", "5", "--out", str(tmp_path), "--workers", "1"]
    assert main([*command, "--twins", "1", "--harmless", "2", "--kinds", *kinds]) == 0
    judged = json.loads((tmp_path / "results.json").read_text())
    twins = [j for j in judged if j["kind"] in kinds]
    assert len(twins) == 3 and all(any(f["verdict"] == "hit" for f in j["findings"]) for j in twins)
    assert all(j["credit"]["top1"] == 1.0 for j in twins)
    assert not [f for j in judged for f in j["findings"] if f["verdict"] == "wrong"]
    assert "squashed-picture" in capsys.readouterr().out
