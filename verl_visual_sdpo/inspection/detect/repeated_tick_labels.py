"""repeated-tick-labels

What
    Neighbouring ticks of one axis carry the same label.
Why
    The scale cannot be read: a format that rounds too much ("2, 2, 3, 3"), labels that do not fit their ticks.
Known limits
    Only neighbours are compared: "10, 5, 0, 5, 10" on a pyramid is clean. Single letters are initials ("J J" for June
    and July) and clean; a major and a minor label at one place look like one. Blank labels do not count.
Example
    ``ax.yaxis.set_major_formatter("{x:.0f}")`` on an axis from 0 to 1
Options
    pairs   neighbours with the same label that are allowed
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import Detector, Finding, groups, quote, severity, texts, visible_share
from verl_visual_sdpo.types import Defect, Element, Scene


@dataclass(frozen=True, slots=True)
class Limits:
    pairs: int = 0


APART = 3.0  # px between the centres of two labels that can be seen as two


def find(scene: Scene, limits: Limits) -> Iterator[Finding]:
    labels = [e for e in texts(scene, {"tick-label"}) if visible_share(e, scene) > 0]
    for members in groups(e for e in labels if e.style.get("axis") and e.style.get("role") != "offset").values():
        pairs = _repeated(members)
        if len(pairs) > limits.pairs:
            yield _defect(members, pairs, limits)


def _repeated(labels: list[Element]) -> list[tuple[Element, Element]]:
    vertical = labels[0].style.get("axis") == "y"
    middle = {e.id: e.box.center for e in labels}
    ordered = sorted(labels, key=lambda e: middle[e.id][1] if vertical else middle[e.id][0])
    return [
        (a, b)
        for a, b in zip(ordered, ordered[1:])
        if a.text.strip() == b.text.strip() and not _is_initial(a.text.strip()) and _are_two(middle[a.id], middle[b.id])
    ]


def _is_initial(text: str) -> bool:
    return len(text) == 1 and text.isalpha()


def _are_two(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return abs(a[0] - b[0]) + abs(a[1] - b[1]) > APART


def _defect(labels: list[Element], pairs: list[tuple[Element, Element]], limits: Limits) -> Defect:
    guilty = sorted({e.id: e for pair in pairs for e in pair}.values(), key=lambda e: e.id)
    share = len(pairs) / max(len(labels) - 1, 1)
    return Defect(
        detector="repeated-tick-labels",
        severity=severity(share, 0.0, 0.5),
        boxes=tuple(e.box for e in guilty),
        element_ids=tuple(e.id for e in guilty),
        measured=float(len(pairs)),
        required=float(limits.pairs),
        message=f"{len(pairs)} of {len(labels) - 1} neighbouring {labels[0].style.get('axis', '')} ticks have the same "
        f"label ({quote(guilty[0])} twice); {limits.pairs} allowed: print more digits or choose other ticks",
        faulty=len(guilty),
        props=("text", "position", "limits", "data"),
    )


DETECTOR = Detector("repeated-tick-labels", find, Limits())
