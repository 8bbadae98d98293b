"""A small slide-making task: prompts in words plus a picture, programs of about 160 tokens, knobs that can go wrong.

A :class:`ToySlide` says *what* is on the slide (kind, words, colour, theme); *knobs* say *how*: font sizes, places,
heights, colours of text. As with the toy charts, :func:`good_knobs` chooses what fits the slide, :data:`HABITS` are the
values of someone who never looks. Every knob stands on a line of its own, so that blame falls on one line.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from verl_visual_sdpo.data import toy_words as words

DATA_SOURCE = "toy_slides"
NOUN = "slide"
OPTIONS: Mapping[str, Any] = {"width": 320}
"""Slides of 10 x 5.625 inches are shown as 320 x 180 px."""
KINDS = ("statement", "bullets", "card", "pair")
FENCE = "```python\n{}```"
LONGEST = 192
"""Tokens of the tiny model's tokenizer that a response may take."""
TYPOS = (("Presentation()", "Presentation("), ("slide.shapes.", "slides.shapes."), ("Pt(", "Points("))

CHOICES: dict[str, tuple] = {
    "title_size": (24, 28, 32, 100),
    "title_color": ("000000", "FFFFFF", "C8C8C8"),
    "text_size": (6, 18, 24),
    "text_top": (0.5, 1.8, 2.4),
    "ink": ("000000", "FFFFFF", "C8C8C8"),
    "height": (0.2, 1.6, 2.4),
    "top": (1.9, 2.3, 4.8),
}
KNOBS: dict[str, tuple[str, ...]] = {
    "statement": ("title_size", "title_color", "text_top", "text_size"),
    "bullets": ("title_size", "title_color", "text_top", "text_size"),
    "card": ("title_size", "title_color", "height", "ink"),
    "pair": ("title_size", "title_color", "top", "ink"),
}
HABITS: dict[str, object] = {
    "title_size": 100,
    "title_color": "C8C8C8",
    "text_size": 6,
    "text_top": 0.5,
    "ink": "C8C8C8",
    "height": 0.2,
    "top": 4.8,
}
HEX = {"navy": "000080", "darkgreen": "006400", "firebrick": "B22222", "purple": "800080", "gold": "FFD700",
       "skyblue": "87CEEB", "lightgreen": "90EE90", "pink": "FFC0CB"}  # fmt: skip

Knobs = Mapping[str, object]


@dataclass(frozen=True)
class ToySlide:
    """What to write. ``items`` are the points of a list or the words on the cards."""

    kind: str
    title: str
    text: str
    items: tuple[str, ...]
    color: str
    dark: bool


def draw(rng: random.Random, kind: str | None = None) -> ToySlide:
    """A random slide of ``kind`` (default: any)."""
    kind = kind or rng.choice(KINDS)
    return ToySlide(kind=kind, color=rng.choice(words.COLORS), dark=rng.random() < 0.3, **_words(rng, kind))


def reword(slide: ToySlide, rng: random.Random) -> ToySlide:
    """The same slide with other words, which nobody can read at the size at which the tiny model sees pictures."""
    return replace(slide, **_words(rng, slide.kind))


def words_of(slide: ToySlide) -> tuple[str, ...]:
    """The words that :func:`reword` changes; those of two slides of one kind correspond."""
    return (slide.title, slide.text, *slide.items)


def from_plain(plain: Mapping[str, Any]) -> ToySlide:
    """A slide from its fields as JSON keeps them."""
    return ToySlide(**{**plain, "items": tuple(plain["items"])})


def _words(rng: random.Random, kind: str) -> dict[str, object]:
    quantity, group = rng.choice(words.QUANTITIES), rng.choice(words.GROUPS)
    one, two = rng.sample(words.ADJECTIVES, 2)
    counts = {"bullets": 3, "card": 1, "pair": 2}
    items = rng.sample(words.SHORT_LABELS, counts.get(kind, 0))
    text = f"The {one} {rng.choice(words.QUANTITIES).lower()} of every {two} {group}"
    return {
        "title": f"{quantity} by {group}",
        "text": text if kind == "statement" else "",
        "items": tuple(f"{item} has {rng.choice(words.QUANTITIES).lower()}" for item in items),
    }


# --------------------------------------------------------------------------- how to say it


