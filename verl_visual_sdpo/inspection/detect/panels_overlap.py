"""panels-overlap

What
    Panels stand so close that one lies on the other, or the labels of one on the other or on its labels.
Why
    Titles and tick labels of neighbours mix; it is not clear which panel they belong to.
Known limits
    Insets, twins and panels inside a frameless or full-size axes are clean. Free texts may point into a neighbour.
    All panels that touch each other, directly or through others, make one defect.
Example
    ``fig, axes = plt.subplots(2, 1)``, titles on both, and ``fig.subplots_adjust(hspace=0.05)``
Options
    share        part of the smaller panel that may be covered
    label_share  part of a label that may lie in another panel
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
    clusters,
    covered_share,
    has_large_font,
    is_finite,
    quote,
    severity,
    text_shape,
    texts,
)
from verl_visual_sdpo.inspection.geometry import area, corners, intersection, iou, overlap_area, share_inside
from verl_visual_sdpo.types import Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    share: float = 0.02
    label_share: float = 0.25
    trim: float = 0.2


INSIDE = 0.8  # an inset may hang a little over its host's edge
SAME_PLACE = 0.9


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    axes = [e for e in scene.elements if e.kind in PANEL_KINDS and is_finite(e) and not e.style.get("axis_off")]
    labels: dict[int | None, list[Element]] = {}
    for e in texts(scene, DECORATIONS):
        labels.setdefault(e.panel, []).append(e)
    contacts = []
    for a, b in combinations(axes, 2):
        if not _belong_together(a, b):
            touching = _contacts(a, b, labels.get(a.id, []), labels.get(b.id, []), limits)
            contacts += [(a.id, b.id, contact) for contact in touching]
    for cluster in clusters(contacts):
        yield _defect(scene, cluster, limits)


def _belong_together(a: Element, b: Element) -> bool:
    inset = max(share_inside(a.box, b.box), share_inside(b.box, a.box)) > INSIDE
    return inset or iou(a.box, b.box) > SAME_PLACE or a.parent == b.id or b.parent == a.id


def _contacts(
    a: Element, b: Element, labels_a: list[Element], labels_b: list[Element], limits: Limits
) -> Iterator[Contact]:
    common = intersection(a.box, b.box)
    if common and (share := common.area / min(a.box.area, b.box.area)) > limits.share:
        yield Contact(share, *sorted((a, b), key=lambda e: -e.id))
    for panel, strangers in ((a, labels_b), (b, labels_a)):
        for label in strangers:
            if intersection(label.box, panel.box):
                shape = text_shape(label, across=-limits.trim)
                share = overlap_area(shape, corners(panel.box)) / max(area(shape), 1.0)
                if share > limits.label_share:
                    yield Contact(share, label, panel)
    for label in labels_a:
        for other in labels_b:
            if intersection(label.box, other.box) and (share := covered_share(label, other, limits.trim)) > 0.1:
                yield Contact(share, label, other)


def _defect(scene: Scene, contacts: list[Contact], limits: Limits) -> Defect:
    elements = Contact.elements(contacts)
    worst = max(contacts, key=lambda c: c.share)
    large = worst.first.kind in DECORATIONS and has_large_font(worst.first, scene)
    return Defect(
        detector="panels-overlap",
        severity=severity(worst.share / 0.6, floor=0.6),
        boxes=tuple(e.box for e in elements),
        element_ids=tuple(e.id for e in elements),
        measured=round(worst.share, 4),
        required=limits.label_share if worst.first.kind in DECORATIONS else limits.share,
        message=f"{quote(worst.first)} of one panel lies on {quote(worst.second)} of another by {worst.share:.0%}",
        props=("size", "font", "layout", "text", "position")
        if large
        else ("layout", "position", "text", "size", "font"),
    )


DETECTOR = Detector("panels-overlap", find, Limits())
