"""text-cut

What
    A box that hides what overflows it (``overflow: hidden`` or ``clip``) cuts through a text, or hides the end of one.
Why
    Half a line, or a paragraph that stops in the middle, is a mistake; a fixed height made for other words is the usual
    cause.
Known limits
    Boxes that scroll, ``text-overflow: ellipsis`` and ``line-clamp`` are clean: the reader is told that there is more.
    Text that is hidden sideways as a whole is a slide waiting for its turn, and a box that hides all of its text is
    folded. Text hidden below counts where the same box shows other text. What is cut at the page's own edge is
    ``off-screen``.
Example
    ``.card { height: 60px; overflow: hidden }`` around three lines
Options
    share   the part of a text that must be visible
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, font_px, quote, severity, text_lines, texts
from verl_visual_sdpo.inspection.detect.frames import clip_but_page, is_cut_by_page
from verl_visual_sdpo.inspection.detect.pages import REACHABLE, Tree, ink, seen_share, too_small
from verl_visual_sdpo.inspection.geometry import bounds
from verl_visual_sdpo.types import Box, Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    share: float = 0.9


WORST = 0.5  # visible share from which nothing more can be lost
TRIM = 0.12  # font sizes off above and below a line: room for ascenders may be cut
NAMED = 6  # texts named in one defect


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    tree = Tree(scene)
    by_box: dict[int, list[tuple[float, Element]]] = {}
    for e in texts(scene):
        box = tree.by_id.get(e.style.get("clipped_by"))
        if e.clip is None or box is None or e.style.get("clip_kind") in REACHABLE or e.style.get("ellipsis"):
            continue
        if box.kind == "page":
            continue
        window = clip_but_page(tree, e) if is_cut_by_page(tree, e, ink(e)) else e.clip
        by_box.setdefault(box.id, []).append((_shown(e, window), e))
    for box_id, members in by_box.items():
        box = tree.by_id[box_id]
        if not any(share > 0 for share, _ in members) or box.box.area <= 1.0:
            continue
        cut = [
            (s, e)
            for s, e in members
            if s < limits.share and (s > 0 or _below(e, e.clip)) and not _slides(tree, e, s, box)
        ]
        if cut:
            yield _defect(box, cut, limits)


def _shown(e: Element, window: Box) -> float:
    """The visible part of a text, its lines trimmed; of one line, height counts more than length."""
    lines = text_lines(e)
    if len(lines) > 1:
        return seen_share(e, window)
    line, trim = bounds(lines[0]), TRIM * font_px(e)
    wide = max(min(line.right, window.right) - max(line.left, window.left), 0.0) / max(line.width, 1.0)
    top, bottom = line.top + trim, max(line.bottom - trim, line.top + trim + 1.0)
    return wide * max(min(bottom, window.bottom) - max(top, window.top), 0.0) / (bottom - top)


def _below(e: Element, window: Box) -> bool:
    return e.box.top >= window.bottom - 1.0 and e.box.left < window.right and e.box.right > window.left


def _slides(tree: Tree, e: Element, share: float, box: Element) -> bool:
    """Taken out of the flow of the box that hides it, and not to be seen: waits for its turn."""
    layer = tree.layer(e)
    return share <= 0 and layer is not None and layer.id != box.id and tree.holds(box, layer)


def _defect(box: Element, cut: list[tuple[float, Element]], limits: Limits) -> Defect:
    cut.sort(key=lambda item: (item[0] <= 0, item[0], item[1].id))
    share, worst = cut[0]
    more = f" and {len(cut) - 1} more" if len(cut) > 1 else ""
    kept = [e for _, e in cut[:NAMED]]
    return Defect(
        detector="text-cut",
        severity=severity(min(s for s, _ in cut), limits.share, WORST, floor=0.6),
        boxes=(box.box, *(e.box for e in kept)),
        element_ids=(box.id, *(e.id for e in kept)),
        measured=round(share, 4),
        required=limits.share,
        message=f"{quote(worst)}{more} is cut off by the box around it (overflow: {worst.style.get('clip_kind')}): "
        f"{share:.0%} is visible, {limits.share:.0%} required; give the box more room or let it grow",
        props=(*too_small(box.box, [ink(e) for e in kept]), "clip"),
    )


DETECTOR = Detector("text-cut", find, Limits())
