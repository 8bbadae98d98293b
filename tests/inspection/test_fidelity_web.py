"""Likeness of pages: Design2Code's terms against a slow reading of them, and what a reward may never pay for."""

from __future__ import annotations

import base64
import io
import random
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from verl_visual_sdpo.inspection.fidelity.web import OWN_TERMS, TERMS, compare, design2code
from verl_visual_sdpo.inspection.fidelity.web_blocks import MAX_BLOCKS, blocks_of, match

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
import design2code_straight as straight

SENTENCES = (
    "Home", "About us", "Contact", "Our services", "Read more", "Read more", "A quick brown fox jumps over the dog.",
    "Opening hours are Monday to Friday from nine to five.", "Subscribe to the newsletter", "Terms and conditions",
    "All rights reserved 2024", "Pricing", "Start free trial", "We build small tools for small teams.",
)  # fmt: skip


def page(blocks, size=(1000, 800), thumb=""):
    texts = [
        {"text": text, "lines": [list(box)], "color": color, "holder": number}
        for number, (text, box, color) in enumerate(blocks, 1)
    ]
    return {"picture": list(size), "texts": texts, "thumbnail": {"png": thumb} if thumb else None}


def random_page(rng: random.Random, count: int) -> list:
    blocks = []
    for _ in range(count):
        left, top = rng.randrange(0, 700), rng.randrange(0, 700)
        box = (left, top, left + rng.randrange(20, 300), top + rng.randrange(10, 60))
        blocks.append((rng.choice(SENTENCES), box, f"#{rng.randrange(1 << 24):06x}"))
    return blocks


def variant(rng: random.Random, blocks: list) -> list:
    """The page as a model might answer it: blocks split, left out, moved, reworded, recoloured."""
    found = []
    for text, (left, top, right, bottom), color in blocks:
        fate = rng.random()
        words = text.split()
        if fate < 0.1:
            continue
        if fate < 0.35 and len(words) > 1:
            cut, middle = rng.randrange(1, len(words)), (left + right) / 2
            found.append((" ".join(words[:cut]), (left, top, middle, bottom), color))
            found.append((" ".join(words[cut:]), (middle, top, right, bottom), color))
        elif fate < 0.5:
            found.append((text[::-1] if rng.random() < 0.3 else text + "!", (left, top, right, bottom), "#336699"))
        else:
            dx, dy = rng.randrange(-50, 50), rng.randrange(-50, 50)
            found.append((text, (left + dx, top + dy, right + dx, bottom + dy), color))
    return found


@pytest.mark.parametrize("seed", range(12))
def test_terms_are_those_of_a_straight_reading(seed):
    rng = random.Random(seed)
    wanted = random_page(rng, rng.randrange(2, 11))
    drawn = variant(rng, wanted)
    if seed % 3 == 0:
        drawn, wanted = wanted, drawn
    mine = design2code(page(drawn), page(wanted))
    plain = [
        [{"text": b.text, "box": b.box, "color": tuple(int(v) for v in b.color)} for b in blocks_of(page(side))]
        for side in (drawn, wanted)
    ]
    theirs = straight.scores(*plain)
    assert mine == pytest.approx(theirs, abs=1e-3), "colours are rounded to 8 bits"


def test_the_variants_exercise_the_merging():
    rng = random.Random(3)
    merged = 0
    for _ in range(20):
        wanted = random_page(rng, 8)
        drawn = variant(rng, wanted)
        left, right, _ = match(blocks_of(page(drawn)), blocks_of(page(wanted)))
        merged += (len(left) < len(drawn)) + (len(right) < len(wanted))
    assert merged >= 10


def test_a_split_sentence_is_put_together():
    whole = [("We build small tools for small teams.", (0, 0, 400, 20), "#000000")]
    parts = [
        ("We build small tools", (0, 0, 200, 20), "#000000"),
        ("for small teams.", (200, 0, 400, 20), "#000000"),
    ]
    assert design2code(page(parts), page(whole)) == {"block": 1.0, "text": 1.0, "position": 1.0, "color": 1.0}


