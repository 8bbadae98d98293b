"""What a picture is worth: ``score = executed * quality * fidelity``.

    quality   = exp(-burden / TOLERANCE)            burden: summed severities, at most ELEMENT_CAP from one element
    fidelity  = likeness to the reference * gate    likeness: 1 where there is no reference; gate: see ``content``
    likeness  = (1 - w) * low + w * own             low: the benchmark's terms; own: a term of ours (of charts ``data``,
                                                    the plotted numbers; of pages ``pixels``)

TOLERANCE holds for a chart; a page has ``roominess`` times as much room for mistakes, and leaving something out costs
as much less, so that both keep their proportion; a deck has room by the slides that were asked for. Slides have no
reference to be like: their ``low`` is how good they look (``fidelity/slide.py``).

Why this form. A product of exponentials stays informative between no defect and ten (1.0 to 0.14 at severity 1), and
mending any defect raises it. Drawing less must never pay: one text left out costs as much as ELEMENT_CAP defects of
full severity, the most that text could have cost by staying. Undetermined checks never enter.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.content import content_gate
from verl_visual_sdpo.inspection.content_slide import deck_room, is_slides, wanted
from verl_visual_sdpo.inspection.content_web import is_page, roominess
from verl_visual_sdpo.types import Defect, Rendering, Reward, Scene

TOLERANCE = 5.0  # summed severity at which quality has fallen to 1/e
OWN_TERMS = ("data", "pixels")
DATA_WEIGHT = (
    0.2  # w: with four other terms, one of five. 0 is the benchmark's alone (``data_weight``, ``pixels_weight``)
)
ELEMENT_CAP = 2.0  # the most that one element can add to the burden, and what leaving one text out costs


def grade(
    rendering: Rendering,
    defects: Sequence[Defect],
    likeness: float | None = None,
    reference: Rendering | None = None,
    instruction: str = "",
) -> Reward:
    """The reward of one rendering.

    ``likeness`` in [0, 1] comes from :func:`likeness_of` (None: there is no reference, worth 1); ``reference`` is
    what the content is measured against, for slides without one the ``instruction``. A run that is not ok is worth 0
    in every factor.
    """
    if not rendering.execution.ok:
        return Reward(score=0.0, executed=0.0, visual=0.0, quality=0.0, fidelity=0.0, gate=0.0)
    expected = reference.scenes if reference else None
    quality = math.exp(-burden(defects) / (TOLERANCE * _room(rendering, expected, instruction)))
    gate = content_gate(rendering.scenes, expected, defects, ELEMENT_CAP / TOLERANCE, instruction)
    fidelity = (1.0 if likeness is None else likeness) * gate
    visual = quality * fidelity
    return Reward(score=visual, executed=1.0, visual=visual, quality=quality, fidelity=fidelity, gate=gate)


def _room(rendering: Rendering, expected: Sequence[Scene] | None, instruction: str) -> float:
    """How many times as many mistakes as in a chart there is room for; only what was asked for decides."""
    if is_slides(rendering.scenes):
        return deck_room(wanted(expected, instruction))
    return roominess(expected) if is_page(expected) else 1.0


def likeness_of(
    terms: Mapping[str, float | None], weight: float = DATA_WEIGHT, name: str = "data_weight"
) -> float | None:
    """The likeness that enters the reward, from fidelity terms by name; None without a reference.

    A chart with every number wrong is worth ``1 - weight`` of one that is right. Domains (and old records) without a
    term of ours are worth ``low``. Raises InvalidInputError for a weight outside [0, 1], called ``name``.
    """
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight <= 1:
        raise InvalidInputError(f"{name}={weight!r} must be a number from 0 (off) to 1")
    low, own = terms.get("low"), next((terms[term] for term in OWN_TERMS if terms.get(term) is not None), None)
    return low if low is None or own is None else (1.0 - weight) * low + weight * own


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
