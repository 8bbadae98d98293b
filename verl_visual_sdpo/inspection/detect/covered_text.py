"""covered-text

What
    An opaque box or a picture is painted over a text, a button, a field or a picture.
Why
    What is covered is as good as not written.
Known limits
    Boxes are hidden as wholes: rounded corners and holes in pictures are not looked at. A fixed bar (cookie notice,
    header) covers what can be scrolled out from under it, and is clean in a picture of the whole page; what stands in
    the bar itself can be covered there. Two slides of one place, the front one filling it, are clean; so is a badge on
    an icon. What a field shows fills no more of it than it needs, and how much that is is not known: it counts as the
    field does. Boxes that are turned cover nothing.
Example
    ``.banner { position: absolute; top: 40px; background: white }`` over a heading; a filled shape added after a text
Options
    text      part of a text that may be hidden
    content   part of a picture, icon, button or field that may be hidden
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from verl_visual_sdpo.inspection.detect.detector import (
    SLIDE_TEXTS,
    TEXT_KINDS,
    Detector,
    Finding,
    is_finite,
    is_icon,
    quote,
    severity,
    texts,
)
from verl_visual_sdpo.inspection.detect.movers import whose_doing
from verl_visual_sdpo.inspection.detect.nearby import PARTNERS, Boxes
from verl_visual_sdpo.inspection.detect.pages import (
    Tree,
    is_content,
    order,
    painted_first,
    paints_over,
    parts,
    seen,
    seen_share,
)
from verl_visual_sdpo.inspection.geometry import intersection, share_inside
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    text: float = 0.2
    content: float = 0.6


SMALLEST = 60.0  # square px: less hides nothing worth naming
LISTED = 8  # covered elements named in one defect
SAME_PLACE = 0.95  # part of a slide's box that the slide in front of it fills


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    tree = Tree(scene)
    covers = [(e, box) for e in scene.elements if _may_cover(e) and (box := seen(e, scene)) and box.area >= SMALLEST]
    if not covers:
        return
    places = Boxes(box for _, box in covers)
    hidden: dict[int, list[tuple[float, float, Element]]] = {}
    for e in [*texts(scene), *(e for e in scene.elements if is_content(e) and is_finite(e))]:
        if found := _worst(tree, e, covers, places, scene, limits):
            share, allowed, cover = found
            hidden.setdefault(cover.id, []).append((share, allowed, e))
    for cover, victims in hidden.items():
        yield _defect(tree, tree.by_id[cover], _largest(tree, victims))


def _may_cover(e: Element) -> bool:
    return (
        e.kind not in TEXT_KINDS
        and e.kind not in {"page", "figure"}
        and is_finite(e)
        and paints_over(e)
        and not e.style.get("made_up")
        and not e.style.get("turned")
        and not _is_texture(e)
        and _moves_not_alone(e)
    )


def _is_texture(e: Element) -> bool:
    """A background from elsewhere and no colour below it: as likely a shade or a pattern with holes."""
    return e.kind != "image" and e.style.get("background_image") == "url" and not e.style.get("background")


def _moves_not_alone(e: Element) -> bool:
    return e.style.get("position") not in {"fixed", "sticky"}


def _worst(
    tree: Tree, e: Element, covers: list[tuple[Element, Box]], places: Boxes, scene: Scene, limits: Limits
) -> tuple[float, float, Element] | None:
    window = seen(e, scene)
    if window is None:
        return None
    allowed = limits.text if _is_read(e) else limits.content
    worst: tuple[float, Element] | None = None
    above = (cover for k in places.near(window) if order((cover := covers[k])[0]) > order(e))
    for cover, box in islice(above, PARTNERS):
        if intersection(box, window) is None or tree.related(cover, e):
            continue
        if painted_first(tree, cover, e):
            continue
        if _scrolls_apart(tree, cover, e) or _slide_in_front(tree, cover, e) or _one_table(tree, cover, e):
            continue
        pieces = [piece for part in parts(tree, cover) if (piece := intersection(part, box))]
        share = sum(seen_share(e, p) if e.kind in TEXT_KINDS else share_inside(window, p) for p in pieces)
        if share > allowed and (worst is None or share > worst[0]):
            worst = (share, cover)
    return None if worst is None else (worst[0], allowed, worst[1])


def _is_read(e: Element) -> bool:
    symbol = e.kind in SLIDE_TEXTS and "seen" in e.style and not any(c.isalnum() for c in e.text)
    return e.kind in TEXT_KINDS and e.kind != "input-text" and not is_icon(e.text) and not symbol


def _scrolls_apart(tree: Tree, cover: Element, e: Element) -> bool:
    """Whether the cover stands in a fixed bar and ``e`` does not."""
    return any(a.style.get("position") in {"fixed", "sticky"} and not tree.holds(a, e) for a in tree.up(cover))


def _one_table(tree: Tree, cover: Element, e: Element) -> bool:
    """Cells of one table stand side by side, whatever was measured."""
    cells = [one for one in (e, *tree.up(e)) if one.kind == "table-cell"]
    return cover.kind == "table-cell" and any(cell.parent == cover.parent for cell in cells)


def _slide_in_front(tree: Tree, cover: Element, e: Element) -> bool:
    """Whether the cover stands in a layer of the same parent as the layer of ``e`` and fills its place."""
    front, back = tree.layer(cover), tree.layer(e)
    if front is None or back is None or front.parent != back.parent or front.id == back.id:
        return False
    return share_inside(back.box, front.box) >= SAME_PLACE and share_inside(front.box, back.box) >= SAME_PLACE


def _largest(tree: Tree, victims: list[tuple[float, float, Element]]) -> list[tuple[float, float, Element]]:
    """Without what lies inside of another victim."""
    ids = {e.id for _, _, e in victims}
    return [v for v in victims if not any(a.id in ids for a in tree.up(v[2]))]


def _defect(tree: Tree, cover: Element, victims: list[tuple[float, float, Element]]) -> Defect:
    victims.sort(key=lambda item: (-item[0], item[2].id))
    share, allowed, worst = victims[0]
    mover, props = whose_doing(tree, cover, worst)
    more = f" and {len(victims) - 1} more" if len(victims) > 1 else ""
    shown = list({e.id: e for e in (mover, cover, *(e for _, _, e in victims[:LISTED]))}.values())
    return Defect(
        detector="covered-text",
        severity=severity(share, 0.0, 0.8, floor=0.6),
        boxes=tuple(e.box for e in shown),
        element_ids=tuple(e.id for e in shown),
        measured=round(share, 4),
        required=allowed,
        message=f"{quote(cover)} lies over {quote(worst)}{more} and hides {share:.0%} of it, {allowed:.0%} allowed; "
        "move it, or what is under it",
        props=(*props, "order"),
    )


DETECTOR = Detector("covered-text", find, Limits())
ON_SLIDES = Detector("covered-text", find, Limits(text=0.05, content=0.2))
