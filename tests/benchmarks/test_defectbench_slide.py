"""DefectBench for slides: what is planted stands on the named lines, is seen by the gauge, found and blamed."""

from __future__ import annotations

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from verl_visual_sdpo.benchmarks.defectbench.slide import slots as slotted
from verl_visual_sdpo.benchmarks.defectbench.slide.decks import DECKS, STYLES, write_program
from verl_visual_sdpo.benchmarks.defectbench.slide.gauge import Facts, Shape
from verl_visual_sdpo.benchmarks.defectbench.slide.kinds import KINDS, harmless
from verl_visual_sdpo.benchmarks.defectbench.slide.real import RealGauge
from verl_visual_sdpo.benchmarks.defectbench.slide.seen import PLACES, newly
from verl_visual_sdpo.benchmarks.defectbench.slide.slots import Slots
from verl_visual_sdpo.cli import main
from verl_visual_sdpo.inspection.detect import detectors_of
from verl_visual_sdpo.inspection.render.drivers.slide_lok import find_program
from verl_visual_sdpo.types import Box

REAL = """\
from pptx import Presentation
from pptx.util import Inches, Pt
from pptx.dml.color import RGBColor

DARK = RGBColor(31, 41, 55)

def note(slide, words, left, top, size=16):
    box = slide.shapes.add_textbox(Inches(left), Inches(top), Inches(6), Inches(0.6))
    run = box.text_frame.paragraphs[0].add_run()
    run.text = words
    run.font.size = Pt(size)
    run.font.color.rgb = DARK

def main():
    deck = Presentation()
    slide = deck.slides.add_slide(deck.slide_layouts[6])
    title = slide.shapes.add_textbox(Inches(1), Inches(0.6), Inches(8), Inches(1))
    title.text_frame.text = "A title of four words"
    title.text_frame.paragraphs[0].font.size = Pt(30)
    note(slide, "What the second line says", 1.0, 2.5)
    note(slide, "What the third line says", 1.0, 3.5, size=18)
    deck.save("output/anywhere.pptx")

if __name__ == "__main__":
    main()
"""


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


# --------------------------------------------------------------------------- programs of other hands


def slot_of(slots, value, line):
    return next(s for s in slots.all if s.value == value and s.statement.lineno == line)


def test_slots_say_how_a_value_reaches_the_slide():
    slots, lines = Slots(REAL), REAL.splitlines()
    at = {text.strip(): number for number, text in enumerate(lines, 1)}
    where = {
        "DARK = RGBColor(31, 41, 55)": ("RGBColor(31, 41, 55)", slotted.COLOR, slotted.NAMED),
        "title.text_frame.paragraphs[0].font.size = Pt(30)": (30, slotted.NUMBER, "assignment"),
        'note(slide, "What the second line says", 1.0, 2.5)': (2.5, slotted.NUMBER, "helper call"),
        "slide = deck.slides.add_slide(deck.slide_layouts[6])": (6, slotted.LAYOUT, "call"),
    }
    for text, (value, role, mechanism) in where.items():
        slot = slot_of(slots, value, at[text])
        assert (slot.role, slot.mechanism) == (role, mechanism)
    dark = slot_of(slots, "RGBColor(31, 41, 55)", at["DARK = RGBColor(31, 41, 55)"])
    edit = slots.edit(dark, slotted.colored(dark, (250, 250, 250)))
    assert "DARK = RGBColor(250, 250, 250)\n" in edit.text
    assert edit.text[edit.planted[0].start : edit.planted[0].end] == "DARK = RGBColor(250, 250, 250)"
    assert slots.users(dark, edit) == (at["run.font.color.rgb = DARK"],)


def test_a_probe_shows_what_depends_on_a_literal_and_by_how_much():
    slots = Slots(REAL)
    with RealGauge() as gauge:
        clean = gauge.deck(REAL)
        assert [shape.words for shape in clean.slides[0]][1:] == [
            "What the second line says",
            "What the third line says",
        ]
        for value, index, prop, slope in ((2.5, 1, "top", 128.0), (18, 2, "size", 1.0), (30, 0, "size", 1.0)):
            slot = next(s for s in slots.all if s.value == value)
            literal, by = slots.probe(slot)
            (effect,) = slotted.effects(clean, gauge.deck(slots.edit(slot, literal).text), by)
            assert (effect.page, effect.index, effect.prop) == (0, index, prop)
            assert effect.slope == pytest.approx(slope, rel=0.02)
        assert gauge.deck("import pptx\npptx.Presentation().save('a.pptx')") is None  # no slide
        assert gauge.deck("raise SystemExit(3)") is None


def facts(*shapes, lines=(), ink=0):
    pixels = np.full((720, 1280, 3), 255, np.uint8)
    for _, box in lines:
        pixels[int(box.top) : int(box.bottom) : 2, int(box.left) : int(box.right)] = ink
    return Facts((1280.0, 720.0), shapes, tuple(lines), pixels)


def test_what_is_seen_of_a_page_with_and_without_a_defect():
    text, other = Box(100, 100, 500, 130), Box(120, 105, 520, 135)
    box = Shape("a", Box(90, 90, 600, 200), "One line here", kind="card")
    plain = facts(box, lines=[("One line here", text)])
    assert not any(list(places(plain)) for places in PLACES.values())
    spoilt = {
        "overlapping-text": facts(box, lines=[("One line here", text), ("Another one", other)]),
        "faint-text": facts(box, lines=[("One line here", text)], ink=235),
        "tiny-text": facts(box, lines=[("One line here", Box(100, 100, 200, 107))]),
        "no-margin": facts(box, lines=[("One line here", Box(3, 100, 403, 130))]),
        "off-slide": facts(box, lines=[("One line here", Box(-60, 100, 340, 130))]),
        "overflowing-shape": facts(replace(box, box=Box(90, 90, 600, 112)), lines=[("One line here", text)]),
        "empty-placeholder": facts(box, Shape("b", Box(0, 0, 9, 9), "", empty=True), lines=[("One line here", text)]),
        "squashed-picture": facts(box, Shape("c", Box(0, 300, 400, 400), "", file_ratio=1.5, kind="picture")),
    }
    for kind, page in spoilt.items():
        assert newly(kind, plain, page) and not newly(kind, page, page)


@pytest.mark.skipif(find_program() is None, reason="LibreOffice is not installed")
def test_planting_in_a_program_of_another_hand(tmp_path):
    source, out = tmp_path / "programs", tmp_path / "out"
    source.mkdir()
    (source / "deck.py").write_text(REAL, encoding="utf-8")
    command = ["bench", "defects", "--domain", "slide", "--source", str(source), "--seed", "10", "--workers", "1"]
    command += ["--twins", "1", "--harmless", "1", "--kinds", "tiny-text", "faint-text", "--out", str(out)]
    assert main(command) == 0
    judged = json.loads((out / "results.json").read_text())
    twins = [j for j in judged if j["kind"] in ("tiny-text", "faint-text")]
    assert len(twins) == 2 and all(any(f["verdict"] == "hit" for f in j["findings"]) for j in twins)
    assert all(j["credit"]["top1"] == 1.0 for j in twins)
    assert not [f for j in judged for f in j["findings"] if f["verdict"] == "wrong"]


# --------------------------------------------------------------------------- the whole


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
