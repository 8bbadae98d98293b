"""Clean pages of everyday kinds, written by a seed: ordinary HTML with its CSS in a style element, inline, or both."""

from __future__ import annotations

import base64
import io
import random
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

from PIL import Image, ImageDraw

from verl_visual_sdpo.benchmarks.defectbench.web import words

THEMES = (
    # ground, ink, muted ink, accent, ink on accent, card
    ("#ffffff", "#1f2933", "#52606d", "#0b5394", "#ffffff", "#f0f4f8"),
    ("#fdfaf5", "#2d2a26", "#5c564c", "#7a3b12", "#ffffff", "#f3ebdd"),
    ("#11181f", "#f2f5f7", "#b8c4ce", "#ffd166", "#1a1a1a", "#1d2731"),
    ("#f7f9f7", "#17301c", "#44604a", "#1e6b34", "#ffffff", "#e4eee6"),
)
FONTS = ("Arial, sans-serif", "Georgia, serif", "Verdana, sans-serif", "'Helvetica Neue', Arial, sans-serif")


@dataclass(frozen=True, slots=True)
class Page:
    kind: str
    source: str


class Hand:
    """How one author writes: theme, font, measures, and whether styles stand in a style element or in the tags."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.ground, self.ink, self.muted, self.accent, self.on_accent, self.card = rng.choice(THEMES)
        self.font = rng.choice(FONTS)
        self.pad = rng.choice((16, 20, 24, 32))
        self.radius = rng.choice((0, 4, 8, 12))
        self.size = rng.choice((15, 16, 17))
        self.inline = rng.random() < 0.3
        self.rules: dict[str, str] = {}

    def tag(self, name: str, css: str, inner: str, cls: str = "", extra: str = "") -> str:
        """``<name class=cls>`` with ``css`` as a rule of that class, or as its style attribute."""
        more = f" {extra}" if extra else ""
        if not css:
            return f"<{name}{more}>{inner}</{name}>"
        if self.inline or not cls:
            return f'<{name} style="{css}"{more}>{inner}</{name}>'
        self.rules.setdefault(f".{cls}", css)
        return f'<{name} class="{cls}"{more}>{inner}</{name}>'

    def picture(self, width: int, height: int, cls: str = "pic") -> str:
        alt = escape(self.rng.choice(words.THINGS))
        css = "display: block; max-width: 100%; height: auto"
        head = f'src="{_picture(self.rng, width, height)}" alt="{alt}" width="{width}" height="{height}"'
        if self.inline:
            return f'<img {head} style="{css}">'
        self.rules.setdefault(f".{cls}", css)
        return f'<img class="{cls}" {head}>'

    def button(self, text: str) -> str:
        css = (
            f"display: inline-block; background: {self.accent}; color: {self.on_accent}; padding: 12px 22px; "
            f"border: 0; border-radius: {self.radius}px; font-size: {self.size}px; text-decoration: none"
        )
        if self.rng.random() < 0.5:
            return self.tag("a", css, escape(text), "btn", 'href="#go"')
        return self.tag("button", css, escape(text), "btn")

    def whole(self, title: str, body: str) -> str:
        base = (
            f"body {{ margin: 0; background: {self.ground}; color: {self.ink}; font-family: {self.font}; "
            f"font-size: {self.size}px; line-height: 1.5; }}\n"
            "h1, h2, h3, p { margin: 0 0 14px 0; }\n"
        )
        rules = "".join(f"{name} {{ {css}; }}\n" for name, css in self.rules.items())
        return (
            f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
            f"<style>\n{base}{rules}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
        )

    # ------------------------------------------------------------------ parts

    def top(self) -> str:
        logo = self.tag("strong", "font-size: 22px", escape(self.rng.choice(words.NAMES)), "logo")
        css = f"color: {self.ink}; text-decoration: none; margin-left: 26px; padding: 6px 0"
        links = "".join(
            self.tag("a", css, escape(word), "nav-link", 'href="#x"') for word in self.rng.sample(words.MENU, 4)
        )
        bar = f"display: flex; justify-content: space-between; align-items: center; padding: 18px {self.pad * 2}px"
        return self.tag("header", bar, logo + self.tag("nav", "display: flex", links, "menu"), "top")

    def foot(self) -> str:
        css = f"padding: {self.pad}px {self.pad * 2}px; color: {self.muted}; font-size: 14px"
        line = escape(f"{self.rng.choice(words.NAMES)}, {self.rng.randint(2, 90)} Harbour Street")
        return self.tag("footer", css, f"<span>{line}</span>", "foot")

    def heading(self, level: int, text: str) -> str:
        return self.tag(
            f"h{level}", f"font-size: {(0, 40, 28, 20)[level]}px; line-height: 1.25", escape(text), f"h{level}s"
        )

    def text(self, sentences: int) -> str:
        return self.tag("p", f"color: {self.muted}", escape(words.prose(self.rng, sentences)), "text")

    def section(self, inner: str, cls: str = "section") -> str:
        return self.tag("section", f"padding: {self.pad}px {self.pad * 2}px", inner, cls)

    def grid(self, items: list[str], columns: int, cls: str) -> str:
        if self.rng.random() < 0.5:
            css = f"display: grid; grid-template-columns: repeat({columns}, 1fr); gap: {self.pad}px"
            return self.tag("div", css, "\n".join(items), cls)
        wrapped = [self.tag("div", "flex: 1 1 0", item, f"{cls}-item") for item in items]
        return self.tag("div", f"display: flex; gap: {self.pad}px", "\n".join(wrapped), f"{cls}-row")

    def card_of(self, inner: str) -> str:
        css = f"background: {self.card}; padding: {self.pad}px; border-radius: {self.radius}px"
        return self.tag("div", css, inner, "card")


# --------------------------------------------------------------------------- kinds of pages


def landing(h: Hand) -> str:
    left = h.heading(1, words.title(h.rng)) + h.text(2) + h.button(h.rng.choice(words.CALLS))
    hero = h.tag(
        "div", "display: flex; gap: 40px; align-items: center", f"<div>{left}</div>{h.picture(420, 280)}", "hero"
    )
    cards = [h.card_of(h.heading(3, words.title(h.rng, 3)) + h.text(2)) for _ in range(3)]
    return (
        h.top() + h.section(hero) + h.section(h.heading(2, words.title(h.rng)) + h.grid(cards, 3, "cards")) + h.foot()
    )


def blog(h: Hand) -> str:
    posts = [h.tag("article", "margin-bottom: 36px", h.heading(2, words.title(h.rng)) + h.text(4) + h.text(3), "post")]
    posts += [h.tag("article", "margin-bottom: 36px", h.heading(2, words.title(h.rng)) + h.text(5), "post")]
    names = "".join(f"<li>{escape(words.title(h.rng, 3))}</li>" for _ in range(4))
    side = h.card_of(h.heading(3, "Recent posts") + h.tag("ul", "padding-left: 20px; margin: 0", names, "recent"))
    columns = h.tag("main", "flex: 3", "".join(posts), "main") + h.tag("aside", "flex: 1", side, "side")
    return h.top() + h.section(h.tag("div", "display: flex; gap: 48px", columns, "columns")) + h.foot()


def pricing(h: Hand) -> str:
    cards = []
    for name in h.rng.sample(words.PLANS, 3):
        price = h.tag("p", f"font-size: 30px; color: {h.accent}", f"{h.rng.randint(5, 80)} euros", "price")
        cards.append(h.card_of(h.heading(3, name) + price + h.text(1) + h.button(h.rng.choice(words.CALLS))))
    return h.top() + h.section(h.heading(1, "Prices") + h.text(1) + h.grid(cards, 3, "plans")) + h.foot()


def gallery(h: Hand) -> str:
    shots = [h.tag("figure", "margin: 0", h.picture(280, 190) + _caption(h), "shot") for _ in range(8)]
    return (
        h.top()
        + h.section(h.heading(1, words.title(h.rng)) + h.tag("div", _columns(h, 4), "".join(shots), "wall"))
        + h.foot()
    )


def form(h: Hand) -> str:
    field = f"display: block; width: 320px; padding: 10px; border: 1px solid {h.muted}; font-size: {h.size}px"
    field += "; margin: 4px 0 16px"
    rows = "".join(
        h.tag("label", "display: block", escape(name), "label")
        + f'<input type="text" style="{field}" placeholder="{name}">'
        for name in h.rng.sample(words.FIELDS, 3)
    )
    box = h.card_of(h.heading(2, "Create an account") + rows + h.button("Sign up"))
    return h.top() + h.section(h.tag("div", "width: 420px; margin: 0 auto", box, "middle")) + h.foot()


def table(h: Hand) -> str:
    cell = "padding: 10px 14px; text-align: left"
    head = "".join(h.tag("th", cell, name, "th") for name in ("Name", "City", "Orders", "Since"))
    rows = "".join(
        "<tr>"
        + h.tag("td", cell, escape(h.rng.choice(words.NAMES)), "td")
        + h.tag("td", cell, h.rng.choice(words.CITIES), "td")
        + h.tag("td", cell, str(h.rng.randint(3, 400)), "td")
        + h.tag("td", cell, str(h.rng.randint(1990, 2024)), "td")
        + "</tr>"
        for _ in range(7)
    )
    grid = h.tag("table", "border-collapse: collapse; width: 100%", f"<tr>{head}</tr>{rows}", "list")
    return h.top() + h.section(h.heading(1, "Customers") + h.text(2) + grid) + h.foot()


def shop(h: Hand) -> str:
    items = []
    for _ in range(6):
        price = h.tag("span", f"color: {h.accent}; font-weight: bold", f"{h.rng.randint(3, 90)}.50", "cost")
        items.append(
            h.card_of(
                h.picture(240, 180) + h.heading(3, h.rng.choice(words.THINGS)) + f"<p>{price}</p>" + h.button("Add")
            )
        )
    return (
        h.top() + h.section(h.heading(1, "Our shop") + h.tag("div", _columns(h, 3), "".join(items), "shop")) + h.foot()
    )


def article(h: Hand) -> str:
    quote = h.tag(
        "blockquote", f"margin: 0 0 20px; padding: 14px 20px; border-left: 4px solid {h.accent}", h.text(1), "quote"
    )
    inner = h.heading(1, words.title(h.rng)) + h.picture(640, 300) + h.text(5) + quote + h.text(5) + h.text(4)
    return h.top() + h.section(h.tag("div", "max-width: 720px; margin: 0 auto", inner, "story")) + h.foot()


def team(h: Hand) -> str:
    people = [
        h.tag("div", "text-align: center", h.picture(160, 160, "face") + h.heading(3, name) + h.text(1), "person")
        for name in h.rng.sample(words.PEOPLE, 4)
    ]
    return (
        h.top()
        + h.section(h.heading(1, "Who we are") + h.text(3) + h.tag("div", _columns(h, 4), "".join(people), "team"))
        + h.foot()
    )


def questions(h: Hand) -> str:
    items = "".join(
        h.tag("dt", "font-weight: bold", escape(words.title(h.rng) + "?"), "ask")
        + h.tag("dd", "margin: 4px 0 20px", h.text(2), "reply")
        for _ in range(4)
    )
    banner = f"background: {h.accent}; color: {h.on_accent}; padding: 28px {h.pad * 2}px"
    head = h.tag(
        "div", banner, h.tag("h1", "font-size: 34px; margin: 0", "Questions and answers", "ask-title"), "banner"
    )
    return h.top() + head + h.section(h.tag("dl", "margin: 0", items, "faq")) + h.foot()


def dashboard(h: Hand) -> str:
    figures = [
        h.card_of(h.tag("div", "font-size: 32px", str(h.rng.randint(10, 9000)), "figure") + f"<p>{name}</p>")
        for name in h.rng.sample(words.MENU, 4)
    ]
    side = "".join(
        h.tag("a", f"display: block; padding: 10px; color: {h.ink}", name, "entry", 'href="#y"')
        for name in words.MENU[:5]
    )
    body = (
        h.heading(1, "Overview")
        + h.tag("div", _columns(h, 4), "".join(figures), "tiles")
        + h.tag("div", "margin-top: 24px", h.text(4), "notes")
    )
    frame = h.tag("nav", f"flex: 0 0 180px; background: {h.card}; padding: 16px", side, "sidebar") + h.tag(
        "main", f"flex: 1; padding: {h.pad}px", body, "board"
    )
    return h.tag("div", "display: flex", frame, "frame") + h.foot()


def _columns(h: Hand, count: int) -> str:
    return f"display: grid; grid-template-columns: repeat({count}, 1fr); gap: {h.pad}px"


def _caption(h: Hand) -> str:
    return h.tag(
        "figcaption",
        f"color: {h.muted}; margin-top: 6px; font-size: 14px",
        escape(h.rng.choice(words.THINGS)),
        "caption",
    )


def _picture(rng: random.Random, width: int, height: int) -> str:
    """A small picture of its own, as a data URL, in the shape it is shown in."""
    image = Image.new("RGB", (width // 4, height // 4), tuple(rng.randrange(120, 230) for _ in range(3)))
    draw = ImageDraw.Draw(image)
    for _ in range(3):
        x, y, r = rng.randrange(width // 4), rng.randrange(height // 4), rng.randrange(6, 22)
        draw.ellipse((x - r, y - r, x + r, y + r), fill=tuple(rng.randrange(40, 220) for _ in range(3)))
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode("ascii")


_BODIES: tuple[Callable[[Hand], str], ...] = (
    landing, blog, pricing, gallery, form, table, shop, article, team, questions, dashboard,
)  # fmt: skip
KINDS = tuple(body.__name__ for body in _BODIES)


def write_page(rng: random.Random, kind: int) -> Page:
    """The ``kind``-th kind of page by another hand."""
    hand, body = Hand(rng), _BODIES[kind % len(_BODIES)]
    inner = body(hand)
    return Page(body.__name__, hand.whole(words.title(rng), inner))
