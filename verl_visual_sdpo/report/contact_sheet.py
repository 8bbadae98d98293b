"""Many pictures on one sheet, each with its name, what was found in it and its score."""

from __future__ import annotations

import functools
import io
import math
from bisect import bisect_left
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from verl_visual_sdpo.report.annotate import MILD_COLOR, SEVERE_COLOR
from verl_visual_sdpo.report.survey import THUMBNAIL

TILES = 96  # most tiles on one sheet; more go on the next
COLUMNS = 8  # most tiles in a row
MARGIN, CAPTION, FONT = 12, 42, 14  # px
MOST_CHARACTERS = 200  # of a name or message; more never fits
INK, FAINT, PAPER, CARD, RULE, GOOD = "#1c1e21", "#5a616a", "#fbfbf9", "#ffffff", "#d9dce0", "#15803d"


def contact_sheets(rows: Sequence[dict[str, Any]], folder: Path) -> list[bytes]:
    """PNG sheets of the rows of a survey in their order; thumbnails are read from ``folder``."""
    return [_sheet(rows[start : start + TILES], folder) for start in range(0, len(rows), TILES)]


def verdict(row: dict[str, Any]) -> str:
    """What was found, in a few words: ``3 defects``, ``no defects``, ``runtime error``."""
    if row["status"] != "ok":
        return row["status"].replace("_", " ")
    return {0: "no defects", 1: "1 defect"}.get(row["defects"], f"{row['defects']} defects")


@functools.cache
def _font() -> ImageFont.ImageFont:
    return ImageFont.load_default(FONT)


def _sheet(rows: Sequence[dict[str, Any]], folder: Path) -> bytes:
    width, height = THUMBNAIL
    columns = min(COLUMNS, max(1, math.ceil(math.sqrt(len(rows)))))
    lines = math.ceil(len(rows) / columns)
    size = (columns * (width + MARGIN) + MARGIN, lines * (height + CAPTION + MARGIN) + MARGIN)
    sheet = Image.new("RGB", size, PAPER)
    for index, row in enumerate(rows):
        line, column = divmod(index, columns)
        corner = (MARGIN + column * (width + MARGIN), MARGIN + line * (height + CAPTION + MARGIN))
        _tile(sheet, row, folder, corner)
    out = io.BytesIO()
    sheet.save(out, format="PNG")
    return out.getvalue()


def _tile(sheet: Image.Image, row: dict[str, Any], folder: Path, corner: tuple[int, int]) -> None:
    (left, top), (width, height) = corner, THUMBNAIL
    draw = ImageDraw.Draw(sheet)
    font = _font()
    draw.rectangle((left - 1, top - 1, left + width, top + height), fill=CARD, outline=RULE)
    if row["thumbnail"]:
        with Image.open(folder / row["thumbnail"]) as picture:
            place = (left + (width - picture.width) // 2, top + (height - picture.height) // 2)
            sheet.paste(picture.convert("RGB"), place)
    else:
        text = _wrapped(draw, row.get("error") or verdict(row), font, width - 32, 6)
        draw.multiline_text((left + width / 2, top + height / 2), text, FAINT, font, "mm", spacing=5, align="center")
    score = "" if row["score"] is None else f"{row['score']:.2f}"
    color = (
        GOOD if row["status"] == "ok" and not row["defects"] else MILD_COLOR if row["status"] == "ok" else SEVERE_COLOR
    )
    draw.text((left, top + height + 6), _cut(draw, row["id"], font, width), INK, font)
    draw.text((left, top + height + 24), verdict(row), color, font)
    draw.text((left + width, top + height + 24), score, INK, font, anchor="ra")


def _cut(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.ImageFont, width: float) -> str:
    """``text`` from its end on, as much as fits: the end of a path tells more than its beginning."""
    text = text[-MOST_CHARACTERS:]
    starts = range(len(text) + 1)
    fits = bisect_left(starts, True, key=lambda start: draw.textlength(_from(text, start), font=font) <= width)
    return _from(text, fits)


def _from(text: str, start: int) -> str:
    return "..." + text[start:] if start else text


def _wrapped(draw: ImageDraw.ImageDraw, text: str, font: ImageFont.ImageFont, width: float, most: int) -> str:
    lines = [""]
    for word in text[:MOST_CHARACTERS].split():
        longer = f"{lines[-1]} {word}".strip()
        if not lines[-1] or draw.textlength(longer, font=font) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    lines = lines if len(lines) <= most else [*lines[: most - 1], lines[most - 1] + " ..."]
    return "\n".join(_cut(draw, line, font, width) for line in lines)
