"""The bench's own look at decks: python-pptx reads what was saved, a plain LibreOffice prints it, pypdfium2 reads that.

``measure_all`` is for programs that the bench wrote: they run in this process, many decks are printed by one start of
LibreOffice. Programs of other hands run in the sandbox (``real.py``); their decks are read and printed in the same way.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from lxml import etree
from pptx import Presentation
from pptx.presentation import Presentation as Deck

from verl_visual_sdpo.errors import InvalidInputError, SandboxError
from verl_visual_sdpo.types import Box

WIDTH = 1280  # px of the picture
AT_ONCE = 30  # decks for one start of LibreOffice
SECONDS = 300.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape as the deck declares it, px. ``words`` is its text; ``empty`` a placeholder without any; ``file_ratio``
    the width over the height of a picture's file (0: no picture). ``kind``: text-box, card (a filled shape), shape,
    placeholder, picture, chart, table, group or line. ``sizes`` (pt) and ``colors`` (RRGGBB) are those that its words
    are given, ``mark`` is the same for the same XML."""

    name: str
    box: Box
    words: str
    empty: bool = False
    file_ratio: float = 0.0
    kind: str = "shape"
    sizes: tuple[float, ...] = ()
    colors: tuple[str, ...] = ()
    mark: int = 0


@dataclass(frozen=True, slots=True)
class Facts:
    """A slide as measured. ``lines`` are the pieces of text that were printed, with their boxes."""

    size: tuple[float, float]
    shapes: tuple[Shape, ...]
    lines: tuple[tuple[str, Box], ...]
    pixels: np.ndarray = field(repr=False)

    def lines_of(self, words: Sequence[str]) -> list[Box]:
        """The printed pieces of certain texts."""
        texts = ["".join(text.split()) for text in words]
        return [box for line, box in self.lines if any("".join(line.split()) in text for text in texts)]


def measure_all(sources: Sequence[str]) -> list[Facts]:
    """The first slide of every program's deck. Raises SandboxError where LibreOffice does not print one of ours."""
    found: list[Facts] = []
    for start in range(0, len(sources), AT_ONCE):
        with tempfile.TemporaryDirectory(prefix="defectbench-") as folder:
            decks = [_draw(source, Path(folder), n) for n, source in enumerate(sources[start : start + AT_ONCE])]
            print_decks(decks, Path(folder))
            if missing := [deck.name for deck in decks if not deck.with_suffix(".pdf").exists()]:
                raise SandboxError(f"LibreOffice did not print {len(missing)} of {len(decks)} decks of the bench")
            found += [_measure(deck) for deck in decks]
    return found


def _draw(source: str, folder: Path, number: int) -> Path:
    here, target = os.getcwd(), folder / f"{number:03d}.pptx"
    with contextlib.ExitStack() as stack:
        os.chdir(folder)
        stack.callback(os.chdir, here)
        exec(compile(source, "<deck>", "exec"), {"__name__": "__main__"})
        (folder / "deck.pptx").rename(target)
    return target


def print_decks(decks: Sequence[Path], folder: Path) -> None:
    """Write a PDF beside each deck that LibreOffice can print. Raises InvalidInputError without LibreOffice."""
    program = _office()
    command = [program, f"-env:UserInstallation=file://{folder}/profile", "--headless", "--norestore"]
    command += ["--convert-to", "pdf", "--outdir", str(folder)]
    for _ in range(2):  # a fresh profile may end the first start
        if missing := [str(deck) for deck in decks if not deck.with_suffix(".pdf").exists()]:
            with contextlib.suppress(subprocess.TimeoutExpired):
                subprocess.run([*command, *missing], capture_output=True, timeout=SECONDS)


def _office() -> str:
    folder = os.environ.get("VISUAL_SDPO_LIBREOFFICE")
    found = shutil.which("soffice", path=folder) if folder else shutil.which("soffice") or shutil.which("libreoffice")
    if not found:
        raise InvalidInputError("soffice is not found; install LibreOffice Impress or set VISUAL_SDPO_LIBREOFFICE")
    return found


