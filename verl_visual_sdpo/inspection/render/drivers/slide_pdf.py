"""A PDF read with pdfium: each page as a picture, and each piece of text that is painted with its place and look.

pypdfium2 (Apache-2.0 or BSD-3-Clause) rather than PyMuPDF (AGPL, and some 190 MB with what it drags along); both are
fast enough: a page takes some tens of milliseconds, most of it the compression of its PNG.
"""

from __future__ import annotations

import ctypes
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pypdfium2 as pdfium
import pypdfium2.raw as raw

PNG_COMPRESSION = 3
MOST_PIECES = 20_000
"""Pieces of text that are read of a page; a page with more is cut off there: nobody can read it."""
MOST_FORMS = 16
"""How deep forms (groups of the PDF's own) are followed one inside the other."""

Point = tuple[float, float]
Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True)
class Piece:
    """Text that one drawing operation paints: a part of one line in one font. Px of the picture, y down.

    ``ink`` are its corners start-top, end-top, end-bottom, start-bottom in reading direction; ``line`` the same from
    ascent to descent; ``degrees`` is its rotation, counter-clockwise; ``size`` the font's, in px.
    """

    text: str
    ink: tuple[Point, ...]
    line: tuple[Point, ...]
    degrees: float
    size: float
    font: str
    weight: int
    color: str
    alpha: float


@dataclass(frozen=True)
class Page:
    """One page: ``size`` in px, its PNG, its pieces of text in the order of painting."""

    size: tuple[int, int]
    png: bytes
    pieces: tuple[Piece, ...]


def read(path: str, width: int, most: int) -> tuple[list[Page], int]:
    """The first ``most`` pages, each ``width`` px wide, and the number of all. Raises pypdfium2.PdfiumError."""
    with pdfium.PdfDocument(path) as document:
        return [_page(document[n], width) for n in range(min(len(document), most))], len(document)


def _page(page: pdfium.PdfPage, width: int) -> Page:
    points_wide, points_high = page.get_size()
    scale = width / points_wide
    bitmap = page.render(scale=scale, rev_byteorder=True, fill_color=(255, 255, 255, 255))
    picture, out = bitmap.to_pil().convert("RGB"), io.BytesIO()
    picture.save(out, format="PNG", compress_level=PNG_COMPRESSION)
    to_px = (scale, 0.0, 0.0, -scale, 0.0, scale * points_high)
    textpage = page.get_textpage()
    pieces = []
    for handle, matrix in _texts(page.raw, to_px):
        if (piece := _piece(handle, matrix, textpage.raw)) is not None:
            pieces.append(piece)
            if len(pieces) >= MOST_PIECES:
                break
    return Page(picture.size, out.getvalue(), tuple(pieces))


def _texts(page: Any, matrix: Matrix) -> Iterator[tuple[Any, Matrix]]:
    """Text objects in the order of painting, each with what takes its own coordinates to px."""
    for index in range(raw.FPDFPage_CountObjects(page)):
        yield from _inside(raw.FPDFPage_GetObject(page, index), matrix, 0)


def _inside(handle: Any, matrix: Matrix, depth: int) -> Iterator[tuple[Any, Matrix]]:
    kind = raw.FPDFPageObj_GetType(handle)
    if kind == raw.FPDF_PAGEOBJ_TEXT:
        yield handle, matrix
    elif kind == raw.FPDF_PAGEOBJ_FORM and depth < MOST_FORMS:
        inner = _times(_matrix(handle), matrix)
        for index in range(max(raw.FPDFFormObj_CountObjects(handle), 0)):
            yield from _inside(raw.FPDFFormObj_GetObject(handle, index), inner, depth + 1)


