"""content-overlap

What
    Two pieces of content lie partly on each other: picture on picture, button on button, a text half on a picture and
    half beside it, a text run into a button.
Why
    They were meant to stand side by side; one of them was moved, or has grown out of its place.
Known limits
    One inside the other is layering (a caption on a photograph, a badge on a button) and clean; so is what barely
    touches. Text on text is ``text-overlap``; what is hidden altogether is ``covered-text``. Fixed and sticky bars over
    what is scrolled and overlapping rows of round portraits are clean, so are words whose own ground hides what is
    under them; texts count line by line: what flows around a picture is clean, too. On a slide filled shapes with words
    in them are content, and a shape much smaller than what it lies on is a badge.
Example
    ``img { margin-bottom: -60px }`` above another picture
Options
    share     part of the smaller one that may lie on the other
    inside    part from which the smaller one lies inside the other
    depth     px that both may reach into each other
    narrow    part of the narrower one that both may reach into each other sideways, where that is less
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from verl_visual_sdpo.inspection.detect.detector import (
    TEXT_KINDS,
    Contact,
    Detector,
    Finding,
    clusters,
    quote,
    severity,
    texts,
    touching,
)
from verl_visual_sdpo.inspection.detect.movers import whose_doing
from verl_visual_sdpo.inspection.detect.pages import (
    Tree,
    between,
    is_content,
    order,
    paints_over,
    parts,
    seen,
)
from verl_visual_sdpo.inspection.detect.slides import cards, is_deck, is_ground
from verl_visual_sdpo.inspection.geometry import intersection
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    share: float = 0.12
    inside: float = 0.9
    depth: float = 5.0
    narrow: float = 0.25


WORST = 0.5  # share from which it gets no worse
HIDES = 0.2  # part of a text from which what lies over it hides it
NAMED = 6  # elements named in one defect
ROUND = 16.0  # px of a corner's radius: a portrait
DISC, SQUARE = 0.45, 0.8  # radius over the longer side, and shorter side over it, from which a box is round
BADGE = 0.2  # area of a badge over that of what it is put on


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    tree = Tree(scene)
    candidates = [e for e in scene.elements if is_content(e) and _paints(e) and not is_ground(e, scene)]
    candidates += cards(scene) if is_deck(scene) else []
    boxes = {e.id for e in candidates}  # a button's words lie where the button does
    candidates += [e for e in texts(scene) if e.kind != "marker" and not _words_of(tree, e, boxes)]
    visible = [e for e in candidates if seen(e, scene)]
    contacts = []
    for a, b in touching(visible):
        if (
            a.kind in TEXT_KINDS
            and b.kind in TEXT_KINDS
            or tree.related(a, b)
            or _floating(tree, a) is not _floating(tree, b)
            or _portraits(tree, a, b)
            or _badge(a, b)
        ):
            continue
        if share := _shared(tree, a, b, limits):
            contacts.append((a.id, b.id, Contact(share, a, b)))
    for cluster in clusters(contacts):
        yield _defect(tree, cluster, limits)


def _words_of(tree: Tree, e: Element, boxes: set[int]) -> bool:
    return bool(e.style.get("interactive")) and any(one.id in boxes for one in tree.up(e))


def _paints(e: Element) -> bool:
    return e.kind in {"image", "picture", "chart", "table", "object"} or bool(e.style.get("visible_paint"))


def _floating(tree: Tree, e: Element) -> Element | None:
    """What an element is or stands in that stays when the page is scrolled: it meets all sorts of things."""
    return next((one for one in (e, *tree.up(e)) if one.style.get("position") in {"fixed", "sticky"}), None)


def _portraits(tree: Tree, a: Element, b: Element) -> bool:
    """Round pictures or links in a row that overlaps by design, or a round picture half over one behind it."""
    discs = {e.id: _is_disc(e) or (e.kind == "image" and _is_disc(tree.by_id.get(e.parent, e))) for e in (a, b)}
    if all(e.kind == "image" and _radius(e) >= ROUND for e in (a, b)):
        return True
    if all(discs.values()):
        return _is_stack([e for e in tree.children.get(a.parent, (a, b)) if _is_disc(e)])
    return a.kind == b.kind == "image" and discs[max((a, b), key=order).id]


def _is_stack(discs: list[Element]) -> bool:
    """Whether round things beside each other overlap throughout; one that lies on its neighbour in a row of many does
    so by mistake."""
    ordered = sorted(discs, key=lambda e: (e.box.left, e.box.top))
    meeting = sum(intersection(one.box, other.box) is not None for one, other in pairwise(ordered))
    return len(discs) < 4 or 2 * meeting >= len(discs) - 1


def _radius(e: Element) -> float:
    return float(e.style.get("radius") or 0.0)


def _is_disc(e: Element) -> bool:
    shorter, longer = sorted((e.box.width, e.box.height))
    return e.kind not in TEXT_KINDS and _radius(e) >= DISC * longer and shorter >= SQUARE * longer


def _badge(a: Element, b: Element) -> bool:
    """A small shape on the edge of something larger: a number on a card, a ribbon on a picture."""
    small, large = sorted((a, b), key=lambda e: e.box.area)
    return small.kind == "shape" and small.box.area < BADGE * large.box.area


def _shared(tree: Tree, a: Element, b: Element, limits: Limits) -> float:
    """The part of the smaller one, or of a line of it, that lies on the other, 0 where that is no fault."""
    one, other = (_shown(tree, e) for e in (a, b))
    common = [both for part in one for piece in other if (both := intersection(part, piece))]
    aside = min(limits.depth, limits.narrow * min(a.box.width, b.box.width))
    if not any(both.width >= aside and both.height >= limits.depth for both in common):
        return 0.0
    share = _area(common) / max(min(_area(one), _area(other)), 1.0)
    above, below = (a, b) if order(a) > order(b) else (b, a)
    if paints_over(above) and below.kind in TEXT_KINDS:
        hidden = _area(common) / max(_area(one if below is a else other), 1.0)
        if (share if is_deck(tree.scene) else hidden) > HIDES:  # on slides less of a text is enough for it
            return 0.0  # covered-text
    if above.kind in TEXT_KINDS and between(tree, a, b):
        return 0.0  # its own ground lies over the other: a badge
    if share >= limits.inside:
        return 0.0
    sides = ((a, one, other), (b, other, one))
    share = max([share, *(_of_a_line(lines, others) for e, lines, others in sides if e.kind in TEXT_KINDS)])
    return share if share > limits.share else 0.0


def _of_a_line(lines: list[Box], others: list[Box]) -> float:
    """The largest part of a line of a text that lies on the other: a picture may spoil the first line of many."""
    lying = ([both for other in others if (both := intersection(line, other))] for line in lines)
    return max((_area(on) / max(line.area, 1.0) for line, on in zip(lines, lying)), default=0.0)


def _shown(tree: Tree, e: Element) -> list[Box]:
    """What is seen of its parts."""
    window = seen(e, tree.scene)
    return [] if window is None else [piece for part in parts(tree, e) if (piece := intersection(part, window))]


def _area(boxes: list[Box]) -> float:
    return sum(box.area for box in boxes)


def _defect(tree: Tree, contacts: list[Contact], limits: Limits) -> Defect:
    contacts = sorted(contacts, key=lambda c: (-c.share, c.first.id, c.second.id))
    first, second = contacts[0].first, contacts[0].second
    mover, props = whose_doing(tree, first, second)
    elements = list({e.id: e for e in (mover, *Contact.elements(contacts)[:NAMED])}.values())
    share = contacts[0].share
    return Defect(
        detector="content-overlap",
        severity=severity(share, limits.share, WORST),
        boxes=tuple(e.box for e in elements),
        element_ids=tuple(e.id for e in elements),
        measured=round(share, 4),
        required=limits.share,
        message=f"{quote(first)} and {quote(second)} lie partly on each other: {share:.0%} of the smaller one, "
        f"{limits.share:.0%} allowed; move them apart",
        props=props,
    )


DETECTOR = Detector("content-overlap", find, Limits())
