"""Contact sheets: the clean picture beside its twin, the planted place framed, so that people can check by looking."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from verl_visual_sdpo.types import Box

TILE, CAPTION, PAIRS_A_ROW, ROWS = (400, 300), 44, 2, 6  # px of one picture, px of its words, pairs in a row, rows
PLANTED, FOUND = (220, 38, 38), (37, 99, 235)


@dataclass(frozen=True, slots=True)
class Pair:
    """A clean picture and its twin; ``planted`` and ``found`` are framed in the twin, px of the picture."""

    caption: str
    clean: bytes
    twin: bytes
    planted: tuple[Box, ...] = ()
    found: tuple[Box, ...] = ()


def write_sheets(pairs: Sequence[Pair], path: Path) -> list[Path]:
    """PNG files of up to twelve pairs each: ``path`` and, where there are more, path-2, path-3 ..."""
    written, size = [], PAIRS_A_ROW * ROWS
    for page in range(math.ceil(len(pairs) / size)):
        file = path if page == 0 else path.with_name(f"{path.stem}-{page + 1}{path.suffix}")
        _sheet(pairs[page * size : (page + 1) * size]).save(file)
        written.append(file)
    return written


def _sheet(pairs: Sequence[Pair]) -> Image.Image:
    width, height = 2 * TILE[0] + 8, TILE[1] + CAPTION
    rows = math.ceil(len(pairs) / PAIRS_A_ROW)
    sheet = Image.new("RGB", (PAIRS_A_ROW * width, rows * height), "white")
    font = ImageFont.load_default(12)
    for number, pair in enumerate(pairs):
        left, top = number % PAIRS_A_ROW * width, number // PAIRS_A_ROW * height
        ImageDraw.Draw(sheet).text((left + 4, top + 3), pair.caption, fill="black", font=font)
        sheet.paste(_tile(pair.clean, (), ()), (left, top + CAPTION))
        sheet.paste(_tile(pair.twin, pair.planted, pair.found), (left + TILE[0] + 2, top + CAPTION))
    return sheet


def _tile(png: bytes, planted: Sequence[Box], found: Sequence[Box]) -> Image.Image:
    tile = Image.new("RGB", TILE, (205, 205, 205))
    if not png:
        return tile
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    factor = min((TILE[0] - 12) / picture.width, (TILE[1] - 12) / picture.height)
    picture = picture.resize((max(int(picture.width * factor), 1), max(int(picture.height * factor), 1)), Image.LANCZOS)
    tile.paste(picture, (6, 6))
    draw = ImageDraw.Draw(tile)
    for boxes, color, pad in ((found, FOUND, 1), (planted, PLANTED, 4)):
        for box in boxes[:12]:
            draw.rectangle(_frame(box, factor, pad), outline=color, width=2)
    return tile


def _frame(box: Box, factor: float, pad: int) -> tuple[float, float, float, float]:
    """Pulled inside the tile, so that a frame beyond the picture can still be seen."""
    sides = [
        box.left * factor + 6 - pad,
        box.top * factor + 6 - pad,
        box.right * factor + 6 + pad,
        box.bottom * factor + 6 + pad,
    ]
    left, right = (min(max(v, 1), TILE[0] - 2) for v in (sides[0], sides[2]))
    top, bottom = (min(max(v, 1), TILE[1] - 2) for v in (sides[1], sides[3]))
    return left, top, max(right, left + 1), max(bottom, top + 1)
