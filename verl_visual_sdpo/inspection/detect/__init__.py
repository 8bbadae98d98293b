"""Finding what is wrong with a picture: one detector a file, those of each domain in :data:`DETECTORS`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from verl_visual_sdpo import extensions
from verl_visual_sdpo.errors import InvalidInputError
from verl_visual_sdpo.inspection.detect import (
    axes_clipped,
    broken_picture,
    bullets_overflow,
    canvas_overflow,
    content_overlap,
    covered_artist,
    covered_text,
    empty_axes,
    empty_page,
    empty_placeholder,
    empty_slide,
    horizontal_scroll,
    legend_covers_data,
    lines_overlap,
    low_contrast,
    misaligned_items,
    misaligned_panels,
    off_screen,
    off_slide,
    panels_overlap,
    repeated_tick_labels,
    slide_margins,
    small_target,
    squashed_picture,
    text_clipped,
    text_cut,
    text_over_data,
    text_overflow,
    text_overlap,
    text_spills,
    tick_labels_collide,
    tiny_text,
    too_much_text,
    uneven_gaps,
)
from verl_visual_sdpo.inspection.detect.detector import Detector
from verl_visual_sdpo.types import Defect, Scene, Undetermined

DETECTORS: Mapping[str, tuple[Detector, ...]] = {
    "chart": (
        text_overlap.DETECTOR,
        text_clipped.DETECTOR,
        text_over_data.DETECTOR,
        tick_labels_collide.DETECTOR,
        repeated_tick_labels.DETECTOR,
        legend_covers_data.DETECTOR,
        covered_artist.DETECTOR,
        canvas_overflow.DETECTOR,
        axes_clipped.DETECTOR,
        low_contrast.DETECTOR,
        tiny_text.DETECTOR,
        misaligned_panels.DETECTOR,
        panels_overlap.DETECTOR,
        empty_axes.DETECTOR,
    ),
    "web": (
        text_overlap.DETECTOR,
        text_cut.DETECTOR,
        text_spills.DETECTOR,
        lines_overlap.DETECTOR,
        covered_text.DETECTOR,
        content_overlap.DETECTOR,
        off_screen.DETECTOR,
        horizontal_scroll.DETECTOR,
        low_contrast.DETECTOR,
        tiny_text.ON_PAGES,
        broken_picture.DETECTOR,
        squashed_picture.DETECTOR,
        misaligned_items.DETECTOR,
        small_target.DETECTOR,
        empty_page.DETECTOR,
    ),
    "slide": (
        text_overlap.DETECTOR,
        text_overflow.DETECTOR,
        bullets_overflow.DETECTOR,
        covered_text.ON_SLIDES,
        content_overlap.DETECTOR,
        off_slide.DETECTOR,
        slide_margins.DETECTOR,
        low_contrast.DETECTOR,
        tiny_text.ON_SLIDES,
        squashed_picture.DETECTOR,
        misaligned_items.DETECTOR,
        uneven_gaps.DETECTOR,
        empty_placeholder.DETECTOR,
        too_much_text.DETECTOR,
        empty_slide.DETECTOR,
    ),
}
"""By domain, in the order in which their defects are told; a detector may serve several."""

SEVERITIES = ("graded", "binary")
"""``graded``: from what was measured against what is required; ``binary``: 1 for every defect, as in the paper."""


def detect(
    scene: Scene, page: int = 0, options: Mapping[str, Any] | None = None, domain: str = "chart"
) -> tuple[tuple[Defect, ...], tuple[Undetermined, ...]]:
    """Run every detector of a domain over one picture.

    ``options`` maps a detector's id to its limits (``{"low-contrast": {"ratio": 3.0}}``) and ``severity`` to one of
    :data:`SEVERITIES`; keys that are neither belong to others and are left alone. Returns defects in the order of
    :data:`DETECTORS` and the checks that could not decide. Raises InvalidInputError for a limit that its detector does
    not have, or an unknown severity.
    """
    binary = check_severity((options or {}).get("severity", SEVERITIES[0])) == "binary"
    defects: list[Defect] = []
    undetermined: list[Undetermined] = []
    for detector in detectors_of(domain):
        for finding in detector(scene, (options or {}).get(detector.id)):
            if isinstance(finding, Undetermined):
                undetermined.append(replace(finding, page=page))
            else:
                defects.append(replace(finding, page=page, severity=1.0 if binary else finding.severity))
    return tuple(defects), tuple(undetermined)


def detectors_of(domain: str) -> tuple[Detector, ...]:
    """The detectors of a domain, ours before those of other packages. Raises InvalidInputError where there are none."""
    found = (*DETECTORS.get(domain, ()), *extensions.extensions_of(extensions.DETECTORS, domain))
    if not found:
        raise InvalidInputError(f"there are no detectors for domain {domain!r}; known domains: {', '.join(DETECTORS)}")
    return found


def check_severity(choice: str) -> str:
    """``choice``, if it is one of :data:`SEVERITIES`; raises InvalidInputError otherwise."""
    if choice not in SEVERITIES:
        raise InvalidInputError(f"severity is {choice!r}; choose from {', '.join(SEVERITIES)}")
    return choice


__all__ = ["DETECTORS", "SEVERITIES", "Detector", "check_severity", "detect", "detectors_of"]
