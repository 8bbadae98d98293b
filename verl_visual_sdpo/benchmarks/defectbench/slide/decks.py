"""Clean decks as data, and the programs that draw them: every property of every item is written on a known line.

A property is written in one of three ways (``style``): all in a call of a helper of the program, step by step
("flat"), or step by step with places set later ("later"): ``box.top = Inches(2)``.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

STYLES = ("helper", "flat", "later")
DARK, INK, PAPER = (("1F3A5F", "274E37", "5A2A4C", "4A3B22"), "202020", "FFFFFF")
SUBJECTS = ("Harbour", "Library", "Orchard", "Railway", "Theatre", "Glacier", "Bakery", "Museum", "Forest", "Bridge")
VERBS = ("opens again in spring", "costs less than planned", "needs a new roof", "draws more visitors", "runs on wind",
         "hires ten people", "moves to the river", "lost two partners")  # fmt: skip
MORE = (
    "after a long winter",
    "as the council asked",
    "for the third year",
    "with help from friends",
    "says the report",
)


@dataclass(frozen=True, slots=True)
class Item:
    """Something on the slide. ``box`` is left, top, width, height in inches; ``kind``: text, card, picture, chart,
    table, title, body (the last two are placeholders: without a box they stand where their layout puts them)."""

    name: str
    kind: str
    box: tuple[float, float, float, float] | None
    lines: tuple[str, ...] = ()
    size: float = 20.0
    color: str = INK
    face: str = ""
    extra: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deck:
    kind: str
    style: str
    layout: int
    items: tuple[Item, ...]
    width: float = 13.333

    def item(self, name: str) -> Item:
        return next(item for item in self.items if item.name == name)

    def changed(self, name: str, **changes: object) -> Deck:
        return replace(self, items=tuple(replace(i, **changes) if i.name == name else i for i in self.items))


@dataclass
class Written:
    """A program, and the 1-based lines that write each (item, property); ("", "layout") is the slide's own."""

    lines: list[str] = field(default_factory=list)
    places: dict[tuple[str, str], list[int]] = field(default_factory=dict)

    def add(self, line: str, item: str = "", *properties: str) -> None:
        self.lines.append(line)
        for name in properties:
            self.places.setdefault((item, name), []).append(len(self.lines))

    @property
    def source(self) -> str:
        return "\n".join(self.lines) + "\n"


# --------------------------------------------------------------------------- what is on it


def sentence(rng: random.Random, long: bool = False) -> str:
    words = f"The {rng.choice(SUBJECTS).lower()} {rng.choice(VERBS)}"
    return f"{words} {rng.choice(MORE)}" if long else words


def _heading(rng: random.Random) -> Item:
    text = f"{rng.choice(SUBJECTS)} and {rng.choice(SUBJECTS).lower()} {rng.choice(VERBS).split()[0]} this year"
    return Item("heading", "text", (0.8, 0.5, 11.7, 0.9), (text,), rng.choice((32, 34, 36)))


def _cards(rng: random.Random, count: int, top: float, height: float, size: float) -> Iterator[Item]:
    gap, color = rng.choice((0.3, 0.4)), rng.choice(DARK)
    width = round((11.7 - gap * (count - 1)) / count, 3)
    for n in range(count):
        left = round(0.8 + n * (width + gap), 3)
        yield Item(f"card{n}", "card", (left, top, width, height), (sentence(rng),), size, PAPER, color)


def row_of_cards(rng: random.Random, style: str) -> Deck:
    note = Item("note", "text", (0.8, 6.0, 11.7, 0.6), (sentence(rng, True),), 16)
    return Deck("cards", style, 6, (_heading(rng), *_cards(rng, rng.choice((3, 4)), 2.0, 3.2, 20), note))


def bullets(rng: random.Random, style: str) -> Deck:
    title = Item("title", "title", None, (f"{rng.choice(SUBJECTS)} report",), 40)
    body = Item("body", "body", None, tuple(sentence(rng) for _ in range(rng.choice((4, 5)))), 24)
    return Deck("bullets", style, 1, (title, body), 10.0)


