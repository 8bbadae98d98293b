"""Who wrote what: the owners of an element, those it inherits from its axes and figure included, and the culprit
among them for a defect.

"Touched" is not "responsible": a title is written by ``set_title``, moved by ``tight_layout`` and restyled by
``rcParams``; for one defect one of them matters most, the last writer of the property the defect is about.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from verl_visual_sdpo.types import Defect, Element, Owner, Scene

FRAMES = frozenset({"placeholder", "text-box", "shape", "table", "group"})  # what a slide's words stand in
_FRAME = frozenset({"position", "rotation", "layout", "order"})
# What is written on a container and moves everything inside it.
INHERITED = {
    "figure": frozenset({"layout", "size"}),
    "axes": frozenset({"layout", "limits"}),
    "colorbar": frozenset({"layout"}),
    "legend": frozenset({"position", "size", "font"}),
    **dict.fromkeys(FRAMES, _FRAME),
    **dict.fromkeys(("table", "group"), _FRAME | {"size"}),
}
# Finer words for a property, and the one that they are part of.
PART_OF = {"left": "position", "top": "position", "x-limits": "limits", "y-limits": "limits"}
# An automatic layout (``tight_layout``, tie "styled") makes room; it is to blame only when nobody set one by hand.
AUTOMATIC = ("layout", "styled")
# Kinds that a program places itself: creating one decides all of its properties. The others come with an axes, empty
# or derived, so whoever created the axes has not chosen their text or font.
PLACED = frozenset(
    {"text", "annotation", "legend", "legend-text", "line", "bar", "patch", "scatter", "collection", "image"}
    | {"subtitle", "body", "cell-text", "chart-text", "text-box", "shape", "connector", "picture", "chart", "table"}
    | {"object"}
)


@dataclass(frozen=True, slots=True)
class Tied:
    """An owner of the ``rank``-th element of a defect; ``inherited`` when it wrote on that element's container."""

    owner: Owner
    element: Element
    rank: int
    inherited: bool = False


def owners_of(defect: Defect, scene: Scene) -> list[Tied]:
    """All who are tied to the defect's elements, in the order of the elements, inherited ones last."""
    by_id = {e.id: e for e in scene.elements}
    figures = [e for e in scene.elements if e.kind == "figure"]
    tied = []
    for rank, element_id in enumerate(defect.element_ids):
        element = by_id.get(element_id)
        if element is None:
            continue
        tied += [Tied(owner, element, rank) for owner in element.owners]
        for container in _containers(element, by_id, figures):
            if container.kind == "figure" and not {"canvas"} & set(defect.props) and _stands_alone(element, by_id):
                continue
            tied += [Tied(owner, element, rank, inherited=True) for owner in _inherited(container, defect)]
        tied += [Tied(owner, element, rank, inherited=True) for owner in _grounds(element, defect, by_id, figures)]
    return tied


def _grounds(element: Element, defect: Defect, by_id: dict[int, Element], figures: list[Element]) -> list[Owner]:
    """Who colored what a slide's text stands on: its frame or, where that is not filled, the slide. A paragraph (it has
    a ``level``) takes its color from afar, so that writing its words chooses none; filling what is behind it does."""
    if "background" not in defect.props or "level" not in element.style:
        return []
    frame = by_id.get(element.parent)
    filled = frame is not None and frame.style.get("fill") not in (None, "none", "inherited")
    ground = [frame] if filled else figures[:1]
    return [owner for one in ground for owner in one.owners if owner.prop == "color"]


def _stands_alone(element: Element, by_id: dict[int, Element]) -> bool:
    """Whether its axes was placed by hand: the layout of the figure moves those of a grid only."""
    panel = by_id.get(element.panel, element)
    return panel.kind == "axes" and panel.style.get("placed") == "hand"


