"""text-overlap

What
    Two texts lie on each other: annotation on title, value label on value label, figure title on panel title.
Why
    Neither can be read.
Known limits
    Texts that lie on each other in a chain make one defect. Tick labels of one axis are ``tick-labels-collide``; labels
    of one panel on those of another are ``panels-overlap``. The same text drawn twice at one place looks like one text
    and is clean. Watermarks (translucent text) are left out. Each line of a text is measured by a rectangle tight
    around its ink, not glyph by glyph: a touch of less than ``share`` is not reported. Lines of one paragraph of a
    page, one below the other, are ``lines-overlap``.
Example
    ``ax.set_title("Sales"); ax.text(0.5, 1.02, "in 2024", transform=ax.transAxes, ha="center")``;
    ``h2 { margin-top: -40px }``; two ``shapes.add_textbox(...)`` at one place
Options
    share   the part of the smaller text that may be covered
    trim    font sizes taken off above and below a text of which only the box is known (room for ascenders, descenders)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import (
    DECORATIONS,
    Contact,
    Detector,
    Finding,
    blamable,
    clusters,
    font_px,
    groups,
    large_fonts,
    quote,
    seen_lines,
    severity,
    shared,
    texts,
    touching,
    visible_share,
)
from verl_visual_sdpo.inspection.detect.lines_overlap import crowd
from verl_visual_sdpo.inspection.detect.movers import whose_doing
from verl_visual_sdpo.inspection.detect.pages import Tree, between, line_share, page_of
from verl_visual_sdpo.inspection.detect.slides import is_deck
from verl_visual_sdpo.inspection.geometry import iou
from verl_visual_sdpo.types import Defect, Element, Scene

# Of two texts the one that was placed by hand is moved first; what the axes need stays.
FREEDOM = {"text": 0, "annotation": 0, "legend-text": 1, "title": 2, "axis-label": 3, "tick-label": 4}
MOVABLE = 1  # texts of other kinds
LINE = 0.2  # on pages, one line of a long text may share this much more with a line of the other

SHOWN = 0.25  # part of a text that must be in sight: what an ancestor clips away lies on nothing
WORST = 0.6  # share from which nothing more can be lost


@dataclass(frozen=True, slots=True)
class Limits:
    share: float = 0.1
    trim: float = 0.15


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    readable = [e for e in texts(scene) if visible_share(e, scene) > SHOWN]
    group_of = {e.id: key for key, members in groups(readable).items() for e in members}
    large, contacts = large_fonts(scene), []
    flows = page_of(scene) is not None
    page = Tree(scene) if flows or is_deck(scene) else None
    lines = {e.id: seen_lines(e, limits.trim) for e in readable}
    for a, b in touching(readable):
        one, other = group_of[a.id], group_of[b.id]
        if one == other or _other_detector(a, b) or (a.text == b.text and iou(a.box, b.box) > 0.9):
            continue
        if page and (between(page, a, b) or (flows and crowd(page, a, b))):
            continue
        share = shared(lines[a.id], lines[b.id])
        if page and flows:
            share = max(share, line_share(a, b) - LINE)
        if share > limits.share:
            contacts.append((one, other, Contact(share, *_by_freedom(large, a, b))))
    for cluster in clusters(contacts):
        yield _on_page(page, limits, cluster) if page else _defect(scene, large, limits, cluster)


def _by_freedom(large: frozenset[int], *pair: Element) -> list[Element]:
    return sorted(pair, key=lambda e: (e.id not in large, FREEDOM.get(e.kind, MOVABLE), -font_px(e), -e.id))


def _other_detector(a: Element, b: Element) -> bool:
    """Labels that belong to two panels: the panels stand too close, and ``panels-overlap`` says so. A legend on words:
    ``legend-covers-data``. What a field shows has no lines of its own."""
    if "input-text" in (
        a.kind,
        b.kind,
    ):  # where it stands in its field is not known: a label or an icon beside it is fine
        return True
    if "legend-text" in (a.kind, b.kind) and a.kind != b.kind and {a.kind, b.kind} & {"title", "text", "annotation"}:
        return True
    return {a.kind, b.kind} <= DECORATIONS and a.panel != b.panel and None not in (a.panel, b.panel)


def _defect(scene: Scene, large: frozenset[int], limits: Limits, contacts: list[Contact]) -> Defect:
    contacts = _worst_first(contacts)
    elements = Contact.elements(contacts)
    first = elements[0]
    if first.id in large:
        props = ("size", "font", "text", "position", "rotation", "layout")
    elif first.kind in DECORATIONS:
        props = ("position", "rotation", "text", "size", "font", "layout", "limits")
    else:
        props = ("position", "text", "size", "font", "rotation", "data", "layout")
    return _told(elements, elements, contacts, limits, blamable(scene, *props))


def _on_page(page: Tree, limits: Limits, contacts: list[Contact]) -> Defect:
    """Texts of a page or slide are where their boxes are: what moved one of these, or made it too small, answers."""
    contacts = _worst_first(contacts)
    mover, props = whose_doing(page, contacts[0].first, contacts[0].second)
    elements = Contact.elements(contacts)
    return _told({e.id: e for e in (mover, *elements)}.values(), elements, contacts, limits, props)


def _worst_first(contacts: list[Contact]) -> list[Contact]:
    return sorted(contacts, key=lambda c: (-c.share, c.first.id, c.second.id))


def _told(
    answering: Iterable[Element],
    texts_: Sequence[Element],
    contacts: list[Contact],
    limits: Limits,
    props: tuple[str, ...],
) -> Defect:
    answering, share = tuple(answering), contacts[0].share
    more = f" ({len(texts_) - 2} more with them)" if len(texts_) > 2 else ""
    return Defect(
        detector="text-overlap",
        severity=severity(share, limits.share, WORST),
        boxes=tuple(e.box for e in answering),
        element_ids=tuple(e.id for e in answering),
        measured=round(share, 4),
        required=limits.share,
        message=f"{quote(texts_[0])} and {quote(texts_[1])}{more} share {share:.0%} of the smaller one; "
        f"{limits.share:.0%} allowed",
        props=props,
    )


DETECTOR = Detector("text-overlap", find, Limits())
