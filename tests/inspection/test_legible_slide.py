"""How well words of a slide can be read, and what words in the wrong order or alone are worth."""

from __future__ import annotations

import pytest
from slide_scenes import Slide, honest

from verl_visual_sdpo.inspection.content_slide import in_order, slide_gate
from verl_visual_sdpo.inspection.detect import detect
from verl_visual_sdpo.inspection.instruction import wanted_of
from verl_visual_sdpo.inspection.legible_slide import legibility

WORDS = "Storage at night is the bottleneck"
POINTS = (
    "Panel prices fell by 90 percent in ten years",
    WORDS,
    "Grids need new lines from south to north",
    "Permits take longer than construction",
)
ASKED = wanted_of("Show that\n" + "\n".join(f"- {point}" for point in POINTS))
COST = 0.4


def read(text=WORDS, **look):
    slide = Slide()
    size, color = look.pop("size", 30.0), look.pop("color", "#000000")
    slide.frame("text-box", (80, 100, 1200, 300), [text], size, color)
    slide.elements[-1].style.update(look, color=look.pop("written", color))
    scene = slide.scene()
    return legibility(scene.elements[-1], scene)


def test_it_falls_gradually_with_size_and_contrast():
    assert read() == 1.0
    sizes, grays = [read(size=size) for size in (12.0, 10.0, 8.0, 5.0)], [f"#{n:02x}{n:02x}{n:02x}" for n in range(256)]
    assert sizes[0] == 1.0 > sizes[1] > sizes[2] > sizes[3] == 0.0
    paling = [read(color=grays[n]) for n in (150, 200, 220, 250)]
    assert paling[0] == 1.0 > paling[1] > paling[2] > paling[3] == 0.0


def test_translucent_words_are_read_by_the_color_that_they_have_on_the_slide():
    assert read(color="#6b6b6b", alpha=0.58, written="#000000") == 1.0
    assert 0.0 < read(color="#e4e4e4", alpha=0.6, written="#d2d2d2") < 1.0


@pytest.mark.parametrize(
    "look",
    [{"rotation": 180.0}, {"font_painted": "OpenSymbol"}, {"font_family": "Wingdings"}, {"lines": 17}, {"seen": False}],
    ids=str,
)
def test_words_that_nobody_reads(look):
    assert read(**look) == 0.0


@pytest.mark.parametrize("look", [{"rotation": 90.0}, {"lines": 3}, {"font_painted": "Carlito"}], ids=str)
def test_words_that_somebody_reads(look):
    assert read(**look) == 1.0


def cards(*texts):
    slide = Slide()
    for n, text in enumerate(texts):
        left, top = 60 + 300 * (n % 4), 40 + 90 * (n // 4)
        slide.frame("shape", (left, top, left + 280, top + 80), [text], 12.0, face="#dde6f0")
    return [slide.scene()]


def test_the_instructions_words_shuffled_or_one_by_one_say_little():
    words = sorted({word for point in POINTS for word in point.split()})
    said = slide_gate(cards(*POINTS), ASKED, COST)
    assert said == 1.0
    assert slide_gate(cards(*(" ".join(words[n::4]) for n in range(4))), ASKED, COST) < 0.5
    assert slide_gate(cards(*words), ASKED, COST) < 0.2


def test_sentences_of_ones_own_are_in_order():
    own = ("Panel prices: down by 90 percent", "At night storage is what the grids lack", "New lines, north to south")
    assert in_order(own, ASKED) == 1.0 and in_order((), ASKED) == 1.0


def test_bold_letters_that_fill_their_rectangle_are_measured_against_what_is_behind():
    slide = honest()
    frame = (100, 480, 700, 560)
    slide.frame("shape", frame, ["Words"], 24.0, "#ffffff", face="#005f8a")
    left, top, right, bottom = map(int, slide.elements[-1].outline[0] + slide.elements[-1].outline[2])
    slide.draw.rectangle((left, top, right, bottom), fill="#005f8a")
    for x in range(left, right, 11):
        slide.draw.rectangle((x, top, x + 5, bottom), fill="#ffffff")
    defects, _ = detect(slide.scene(), domain="slide")
    assert "low-contrast" not in {d.detector for d in defects}


@pytest.mark.parametrize(("text", "faulty"), [("\u25bc", False), ("OK", True)])
def test_a_card_over_the_tip_of_an_arrow_hides_no_words(text, faulty):
    slide = honest()
    slide.frame("text-box", (600, 440, 700, 480), [text], 30.0)
    *_, bottom = slide._line((600, 440, 700, 480), 0, text, 30.0)
    slide.add("shape", (560, bottom - 4, 760, bottom + 60), face="#204060", geometry="rect")
    defects, _ = detect(slide.scene(), domain="slide")
    assert ("covered-text" in {d.detector for d in defects}) is faulty


@pytest.mark.parametrize(("left", "faulty"), [(-15, False), (-60, True)])
def test_a_charts_own_margin_may_hang_over_the_edge(left, faulty):
    slide = honest()
    slide.add("chart", (left, 480, left + 500, 700), chart_type="PIE")
    defects, _ = detect(slide.scene(), domain="slide")
    assert ("off-slide" in {d.detector for d in defects}) is faulty