def write_prompt(slide: ToySlide) -> str:
    """The instruction; ``<image>`` marks the reference picture. The words say all of it too."""
    theme = "dark" if slide.dark else "light"
    parts = [f'title "{slide.title}"'] + ([f'text "{slide.text}"'] if slide.text else [])
    if slide.items:
        parts.append("[" + ", ".join(f'"{item}"' for item in slide.items) + "]")
    return f"<image>Write this {theme} {slide.kind} slide with pptx: {', '.join(parts)}, color {slide.color}."


def write_program(slide: ToySlide, knobs: Knobs) -> str:
    """The program with ``knobs`` (those of ``KNOBS[slide.kind]``)."""
    lines = [
        "from pptx import Presentation",
        "from pptx.util import Inches, Pt",
        "from pptx.dml.color import RGBColor",
        "prs = Presentation()",
        "prs.slide_height = Inches(5.625)",
        "slide = prs.slides.add_slide(prs.slide_layouts[6])",
    ]
    if slide.dark:
        lines.append("slide.background.fill.solid()")
        lines.append('slide.background.fill.fore_color.rgb = RGBColor.from_string("202020")')
    lines.append("box = slide.shapes.add_textbox(Inches(0.6), Inches(0.5), Inches(8.8), Inches(0.9))")
    lines += _text(slide.title, knobs["title_size"], knobs["title_color"])
    return "\n".join([*lines, *_BODIES[slide.kind](slide, knobs), 'prs.save("deck.pptx")']) + "\n"


def write_response(slide: ToySlide, knobs: Knobs) -> str:
    """The program as a model answers it: one fenced block."""
    return FENCE.format(write_program(slide, knobs))


def _text(text: str | None, size: object, color: object) -> list[str]:
    """Lines that write a text (None: what is called ``text``) into ``box``."""
    return [
        "box.text_frame.text = " + ("text" if text is None else f'"{text}"'),
        "box.text_frame.word_wrap = True",
        "for p in box.text_frame.paragraphs:",
        f"    p.font.size = Pt({size})",
        f'    p.font.color.rgb = RGBColor.from_string("{color}")',
    ]


def _plain(slide: ToySlide, knobs: Knobs) -> list[str]:
    text = slide.text or "\\n".join(slide.items)
    ink = "FFFFFF" if slide.dark else "000000"
    lines = ["box = slide.shapes.add_textbox(Inches(0.6), Inches(2), Inches(8.8), Inches(2.8))"]
    return [*lines, f"box.top = Inches({knobs['text_top']})", *_text(text, knobs["text_size"], ink)]


def _filled(slide: ToySlide) -> list[str]:
    return ["box.fill.solid()", f'box.fill.fore_color.rgb = RGBColor.from_string("{HEX[slide.color]}")']


def _card(slide: ToySlide, knobs: Knobs) -> list[str]:
    box = "box = slide.shapes.add_shape(1, Inches(0.6), Inches(2), Inches(8.8), Inches(2))"
    height = f"box.height = Inches({knobs['height']})"
    return [box, *_filled(slide), height, *_text(slide.items[0], 28, knobs["ink"])]


def _pair(slide: ToySlide, knobs: Knobs) -> list[str]:
    first, second = slide.items
    lines = [
        "box = slide.shapes.add_shape(1, Inches(left), Inches(2), Inches(4.2), Inches(2))",
        f"box.top = Inches({knobs['top']})",
        *_filled(slide),
        *_text(None, 20, knobs["ink"]),
    ]
    return [f'for left, text in ((0.6, "{first}"), (5.2, "{second}")):', *("    " + line for line in lines)]


_BODIES = {"statement": _plain, "bullets": _plain, "card": _card, "pair": _pair}


# --------------------------------------------------------------------------- how it goes right and wrong


def good_knobs(slide: ToySlide) -> dict[str, object]:
    """Values that a careful author would choose; a slide is kept only if they prove clean when rendered."""
    knobs = {
        "title_size": 32 if len(slide.title) <= 22 else 28,
        "title_color": "FFFFFF" if slide.dark else "000000",
        "text_size": 24,
        "text_top": 1.8,
        "ink": "FFFFFF" if slide.color in words.DARK_COLORS else "000000",
        "height": 2.4,
        "top": 2.3,
    }
    return {knob: knobs[knob] for knob in KNOBS[slide.kind]}
