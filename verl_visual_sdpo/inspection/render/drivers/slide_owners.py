"""Whose an element of a slide is: from the log of writes to XML elements to owners ``[chain, tie, prop, order]``.

The log comes from the program's own process (``slide_provenance``), by part and position; here it meets the same parts
as they were read from the file. It is the program's word and only says whom to ask, never what is there to be seen.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from lxml import etree
from pptx.oxml.ns import qn
from slide_frames import Frame

Owner = list[Any]
MOST_OWNERS = 200
"""Owners that are listed of one element, the latest ones; the reader keeps fewer still."""
_SLIDE_TAGS = frozenset({qn("p:bg"), qn("p:bgPr"), qn("p:cSld"), qn("p:sld")})
_TEXT_TAGS = frozenset({qn("a:p"), qn("a:r"), qn("a:fld"), qn("a:t")})
_SHAPE_TAGS = frozenset(qn(f"p:{tag}") for tag in ("sp", "pic", "graphicFrame", "cxnSp", "grpSp"))
_INHERITED = frozenset({"size", "font", "color", "layout", "position", "left", "top"})


class Write(NamedTuple):
    """One line of the log: element's position in its part, chain, "created" or "mutated", property, order."""

    index: int
    chain: int
    tie: str
    prop: str
    order: int


class _Part:
    """The tree of one part and the writes on it."""

    def __init__(self, root: Any, log: Iterable[list[Any]]) -> None:
        self.elements = list(root.iter(etree.Element))  # held, so that they stay the same objects
        self.at = {element: index for index, element in enumerate(self.elements)}
        self.writes = sorted(Write(*line) for line in log)
        self._indices = [w.index for w in self.writes]

    def below(self, element: Any) -> list[Write]:
        """The writes on an element and what it holds."""
        start = self.at.get(element)
        if start is None:
            return []
        return self._between(start, start + 1 + sum(1 for _ in element.iterdescendants(etree.Element)))

    def on(self, element: Any) -> list[Write]:
        """The writes on an element itself."""
        start = self.at.get(element)
        return [] if start is None else self._between(start, start + 1)

    def tag(self, write: Write) -> str:
        return self.elements[write.index].tag if write.index < len(self.elements) else ""

    def _between(self, start: int, end: int) -> list[Write]:
        return self.writes[bisect_left(self._indices, start) : bisect_left(self._indices, end)]


class Owners:
    """Reads the log of one deck. ``chains`` holds the (line, column) of the frames that its writes refer to."""

    def __init__(self, log: Mapping[str, list[list[Any]]], chains: Sequence[Sequence[Sequence[int]]]) -> None:
        self._log, self._parts = log, {}
        self._lines = [tuple(line for line, _ in chain) for chain in chains]

    def of_frame(self, frame: Frame) -> list[Owner]:
        """Who put it there, and who wrote on it later; its text, and what it holds, are not its own."""
        part = self._part(frame.part, frame.element)
        foreign = [part.below(held) for held in _held(frame)]
        others = {id(w) for writes in foreign for w in writes}
        writes = [w for w in part.below(frame.element) if id(w) not in others]
        writes += [w for other in frame.more for w in part.on(other) if w.prop == "size"]
        writes += [w._replace(tie="mutated") for w in map(_write, self._log.get(frame.chart_part, ()))]
        made = self._creation(frame)
        return _listed(made + self._by_others([w for w in writes if w.tie == "mutated"], made))

    def of_slide(self, frame: Frame, entry: Any, entry_part: str) -> list[Owner]:
        """Who added the slide (``entry``: its element in the presentation) and wrote its background."""
        part = self._part(frame.part, frame.element)
        added = [w for w in self._part(entry_part, entry).on(entry) if w.tie == "created"]
        below = (part.below(bg) for bg in frame.element.iter(qn("p:bg")))
        written = [w for writes in below for w in writes]
        written += [w for w in part.writes if part.tag(w) in _SLIDE_TAGS and w.prop in ("color", "visible")]
        return _listed(added + [w._replace(tie="mutated", prop="color") for w in written])

    def of_paragraph(self, frame: Frame, paragraph: Any) -> list[Owner]:
        """Who wrote its text first, and what was written on it later, by whom."""
        part = self._part(frame.part, frame.element)
        writes = part.below(paragraph)
        texts = [w for w in writes if w.prop == "text" or (w.tie == "created" and part.tag(w) in _TEXT_TAGS)]
        first = min(texts, key=_order, default=None)
        created = [first._replace(tie="created", prop="*")] if first else self._creation(frame, paragraph)
        later = [w._replace(tie="mutated", prop="text") for w in texts]
        later += [w for w in writes if w.tie == "mutated" and w.prop != "text"]
        return _listed(created + self._by_others(later, created))

    def styled(self, part_name: str, elements: Iterable[Any]) -> list[Owner]:
        """Writes on what a placeholder goes back to in layout and master, or on text styles."""
        found = []
        for element in elements:
            writes = self._part(part_name, element).below(element)
            found += [w._replace(tie="styled") for w in writes if w.tie == "mutated" and w.prop in _INHERITED]
        return _listed(found)

    def written(self, part_name: str, element: Any) -> list[Owner]:
        """Later writes on one element itself."""
        return _listed(w for w in self._part(part_name, element).on(element) if w.tie == "mutated")

    def _by_others(self, writes: list[Write], made: list[Write]) -> list[Write]:
        """Those that the making line did not do itself: what it wrote belongs to the making."""
        by = self._lines[made[0].chain] if made else None
        return [w for w in writes if self._lines[w.chain] != by]

    # ------------------------------------------------------------------ lookup

    def _part(self, name: str, element: Any) -> _Part:
        if name not in self._parts:
            self._parts[name] = _Part(element.getroottree().getroot(), self._log.get(name, ()))
        return self._parts[name]

    def _creation(self, frame: Frame, element: Any = None) -> list[Write]:
        """The write that put an element, or else the nearest one around it, into the tree."""
        part = self._part(frame.part, frame.element)
        element = frame.element if element is None else element
        while element is not None:
            if found := [w for w in part.on(element) if w.tie == "created"]:
                return found[:1]
            element = element.getparent()
        return []


def _held(frame: Frame) -> list[Any]:
    """The elements in a frame's that are elements of their own: paragraphs, cells, shapes of a group."""
    if frame.kind == "figure":
        return list(frame.element)
    if frame.kind == "table":
        return list(frame.element.iter(qn("a:tc")))
    if frame.kind == "group":
        return [child for child in frame.element if child.tag in _SHAPE_TAGS]
    return [] if frame.body is None else list(frame.body.iterchildren(qn("a:p")))


def _write(line: list[Any]) -> Write:
    return Write(*line)


def _order(write: Write) -> int:
    return write.order


def _listed(writes: Iterable[Write]) -> list[Owner]:
    """Owners of writes: what was made first, then what was written, the latest to stay."""
    unique = {(w.chain, w.tie, w.prop): [w.chain, w.tie, w.prop, w.order] for w in sorted(writes, key=_order)}
    ranked = sorted(unique.values(), key=lambda owner: (owner[1] != "created", owner[3]))
    return ranked if len(ranked) <= MOST_OWNERS else [*ranked[:1], *ranked[1 - MOST_OWNERS :]]
