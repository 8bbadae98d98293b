"""A small page-writing task: prompts in words plus a picture, pages of about 130 tokens, knobs that can go wrong.

A :class:`ToyPage` says *what* is on the page (kind, words, colour, theme); *knobs* say *how*: sizes, colours, heights,
margins. As with the toy charts, :func:`good_knobs` chooses what fits the page, :data:`HABITS` are the values of someone
who never looks. Every knob is a rule on a line of its own, so that blame falls on one line.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from verl_visual_sdpo.data import toy_words as words

DATA_SOURCE = "toy_pages"
NOUN = "page"
OPTIONS: Mapping[str, Any] = {"viewport_width": 320, "viewport_height": 240}
"""The window that the pages are written for."""
KINDS = ("article", "card", "menu", "list", "figure")
FENCE = "```html\n{}```"
LONGEST = 160
"""Tokens of the tiny model's tokenizer that a response may take."""
TYPOS = (("```html", "```css"),)  # no slip breaks a page: a browser shows whatever it can

CHOICES: dict[str, tuple] = {
    "title_size": (14, 18, 24, 64),
    "text_color": ("black", "white", "silver"),
    "text_size": (4, 12, 15),
    "line_height": (0.4, 1.0, 1.5),
    "top": (-40, 0, 8),
    "height": (20, 60, 130),
    "link_color": ("black", "white", "silver"),
    "link_width": (30, 110, 150),
    "picture_height": (20, 60, 150),
    "gap": (-60, 4, 10),
}
KNOBS: dict[str, tuple[str, ...]] = {
    "article": ("title_size", "text_color", "text_size", "line_height", "top"),
    "card": ("title_size", "text_color", "height", "link_color", "link_width"),
    "menu": ("title_size", "text_color", "link_color", "link_width", "top"),
    "list": ("title_size", "text_color", "text_size", "top"),
    "figure": ("title_size", "picture_height", "gap", "text_color", "text_size"),
}
HABITS: dict[str, object] = {
    "title_size": 64,
    "text_color": "silver",
    "text_size": 4,
    "line_height": 0.4,
    "top": -40,
    "height": 20,
    "link_color": "silver",
    "link_width": 30,
    "picture_height": 20,
    "gap": -60,
}
CAREFUL: dict[str, object] = {
    "text_size": 12,
    "line_height": 1.5,
    "top": 8,
    "height": 130,
    "link_width": 110,
    "picture_height": 60,
    "gap": 10,
}
CALLS = ("Read more", "Contact us", "Subscribe", "See prices", "Join")

Knobs = Mapping[str, object]


@dataclass(frozen=True)
class ToyPage:
    """What to write. ``items`` are the entries of a menu or a list."""

    kind: str
    title: str
    text: str
    call: str
    items: tuple[str, ...]
    color: str
    dark: bool


def draw(rng: random.Random, kind: str | None = None) -> ToyPage:
    """A random page of ``kind`` (default: any)."""
    kind = kind or rng.choice(KINDS)
    return ToyPage(kind=kind, color=rng.choice(words.COLORS), dark=rng.random() < 0.3, **_words(rng, kind))


def reword(page: ToyPage, rng: random.Random) -> ToyPage:
    """The same page with other words, which nobody can read at the size at which the tiny model sees pictures."""
    return replace(page, **_words(rng, page.kind))


def words_of(page: ToyPage) -> tuple[str, ...]:
    """The words that :func:`reword` changes; those of two pages of one kind correspond."""
    return (page.title, page.text, page.call, *page.items)


def from_plain(plain: Mapping[str, Any]) -> ToyPage:
    """A page from its fields as JSON keeps them."""
    return ToyPage(**{**plain, "items": tuple(plain["items"])})


def _words(rng: random.Random, kind: str) -> dict[str, object]:
    quantity, group = rng.choice(words.QUANTITIES), rng.choice(words.GROUPS)
    one, two = rng.sample(words.ADJECTIVES, 2)
    return {
        "title": f"{quantity} by {group}",
        "text": f"The {one} {rng.choice(words.QUANTITIES).lower()} of every {two} {group}.",
        "call": rng.choice(CALLS) if kind == "card" else "",
        "items": tuple(rng.sample(words.SHORT_LABELS, 3)) if kind in ("menu", "list") else (),
    }


