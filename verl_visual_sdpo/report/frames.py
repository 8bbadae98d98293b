"""Where frames and their numbers lie on a picture: one geometry for the annotated PNG, the page and the thumbnails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from verl_visual_sdpo.inspection.trace.marking import frame_of
from verl_visual_sdpo.report.findings import Finding
from verl_visual_sdpo.types import Box


@dataclass(frozen=True, slots=True)
class Frame:
    """A box around something defective, in px of the picture. ``badge`` is the centre of the finding's number, None
    for all but the first of its frames."""

    finding: Finding
    box: Box
    badge: tuple[float, float] | None


def frames_of(found: Sequence[Finding], size: tuple[int, int], badge: tuple[float, float]) -> list[Frame]:
    """The frames of all findings of one picture, largest first, so that a small one inside it lies on top; of
    two alike the worse.

    ``badge`` is width and height of a number in px of the picture; numbers keep off each other where there is room.
    Boxes that are nowhere (not finite) are left out.
    """
    taken: list[Box] = []
    frames = []
    for finding in found:
        boxes = [Box(*frame) for box in finding.defect.boxes if (frame := frame_of(box, size))]
        for index, box in enumerate(boxes):
            place = _free_place(box, size, badge, taken) if index == 0 else None
            frames.append(Frame(finding, box, None if place is None else place.center))
            taken += [place] if place else []
    return sorted(frames, key=lambda frame: (-frame.box.area, -frame.finding.number))


def _free_place(box: Box, size: tuple[int, int], badge: tuple[float, float], taken: Sequence[Box]) -> Box:
    """The first place along the frame where a number hides no other number; the first of all where there is none."""
    places = [_inside(place, size) for place in _places(box, badge)]
    return next((p for p in places if not any(_overlap(p, other) for other in taken)), places[0])


def _places(box: Box, badge: tuple[float, float]) -> Iterable[Box]:
    """Corners outside above, then below, then along the upper edge to the right."""
    width, height = badge
    steps = range(max(int(box.width // width), 1))
    xs = [box.left, box.right - width, *(box.left + n * width for n in steps)]
    for y in (box.top - height, box.bottom, box.top):
        yield from (Box(x, y, x + width, y + height) for x in xs)
    for x in (box.left - width, box.right):
        yield Box(x, box.top, x + width, box.top + height)


def _inside(place: Box, size: tuple[int, int]) -> Box:
    width, height = place.width, place.height
    left = min(max(place.left, 0.0), max(size[0] - width, 0.0))
    top = min(max(place.top, 0.0), max(size[1] - height, 0.0))
    return Box(left, top, left + width, top + height)


def _overlap(one: Box, other: Box) -> bool:
    return one.left < other.right and other.left < one.right and one.top < other.bottom and other.top < one.bottom
