"""One slide as a scene: what the deck declares, joined with what LibreOffice painted, as plain JSON values."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pptx.oxml.ns import qn
from slide_deck import SlideReader
from slide_frames import Frame, paragraphs, text_of
from slide_match import Wanted, bullets, lines, match, words
from slide_owners import Owners
from slide_pdf import Page, Piece, Point
from slide_theme import level

MOST_TEXT = 2_000
"""Characters of a text that are kept in an element."""
_POINT_EMU = 12700.0
_LEAVES = frozenset({"placeholder", "text-box", "shape", "connector", "picture", "chart", "table", "object"})


class SceneBuilder:
    """Builds the scene of one slide. ``number`` is the slide's, from 1; ``themes`` is shared by all slides."""

    def __init__(self, presentation: Any, slide: Any, number: int, page: Page, owners: Owners, themes: dict) -> None:
        self.page, self.owners, self.number = page, owners, number
        self.presentation, self.slide = presentation, slide
        self.scale = page.size[0] / float(presentation.slide_width)
        self.reader = SlideReader(slide, presentation, self.scale, themes)
        self.frames = self.reader.read(page.size)
        self.elements: list[dict[str, Any]] = []
        self.ids: dict[int, int] = {}  # id of a frame -> id of its element

    def build(self) -> dict[str, Any]:
        """``size``, ``elements`` and ``facts`` (see ``facts``)."""
        texts = [(frame, p) for frame in self.frames for p in paragraphs(frame.body) if self._says(p)]
        pieces = self.page.pieces
        found = match([Wanted(self._text(p), _extent(frame)) for frame, p in texts], pieces)
        used = {index for run in found for index in run}
        unused = [index for index in range(len(pieces)) if index not in used]
        unused = [index for index in unused if index not in bullets(pieces, unused, found)]
        painted = {id(p): [pieces[i] for i in run] for (_, p), run in zip(texts, found)}
        self._adopt(texts, painted, found, unused)
        self._grow_tables(texts, painted)
        for frame in self.frames:
            self._frame(frame)
            for paragraph in (p for f, p in texts if f is frame):
                self._paragraph(frame, paragraph, painted[id(paragraph)])
            if frame.kind == "chart":
                self._inside_chart(frame, unused)
        self._leftovers(unused)
        return {"size": list(self.page.size), "elements": self.elements, "facts": self.facts()}

    # ------------------------------------------------------------------ text

    def _says(self, paragraph: Any) -> bool:
        return bool(self._text(paragraph).strip())

    def _text(self, paragraph: Any) -> str:
        return text_of(paragraph, self.number)

    def _adopt(self, texts: list, painted: dict[int, list[Piece]], found: list[list[int]], unused: list[int]) -> None:
        """Give a paragraph that was not found by its letters what belongs to nobody, lies in its frame and was painted
        between its neighbours there; of several in a row nobody can tell whose it is."""
        for at, (frame, paragraph) in enumerate(texts):
            if painted[id(paragraph)]:
                continue
            before = next((n for n in range(at - 1, -1, -1) if texts[n][0] is not frame or found[n]), -1)
            after = next((n for n in range(at + 1, len(texts)) if texts[n][0] is not frame or found[n]), len(texts))
            if after - before > 2:
                continue
            low = found[before][-1] if before >= 0 and texts[before][0] is frame else -1
            high = found[after][0] if after < len(texts) and texts[after][0] is frame else len(self.page.pieces)
            mine = {i for i in unused if low < i < high and _within(self.page.pieces[i], _extent(frame))}
            painted[id(paragraph)] = [self.page.pieces[i] for i in sorted(mine)]
            unused[:] = [i for i in unused if i not in mine]

    def _paragraph(self, frame: Frame, paragraph: Any, run: list[Piece]) -> None:
        joined, style = lines(run), self._style_of_text(frame, paragraph, run)
        boxes = [point for line in joined for point in line.ink]
        box = _around(boxes) if boxes else _extent(frame)
        style |= {"lines": len(joined), "seen": bool(run)}
        self._element(
            frame.text_kind,
            box,
            self._text(paragraph),
            style,
            self.owners.of_paragraph(frame, paragraph) + self._styled(frame),
            parent=frame,
            outline=[point for line in joined for point in line.ink],
        )

    def _style_of_text(self, frame: Frame, paragraph: Any, run: list[Piece]) -> dict[str, Any]:
        first = next((r for r in paragraph.iter(qn("a:r")) if (r.findtext(qn("a:t")) or "").strip()), None)
        given = frame.text_style
        letters = Counter()
        for piece in run:
            letters[piece.color, round(piece.size, 2), piece.font, round(piece.alpha, 3)] += len(piece.text.strip())
        color, size, font, alpha = letters.most_common(1)[0][0] if letters else (None, None, "", 1.0)
        declared = given.points(first, paragraph) * _POINT_EMU * self.scale if given else None
        bold = given.bold(first, paragraph) if given else False
        return {
            "color": color,
            "font_size": size if size is not None else declared,
            "font_size_declared": round(declared, 2) if declared is not None else None,
            "font_family": given.family(first, paragraph) if given else "",
            "font_painted": font,
            "font_weight": 700 if bold else 400,
            "italic": bool(given and given.italic(first, paragraph)),
            "rotation": round(run[0].degrees, 2) if run else frame.degrees,
            "align": given.align(paragraph) if given else "left",
            "level": level(paragraph),
            "bullet": bool(given and given.bullet(paragraph)),
            "alpha": alpha,
            "link": paragraph.find(".//" + qn("a:hlinkClick")) is not None,
        }

    def _inside_chart(self, frame: Frame, unused: list[int]) -> None:
        mine = [i for i in unused if _within(self.page.pieces[i], _extent(frame))]
        for index in mine:
            self._loose("chart-text", self.page.pieces[index], self.owners.of_frame(frame), frame)
        unused[:] = [i for i in unused if i not in set(mine)]

    def _leftovers(self, unused: list[int]) -> None:
        """Painted text that no paragraph of the slide spells: of layout and master, of diagrams."""
        for index in unused:
            piece = self.page.pieces[index]
            if words(piece.text):
                self._loose("footer", piece, [], None)

    def _loose(self, kind: str, piece: Piece, owners: list, parent: Frame | None) -> None:
        style = {"color": piece.color, "font_size": round(piece.size, 2), "font_painted": piece.font, "lines": 1}
        style |= {
            "font_weight": piece.weight or 400,
            "rotation": round(piece.degrees, 2),
            "alpha": piece.alpha,
            "seen": True,
        }
        self._element(
            kind, _around(piece.ink), piece.text.strip(), style, owners, parent, list(piece.ink), panel=parent
        )

    # ------------------------------------------------------------------ frames

    def _frame(self, frame: Frame) -> None:
        style = dict(frame.style)
        style["rotation"] = frame.degrees
        if frame.body is not None:
            style |= self._extent_of_text(frame)
        if frame.kind == "figure":
            entry = self.presentation._element.sldIdLst[self._position()]
            owners = self.owners.of_slide(frame, entry, str(self.presentation.part.partname))
            size = self.presentation._element.find(qn("p:sldSz"))
            if size is not None:
                owners += self.owners.written(str(self.presentation.part.partname), size)
        else:
            owners = self.owners.of_frame(frame) + self._styled(frame)
        corners = frame.corners()
        if frame.kind == "connector":
            corners = self._ends(frame)
        left, top, right, bottom = frame.box
        style |= {"declared_left": left, "declared_top": top, "declared_right": right, "declared_bottom": bottom}
        if frame.kind == "figure":
            corners = ()
        element = self._element(
            frame.kind, _around(corners) if corners else frame.box, "", style, owners, frame.parent, list(corners)
        )
        self.ids[id(frame)] = element["id"]

    def _position(self) -> int:
        """The slide's place among the entries of the presentation."""
        wanted = self.slide.part
        for index, entry in enumerate(self.presentation._element.sldIdLst):
            if self.presentation.part.related_part(entry.rId) is wanted:
                return index
        return 0

    def _ends(self, frame: Frame) -> tuple[Point, Point]:
        xfrm = next(frame.element.iter(qn("a:xfrm")), None)
        flips = [xfrm is not None and xfrm.get(key) in ("1", "true") for key in ("flipH", "flipV")]
        left, top, right, bottom = frame.box
        x0, x1 = (right, left) if flips[0] else (left, right)
        y0, y1 = (bottom, top) if flips[1] else (top, bottom)
        return frame.turned((x0, y0)), frame.turned((x1, y1))

    def _styled(self, frame: Frame) -> list:
        """Who wrote on the layout's or master's placeholder, whose looks and place it inherits."""
        if frame.kind != "placeholder" or not frame.bases:
            return []
        return [owner for part, element in frame.bases for owner in self.owners.styled(part, [element])]

    def _extent_of_text(self, frame: Frame) -> dict[str, Any]:
        """Extents of all lines painted in a frame, in the frame's own turned axes."""
        said = [p for p in paragraphs(frame.body) if self._says(p)]
        style: dict[str, Any] = {"paragraphs": len(said)}
        points = [frame.turned(p, back=True) for line in frame.painted for p in line.line]
        sides = _around(points) if points else (None, None, None, None)
        return style | {f"text_{side}": sides[n] for n, side in enumerate(("left", "top", "right", "bottom"))}

    def _grow_tables(self, texts: list, painted: dict[int, list[Piece]]) -> None:
        """Note what was painted in each frame; let the rows of tables grow to their text, as they are drawn."""
        for frame in self.frames:
            frame.painted = [line for f, p in texts if f is frame for line in lines(painted[id(p)])]
        for table in (f for f in self.frames if f.kind == "table"):
            cells = [f for f in self.frames if f.parent is table]
            _grow(table, cells)

    # ------------------------------------------------------------------ elements

    def _element(
        self,
        kind: str,
        box: tuple[float, float, float, float],
        text: str,
        style: dict[str, Any],
        owners: list,
        parent: Frame | None = None,
        outline: list[Point] | None = None,
        panel: Frame | None = None,
    ) -> dict[str, Any]:
        number = len(self.elements)
        element = {
            "id": number,
            "kind": kind,
            "box": _rounded(box),
            "text": text[:MOST_TEXT],
            "style": {k: _plain(v) for k, v in (style | {"zorder": number}).items() if v is not None or k in _KEPT},
            "owners": owners,
            "parent": None if parent is None else self.ids.get(id(parent)),
            "panel": None if panel is None else self.ids.get(id(panel)),
            "clip": None,
            "outline": [[round(x, 2), round(y, 2)] for x, y in outline or ()],
            "breaks": [],
        }
        self.elements.append(element)
        return element

    # ------------------------------------------------------------------ facts

    def facts(self) -> dict[str, Any]:
        """What the slide holds, in numbers and texts, for the record."""
        texts = [e for e in self.elements if e["kind"] in _TEXTS and e["text"].strip()]
        kinds = Counter(e["kind"] for e in self.elements)
        fonts, sizes, colors = Counter(), Counter(), Counter()
        for e in texts:
            letters, style = len(e["text"].strip()), e["style"]
            fonts[style.get("font_painted") or ""] += letters
            colors[style.get("color") or ""] += letters
            if style.get("font_size_declared"):
                sizes[f"{style['font_size_declared'] / (_POINT_EMU * self.scale):.1f}"] += letters
        notes = self.slide.notes_slide.notes_text_frame if self.slide.has_notes_slide else None
        return {
            "layout": self.slide.slide_layout.name,
            "notes": notes.text[: 4 * MOST_TEXT] if notes is not None else "",
            "texts": [e["text"] for e in texts],
            "words": sum(len(e["text"].split()) for e in texts),
            "bullets": sum(bool(e["style"].get("bullet")) for e in texts),
            "pictures": kinds["picture"],
            "charts": kinds["chart"],
            "tables": kinds["table"],
            "fonts": dict(fonts),
            "font_sizes": dict(sizes),
            "colors": dict(colors),
            "boxes": [[e["kind"], *e["box"]] for e in self.elements if e["kind"] in _LEAVES],
        }