# --------------------------------------------------------------------------- how to say it


def write_prompt(page: ToyPage) -> str:
    """The instruction; ``<image>`` marks the reference picture. The words say all of it too."""
    theme = "dark" if page.dark else "light"
    parts = [f'title "{page.title}"', f'text "{page.text}"']
    if page.items:
        parts.append(f"{page.kind} {_named(page.items)}")
    if page.call:
        parts.append(f'link "{page.call}"')
    return f"<image>Write this {theme} {page.kind} page in HTML: {', '.join(parts)}, color {page.color}."


def _named(items: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{item}"' for item in items) + "]"


def write_program(page: ToyPage, knobs: Knobs) -> str:
    """The page with ``knobs`` (those of ``KNOBS[page.kind]``)."""
    ground, ink = ("#111", "white") if page.dark else ("white", "black")
    rules = [f"body {{ margin: 10px; background: {ground}; color: {ink} }}"]
    rules.append(f"h1 {{ margin: 0; font-size: {knobs['title_size']}px }}")
    rules += _RULES[page.kind](page, knobs)
    body = [f"<h1>{page.title}</h1>", *_BODIES[page.kind](page)]
    return "\n".join(["<style>", *rules, "</style>", *body]) + "\n"


def write_response(page: ToyPage, knobs: Knobs) -> str:
    """The page as a model answers it: one fenced block."""
    return FENCE.format(write_program(page, knobs))


def _text_rules(knobs: Knobs) -> list[str]:
    named = (
        ("text_color", "color: {}"),
        ("text_size", "font-size: {}px"),
        ("line_height", "line-height: {}"),
        ("top", "margin-top: {}px"),
    )
    return [f"p {{ {css.format(knobs[name])} }}" for name, css in named if name in knobs]


def _link_rules(page: ToyPage, knobs: Knobs) -> list[str]:
    return [
        f"a {{ display: block; background: {page.color}; padding: 6px; white-space: nowrap }}",
        f"a {{ color: {knobs['link_color']} }}",
        f"a {{ width: {knobs['link_width']}px }}",
    ]


def _article(page: ToyPage, knobs: Knobs) -> list[str]:
    return _text_rules(knobs)


def _card(page: ToyPage, knobs: Knobs) -> list[str]:
    height = f"div {{ overflow: hidden; height: {knobs['height']}px }}"
    return [height, *_text_rules(knobs), *_link_rules(page, knobs)]


def _menu(page: ToyPage, knobs: Knobs) -> list[str]:
    return ["a { margin-top: 4px }", *_text_rules(knobs), *_link_rules(page, knobs)]


def _figure(page: ToyPage, knobs: Knobs) -> list[str]:
    picture = f"img {{ display: block; width: 80px; height: {knobs['picture_height']}px }}"
    return [picture, f"img {{ margin-bottom: {knobs['gap']}px }}", *_text_rules(knobs)]


_RULES = {"article": _article, "card": _card, "menu": _menu, "list": _article, "figure": _figure}
_BODIES = {
    "article": lambda page: [f"<p>{page.text}</p>"],
    "card": lambda page: [f"<div><p>{page.text}</p>", f'<a href="#">{page.call}</a></div>'],
    "menu": lambda page: [*(f'<a href="#">{item}</a>' for item in page.items), f"<p>{page.text}</p>"],
    "list": lambda page: [f"<p>{page.text}</p>", "<ul>", *(f"<li>{item}</li>" for item in page.items), "</ul>"],
    "figure": lambda page: ['<img src="https://placehold.co/80x60">', f"<p>{page.text}</p>"],
}


# --------------------------------------------------------------------------- how it goes right and wrong


def good_knobs(page: ToyPage) -> dict[str, object]:
    """Values that a careful author would choose; a page is kept only if they prove clean when rendered."""
    knobs = {
        **CAREFUL,
        "title_size": 18 if len(page.title) <= 22 else 14,
        "text_color": "white" if page.dark else "black",
        "link_color": "white" if page.color in words.DARK_COLORS else "black",
    }
    return {knob: knobs[knob] for knob in KNOBS[page.kind]}
