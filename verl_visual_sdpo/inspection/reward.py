"""What a picture is worth: ``score = executed * quality * fidelity``, with a gate that makes drawing less never pay.

    quality   = exp(-burden / TOLERANCE)            burden: summed severities, at most ELEMENT_CAP from one element
    gate      = data share * exp(-ELEMENT_CAP * missing texts / TOLERANCE)
    fidelity  = likeness to the reference * gate    likeness: 1 where there is no reference

Why this form. A product of exponentials stays informative between no defect and ten (1.0 to 0.14 at severity 1), and
mending any defect raises it. A reward that only counts defects pays for an empty canvas, so content that is *missing*
is priced above anything that could be wrong with it: one text left out costs as much as ELEMENT_CAP defects of full
severity, the most that text could have cost by staying. Undetermined checks never enter.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from verl_visual_sdpo.inspection.detect.detector import DATA_KINDS, FAINT, font_px, is_finite, opacity
from verl_visual_sdpo.types import Defect, Element, Rendering, Reward, Scene

TOLERANCE = 5.0  # summed severity at which quality has fallen to 1/e
ELEMENT_CAP = 2.0  # the most that one element can add to the burden, and what leaving one out costs
EXPECTED_TEXTS = 2  # texts (beside tick labels) a chart should carry where no reference says how many
SMALLEST_MARK = 1.0  # px along the longer side; less is not drawn content
SMALLEST_FONT = 4.0  # px; less cannot be read, so it is not drawn content

TEXT_KINDS = frozenset({"title", "axis-label", "text", "annotation", "legend-text"})
CONTAINERS = frozenset({"legend", "colorbar"})  # marks inside them repeat the data, they are not data


@dataclass(frozen=True, slots=True)
class Content:
    """What one picture shows: ``data`` visible data marks, ``texts`` readable texts, names on the ticks among them."""

    data: int
    texts: int

    @classmethod
    def of(cls, scene: Scene, defective: Collection[int] = ()) -> Content:
        """Count a scene. A text with a defect (``defective`` ids) counts although it cannot be seen: its defect has
        been charged already, and charging it as missing too would make deleting it pay."""
        keys = {e.id for e in scene.elements if e.kind in CONTAINERS}
        return cls(
            data=sum(e.kind in DATA_KINDS and e.parent not in keys and _shown(e, scene) for e in scene.elements),
            texts=sum(_is_text(e) and (e.id in defective or _shown(e, scene)) for e in scene.elements),
        )


def grade(
    rendering: Rendering, defects: Sequence[Defect], likeness: float | None = None, reference: Rendering | None = None
) -> Reward:
    """The reward of one rendering.

    ``likeness`` in [0, 1] is the domain's mean fidelity term (None: there is no reference, worth 1); ``reference`` is
    what the content is measured against. A run that is not ok is worth 0 in every factor.
    """
    if not rendering.execution.ok:
        return Reward(score=0.0, executed=0.0, visual=0.0, quality=0.0, fidelity=0.0, gate=0.0)
    quality = math.exp(-burden(defects) / TOLERANCE)
    gate = content_gate(rendering.scenes, reference.scenes if reference else None, defects)
    fidelity = (1.0 if likeness is None else likeness) * gate
    visual = quality * fidelity
    return Reward(score=visual, executed=1.0, visual=visual, quality=quality, fidelity=fidelity, gate=gate)


def burden(defects: Sequence[Defect]) -> float:
    """Summed severity, worst first, each element answering for at most ELEMENT_CAP in all.

    Without the cap, deleting the one text that three others collide with would be worth more than moving it.
    """
    left: dict[tuple, float] = defaultdict(lambda: ELEMENT_CAP)
    total = 0.0
    for defect in sorted(defects, key=lambda d: (-d.severity, d.page, d.detector, d.element_ids)):
        answering = [(defect.page, i) for i in set(defect.element_ids)] or [(defect.page, defect.detector)]
        cost = min(defect.severity, *(left[key] for key in answering))
        for key in answering:
            left[key] -= cost
        total += cost
    return total


def content_gate(scenes: Sequence[Scene], reference: Sequence[Scene] | None, defects: Sequence[Defect] = ()) -> float:
    """Gate in [0, 1]: the share of the expected content that is there to be seen; 0 for a picture without data.

    Pages are compared in order, so that spreading the content over more figures does not count as drawing it.
    Without a reference a page should show one data mark and EXPECTED_TEXTS texts.
    """
    defective = [{i for d in defects if d.page == page for i in d.element_ids} for page in range(len(scenes))]
    drawn = [Content.of(scene, ids) for scene, ids in zip(scenes, defective)]
    if reference is None:
        expected = [Content(data=1, texts=EXPECTED_TEXTS)] * max(len(drawn), 1)
    else:
        expected = [Content.of(scene) for scene in reference]
    drawn += [Content(0, 0)] * (len(expected) - len(drawn))
    wanted = sum(e.data for e in expected)
    if wanted == 0 and not any(d.texts for d in drawn):
        return 0.0
    share = sum(min(d.data, e.data) for d, e in zip(drawn, expected)) / wanted if wanted else 1.0
    missing = sum(max(e.texts - d.texts, 0) for d, e in zip(drawn, expected))
    return share * math.exp(-ELEMENT_CAP * missing / TOLERANCE)


def _is_text(element: Element) -> bool:
    """Titles, labels, legends, notes, and ticks that carry names. Numbers on ticks come and go with the axes' size."""
    text = element.text.strip()
    if element.kind == "tick-label":
        return any(c.isalpha() for c in text) and not text.startswith("$")  # "$...$": powers of a log axis
    return element.kind in TEXT_KINDS and bool(text)


def _shown(element: Element, scene: Scene) -> bool:
    """Whether any of it can be seen: inside the canvas and its clip, not transparent, not vanishingly small.

    Text below FAINT is a watermark to the detectors, so it is no content either: fading a label out must not pay.
    """
    if not is_finite(element) or opacity(element) <= 0:
        return False
    if _is_text(element) and (opacity(element) < FAINT or font_px(element) < SMALLEST_FONT):
        return False
    boxes = [element.box, scene.canvas] + ([element.clip] if element.clip else [])
    width = min(b.right for b in boxes) - max(b.left for b in boxes)
    height = min(b.bottom for b in boxes) - max(b.top for b in boxes)
    return min(width, height) >= 0 and max(width, height) >= SMALLEST_MARK