def picture_and_text(rng: random.Random, style: str) -> Deck:
    height = rng.choice((3.6, 4.0))
    picture = Item("photo", "picture", (7.2, 1.9, 5.3, height), extra=("530", str(round(height * 100))))
    caption = Item("caption", "text", (7.2, 6.1, 5.3, 0.5), (sentence(rng),), 14)
    text = Item("points", "text", (0.8, 1.9, 6.0, 4.2), tuple(sentence(rng) for _ in range(4)), 22)
    return Deck("picture", style, 6, (_heading(rng), text, picture, caption))


def chart_and_text(rng: random.Random, style: str) -> Deck:
    chart = Item("chart", "chart", (0.8, 1.8, 6.6, 4.8), tuple(rng.sample(SUBJECTS, 4)))
    text = Item("points", "text", (7.8, 1.9, 4.7, 4.0), tuple(sentence(rng) for _ in range(3)), 22)
    return Deck("chart", style, 6, (_heading(rng), chart, text))


def table_and_note(rng: random.Random, style: str) -> Deck:
    table = Item("table", "table", (0.8, 1.9, 11.7, 3.0), tuple(rng.sample(SUBJECTS, 4)), 18)
    note = Item("note", "text", (0.8, 6.0, 11.7, 0.6), (sentence(rng, True),), 16)
    return Deck("table", style, 6, (_heading(rng), table, note))


def numbers(rng: random.Random, style: str) -> Deck:
    items = []
    for n in range(3):
        left = 0.8 + 4.0 * n
        items.append(Item(f"figure{n}", "text", (left, 2.2, 3.6, 1.2), (f"{rng.randrange(11, 99)} %",), 60))
        items.append(Item(f"label{n}", "text", (left, 3.6, 3.6, 1.2), (sentence(rng),), 20))
    note = Item("note", "text", (0.8, 6.0, 11.7, 0.6), (sentence(rng, True),), 16)
    return Deck("numbers", style, 6, (_heading(rng), *items, note))


def two_rows(rng: random.Random, style: str) -> Deck:
    upper = list(_cards(rng, 2, 1.8, 2.2, 22))
    lower = [replace(i, name=f"{i.name}b", box=(*i.box[:1], 4.4, *i.box[2:]), lines=(sentence(rng),)) for i in upper]
    return Deck("grid", style, 6, (_heading(rng), *upper, *lower))


DECKS = (row_of_cards, bullets, picture_and_text, chart_and_text, table_and_note, numbers, two_rows)


def write_deck(rng: random.Random, number: int) -> Deck:
    """The ``number``-th kind of deck, with words and sizes drawn."""
    return DECKS[number % len(DECKS)](rng, rng.choice(STYLES))


# --------------------------------------------------------------------------- how it is written

HEAD = """\
from PIL import Image
from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches, Pt
"""
HELPERS = """\

def write(slide, lines, left, top, width, height, size, color, face=None):
    place = (Inches(left), Inches(top), Inches(width), Inches(height))
    if face:
        box = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *place)
        box.fill.solid()
        box.fill.fore_color.rgb = RGBColor.from_string(face)
        box.line.fill.background()
    else:
        box = slide.shapes.add_textbox(*place)
    box.text_frame.word_wrap = True
    for number, line in enumerate(lines):
        paragraph = box.text_frame.paragraphs[0] if number == 0 else box.text_frame.add_paragraph()
        paragraph.text = line
        paragraph.font.size = Pt(size)
        paragraph.font.color.rgb = RGBColor.from_string(color)
    return box

"""


HELPER = "the helper"
_PLACED = ("place = ", "add_shape(", "add_textbox(")
SHARED = {
    **dict.fromkeys(("left", "top", "width", "height"), _PLACED),
    "text": ("paragraph.text =", "enumerate(lines)", "add_paragraph()"),
    "size": ("font.size =",),
    "color": ("font.color.rgb =",),
}
"""Lines of the helper that share the fault of a call with wrong values: they write what they are given."""