def test_what_each_term_sees():
    wanted = [("Pricing", (0, 0, 100, 50), "#000000"), ("Contact", (0, 400, 100, 450), "#000000")]
    moved = [wanted[0], ("Contact", (200, 400, 300, 450), "#000000")]
    white = [wanted[0], ("Contact", (0, 400, 100, 450), "#ffffff")]
    fewer = wanted[:1]
    other = [wanted[0], ("Contakt", (0, 400, 100, 450), "#000000")]
    assert design2code(page(moved), page(wanted))["position"] == pytest.approx(1 - 0.2 / 2)
    assert design2code(page(white), page(wanted))["color"] == pytest.approx(0.5)
    assert design2code(page(fewer), page(wanted))["block"] == pytest.approx(2 / 3)
    assert design2code(page(other), page(wanted))["text"] == pytest.approx((1 + 6 / 7) / 2)


def test_a_sparse_page_pays_under_the_benchmark_and_not_here():
    rng = random.Random(0)
    names = [f"{word} {n}" for n, word in enumerate(["alpha beta", "gamma delta", "epsilon", "zeta eta theta"] * 5)]
    wanted = [(name, (0, 40 * n, 300, 40 * n + 30), "#222222") for n, name in enumerate(names)]
    rng.shuffle(wanted)
    found = compare(page(wanted[:1]), page(wanted))
    assert found["text"] == found["position"] == found["color"] == 1.0
    assert found["low"] < 0.12
    lows = [compare(page(wanted[:n]), page(wanted))["low"] for n in range(1, 21)]
    assert lows == sorted(lows), "each block more is worth more"


def test_itself_is_one_and_nothing_is_zero():
    wanted = page(random_page(random.Random(1), 9))
    assert compare(wanted, wanted)["low"] == 1.0
    empty = page([])
    assert compare(empty, wanted)["low"] == 0.0 == compare(wanted, empty)["low"]
    assert compare(empty, empty)["low"] == 1.0
    assert set(compare(wanted, wanted)) <= {*TERMS, *OWN_TERMS, "low"}


def test_more_blocks_than_are_compared_stay_without_a_partner():
    many = [(f"row {n} of the table", (0, n, 100, n + 1), "#000000") for n in range(MAX_BLOCKS + 100)]
    few = many[:5]
    found = compare(page(few), page(many))
    assert 0 < found["block"] < 0.1


def test_texts_of_one_holder_are_one_block():
    record = page([("one", (0, 0, 30, 10), "#000000"), ("two", (40, 0, 70, 10), "#800000")])
    record["texts"] += [
        {"text": "three", "lines": [[0, 20, 50, 30]], "color": "#000000", "holder": 1},
        {"text": "gone", "lines": [], "color": "#000000", "holder": 9},
    ]
    one, two = blocks_of(record)
    assert one.text == "one three" and one.box == pytest.approx((0, 0, 0.05, 30 / 800))
    assert two.text == "two" and two.color == (128.0, 0.0, 0.0)


# --------------------------------------------------------------------------- pixels


def picture(*rectangles, size=(800, 600), ground="white") -> str:
    image = Image.new("RGB", size, ground)
    for box, color in rectangles:
        ImageDraw.Draw(image).rectangle(box, fill=color)
    image = image.resize((320, image.height * 320 // image.width))
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode("ascii")


def test_pixels_fall_with_what_is_different_and_not_with_empty_space():
    hero = ((40, 40, 760, 300), "navy")
    card = ((40, 340, 380, 560), "orange")
    wanted = picture(hero, card)
    values = [
        compare(page([], thumb=drawn), page([], thumb=wanted))["pixels"]
        for drawn in (wanted, picture(hero, ((60, 340, 400, 560), "orange")), picture(hero), picture())
    ]
    assert values[0] == pytest.approx(1.0)
    assert values == sorted(values, reverse=True)
    assert values[2] < 0.85 and values[3] < 0.45, "mostly white, and yet not alike"


def test_pixels_of_another_height_count_what_is_beyond():
    tall = picture(((40, 40, 760, 300), "navy"), ((40, 700, 760, 1100), "navy"), size=(800, 1200))
    cut = picture(((40, 40, 760, 300), "navy"), size=(800, 600))
    value = compare(page([], thumb=cut), page([], thumb=tall))["pixels"]
    assert 0.2 < value < 0.75
    assert compare(page([], thumb=tall), page([], thumb=cut))["pixels"] == pytest.approx(value)


def test_without_a_thumbnail_there_is_no_pixel_term():
    assert "pixels" not in compare(page([]), page([]))