_TEXTS = frozenset({"title", "subtitle", "body", "text", "cell-text", "footer", "chart-text"})
_KEPT = frozenset({"face", "edge", "background", "color", "autofit", "placeholder"})
"""Style keys that say something also when they are null."""


def _grow(table: Frame, cells: list[Frame]) -> None:
    """Rows as high as the highest of their texts needs, and to where it was painted; what lies below moves down."""
    heights: dict[int, float] = {}
    ends: dict[int, float] = {}
    for cell in (c for c in cells if c.style["row_span"] == 1):
        row, need = cell.style["row"], 0.0
        if cell.painted:
            _, top, _, bottom = _around([p for line in cell.painted for p in line.line])
            need = bottom - top + cell.style["inset_top"] + cell.style["inset_bottom"]
            ends[row] = max(ends.get(row, bottom), bottom)
        heights[row] = max(heights.get(row, 0.0), cell.box[3] - cell.box[1], need)
    tops, at = {}, table.box[1]
    for row in range(table.style["rows"]):
        tops[row] = at
        at = max(at + heights.get(row, 0.0), ends.get(row, at))
    tops[table.style["rows"]] = at
    for cell in cells:
        end = min(cell.style["row"] + cell.style["row_span"], table.style["rows"])
        cell.box = (cell.box[0], tops[cell.style["row"]], cell.box[2], tops[end])
    table.box = (table.box[0], table.box[1], table.box[2], at)


def _extent(frame: Frame) -> tuple[float, float, float, float]:
    return _around(frame.corners())


def _around(points: Any) -> tuple[float, float, float, float]:
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    return min(xs), min(ys), max(xs), max(ys)


def _within(piece: Piece, box: tuple[float, float, float, float]) -> bool:
    left, top, right, bottom = _around(piece.ink)
    return box[0] <= (left + right) / 2 <= box[2] and box[1] <= (top + bottom) / 2 <= box[3]


def _rounded(box: Any) -> list[float]:
    return [round(float(side), 2) for side in box]


def _plain(value: Any) -> Any:
    return round(value, 3) if isinstance(value, float) else value
