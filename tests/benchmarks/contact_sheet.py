"""Contact sheets of findings, to be looked at one by one: picture, framed finding, program, message."""

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from verl_visual_sdpo.types import Box, Defect, Scene

COLUMNS, ROWS = 3, 3
TILE, CAPTION = (620, 470), 66  # px of a picture and of the words above it
FRAME, PARTNER = (220, 38, 38), (37, 99, 235)  # what is wrong, and what it stands in relation to
TALL = 1.1  # times as high as wide: of a picture that is higher, the part around the finding is shown


@dataclass(frozen=True)
class Tile:
    """One finding as it is shown. ``boxes`` in px of the picture; the first ``faulty`` of them are wrong themselves."""

    group: str
    title: str
    message: str
    image: bytes
    boxes: tuple[Box, ...]
    faulty: int

    @classmethod
    def of(cls, defect: Defect, scene: Scene, title: str) -> Tile:
        return cls(defect.detector, title, defect.message, scene.image, defect.boxes, defect.faulty)


def write_sheets(tiles: Iterable[Tile], folder: Path) -> list[Path]:
    """Write ``<group>-<number>.png`` into ``folder``, nine tiles a sheet, and return the files in that order."""
    folder.mkdir(parents=True, exist_ok=True)
    by_group: dict[str, list[Tile]] = {}
    for tile in tiles:
        by_group.setdefault(tile.group, []).append(tile)
    written, per = [], COLUMNS * ROWS
    for group, members in sorted(by_group.items()):
        for number, start in enumerate(range(0, len(members), per), start=1):
            written.append(folder / f"{group}-{number:02}.png")
            _sheet(members[start : start + per]).save(written[-1])
    return written


def _sheet(tiles: Sequence[Tile]) -> Image.Image:
    width, height = TILE[0], TILE[1] + CAPTION
    rows = -(-len(tiles) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * width, rows * height), "white")
    for i, tile in enumerate(tiles):
        sheet.paste(_draw(tile), (i % COLUMNS * width, i // COLUMNS * height))
    return sheet


def _draw(tile: Tile) -> Image.Image:
    picture, top = _part(Image.open(io.BytesIO(tile.image)).convert("RGB"), tile.boxes)
    scale = min((TILE[0] - 8) / picture.width, (TILE[1] - 8) / picture.height, 1.6)
    picture = picture.resize((max(round(picture.width * scale), 1), max(round(picture.height * scale), 1)))
    result = Image.new("RGB", (TILE[0], TILE[1] + CAPTION), "#dddddd")
    result.paste(picture, (4, CAPTION + 2))
    draw, font = ImageDraw.Draw(result), ImageFont.load_default(13)
    draw.text((4, 1), tile.title, fill="black", font=font)
    for line, words in enumerate(textwrap.wrap(tile.message, 92)[:3]):
        draw.text((4, 17 + 15 * line), words, fill="#7f1d1d", font=font)
    for index, box in reversed(list(enumerate(tile.boxes))):
        sides = [box.left * scale, (box.top - top) * scale, box.right * scale, (box.bottom - top) * scale]
        if all(map(math.isfinite, sides)):
            x0, x1 = (min(max(x + 4, 0), TILE[0] - 1) for x in (sides[0] - 2, sides[2] + 2))
            y0, y1 = (min(max(y, 0), TILE[1] - 1) + CAPTION for y in (sides[1] - 1, sides[3] + 3))
            color = FRAME if index < tile.faulty else PARTNER
            draw.rectangle((x0, y0, max(x0, x1), max(y0, y1)), outline=color, width=2)
    return result


def _part(picture: Image.Image, boxes: Sequence[Box]) -> tuple[Image.Image, int]:
    """What is shown of a picture, and where that begins: all of it, or around the first box where it is tall."""
    height = round(picture.width * TILE[1] / TILE[0])
    if picture.height <= TALL * picture.width or not boxes or not math.isfinite(boxes[0].top + boxes[0].bottom):
        return picture, 0
    centre = (boxes[0].top + min(boxes[0].bottom, boxes[0].top + height)) / 2
    top = round(min(max(centre - height / 2, 0), picture.height - height))
    return picture.crop((0, top, picture.width, top + height)), top