def _inherited(container: Element, defect: Defect) -> Iterator[Owner]:
    """What was written on a container and reaches what is inside. The size of the figure is called ``canvas`` there,
    and where the picture is too small for its text, whoever made the figure so small is asked, too. Who made a frame on
    a slide has placed the words in it."""
    canvas = container.kind == "figure" and "canvas" in defect.props
    for owner in container.owners:
        if owner.tie == "created":
            if canvas:
                yield replace(owner, tie="mutated", prop="canvas")
            elif container.kind in FRAMES:
                yield owner
        elif PART_OF.get(owner.prop, owner.prop) in INHERITED.get(container.kind, ()):
            yield replace(owner, prop="canvas") if container.kind == "figure" and owner.prop == "size" else owner


def culprits(defect: Defect, tied: Sequence[Tied]) -> list[Tied]:
    """For each faulty element the last writer of the most telling property, with its call chain (same ``order``)."""
    relation = [t for t in tied if t.rank >= defect.faulty]
    found = []
    for rank in range(defect.faulty):
        own = [t for t in tied if t.rank == rank]
        found += _culprit(defect, own, relation)
    return found


def _culprit(defect: Defect, own: list[Tied], relation: list[Tied]) -> list[Tied]:
    """The properties are asked in the defect's order. For each: an explicit write on the element itself, then (where
    the program placed it) its creation, then a write on the elements it stands in relation to. When none of the
    properties was written, whoever created the element answers."""
    if "order" in defect.props and (restacked := _restacked([*own, *relation])):
        return restacked
    placed = [t for t in own if t.owner.tie == "created" and _is_placed(t.element)]
    for prop in defect.props:
        if candidates := _writers(own, prop) or placed or _writers(relation, prop):
            return _last(candidates)
    return _last([t for t in own if t.owner.tie == "created"] or own or relation)


def _restacked(tied: list[Tied]) -> list[Tied]:
    """The last one who took an element out of the order in which things were made, where nothing was made on top since.
    (Paragraphs, which have a ``level``, are written into frames and stand in their order.)"""
    made = [t.owner.order for t in tied if t.owner.tie == "created" and "level" not in t.element.style]
    writers = [t for t in _writers(tied, "order") if t.owner.order > max(made, default=0)]
    last = max(writers, key=lambda t: t.owner.order, default=None)
    return [t for t in writers if t.owner.order == last.owner.order and t.rank == last.rank]


def _writers(tied: list[Tied], prop: str) -> list[Tied]:
    same = {prop, PART_OF.get(prop), *(part for part, whole in PART_OF.items() if whole == prop)}
    return [t for t in tied if t.owner.prop in same and t.owner.tie != "created" and not _is_automatic(t)]


def _is_automatic(t: Tied) -> bool:
    return (t.owner.prop, t.owner.tie) == AUTOMATIC


def _is_placed(element: Element) -> bool:
    """Headings of the figure are made by a call of their own, titles and labels of an axes come with it. An axes that
    no grid placed was placed by the call that made it. What a page's flow places is placed by no tag: its declarations
    are asked in turn, and the tag at last."""
    if element.style.get("placed") == "flow":
        return False
    if element.kind == "axes":
        return element.style.get("placed") == "hand"
    return element.kind in PLACED or (element.kind in {"title", "axis-label"} and element.panel is None)


def _last(candidates: list[Tied]) -> list[Tied]:
    """The latest candidate on the first of their elements, with its callers; what an element's own writers did comes
    before what it inherits."""
    if not candidates:
        return []
    first = min(t.rank for t in candidates)
    chosen = max((t for t in candidates if t.rank == first), key=lambda t: (not t.inherited, t.owner.order))
    return [t for t in candidates if t.rank == first and _write(t) == _write(chosen)]


def _write(t: Tied) -> tuple:
    """What the owners of one write have in common: they called each other."""
    return t.inherited, t.owner.order, t.owner.tie, t.owner.prop


def _containers(element: Element, by_id: dict[int, Element], figures: list[Element]) -> Iterator[Element]:
    """Parent (of a table's cell the table, too), panel and figure of an element, each once."""
    seen, parent = {element.id}, by_id.get(element.parent)
    table = parent.parent if parent is not None and parent.kind == "table-cell" else None
    for container_id in (element.parent, table, element.panel, *(f.id for f in figures)):
        if container_id is not None and container_id not in seen and container_id in by_id:
            seen.add(container_id)
            yield by_id[container_id]
