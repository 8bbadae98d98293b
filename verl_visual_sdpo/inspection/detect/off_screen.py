"""off-screen

What
    Text, a picture, a button or a field lies wholly or partly where no scrolling leads: left of the page, above it, or
    beyond the right edge of a page that does not scroll sideways.
Why
    Nobody can read or press it.
Known limits
    What is far outside on purpose (skip links, text for screen readers at -9999 px) looks like a mistake; it is clean
    where it is more than ``hidden`` px away and no larger than a line of text. Clean, too, is a fixed box that stands
    wholly outside: a drawer that a script opens. What an ancestor clips is ``text-cut``, unless it is as wide as the
    page and cuts at the page's left or upper edge: to a reader the page does. To the right of a page that scrolls, the
    page is at fault: ``horizontal-scroll``.
Example
    ``.logo { margin-left: -120px }``
Options
    slack    px that may lie outside
    share    part of the element that may lie outside
    hidden   px outside from which a small element was put there on purpose
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import TEXT_KINDS, Detector, Finding, is_finite, quote, severity, texts
from verl_visual_sdpo.inspection.detect.frames import FAR, beyond, is_cut_by_page, mover
from verl_visual_sdpo.inspection.detect.pages import CONTENT_KINDS, MOVED, Tree, ink, page_of
from verl_visual_sdpo.inspection.geometry import intersection, share_inside
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    slack: float = 3.0
    share: float = 0.05
    hidden: float = 900.0


LINE = 60.0  # px: nothing higher is a hidden line of text


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    page, tree = page_of(scene), Tree(scene)
    if page is None:
        return
    cut_right = page.style.get("overflow") in {"hidden", "clip"}
    window = Box(0.0, 0.0, scene.canvas.right if cut_right else FAR, FAR)
    lost: dict[int, list[tuple[float, Element]]] = {}
    for e in [*texts(scene), *(e for e in scene.elements if e.kind in CONTENT_KINDS and is_finite(e))]:
        shown = ink(e) if e.kind in TEXT_KINDS else e.box
        is_clipped = e.clip is not None and not is_cut_by_page(tree, e, shown)
        if is_clipped and not _reaches_out(shown, window, limits, e.clip):
            continue
        gone = 1.0 - share_inside(shown, window)
        if gone <= limits.share or not _reaches_out(shown, window, limits) or _on_purpose(shown, window, limits):
            continue
        moved = mover(tree, e, window)
        if not _is_drawer(moved, window):
            lost.setdefault(moved.id, []).append((gone, e))
    for moved, members in lost.items():
        yield _defect(tree.by_id[moved], members, window, limits)


def _reaches_out(shown: Box, window: Box, limits: Limits, clip: Box | None = None) -> bool:
    if clip is not None:
        common = intersection(shown, clip)
        if common is None:
            return False
        shown = common
    return max(beyond(shown, window)) > limits.slack


def _on_purpose(shown: Box, window: Box, limits: Limits) -> bool:
    return share_inside(shown, window) <= 0 and max(beyond(shown, window)) > limits.hidden and shown.height < LINE


def _is_drawer(moved: Element, window: Box) -> bool:
    return moved.style.get("position") == "fixed" and share_inside(moved.box, window) <= 0 and moved.box.height > LINE


def _defect(moved: Element, members: list[tuple[float, Element]], window: Box, limits: Limits) -> Defect:
    members.sort(key=lambda item: (-item[0], item[1].id))
    gone, worst = members[0]
    more = f" and {len(members) - 1} more" if len(members) > 1 else ""
    px = max(beyond(ink(worst) if worst.kind in TEXT_KINDS else worst.box, window))
    elements = list({e.id: e for e in (moved, *(e for _, e in members))}.values())
    return Defect(
        detector="off-screen",
        severity=severity(gone, limits.share, 0.5, floor=0.6),
        boxes=tuple(e.box for e in elements),
        element_ids=tuple(e.id for e in elements),
        measured=round(gone, 4),
        required=limits.share,
        message=f"{quote(worst)}{more} lies {px:.0f} px outside of the page where no scrolling leads: {gone:.0%} lost, "
        f"{limits.share:.0%} allowed",
        props=(*MOVED, "wrap", "text"),
    )


DETECTOR = Detector("off-screen", find, Limits())
