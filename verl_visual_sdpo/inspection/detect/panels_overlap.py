"""panels-overlap

What
    Panels stand so close that one lies on the other, or the labels of one on the other or on its labels.
Why
    Titles and tick labels of neighbours mix; it is not clear which panel they belong to.
Known limits
    Twins and panels inside a frameless or full-size axes are clean; so are insets that lie where their host shows
    nothing. Free texts may point into a neighbour.
    All panels that touch each other, directly or through others, make one defect.
Example
    ``fig, axes = plt.subplots(2, 1)``, titles on both, and ``fig.subplots_adjust(hspace=0.05)``
Options
    share        part of the smaller panel that may be covered
    label_share  part of a label that may lie in another panel
    inset        part of a line, a cloud, a bar or a text that an inset may hide
    trim         font sizes taken off above and below each label
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from verl_visual_sdpo.inspection.detect.detector import (
    DECORATIONS,
    PANEL_KINDS,
    Contact,
    Detector,
    Finding,
    blamable,
    clusters,
    covered_share,
    has_large_font,
    is_background,
    is_finite,
    quote,
    severity,
    text_shape,
    texts,
)
from verl_visual_sdpo.inspection.detect.shapes import areas, is_marked, strokes
from verl_visual_sdpo.inspection.geometry import (
    area,
    contains,
    corners,
    grow,
    intersection,
    iou,
    length,
    length_inside,
    overlap_area,
    share_inside,
)
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    share: float = 0.02
    label_share: float = 0.25
    inset: float = 0.08
    trim: float = 0.2


INSIDE = 0.97  # part of an inset that lies in its host
HANGING = 0.8  # the same of one placed by a locator, which may hang over an edge on purpose
SAME_PLACE = 0.9
LABELS = 0.1  # share of a label that a label of another panel may cover
WORST = 0.6  # share of a label or panel from which nothing more can be lost


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    axes = [e for e in scene.elements if e.kind in PANEL_KINDS and is_finite(e) and not e.style.get("axis_off")]
    labels: dict[int | None, list[Element]] = {}
    for e in texts(scene, DECORATIONS):
        labels.setdefault(e.panel, []).append(e)
    contacts = []
    for a, b in combinations(axes, 2):
        if iou(a.box, b.box) > SAME_PLACE:
            continue
        if pair := _inset(a, b):
            contacts += [(a.id, b.id, contact) for contact in _under_inset(*pair, scene, limits)]
            continue
        touching = _contacts(a, b, labels.get(a.id, []), labels.get(b.id, []), limits)
        contacts += [(a.id, b.id, contact) for contact in touching]
    for cluster in clusters(contacts):
        yield _defect(scene, cluster, limits)


def _inset(a: Element, b: Element) -> tuple[Element, Element] | None:
    """(inset, host) when one of two panels stands in the other."""
    for inset, host in ((a, b), (b, a)):
        least = HANGING if inset.style.get("placed") == "locator" or inset.kind == "colorbar" else INSIDE
        if share_inside(inset.box, host.box) > least or inset.parent == host.id:
            return inset, host
    return None


def _under_inset(inset: Element, host: Element, scene: Scene, limits: Limits) -> Iterator[Contact]:
    """What of the host an opaque inset hides: it stands on data where it hides more of it than a legend may."""
    if not inset.style.get("background") or inset.kind == "colorbar" or _is_in_front(host, inset):
        return
    window = corners(inset.box)
    for e in scene.elements:
        if e.panel != host.id or e.style.get("role") or not intersection(_reach(e), inset.box):
            continue
        if is_background(e, host.box):
            continue
        if is_marked(e):
            share = sum(contains(window, point) for point in e.outline) / len(e.outline)
        elif lines := strokes(e):
            share = sum(length_inside(line, window) for line in lines) / max(sum(map(length, lines)), 1.0)
        elif e.kind in {"text", "annotation", "legend"}:
            share = share_inside(e.box, inset.box)
        elif e.kind in {"bar", "patch"}:
            filled = areas(e)
            share = sum(overlap_area(part, window) for part in filled) / max(sum(map(area, filled)), 1.0)
        else:
            continue
        if share > limits.inset:
            yield Contact(share, inset, e)


def _is_in_front(a: Element, b: Element) -> bool:
    return (float(a.style.get("zorder") or 0), a.id) > (float(b.style.get("zorder") or 0), b.id)


def _reach(e: Element) -> Box:
    return grow(e.box, max(1.0, float(e.style.get("marker_size") or 0.0)))


def _contacts(
    a: Element, b: Element, labels_a: list[Element], labels_b: list[Element], limits: Limits
) -> Iterator[Contact]:
    common = intersection(a.box, b.box)
    if common and (share := common.area / min(a.box.area, b.box.area)) > limits.share:
        yield Contact(share, *sorted((a, b), key=lambda e: (e.style.get("placed") != "hand", -e.id)))
    for panel, strangers in ((a, labels_b), (b, labels_a)):
        for label in strangers:
            if intersection(label.box, panel.box):
                shape = text_shape(label, across=-limits.trim)
                share = overlap_area(shape, corners(panel.box)) / max(area(shape), 1.0)
                if share > limits.label_share:
                    yield Contact(share, label, panel)
    for label in labels_a:
        for other in labels_b:
            if intersection(label.box, other.box) and (share := covered_share(label, other, limits.trim)) > LABELS:
                yield Contact(share, label, other)


def _weight(contact: Contact) -> tuple[bool, bool, float]:
    """A panel that was put by hand onto others says more than the labels that came to lie on it."""
    panel = contact.first.kind in PANEL_KINDS
    return panel, panel and contact.first.style.get("placed") == "hand", contact.share


def _defect(scene: Scene, contacts: list[Contact], limits: Limits) -> Defect:
    worst = max(contacts, key=_weight)
    elements = Contact.elements([worst, *contacts])
    return Defect(
        detector="panels-overlap",
        severity=severity(worst.share, 0.0, WORST, floor=0.6),
        boxes=tuple(e.box for e in elements),
        element_ids=tuple(e.id for e in elements),
        measured=round(worst.share, 4),
        required=_allowed(worst, limits),
        message=f"{quote(worst.first)} of one panel lies on {quote(worst.second)} of another by {worst.share:.0%}, "
        f"{_allowed(worst, limits):.0%} allowed; leave them more room",
        props=blamable(scene, *_props(worst, scene)),
    )


def _allowed(contact: Contact, limits: Limits) -> float:
    if contact.first.kind in DECORATIONS:
        return LABELS if contact.second.kind in DECORATIONS else limits.label_share
    return limits.share if contact.second.kind in PANEL_KINDS else limits.inset


def _props(contact: Contact, scene: Scene) -> tuple[str, ...]:
    """Where panels stand has nothing to do with words; where a label runs into the next panel, it may be the label."""
    if contact.first.kind in PANEL_KINDS:
        return ("layout", "position")
    if has_large_font(contact.first, scene):
        return ("size", "font", "layout", "text", "position")
    return ("layout", "position", "text", "size", "font")


DETECTOR = Detector("panels-overlap", find, Limits())