def _measure(deck: Path) -> Facts:
    return page_of(deck.with_suffix(".pdf"), 0, shapes_of(Presentation(str(deck)))[0])


def shapes_of(presentation: Deck) -> list[tuple[Shape, ...]]:
    """The shapes of every slide of a saved deck, in the order of their painting."""
    scale = WIDTH / presentation.slide_width
    return [tuple(_shape(shape, scale) for shape in slide.shapes) for slide in presentation.slides]


def page_of(pdf: str | Path | bytes, number: int, shapes: tuple[Shape, ...]) -> Facts:
    """A printed page, beside the shapes that are declared on it."""
    import pypdfium2

    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[number]
        width, height = page.get_size()
        factor = WIDTH / width
        pixels = np.asarray(page.render(scale=factor).to_pil().convert("RGB"))
        lines = tuple(_lines(page.get_textpage(), factor, height))
    finally:
        document.close()
    return Facts((float(WIDTH), height * factor), shapes, lines, pixels)


def _lines(page, factor: float, height: float) -> Iterator[tuple[str, Box]]:
    """Pieces of text in the order in which they were printed, cut where the next letter is not beside the last."""
    words, boxes = "", []
    for number in range(page.count_chars()):
        letter = page.get_text_range(number, 1)
        left, bottom, right, top = page.get_charbox(number, loose=True)
        box = Box(left * factor, (height - top) * factor, right * factor, (height - bottom) * factor)
        if boxes and (letter in "\r\n" or _apart(boxes[-1], box)):
            yield words.strip(), _around(boxes)
            words, boxes = "", []
        if letter.strip():
            boxes.append(box)
        words += letter if letter not in "\r\n" else ""
    if boxes:
        yield words.strip(), _around(boxes)


def _apart(last: Box, box: Box) -> bool:
    high = max(last.height, box.height, 1.0)
    if box.width <= 0:
        return False
    return abs(box.bottom - last.bottom) > 0.6 * high or not -high < box.left - last.right < 1.5 * high


def _around(boxes: list[Box]) -> Box:
    return Box(min(b.left for b in boxes), min(b.top for b in boxes), max(b.right for b in boxes),
               max(b.bottom for b in boxes))  # fmt: skip


def _shape(shape, scale: float) -> Shape:
    left, top, width, height = (float(side or 0) * scale for side in (shape.left, shape.top, shape.width, shape.height))
    words = shape.text_frame.text if shape.has_text_frame else ""
    ratio = 0.0
    if shape.shape_type is not None and "PICTURE" in str(shape.shape_type):
        with contextlib.suppress(KeyError, ValueError, AttributeError):  # linked, or of a format without a size
            wide, high = shape.image.size
            ratio = wide / high
    empty = shape.is_placeholder and shape.has_text_frame and not words.strip()
    sizes = tuple(float(found) / 100 for found in shape._element.xpath(".//a:rPr/@sz | .//a:defRPr/@sz"))
    colors = tuple(map(str, shape._element.xpath("(.//a:rPr | .//a:defRPr)/a:solidFill/a:srgbClr/@val")))
    box = Box(left, top, left + width, top + height)
    return Shape(
        shape.name, box, words, empty, ratio, _kind(shape), sizes, colors, hash(etree.tostring(shape._element))
    )


def _kind(shape) -> str:
    tag = etree.QName(shape._element).localname
    if tag == "graphicFrame":
        return "chart" if shape.has_chart else "table" if shape.has_table else "shape"
    if tag != "sp":
        return {"pic": "picture", "grpSp": "group", "cxnSp": "line"}.get(tag, "shape")
    if shape.is_placeholder:
        return "placeholder"
    filled = shape._element.xpath("./p:spPr/a:solidFill | ./p:spPr/a:gradFill") or (
        shape._element.xpath("./p:style") and not shape._element.xpath("./p:spPr/a:noFill")
    )
    return "card" if filled else "text-box"