def write_program(deck: Deck, inserted: tuple[str, ...] = ()) -> Written:
    """The program of a deck; ``inserted`` lines go before it is saved, as property "inserted"."""
    out = Written()
    for line in (HEAD + (HELPERS if deck.style == "helper" else "")).splitlines():
        out.add(line, HELPER, *(name for name, words in SHARED.items() if any(word in line for word in words)))
    out.add("prs = Presentation()")
    if deck.width != 10.0:
        out.add(f"prs.slide_width = Inches({deck.width})")
    out.add(f"slide = prs.slides.add_slide(prs.slide_layouts[{deck.layout}])", "", "layout")
    for item in deck.items:
        _WRITERS.get(item.kind, _text)(item, deck, out)
    for line in inserted:
        out.add(line, "", "inserted")
    out.add('prs.save("deck.pptx")')
    return out


PLACE = ("left", "top", "width", "height")


def _place(item: Item) -> str:
    return ", ".join(f"Inches({side:g})" for side in item.box)


def _added(item: Item, deck: Deck, out: Written, call: str, before: str = "", after: str = "") -> None:
    """The statement that adds an item, and in the style "later" its place once more, where it really goes."""
    if deck.style != "later":
        out.add(f"{item.name} = slide.shapes.{call}({before}{_place(item)}{after})", item.name, *PLACE)
        return
    out.add(f"{item.name} = slide.shapes.{call}({before}0, 0, Inches(1), Inches(1){after})", item.name, "added")
    for name, side in zip(PLACE, item.box):
        out.add(f"{item.name}.{name} = Inches({side:g})", item.name, name)


def _text(item: Item, deck: Deck, out: Written) -> None:
    if deck.style == "helper" and item.kind in ("text", "card"):
        left, top, width, height = (f"{side:g}" for side in item.box)
        face = f', "{item.face}"' if item.face else ""
        out.add(
            f"{item.name} = write(slide, {list(item.lines)!r}, {left}, {top}, {width}, {height}, {item.size:g}, "
            f'"{item.color}"{face})', item.name, *PLACE, "text", "size", "color",
        )  # fmt: skip
        return
    if item.kind in ("title", "body"):
        number = 0 if item.kind == "title" else 1
        out.add(f"{item.name} = slide.placeholders[{number}]", item.name, "added")
    elif item.kind == "card":
        _added(item, deck, out, "add_shape", "MSO_SHAPE.RECTANGLE, ")
        out.add(f"{item.name}.fill.solid()")
        out.add(f'{item.name}.fill.fore_color.rgb = RGBColor.from_string("{item.face}")', item.name, "face")
    else:
        _added(item, deck, out, "add_textbox")
    out.add(f"{item.name}.text_frame.word_wrap = True")
    text = "\n".join(item.lines)
    out.add(f"{item.name}.text_frame.text = {text!r}", item.name, "text")
    out.add(f"for paragraph in {item.name}.text_frame.paragraphs:")
    out.add(f"    paragraph.font.size = Pt({item.size:g})", item.name, "size")
    out.add(f'    paragraph.font.color.rgb = RGBColor.from_string("{item.color}")', item.name, "color")


def _picture(item: Item, deck: Deck, out: Written) -> None:
    wide, high = item.extra
    out.add(f'Image.radial_gradient("L").resize(({wide}, {high})).save("{item.name}.png")')
    _added(item, deck, out, "add_picture", f'"{item.name}.png", ')


def _chart(item: Item, deck: Deck, out: Written) -> None:
    out.add("data = CategoryChartData()")
    out.add(f"data.categories = {list(item.lines)!r}")
    out.add(f'data.add_series("Visitors", {tuple(len(line) for line in item.lines)!r})')
    _added(item, deck, out, "add_chart", "XL_CHART_TYPE.COLUMN_CLUSTERED, ", ", data")


def _table(item: Item, deck: Deck, out: Written) -> None:
    _added(item, deck, out, "add_table", f"{len(item.lines)}, 2, ")
    out.add(f"for row, word in enumerate({list(item.lines)!r}):")
    out.add(f"    {item.name}.table.cell(row, 0).text = word", item.name, "text")
    out.add(f"    {item.name}.table.cell(row, 1).text = str(len(word))")


_WRITERS = {"picture": _picture, "chart": _chart, "table": _table}
