"""text-overlap

What
    Two texts lie on each other: annotation on title, value label on value label, figure title on panel title.
Why
    Neither can be read.
Known limits
    Texts that lie on each other in a chain make one defect. Tick labels of one axis are ``tick-labels-collide``; labels
    of one panel on those of another are ``panels-overlap``. The same text drawn twice at one place looks like one text
    and is clean. Watermarks (translucent text) are left out. Each line of a text is measured by a rectangle tight
    around its ink, not glyph by glyph: a touch of less than ``share`` is not reported.
Example
    ``ax.set_title("Sales"); ax.text(0.5, 1.02, "in 2024", transform=ax.transAxes, ha="center")``
Options
    share   the part of the smaller text that may be covered
    trim    font sizes taken off above and below a text of which only the box is known (room for ascenders, descenders)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    DECORATIONS,
    Contact,
    Detector,
    Finding,
    blamable,
    clusters,
    covered_share,
    font_px,
    groups,
    large_fonts,
    quote,
    severity,
    texts,
    touching,
    visible_share,
)
from verl_visual_sdpo.inspection.geometry import iou
from verl_visual_sdpo.types import Defect, Element, Scene

# Of two texts the one that was placed by hand is moved first; what the axes need stays.
FREEDOM = {"text": 0, "annotation": 0, "legend-text": 1, "title": 2, "axis-label": 3, "tick-label": 4}


WORST = 0.6  # share from which nothing more can be lost


@dataclass(frozen=True, slots=True)
class Limits:
    share: float = 0.1
    trim: float = 0.15


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    readable = [e for e in texts(scene) if visible_share(e, scene) > 0]
    group_of = {e.id: key for key, members in groups(readable).items() for e in members}
    large, contacts = large_fonts(scene), []
    for a, b in touching(readable):
        one, other = group_of[a.id], group_of[b.id]
        if one == other or _other_detector(a, b) or (a.text == b.text and iou(a.box, b.box) > 0.9):
            continue
        share = covered_share(a, b, limits.trim)
        if share > limits.share:
            contacts.append((one, other, Contact(share, *_by_freedom(large, a, b))))
    for cluster in clusters(contacts):
        yield _defect(scene, large, limits, cluster)


def _by_freedom(large: frozenset[int], *pair: Element) -> list[Element]:
    return sorted(pair, key=lambda e: (e.id not in large, FREEDOM[e.kind], -font_px(e), -e.id))


def _other_detector(a: Element, b: Element) -> bool:
    """Labels that belong to two panels: the panels stand too close, and ``panels-overlap`` says so. A legend on words:
    ``legend-covers-data``."""
    if "legend-text" in (a.kind, b.kind) and a.kind != b.kind and {a.kind, b.kind} & {"title", "text", "annotation"}:
        return True
    return {a.kind, b.kind} <= DECORATIONS and a.panel != b.panel and None not in (a.panel, b.panel)


def _defect(scene: Scene, large: frozenset[int], limits: Limits, contacts: list[Contact]) -> Defect:
    contacts = sorted(contacts, key=lambda c: (-c.share, c.first.id, c.second.id))
    elements = Contact.elements(contacts)
    first, second, share = elements[0], elements[1], max(c.share for c in contacts)
    if first.id in large:
        props = ("size", "font", "text", "position", "rotation", "layout")
    elif first.kind in DECORATIONS:
        props = ("position", "rotation", "text", "size", "font", "layout", "limits")
    else:
        props = ("position", "text", "size", "font", "rotation", "data", "layout")
    more = f" ({len(elements) - 2} more with them)" if len(elements) > 2 else ""
    return Defect(
        detector="text-overlap",
        severity=severity(share, limits.share, WORST),
        boxes=tuple(e.box for e in elements),
        element_ids=tuple(e.id for e in elements),
        measured=round(share, 4),
        required=limits.share,
        message=f"{quote(first)} and {quote(second)}{more} share {share:.0%} of the smaller one; "
        f"{limits.share:.0%} allowed",
        props=blamable(scene, *props),
    )


DETECTOR = Detector("text-overlap", find, Limits())