def _piece(handle: Any, to_px: Matrix, textpage: Any) -> Piece | None:
    """None for text without characters, or without extent."""
    length = raw.FPDFTextObj_GetText(handle, textpage, None, 0)
    buffer = ctypes.create_string_buffer(length)
    raw.FPDFTextObj_GetText(handle, textpage, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), length)
    text = buffer.raw[: max(length - 2, 0)].decode("utf-16-le", "replace")
    quad = raw.FS_QUADPOINTSF()
    if not text.strip() or not raw.FPDFPageObj_GetRotatedBounds(handle, ctypes.byref(quad)):
        return None
    own = _times(_matrix(handle), to_px)
    ink = [_apply(to_px, p) for p in ((quad.x1, quad.y1), (quad.x2, quad.y2), (quad.x3, quad.y3), (quad.x4, quad.y4))]
    size = ctypes.c_float()
    raw.FPDFTextObj_GetFontSize(handle, ctypes.byref(size))
    high = math.hypot(own[2], own[3])  # px of one unit up the letters
    degrees = math.degrees(math.atan2(-own[1], own[0]))
    font = raw.FPDFTextObj_GetFont(handle)
    rise = [_height(raw.FPDFFont_GetAscent, font, size.value), _height(raw.FPDFFont_GetDescent, font, size.value)]
    base = (own[4], own[5])
    up = (own[2] / high, own[3] / high) if high else (0.0, -1.0)
    rails = [(base[0] + up[0] * r * high, base[1] + up[1] * r * high) for r in rise]
    color, alpha = _fill(handle)
    return Piece(
        text=text,
        ink=enclosing(ink, degrees),
        line=enclosing(ink, degrees, rails),
        degrees=degrees,
        size=size.value * high,
        font=_name(font),
        weight=max(raw.FPDFFont_GetWeight(font), 0),
        color=color,
        alpha=alpha,
    )


def enclosing(points: list[Point], degrees: float, across: list[Point] | None = None) -> tuple[Point, ...]:
    """The rectangle around ``points``, turned counter-clockwise by ``degrees``; ``across`` gives its extent square to
    the reading direction instead. Corners start-top, end-top, end-bottom, start-bottom."""
    turn = math.radians(degrees)
    u, v = (math.cos(turn), -math.sin(turn)), (math.sin(turn), math.cos(turn))
    on_u = [x * u[0] + y * u[1] for x, y in points]
    on_v = [x * v[0] + y * v[1] for x, y in (across or points)]

    def at(a: float, b: float) -> Point:
        return (a * u[0] + b * v[0], a * u[1] + b * v[1])

    start, end, top, bottom = min(on_u), max(on_u), min(on_v), max(on_v)
    return (at(start, top), at(end, top), at(end, bottom), at(start, bottom))


def _height(of: Any, font: Any, size: float) -> float:
    value = ctypes.c_float()
    return value.value if font and of(font, size, ctypes.byref(value)) else 0.0


def _fill(handle: Any) -> tuple[str, float]:
    r, g, b, a = (ctypes.c_uint() for _ in range(4))
    if not raw.FPDFPageObj_GetFillColor(handle, *map(ctypes.byref, (r, g, b, a))):
        return "#000000", 1.0
    return f"#{r.value:02x}{g.value:02x}{b.value:02x}", round(a.value / 255, 3)


def _name(font: Any) -> str:
    """The font's name without the mark of its subset."""
    if not font:
        return ""
    length = raw.FPDFFont_GetBaseFontName(font, None, 0)
    buffer = ctypes.create_string_buffer(max(length, 1))
    raw.FPDFFont_GetBaseFontName(font, buffer, length)
    name = buffer.value.decode("utf-8", "replace")
    return name[7:] if name[6:7] == "+" else name


def _matrix(handle: Any) -> Matrix:
    m = raw.FS_MATRIX()
    if not raw.FPDFPageObj_GetMatrix(handle, ctypes.byref(m)):
        return (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
    return (m.a, m.b, m.c, m.d, m.e, m.f)


def _times(first: Matrix, then: Matrix) -> Matrix:
    """The transformation that does ``first``, then ``then``."""
    a, b, c, d, e, f = first
    p, q, r, s, t, u = then
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _apply(m: Matrix, point: Point) -> Point:
    x, y = point
    return (m[0] * x + m[2] * y + m[4], m[1] * x + m[3] * y + m[5])
